"""Calls and reviews on the page: what one submits another sees, and what two write at once neither loses."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from core.forecasts import backtest_archive
from core.store import Store
from pages.ui.kit import browser_state, unsaved

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.xdist_group("calls")


@pytest.fixture(autouse=True)
def home(settings, bundle, monkeypatch, tmp_path):
    url = f"sqlite:///{tmp_path / 'store.db'}"
    monkeypatch.setenv("QUARTERDECK_HOME", str(settings.home))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", url)
    return url


def opened(page: str) -> AppTest:
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=240).switch_page(page).run()


def said(test: AppTest) -> str:
    return " ".join(m.value for m in test.markdown)


def button(test: AppTest, label: str):
    return next(b for b in test.button if b.label == label)


def call(test: AppTest, commit: float, note: str) -> AppTest:
    test.selectbox(key="call_manager").set_value("M11").run()
    next(n for n in test.number_input if n.label.startswith("Commit")).set_value(commit)
    next(n for n in test.number_input if n.label.startswith("Best case")).set_value(commit + 1)
    next(n for n in test.number_input if n.label.startswith("Pipeline")).set_value(commit + 2)
    next(t for t in test.text_area if t.label == "Note").set_value(note)
    return button(test, "Submit forecast").click().run()


def test_a_call_is_kept_with_the_system_beside_it_and_seen_by_another(home, sample):
    mine = call(opened("pages/forecast.py"), 1_234_000.0, "Legal has it 🚀 <b>$x$</b>")
    assert not mine.exception
    manager = sample.sales_team.filter(pl.col("rep_id") == "M11").row(-1, named=True)
    assert f"{manager['rep_name']}, Q2 2026, version 3" in mine.success[0].value
    kept = Store.open(home)
    row = kept.calls.newest("Sample company", manager_id="M11").sort("period_start_on").row(-1, named=True)
    assert (row["commit_amount"], row["note"], row["author"]) == (1_234_000.0, "Legal has it 🚀 <b>$x$</b>", "local")
    assert row["system_amount"] > 0
    log = kept.audit.newest()
    assert log["target"].to_list() == ["M11 2026-04-01"]
    assert "commit_amount:" in log["detail"][0]
    kept.close()
    other = opened("pages/forecast.py")
    other.selectbox(key="call_manager").set_value("M11").run()
    assert next(n for n in other.number_input if n.label.startswith("Commit")).value == 1_234_000.0


def test_two_calls_at_once_and_neither_text_is_lost(home):
    mine, other = opened("pages/forecast.py"), opened("pages/forecast.py")
    other.selectbox(key="call_manager").set_value("M11").run()
    call(mine, 1_000_000.0, "first text")
    clash = call(other, 2_000_000.0, "second text")
    assert not clash.exception
    assert "Nothing was overwritten" in clash.warning[0].value
    texts = [t.value for t in clash.text]
    assert "first text" in texts
    assert "second text" in texts
    done = button(clash, "My numbers, both notes").click().run()
    assert not done.exception
    kept = Store.open(home)
    rows = kept.calls.all("Sample company", manager_id="M11").filter(
        kept.calls.all("Sample company", manager_id="M11")["author"] == "local"
    )
    assert rows["note"].to_list() == ["first text", "first text\nsecond text"]
    assert rows["commit_amount"].to_list() == [1_000_000.0, 2_000_000.0]
    kept.close()


def test_a_call_that_does_not_hold_together_is_a_sentence():
    test = opened("pages/forecast.py")
    test.selectbox(key="call_manager").set_value("M11").run()
    next(n for n in test.number_input if n.label.startswith("Commit")).set_value(9e9)
    done = button(test, "Submit forecast").click().run()
    assert not done.exception
    assert any("best case is below commit" in w.value for w in done.warning)


def test_after_the_deadline_calls_are_locked(monkeypatch, tmp_path):
    late = tmp_path / "late.yaml"
    late.write_text("calls: {lock_days_before_end: 80}", encoding="utf-8")
    monkeypatch.setenv("QUARTERDECK_CONFIG", str(late))
    test = opened("pages/forecast.py")
    assert not test.exception
    assert any("Forecasts for Q2 2026 closed on 11 April 2026" in i.value for i in test.info)
    assert not [b for b in test.button if b.label == "Submit forecast"]


def test_a_review_is_saved_and_moves_the_sum():
    test = opened("pages/review.py")
    assert not test.exception
    assert "Commit for" in said(test)
    place = (test.session_state["review_base"]["forecast_category"] != "commit").arg_max()
    typed(test, {place: {"forecast_category": "commit", "note": "Sponsor said yes"}})
    done = button(test, "Save 1 changed deal").click().run()
    assert not done.exception
    assert "to commit for Q2 2026" in said(done)
    assert "1 edited, 1 moved" in said(done)
    other = opened("pages/review.py")
    assert "1 edited, 1 moved" in said(other)


TYPED = "deal review of Sample company"


def typed(test: AppTest, edits: dict[int, dict[str, object]]) -> AppTest:
    """Write what the editor would hand over into the session's drafts, for AppTest has no data editor."""
    base = test.session_state["review_base"]
    drafts = test.session_state[unsaved.STATE][1][TYPED].items
    for place, changed in edits.items():
        row = base.row(place, named=True)
        drafts[row["opportunity_id"]] = {
            "version": row["version"],
            **{k: row[k] for k in ("forecast_category", "call_amount", "note")},
            **changed,
        }
    return test.run()


