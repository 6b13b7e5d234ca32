"""The wizard of the Data page step by step, and the switch between the sources of the workspace."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import polars as pl
import pytest
import yaml
from streamlit.testing.v1 import AppTest

from core.artifacts import forget_all, listing, open_cache
from core.sources.folder import reading_of_files
from core.store import Store
from pages.ui.data import stages_step
from pages.ui.kit import auth
from tests.pages.test_pages import ROOT

STAGES = ("Prospecting", "Negotiation", "Closed Won", "Closed Lost")
HEAD = "Id,Name,StageName,Amount,CloseDate,CreatedDate,IsWon,IsClosed,ForecastCategoryName"
CONTRACTS = (
    b"Contract,Customer,MRR,Start,End\nC1,A1,10,2024-01-01,2024-12-31\nC2,A1,12,2025-01-01,2025-12-31\n"
    b"C3,A2,10,2024-01-01,2024-12-31\nC4,A2,12,2025-01-01,2025-12-31\n"
)


def deals(n: int = 40, day_first: bool = False, factor: int = 1000) -> bytes:
    """A Salesforce export; with days up to the twelfth only, so that every date can be read both ways."""
    lines = [HEAD]
    for k in range(n):
        stage = STAGES[k % 4]
        closed, won = str(k % 4 > 1).lower(), str(k % 4 == 2).lower()
        close = f"{k % 12 + 1:02d}/0{k % 3 + 1}/2026" if day_first else f"2026-0{k % 3 + 1}-{k % 12 + 1:02d}"
        name = f"Deal {k} <b>x</b> :smile:"
        lines.append(
            f"006A00000000{k:03d}AAA,{name},{stage},{k * factor},{close},2025-11-1{k % 10},{won},{closed},Pipeline"
        )
    return "\n".join(lines).encode()


@pytest.fixture(autouse=True)
def home(settings, sample, bundle, monkeypatch, tmp_path):
    """The home of the small company, and a database of its own; kept files lie beside the home's, and go again."""
    monkeypatch.setenv("QUARTERDECK_HOME", str(settings.home))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    monkeypatch.setattr("core.sources.source_files.FOLDER", f"sources-{tmp_path.name}")
    yield
    for path in (settings.home / f"sources-{tmp_path.name}").glob("*"):
        path.unlink()


def opened() -> AppTest:
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).switch_page("pages/data.py").run()


def dropped(test: AppTest, plan: bytes = b"", **files: bytes) -> AppTest:
    values = [(".".join(name.rsplit("_", 1)), content, "text/csv") for name, content in files.items()]
    test.file_uploader[0].set_value(values)
    if plan:
        test.file_uploader[1].set_value([("map.yaml", plan, "text/yaml")])
    return test.run()


def at(test: AppTest, step: str) -> AppTest:
    return test.button_group(key="wizard_step").set_value(step).run()


def choice(test: AppTest, label: str):
    return next(s for s in test.selectbox if s.label.startswith(label))


def button(test: AppTest, key: str):
    return next((b for b in test.button if b.key == key), None)


def words(test: AppTest) -> str:
    kinds = (test.error, test.warning, test.info, test.success, test.markdown, test.caption)
    return " ".join(element.value for kind in kinds for element in kind)


def figure(test: AppTest, label: str) -> str:
    return next(m.value for m in test.metric if m.label == label)


def mapping(test: AppTest) -> dict:
    return test.session_state["wizard"].mapping


