"""The scope on the pages: chosen, kept, in the address, saved; the deal, account, day and digest pages."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from core.forecasts import week_ago
from core.forecasts.calls import book
from core.metrics import bookings, pipeline, risk
from core.scope import Scope, applied
from core.store import Store

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def url(settings, sample, bundle, monkeypatch, tmp_path):
    address = f"sqlite:///{tmp_path / 'store.db'}"
    monkeypatch.setenv("QUARTERDECK_HOME", str(settings.home))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", address)
    return address


def opened(page="app.py", state=(), **parameters):
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)
    for name, value in dict(state).items():
        test.session_state[name] = value
    if page != "app.py":
        test.switch_page(page)
    for name, value in parameters.items():
        test.query_params[name] = value
    return test.run()


def texts(test):
    return "\n".join(str(m.value) for m in test.markdown)


def test_the_address_cuts_the_page_and_the_next_pages_keep_it(url, sample, settings):
    test = opened("pages/pipeline.py", region="EMEA")
    part = applied(sample, settings, Scope(region="EMEA"))
    assert risk.at_risk(part, settings).sentence().partition(":")[0] in texts(test)
    test.switch_page("pages/digest.py").run()
    assert dict(test.query_params) == {"region": "EMEA"}
    assert "It speaks of EMEA" in texts(test)


def test_a_scope_the_data_do_not_have_is_told_and_left(url):
    test = opened("pages/digest.py", region="Atlantis")
    assert "There is no region 'Atlantis'" in test.warning[0].value
    assert "The whole company is shown" in test.warning[0].value
    assert opened("pages/digest.py", period="never").session_state["page_scope"] == Scope()


def test_the_scope_a_person_opens_with_is_their_own(url):
    store = Store.open(url)
    store.preferences.save("scope", "local", {"address": "region=APAC"})
    store.close()
    assert opened("pages/digest.py").session_state["page_scope"] == Scope(region="APAC")


@pytest.fixture
def deal(sample):
    return sample.opportunities.filter(~pl.col("is_closed"), pl.col("amount").is_not_null()).row(0, named=True)


def test_a_deal_has_a_page_with_its_comments(url, sample, deal):
    store = Store.open(url)
    store.comments.add(book(sample), "deal", deal["opportunity_id"], "ann", "Call them <b>now</b>", [])
    store.close()
    test = opened("pages/deal.py", id=deal["opportunity_id"])
    assert not test.exception
    assert not test.warning
    assert "1 comment." in texts(test)
    assert "<b>now" not in texts(test)
    (box,) = [area for area in test.text_area if area.label == "Comment"]
    box.set_value("@You look")
    next(b for b in test.button if b.label == "Add comment").click().run()
    assert "2 comments." in texts(test)
    assert "1 comment for you." in texts(opened("pages/day.py"))


def test_an_unknown_deal_and_account_say_so(url):
    assert "There is no deal 'NOBODY'" in opened("pages/deal.py", id="NOBODY").warning[0].value
    assert "There is no account NOBODY" in opened("pages/account.py", id="NOBODY").warning[0].value


def test_rows_of_deals_lead_to_their_page_and_say_whose_they_are(url):
    test = opened("pages/deal.py")
    frame = test.dataframe[0].value
    assert frame["open_link"][0] == f"deal?id={frame['opportunity_id'][0]}"
    assert {"account_name", "owner"} <= set(frame.columns)
    hidden = opened("pages/account.py", {"hide_names": True}).dataframe[0].value
    assert hidden["open_link"][0].endswith("&names=hidden")


def test_the_search_finds_pages_questions_deals_and_accounts(url, deal):
    test = opened("pages/deal.py", {"search": deal["opportunity_id"]})
    assert "Deals, 1" in [c.value for c in test.sidebar.caption]
    assert "Nothing fits “qqqq”." in [c.value for c in opened("pages/deal.py", {"search": "qqqq"}).sidebar.caption]


def test_a_reps_day_shows_the_deals_of_who_one_says_to_be(url, sample, deal):
    test = opened("pages/day.py", {"i_am": deal["owner_id"]})
    assert "of the quota of" in texts(test) or "has won" in texts(test)
    assert deal["opportunity_id"] in set(test.dataframe[0].value["opportunity_id"])
    assert "Nobody is chosen yet." in texts(opened("pages/day.py"))


def test_a_digest_is_set_up_and_saved(url):
    test = opened("pages/digest.py", region="EMEA")
    next(i for i in test.text_input if i.label == "Save as").set_value("Mondays").run()
    next(b for b in test.button if b.label == "Save").click().run()
    store = Store.open(url)
    (saved,) = store.digests.list("local")
    store.close()
    assert (saved.name, saved.payload["scope"]) == ("Mondays", "region=EMEA")


def test_on_executive_a_period_that_is_over_is_measured_at_its_end_and_every_cell_says_so(url, sample, settings):
    then = week_ago.dataset_on(sample, settings, date(2026, 3, 31))
    test = opened(period="last quarter")
    assert not test.exception
    captions = [c.value for c in test.caption]
    said = sum(text.startswith(("As of 31 March 2026, ", "Whatever the period: ")) for text in captions)
    assert said == len(test.subheader) > 8
    assert not test.warning
    tiles = {m.label: m.value for m in test.metric}
    for measure in (bookings.quarter_to_date, pipeline.open_pipeline):
        value = measure(then, settings)
        assert tiles[value.name] in value.sentence()
    whole = bookings.in_period(sample, settings, "2026-01-01", "2026-03-31")
    assert whole.value == bookings.quarter_to_date(then, settings).value
    assert whole.sentence() in texts(test)


def test_on_pipeline_a_period_ahead_takes_its_days_where_it_can(url, sample, settings):
    test = opened("pages/pipeline.py", period="next quarter")
    assert not test.exception
    assert pipeline.due_in(sample, settings, "2026-07-01", "2026-09-30").sentence() in texts(test)
    captions = [c.value for c in test.caption]
    said = sum(text.startswith(("As of today, for Q3 2026 ", "Whatever the period: ")) for text in captions)
    assert said == len({h.value for h in test.subheader} - {"What moved in between?", "Where did it change?"}) - 1