def test_two_reviews_of_one_deal_and_neither_note_is_lost(home):
    mine, other = opened("pages/review.py"), opened("pages/review.py")
    typed(mine, {0: {"note": "first text"}})
    typed(other, {0: {"note": "second text"}, 1: {"note": "another deal"}})
    button(mine, "Save 1 changed deal").click().run()
    clash = button(other, "Save 2 changed deals").click().run()
    assert not clash.exception
    assert any("Nothing was overwritten" in w.value for w in clash.warning)
    texts = [t.value for t in clash.text]
    assert "Note: first text" in texts
    assert "Note: second text" in texts
    assert any("Saved: 1 deal" in s.value for s in clash.success)
    done = button(clash, "Mine, with both notes").click().run()
    assert not done.exception
    kept = Store.open(home)
    notes = kept.deal_edits.newest("Sample company")["note"].sort().to_list()
    assert notes == ["another deal", "first text\nsecond text"]
    kept.close()


def test_what_is_typed_outlives_a_change_of_filter():
    test = opened("pages/review.py")
    typed(test, {0: {"note": "not yet saved"}})
    test.multiselect(key="review_categories").set_value(["commit"]).run()
    assert not test.exception
    assert button(test, "Save 1 changed deal")
    test.multiselect(key="review_categories").set_value([]).run()
    assert "not yet saved" in test.session_state["review_base"]["note"].to_list()
    gone = button(test, "Discard my changes").click().run()
    assert "not yet saved" not in gone.session_state["review_base"]["note"].to_list()


def test_what_is_typed_is_there_on_another_server(monkeypatch):
    monkeypatch.setattr(browser_state, "own_mark", lambda: "m" * 32)
    typed(opened("pages/review.py"), {0: {"note": "not yet saved"}})
    other = opened("pages/review.py")
    assert "not yet saved" in other.session_state["review_base"]["note"].to_list()
    assert [t.value for t in other.toast] == [unsaved.BACK]
    button(other, "Save 1 changed deal").click().run()
    third = opened("pages/review.py")
    assert button(third, "Nothing to save yet")
    monkeypatch.setattr(browser_state, "own_mark", lambda: "n" * 32)
    assert not opened("pages/review.py").toast


def test_a_view_is_saved_loaded_and_cleared():
    test = opened("pages/review.py")
    test.multiselect(key="review_teams").set_value(["EMEA 1"]).run()
    test.number_input(key="review_least").set_value(100_000.0).run()
    before = said(test)
    next(t for t in test.text_input if "Save current filters" in t.label).set_value("Big in EMEA 🚀").run()
    saved = button(test, "Save the view").click().run()
    assert not saved.exception
    button(saved, "Clear filters").click().run()
    assert said(saved) != before
    saved.selectbox(key="review_view_name").set_value("Big in EMEA 🚀").run()
    assert not saved.exception
    assert saved.multiselect(key="review_teams").value == ["EMEA 1"]
    assert "Sample" not in said(saved)
    gone = button(saved, "Delete Big in EMEA 🚀").click().run()
    assert not gone.exception
    assert gone.selectbox(key="review_view_name").options == []