def test_every_step_shows_what_the_files_say():
    test = dropped(opened(), Opportunity_csv=deals(), subscriptions_csv=CONTRACTS, colours_csv=b"colour,shade\nred,3\n")
    assert "3 tables found; 2 of them used" in words(test)
    assert choice(test, "Opportunity").value == "opportunities"
    assert "Recognised by a Salesforce export" in words(test)
    assert choice(test, "colours").value == ""
    at(test, "2 Columns")
    assert (choice(test, "Deal id").value, choice(test, "Close date").value) == ("Id", "CloseDate")
    assert "Deal 0 \\<b\\>x\\</b\\>" in words(test)
    assert "Prospecting · Negotiation · Closed Won" in words(test)
    at(test, "3 Stages")
    assert "2 stages are open, 1 won, 1 lost." in words(test)
    at(test, "4 Dates and amounts")
    assert choice(test, "Subscriptions and contracts: is the end date").value == "inclusive"
    assert "2 lie one day before" in words(test)
    at(test, "5 Check and use")
    assert not test.exception
    assert (figure(test, "Deals"), figure(test, "Open"), figure(test, "The forecast sees")) == ("40", "20", "20")
    assert "Deals: 40 read of 40 rows in the files; USD 780,000.00 in both." in words(test)
    assert "**Customers**: bookings and invoices" in words(test)
    button(test, "wizard_use").click().run()
    assert test.session_state["uploaded_data"].is_transient
    assert "shown on every page of this session" in words(test)
    assert "Only in this session" in words(test)
    assert "wizard" not in test.session_state
    test.switch_page("pages/pipeline.py").run()
    assert "20 deals" in words(test)


def test_a_table_that_is_not_recognised_is_mended_in_place():
    odd = deals().replace(HEAD.encode(), b"a,b,c,d,e,f,g,h,i")
    test = dropped(opened(), things_csv=odd)
    assert "No file is taken for deals" in test.error[0].value
    assert "Not recognised" in words(test)
    at(test, "5 Check and use")
    assert "follows once the files can be read" in words(test)
    assert button(test, "wizard_use") is None
    assert button(test, "wizard_keep") is None
    at(test, "1 Files")
    choice(test, "things").set_value("opportunities").run()
    at(test, "2 Columns")
    assert any("cannot be read without" in w.value for w in test.warning)
    for label, header in (("Deal id", "a"), ("Stage", "c"), ("Amount", "d"), ("Close date", "e"), ("Won", "g")):
        choice(test, label).set_value(header).run()
    assert not test.error
    at(test, "5 Check and use")
    assert (figure(test, "Deals"), figure(test, "Won")) == ("40", "10")


def test_a_wrong_column_is_a_sentence_and_is_mended_in_place():
    test = at(dropped(opened(), Opportunity_csv=deals()), "2 Columns")
    choice(test, "Close date").set_value("").run()
    choice(test, "Created date").set_value("").run()
    assert "No column holds a date" in test.error[0].value
    at(test, "3 Stages")
    assert "fix the problem above" in words(test)
    at(test, "2 Columns")
    choice(test, "Close date").set_value("CloseDate").run()
    assert not test.error
    choice(test, "Amount").set_value("CloseDate").run()
    assert "CloseDate" not in str(mapping(test)["opportunities"]["columns"].get("close_on"))
    choice(test, "Amount").set_value("Amount").run()
    choice(test, "Close date").set_value("CloseDate").run()
    at(test, "5 Check and use")
    assert "USD 780,000.00 in both" in words(test)


def test_a_map_with_a_slip_is_told_and_the_files_are_shown_as_recognised():
    plan = b"opportunities: {file: Opportunity.csv, columns: {amount: Amuont}}"
    test = dropped(opened(), plan, Opportunity_csv=deals())
    assert "Did you mean 'Amount'?" in test.warning[0].value
    at(test, "5 Check and use")
    assert figure(test, "Deals") == "40"


def test_dates_that_can_be_read_both_ways_are_asked_and_the_answer_goes_into_the_map():
    test = at(dropped(opened(), Opportunity_csv=deals(day_first=True)), "4 Dates and amounts")
    asked = choice(test, "Close date (CloseDate) is written")
    assert "please say which" in words(test)
    other = next(o for o in asked.options if o != asked.value)
    asked.set_value(other).run()
    assert choice(test, "Close date (CloseDate) is written").value == other
    assert mapping(test)["opportunities"]["dates"] == {"close_on": other}
    assert "please say which" not in words(test)


