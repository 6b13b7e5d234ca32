"""The cells of gaps, bid, review, answers and ledger, and the enablement page."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from streamlit.testing.v1 import AppTest

from core.store import Store
from pages.ui.kit import auth

ROOT = Path(__file__).resolve().parents[2]
ASKED = b"""Ref;Requirement;Priority
1;All data at rest must be encrypted with AES-256;Must
2;Availability of 99.99 % each month;Must
3;=1+1 zebras <b>graze</b>;Could
"""


@pytest.fixture(autouse=True)
def home(settings, sample, bundle, monkeypatch, tmp_path):
    monkeypatch.setenv("QUARTERDECK_HOME", str(settings.home))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    return tmp_path


def opened(page: str = "pages/requirements.py") -> AppTest:
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).switch_page(page).run()


def uploaded() -> AppTest:
    test = opened()
    test.file_uploader(key="requirement_upload").set_value([("asked.csv", ASKED, "text/csv")]).run()
    assert not test.exception
    return test


def said(test: AppTest) -> str:
    return " ".join(m.value for m in test.markdown)


def button(test: AppTest, label: str):
    return next(b for b in test.button if b.label == label)


def kept(home) -> Store:
    return Store.open(f"sqlite:///{home / 'store.db'}")


def test_limits_scores_bid_and_drafts_stand_on_the_page():
    test = uploaded()
    assert "targets" not in said(test)
    assert "of 90 points" in said(test)
    assert "Attach an open deal" in said(test)
    assert "answers are drafted, every sentence with its source" in said(test)
    test.selectbox(key="requirement_deal").select_index(0).run()
    assert not test.exception
    assert "is worth" in said(test)


def test_work_is_kept_changed_in_bulk_and_resumes_in_another_session(home):
    test = uploaded()
    assert "Nobody works on this list of 3 rows yet" in said(test)
    button(test, "Save and start").click().run()
    assert not test.exception
    assert "asked: 0 of 3 rows are answered" in said(test)
    test.text_input(key="review_words").set_value("encrypted").run()
    test.selectbox(key="bulk_state").set_value("answered").run()
    test.button(key="bulk_go").click().run()
    assert not test.exception
    assert "1 of 3 rows is answered (33 %)" in said(test)
    other = opened()
    other.selectbox(key="kept_list").set_value("asked").run()
    assert not other.exception
    assert "1 of 3 rows is answered (33 %)" in said(other)
    store = kept(home)
    rows = store.reviews.rows(store.requirement_sets.get("asked", "everybody").id)
    assert rows.select("row", "state", "changed_by").rows() == [(2, "answered", "local")]
    store.close()


def test_a_leader_who_reads_lists_approves_them_and_changes_no_answer(home, monkeypatch):
    test = uploaded()
    button(test, "Save and start").click().run()
    people = {
        "ana@example.com": {"roles": ["leader"]},
        "bo@example.com": {"roles": ["sales_engineer"]},
        "eve@example.com": {"roles": ["auditor"]},
    }
    chosen = {"access": {"sign_in": "header", "people": people}, "roles": {"auditor": ["requirements:read"]}}
    (home / "quarterdeck.yaml").write_text(yaml.safe_dump(chosen), encoding="utf-8")
    monkeypatch.setenv("QUARTERDECK_CONFIG", str(home / "quarterdeck.yaml"))

    def as_(who):
        named = {"X-Forwarded-Email": who}
        monkeypatch.setattr(auth.st, "context", SimpleNamespace(headers=named, theme=None, ip_address=None))
        page = opened()
        return page.selectbox(key="kept_list").set_value("asked").run()

    engineer = as_("bo@example.com")
    assert "approved" not in engineer.selectbox(key="bulk_state").options
    leader = as_("ana@example.com")
    assert leader.selectbox(key="bulk_field").options == ["State"]
    assert any("approves and comments" in one.value for one in leader.caption)
    leader.text_input(key="review_words").set_value("encrypted").run()
    leader.selectbox(key="bulk_state").set_value("approved").run()
    leader.button(key="bulk_go").click().run()
    assert not leader.exception
    assert "1 approved" in said(leader)
    reader = as_("eve@example.com")
    assert any("changes nothing in it" in one.value for one in reader.caption)
    assert not [one for one in reader.button if one.key == "bulk_go"]


def test_a_colleagues_change_is_shown_and_not_overwritten(home):
    from core.store.reviews import Change

    test = uploaded()
    button(test, "Save and start").click().run()
    test.selectbox(key="bulk_state").set_value("blocked").run()
    store = kept(home)
    number = store.requirement_sets.get("asked", "everybody").id
    store.reviews.change(number, [Change("csv", 2, 0, {"state": "answered"})], "ann")
    test.button(key="bulk_go").click().run()
    assert not test.exception
    notice = " ".join(w.value for w in test.warning)
    assert "Row 2 was changed by ann" in notice
    assert "Nothing was overwritten" in notice
    assert dict(store.reviews.rows(number).select("row", "state").iter_rows()) == {
        2: "answered",
        3: "blocked",
        4: "blocked",
    }
    test.button(key="review_mine").click().run()
    assert dict(store.reviews.rows(number).select("row", "state").iter_rows())[2] == "blocked"
    store.close()


def test_a_decision_reaches_the_scores(home):
    from core.store.reviews import Change

    test = uploaded()
    button(test, "Save and start").click().run()
    store = kept(home)
    number = store.requirement_sets.get("asked", "everybody").id
    store.reviews.change(number, [Change("csv", 4, 0, {"capability_id": "SEC-12"})], "ann")
    store.close()
    before = said(test)
    after = said(test.run())
    assert "1 of 3 requirements is supported" in before
    assert "2 of 3 requirements are supported" in after


def test_a_gap_opens_merges_and_splits():
    test = opened()
    assert "requirement lists show" in said(test)
    assert "holds up USD" in said(test)
    gaps = test.selectbox(key="ledger_gap").options
    test.selectbox(key="ledger_merge").select_index(0).run()
    test.button(key="ledger_do_merge").click().run()
    assert not test.exception
    assert len(test.selectbox(key="ledger_gap").options) == len(gaps) - 1
    assert any("Counted as" in c.value for c in test.caption) or test.selectbox(key="ledger_gap").value


def test_closing_a_gap_is_a_lever_of_the_scenarios():
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    test.query_params["also"] = '[["gap_closed",0.5,"all","2026-07","Sandbox and test environments"]]'
    test.switch_page("pages/scenarios.py").run()
    assert not test.exception
    assert "Product gap closed" in " ".join([said(test), *(c.value for c in test.caption)])


def test_the_enablement_page_answers_for_a_kept_list():
    test = uploaded()
    button(test, "Save and start").click().run()
    test.switch_page("pages/enablement.py").run()
    assert not test.exception
    assert "lessons take" in said(test)
    assert test.selectbox(key="enablement_list").value == "asked"
    assert "criteria from critical requirements" in said(test)
    assert "service level Premium plus, and for more in 1 point" in said(test)
    people = next(m for m in test.multiselect if m.label == "Enrolled")
    people.set_value([people.options[0]]).run()
    test.button(key="save_lessons").click().run()
    assert not test.exception
    assert "lessons are done (0 %), below the target of 90 %" in said(test)


def test_a_list_kept_with_a_deal_comes_back_with_it():
    test = uploaded()
    test.selectbox(key="requirement_deal").select_index(2).run()
    wanted = test.selectbox(key="requirement_deal").value
    button(test, "Save and start").click().run()
    assert not test.exception
    other = opened()
    assert other.selectbox(key="requirement_deal").value is None
    other.selectbox(key="kept_list").set_value("asked").run()
    assert not other.exception
    assert other.selectbox(key="requirement_deal").value == wanted
    assert "is worth" in said(other)
    other.selectbox(key="kept_list").set_value(None).run()
    assert other.selectbox(key="requirement_deal").value is None


def test_what_the_database_did_not_take_is_kept_and_sent_again(home, monkeypatch):
    from core.contracts.errors import StoreError
    from core.store.reviews import Reviews

    test = uploaded()
    button(test, "Save and start").click().run()
    test.selectbox(key="bulk_state").set_value("blocked").run()

    def away(*_):
        raise StoreError("The database does not answer.")

    with monkeypatch.context() as patch:
        patch.setattr(Reviews, "change", away)
        test.button(key="bulk_go").click().run()
        assert not test.exception
        assert any("does not answer" in warning.value for warning in test.warning)
    assert test.button(key="review_again").label == "Save again what was typed (3 rows)"
    test.button(key="review_again").click().run()
    assert not test.exception
    store = kept(home)
    rows = store.reviews.rows(store.requirement_sets.get("asked", "everybody").id)
    assert rows["state"].to_list() == ["blocked"] * 3
    store.close()
    assert not [b for b in test.button if b.key == "review_again"]


def test_a_comment_on_a_row_stays_and_names_who_is_told(home):
    test = uploaded()
    button(test, "Save and start").click().run()
    test.session_state["row_comments"] = True
    test.run()
    assert "Nobody has said anything yet." in said(test)
    (box,) = [area for area in test.text_area if area.label == "Comment"]
    box.set_value("@You do we host in <b>Canada</b>?")
    button(test, "Add comment").click().run()
    assert not test.exception
    assert "1 comment." in said(test)
    test.selectbox(key="commented_row").select_index(1).run()
    assert "Nobody has said anything yet." in said(test)
    day = opened("pages/day.py")
    assert "1 comment for you." in said(day)
    assert "<b>Canada" not in said(day)
