"""The switch of the currency: shown where there is something to choose, and the same figure as SQL on the files."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from core.config import load
from core.sources import currency_views
from core.sources.folder import reading_of_files

ROOT = Path(__file__).resolve().parents[2]
DEALS = """opportunity_id,account_id,owner_id,stage,amount,currency,created_on,close_on
1,a,r,Closed Won,100,EUR,2025-01-10,2025-02-10
2,a,r,Closed Won,300,USD,2025-01-11,2025-05-20
3,b,r,Closed Won,500,GBP,2025-01-12,2025-05-21
4,b,r,Closed Lost,900,USD,2025-01-12,2025-05-22
5,b,r,Discovery,1000,USD,2025-02-12,2025-09-30
6,a,r,Discovery,700,JPY,2025-02-13,2025-09-30
"""
RATES = """currency,valid_from,rate
EUR,2025-01-01,1
USD,2025-01-01,1.25
USD,2025-04-01,1.5
GBP,2025-01-01,0.8
"""
HISTORY = """opportunity_id,valid_from,stage,amount,close_on
5,2025-02-12,Prospecting,800,2025-06-30
5,2025-03-12,Discovery,1000,2025-09-30
"""
META = b"as_of: 2025-06-15\ncurrency: EUR\n"


@pytest.fixture(scope="module")
def files():
    return {
        "opportunities.csv": DEALS.encode(),
        "exchange_rates.csv": RATES.encode(),
        "opportunity_history.csv": HISTORY.encode(),
        "meta.yaml": META,
    }


@pytest.fixture(scope="module")
def data(files):
    return reading_of_files(files, settings=load(environ={})).dataset


def by_sql(tmp_path, target, on=None):
    """Return [won, open] in a currency as DuckDB works it out of the files."""
    for name, text in (("deals", DEALS), ("rates", RATES)):
        (tmp_path / f"{name}.csv").write_text(text)
    day = f"DATE '{on}'" if on else "d.close_on"
    sql = f"""
      WITH r AS (SELECT * FROM read_csv('{tmp_path}/rates.csv')),
           d AS (SELECT * FROM read_csv('{tmp_path}/deals.csv')),
           x AS (SELECT d.stage, d.amount, d.currency,
                   (SELECT rate FROM r WHERE r.currency = d.currency AND r.valid_from <= {day}
                    ORDER BY valid_from DESC LIMIT 1) AS theirs,
                   (SELECT rate FROM r WHERE r.currency = '{target}' AND r.valid_from <= {day}
                    ORDER BY valid_from DESC LIMIT 1) AS ours FROM d),
           y AS (SELECT stage, CASE WHEN currency = '{target}' THEN amount ELSE amount * ours / theirs END AS amount
                 FROM x)
      SELECT sum(amount) FILTER (stage = 'Closed Won'), sum(amount) FILTER (stage = 'Discovery') FROM y"""
    return duckdb.sql(sql).fetchall()[0]


@pytest.mark.parametrize("on", [None, dt.date(2025, 6, 15)])
@pytest.mark.parametrize("currency", ["EUR", "USD", "GBP"])
def test_a_view_gives_what_sql_gives_on_the_files(data, currency, on, tmp_path):
    view = currency_views.shown(data, load(environ={}), currency, on)
    deals = view.opportunities
    won, running = deals.filter("is_won")["amount"].sum(), deals.filter(~deals["is_closed"])["amount"].sum()
    assert (won, running) == pytest.approx(by_sql(tmp_path, currency, on))


def test_a_deal_and_its_history_agree_in_every_view(data):
    for currency, on in (("USD", None), ("GBP", dt.date(2025, 6, 15)), ("EUR", dt.date(2025, 6, 15))):
        view = currency_views.shown(data, load(environ={}), currency, on)
        deal = view.opportunities.filter(view.opportunities["opportunity_id"] == "5")["amount"][0]
        spans = (
            view.frame("opportunity_history")
            .filter(view.frame("opportunity_history")["opportunity_id"] == "5")
            .sort("valid_from")
        )
        assert spans["amount"].to_list() == pytest.approx([deal * 0.8, deal])


def test_what_has_no_rate_is_in_no_sum_and_is_told(data):
    view = currency_views.shown(data, load(environ={}), "USD")
    assert view.opportunities.filter(view.opportunities["currency"] == "JPY")["amount"].to_list() == [None]
    assert "no exchange rate to USD for 1 in JPY" in " ".join(currency_views.told(data, view))
    yen = currency_views.shown(data, load(environ={}), "JPY")
    assert yen.opportunities["amount"].drop_nulls().to_list() == [700.0]


def test_models_are_those_of_the_amounts_as_reported(data):
    view = currency_views.shown(data, load(environ={}), "USD")
    assert view.company is data
    assert currency_views.shown(data, load(environ={}), "EUR") is data


def test_one_currency_without_rates_leaves_nothing_to_choose(files):
    text = "opportunity_id,stage,amount,created_on\n1,Discovery,5,2025-01-02\n"
    data = reading_of_files({"opportunities.csv": text.encode()}, settings=load(environ={})).dataset
    assert currency_views.choices(data, load(environ={})).currencies == ()


def test_rates_that_never_change_leave_no_constant_view(files):
    one = {**files, "exchange_rates.csv": b"currency,rate\nEUR,1\nUSD,1.25\n"}
    data = reading_of_files(one, settings=load(environ={})).dataset
    choices = currency_views.choices(data, load(environ={}))
    assert (choices.currencies, choices.rates_on) == (("EUR", "GBP", "JPY", "USD"), None)


@pytest.fixture
def opened(settings, monkeypatch, tmp_path):
    monkeypatch.setenv("QUARTERDECK_HOME", str(settings.home))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")

    def run(data):
        test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)
        test.session_state["uploaded_data"] = replace(data, is_transient=True)
        return test.run()

    return run


def pipeline_of(test):
    return next(m.value for m in test.metric if m.label == "Open pipeline")


def test_the_switch_changes_what_a_page_shows_and_back(opened, data):
    test = opened(data)
    assert not test.exception
    assert test.selectbox(key="view_currency").options == ["EUR, as reported", "GBP", "JPY", "USD"]
    assert pipeline_of(test).startswith("EUR")
    before = pipeline_of(test)
    test.selectbox(key="view_currency").set_value("USD").run()
    assert not test.exception
    assert pipeline_of(test) == "USD 1.0 k"
    assert any("no exchange rate to USD for 1 in JPY" in c.value for c in test.caption)
    test.toggle(key="constant_rates").set_value(True).run()
    assert not test.exception
    test.selectbox(key="view_currency").set_value("EUR").run()
    test.toggle(key="constant_rates").set_value(False).run()
    assert pipeline_of(test) == before


def test_there_is_no_switch_where_there_is_nothing_to_choose(opened):
    text = "opportunity_id,stage,amount,created_on\n1,Discovery,5,2025-01-02\n"
    test = opened(reading_of_files({"opportunities.csv": text.encode()}, settings=load(environ={})).dataset)
    assert not [s for s in test.selectbox if s.key == "view_currency"]
    assert not [t for t in test.toggle if t.key == "constant_rates"]


def test_pages_with_saved_amounts_stay_as_reported_and_say_so(opened, data):
    test = opened(data)
    test.selectbox(key="view_currency").set_value("USD").run()
    test.switch_page("pages/review.py").run()
    assert not test.exception
    assert any("Whatever the currency: in EUR, as reported." in c.value.replace("\\", "") for c in test.caption)
    assert not [m.value for m in test.metric if m.value.startswith("USD")]
    test.switch_page("pages/pipeline.py").run()
    assert not test.exception
    assert test.selectbox(key="view_currency").value == "USD"
    assert not any("as reported. Executive" in c.value for c in test.caption)


def test_the_notebook_of_a_view_is_in_its_currency(data, settings):
    from core.access import Identity
    from pages.ui.kit import notebook
    from pages.ui.kit.shell import Page

    page = Page("Pipeline", data, settings, Identity("", "", ()), currency=("USD", dt.date(2025, 6, 15)))
    cells = json.loads(notebook.write(page))["cells"]
    code = "".join(cells[1]["source"])
    assert "currency_views.shown(load_data(settings" in code
    assert "'USD', datetime.date(2025, 6, 15))" in code
    compile(code, "notebook", "exec")