def test_the_day_ends_and_currency_are_changed_and_the_map_reads_what_is_seen():
    files = {"Opportunity.csv": deals(), "subscriptions.csv": CONTRACTS}
    test = at(dropped(opened(), Opportunity_csv=deals(), subscriptions_csv=CONTRACTS), "4 Dates and amounts")
    test.date_input[0].set_value(date(2026, 2, 1)).run()
    choice(test, "Subscriptions and contracts: is").set_value("exclusive").run()
    choice(test, "Amounts are reported in").set_value("EUR").run()
    plan = mapping(test)
    assert (plan["as_of"], plan["currency"], plan["subscriptions"]["ends"]) == ("2026-02-01", "EUR", "exclusive")
    shown = test.session_state["wizard"].reading.dataset
    again = reading_of_files(files, yaml.safe_load(yaml.safe_dump(plan))).dataset
    assert again.fingerprint == shown.fingerprint
    assert (shown.as_of, shown.currency) == (date(2026, 2, 1), "EUR")
    assert shown.subscriptions["ended_on"].max() == date(2025, 12, 31)


def test_stages_put_in_order_become_the_map():
    reading = reading_of_files({"Opportunity.csv": deals()})
    frame = stages_step.rows_of(reading)
    assert frame["name"].to_list() == list(STAGES)
    changes = {
        "1": {"rank": 1, "probability": 0.7, "forecast_category": "commit"},
        "3": {"kind": "open", "rank": None},
        "0": {"n_deals": 9},
    }
    plan = stages_step.as_stages(stages_step.edited(frame, changes, {}))
    assert plan == {
        "*": {
            "order": ["Negotiation", "Prospecting", "Closed Lost"],
            "won": ["Closed Won"],
            "probability": {"Negotiation": 0.7},
            "forecast_category": {"Negotiation": "commit"},
        }
    }
    ordered = reading_of_files(
        {"Opportunity.csv": deals()}, {"opportunities": {"file": "Opportunity.csv", "stages": plan}}
    )
    assert ordered.dataset.open_stages[:2] == ("Negotiation", "Prospecting")
    assert stages_step.rows_of(ordered).filter(pl.col("name") == "Negotiation")["forecast_category"][0] == "commit"


def test_nothing_read_is_offered_for_no_use():
    empty = HEAD.encode() + b"\n"
    test = at(dropped(opened(), Opportunity_csv=empty), "5 Check and use")
    assert not test.exception
    assert button(test, "wizard_use") is None
    assert button(test, "wizard_keep") is None


def test_a_file_no_map_can_help_is_refused_in_a_sentence():
    test = dropped(opened(), broken_xlsx=b"x", deals_csv=b"")
    assert not test.exception
    assert test.error


def test_kept_for_everybody_is_seen_by_another_session_and_left_again():
    first = at(dropped(opened(), Opportunity_csv=deals()), "5 Check and use")
    assert first.text_input(key="wizard_name").value == "Salesforce export"
    first.text_input(key="wizard_name").set_value("Our CRM").run()
    button(first, "wizard_keep").click().run()
    assert not first.exception
    assert "Our CRM, version 1, is used for everybody from now on." in words(first)
    second = opened()
    assert "rows from Our CRM" in words(second)
    assert "Our CRM, version 1 is used for everybody." in words(second)
    at(dropped(second, Opportunity_csv=deals(20)), "5 Check and use")
    second.text_input(key="wizard_name").set_value("Our CRM").run()
    assert "this becomes its version 2" in words(second)
    button(second, "wizard_keep").click().run()
    first.run()
    assert "Our CRM, version 2 is used for everybody." in words(first)
    choice(first, "Version").set_value(1).run()
    button(first, "source_use").click().run()
    assert "Our CRM, version 1 is used for everybody." in words(first)
    assert first.session_state["source_chosen"] == "Our CRM"
    first.selectbox(key="source_chosen").set_value("sample").run()
    button(first, "source_use").click().run()
    assert "Sample company is used for everybody." in words(opened())
    first.selectbox(key="source_chosen").set_value("Our CRM").run()
    button(first, "source_remove").click().run()
    assert "Our CRM is removed." in words(first)
    assert [s.label for s in first.selectbox if s.label == "Version"] == []