@pytest.mark.slow
def test_a_past_day_is_chosen_and_the_record_is_cut(sample, settings, bundle):
    backtest_archive.load_or_run(sample, settings)
    test = opened("pages/forecast.py")
    assert "the forecast for" in said(test)
    assert "Over 8 past quarters" in said(test) or "A simpler rule did better" in said(test)
    test.button_group(key="record_cut").set_value("manager").run()
    assert not test.exception


@pytest.mark.parametrize("name", ["app.py", "pages/pipeline.py"])
def test_a_page_is_sent_as_one_file(name, settings):
    from core.charts import snapshot

    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=240)
    test = (test if name == "app.py" else test.switch_page(name)).run()
    assert not test.exception
    shown = test.session_state["shown"]
    found = snapshot.html(snapshot.collected("A page", "about", shown))
    for heading in test.subheader:
        assert heading.value.replace("'", "&#x27;") in found
    assert found.count("<svg") >= 5


def test_a_forecast_is_sent_back_by_the_person_above_and_missing_ones_are_reminded_of(home, sample):
    boss = sample.sales_team.filter(pl.col("rep_id") == "M11")["manager_id"][-1]
    name = sample.sales_team.filter(pl.col("rep_id") == "M11")["rep_name"][-1]
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=240)
    test.session_state["i_am"] = boss
    test.switch_page("pages/review.py").run()
    assert not test.exception
    test.selectbox(key="approval_of_2026-04-01").set_value("M11")
    button(test, "Send back").click().run()
    assert "sent back with a comment" in test.warning[0].value
    test.text_area(key="approval_note_2026-04-01").set_value("Too high")
    test.selectbox(key="approval_of_2026-04-01").set_value("M11")
    button(test, "Send back").click().run()
    assert test.success[0].value == f"Sent back: {name}, Q2 2026."
    assert "1 sent back" in said(test)
    (reminding,) = [b for b in test.button if b.label.startswith("Remind ")]
    reminding.click().run()
    assert "queued for Q2 2026, due 23 June 2026" in test.success[0].value
    assert any(c.value.startswith(f"Reminders wait to be sent to {name}") for c in test.caption)
    assert next(b for b in test.button if b.label.startswith("Remind ")).disabled
    kept = Store.open(home)
    row = kept.call_approvals.newest("Sample company").row(0, named=True)
    waiting = kept.call_reminders.waiting("Sample company")["manager_id"].to_list()
    kept.close()
    assert (row["manager_id"], row["state"], row["note"], row["decided_by"]) == ("M11", "Sent back", "Too high", boss)
    assert "M11" in waiting
    forecast = opened("pages/forecast.py")
    assert not forecast.exception
    assert "No forecast waits for your approval. Say who you are" in " ".join(c.value for c in forecast.caption)


def test_a_comment_on_a_cell_of_the_review_is_reached_from_my_day(home, sample):
    test = opened("pages/review.py")
    deal = test.selectbox(key="review_comment_deal").value
    test.selectbox(key="review_comment_cell").set_value("call_amount").run()
    (box,) = [
        area
        for area in test.text_area
        if area.label == "Comment" and area.key == f"comment_text_review_{deal}/call_amount"
    ]
    box.set_value("@You why so much?")
    button(test, "Add comment").click().run()
    assert not test.exception
    assert "1 comment." in said(test)
    kept = Store.open(home)
    rows = kept.comments.below("Sample company", "review", f"{deal}/")
    kept.close()
    assert rows["target"].to_list() == [f"{deal}/call_amount"]
    assert "1 comment for you." in said(opened("pages/day.py"))
    link = AppTest.from_file(str(ROOT / "app.py"), default_timeout=240).switch_page("pages/review.py")
    link.query_params["deal"], link.query_params["cell"] = deal, "call_amount"
    link.run()
    assert link.selectbox(key="review_comment_cell").value == "call_amount"
    assert "Forecast amount (1)" in link.selectbox(key="review_comment_cell").options
    assert "why so much?" in said(link)


def test_a_link_to_a_cell_of_a_deal_that_is_gone_opens_the_review(home):
    link = AppTest.from_file(str(ROOT / "app.py"), default_timeout=240).switch_page("pages/review.py")
    link.query_params["deal"], link.query_params["cell"] = "GONE", "nothing"
    link.run()
    assert not link.exception
    assert link.selectbox(key="review_comment_cell").value == "deal"