def test_a_source_is_looked_at_in_one_session_only():
    test = at(dropped(opened(), Opportunity_csv=deals()), "5 Check and use")
    test.text_input(key="wizard_name").set_value("Last year").run()
    button(test, "wizard_keep").click().run()
    test.selectbox(key="source_chosen").set_value("sample").run()
    button(test, "source_show").click().run()
    assert not test.exception
    assert "rows from Sample company" in words(test)
    assert "Last year, version 1 is used for everybody. This session uses Sample company." in words(test)
    assert "rows from Last year" in words(opened())
    button(test, "source_back").click().run()
    assert "rows from Last year" in words(test)


def test_a_source_whose_files_are_gone_is_told_on_every_page_with_the_way_out(settings, tmp_path):
    test = at(dropped(opened(), Opportunity_csv=deals(24, factor=777)), "5 Check and use")
    button(test, "wizard_keep").click().run()
    for path in (settings.home / f"sources-{tmp_path.name}").glob("*"):
        path.write_bytes(b"other")
    listing.pruned(open_cache(settings.home), "snapshots", False, settings.home)
    forget_all()
    broken = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
    assert "Opportunity.csv" in broken.error[0].value
    button(broken, "leave_source").click().run()
    assert not broken.error
    assert "Sample company is used for everybody." in words(broken.switch_page("pages/data.py").run())


def test_who_may_only_read_uses_it_for_a_session_and_keeps_nothing(monkeypatch, tmp_path):
    people = {"ana@example.com": {"roles": ["leader"], "name": "Ana"}}
    chosen = tmp_path / "quarterdeck.yaml"
    chosen.write_text(yaml.safe_dump({"access": {"sign_in": "header", "people": people}}), encoding="utf-8")
    monkeypatch.setenv("QUARTERDECK_CONFIG", str(chosen))
    headers = {"X-Forwarded-Email": "ana@example.com"}
    monkeypatch.setattr(auth.st, "context", SimpleNamespace(headers=headers, theme=None, ip_address=None))
    test = at(dropped(opened(), Opportunity_csv=deals()), "5 Check and use")
    assert button(test, "wizard_keep") is None
    assert "needs the right data:write" in words(test)
    assert button(test, "source_use") is None
    assert button(test, "source_show") is not None
    button(test, "wizard_use").click().run()
    assert "uploaded_data" in test.session_state
    store = Store.open(f"sqlite:///{tmp_path / 'store.db'}")
    assert (store.sources.chosen(), store.sources.versions()) == (None, [])
    store.close()


def test_who_is_bound_to_a_region_stays_so_with_every_source(monkeypatch, tmp_path, sample):
    people = {"ana@example.com": {"roles": ["leader"], "name": "Ana", "regions": ["EMEA"]}}
    chosen = tmp_path / "quarterdeck.yaml"
    chosen.write_text(yaml.safe_dump({"access": {"sign_in": "header", "people": people}}), encoding="utf-8")
    store = Store.open(f"sqlite:///{tmp_path / 'store.db'}")
    store.sources.choose("sample", 0, "di")
    store.close()
    monkeypatch.setenv("QUARTERDECK_CONFIG", str(chosen))
    headers = {"X-Forwarded-Email": "ana@example.com"}
    monkeypatch.setattr(auth.st, "context", SimpleNamespace(headers=headers, theme=None, ip_address=None))
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    test.session_state["session_source"] = ("sample", 0)
    test.switch_page("pages/data.py").run()
    rows = dict(test.dataframe[0].value[["entity", "n_rows"]].itertuples(index=False))
    assert 0 < rows["accounts"] == sample.accounts.filter(pl.col("region") == "EMEA").height < sample.accounts.height
