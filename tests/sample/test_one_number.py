"""Every page leads with one number: the corrected forecast of the quarter, its range and its chance of quota."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from core import digest
from core.charts import forecast_pack
from core.explain import headlines
from core.forecasts import calls, monday, quarter_walk, week_ago
from core.metrics import hierarchy
from core.metrics.measure import money
from core.models import outlook, sum_correction
from core.scenarios import presets
from core.scenarios.analysis import whatif
from core.scenarios.levers import Scenario

NO_CALLS, NO_EDITS = pl.DataFrame(schema=calls.CALLS), pl.DataFrame(schema=calls.EDITS)
QUARTERS = [date(year, month, 1) for year in (2024, 2025) for month in (1, 4, 7, 10)]


def past_misses(row):
    """Forecasts of finished quarters as large as today's, 3 to 10 % below what was then won."""
    amount, deviation = row["amount"], row["deviation"]
    rows = [
        {
            "period_start_on": begin,
            "week": week,
            "closed_amount": 0.4 * amount,
            "computed_amount": amount,
            "deviation": deviation,
            "actual_amount": amount * (1.03 + 0.01 * (k + week // 4)),
            **dict.fromkeys(sum_correction.BLENDED, 0.9 * amount),
        }
        for k, begin in enumerate(QUARTERS)
        for week in range(1, 14)
    ]
    return pl.DataFrame(rows, schema=sum_correction.SCHEMA)


@pytest.fixture(scope="module")
def handed(sample, settings, bundle):
    """The sample's models with a record that corrects the quarter's number."""
    plain = outlook.current(sample, settings, bundle).frame.row(-1, named=True)
    return replace(bundle, record=past_misses(plain), key="", whole=bundle.company)


@pytest.fixture(scope="module")
def headline(sample, settings, handed):
    row = outlook.current(sample, settings, handed).frame.row(-1, named=True)
    assert abs(row["correction_amount"]) > 100_000.0
    return row


@pytest.fixture(scope="module")
def walk(sample, settings, handed):
    return quarter_walk.walk(sample, settings, handed)


@pytest.fixture(scope="module")
def table(sample, settings, handed):
    return monday.monday(sample, settings, handed, NO_CALLS, NO_EDITS)


def test_the_walk_goes_from_headline_to_headline_to_the_cent(walk, sample, settings, handed, headline):
    then = week_ago.outlook_on(sample, settings, handed, walk.since).frame.row(-1, named=True)
    assert walk.frame["amount"][0] == round(then["amount"], 2)
    assert walk.frame["amount"][-1] == round(headline["amount"], 2)
    cents = (walk.frame["amount"] * 100).round().cast(pl.Int64)
    assert cents[:-1].sum() == cents[-1]
    learnt = walk.frame.filter(pl.col("step") == quarter_walk.LEARNT)["amount"].item()
    assert learnt == pytest.approx(headline["correction_amount"] - then["correction_amount"], abs=0.011)
    assert quarter_walk.LEARNT in walk.check()


def test_without_a_record_nothing_is_learnt(sample, settings, bundle):
    plain = quarter_walk.walk(sample, settings, bundle)
    assert quarter_walk.LEARNT not in plain.frame["step"].to_list()
    assert plain.frame["amount"][-1] == round(outlook.current(sample, settings, bundle).frame["amount"][-1], 2)


def test_managers_parts_add_up_to_the_headline(table, headline, walk):
    top = ~pl.col("who").str.starts_with(monday.INDENT)
    assert table.frame.filter(top)["model_amount"].sum() == pytest.approx(headline["amount"], abs=0.01)
    assert table.frame.filter(top)["model_change_amount"].sum() == pytest.approx(walk.change, abs=0.02)
    assert table.whole["amount"] == headline["amount"]
    assert hierarchy.NOBODY not in table.frame["person_id"].to_list()


def test_every_page_says_the_same_number(sample, settings, handed, headline, table, walk):
    number = money(headline["amount"], settings.currency)
    seen = outlook.current(sample, settings, handed)
    pack = forecast_pack.pack(table, walk, seen.record, "")
    content = digest.digest(sample, settings, handed)
    news = headlines.headlines(sample, settings, handed)
    assert pack.tiles[0][1] == number
    texts = (seen.sentence(), table.sentence(), walk.sentence(), content.sentence(), " ".join(news.frame["text"]))
    assert [number in text for text in texts] == [True] * len(texts)


@pytest.fixture(scope="module")
def start(sample, settings, handed):
    """The ground of scenarios, with an open deal that waits for every gap a preset closes."""
    gaps = [lever.detail for plan in presets.load().values() for lever in plan.of("gap_closed")]
    waiting = sample.opportunities.filter(~pl.col("is_closed")).select("opportunity_id", share=0.1).head(3)
    return whatif.ground(sample, settings, handed).waiting_for(dict.fromkeys(gaps, waiting))


@pytest.mark.parametrize("name", ["", *presets.load()])
def test_a_scenario_with_nothing_moved_is_the_headline(name, start, headline):
    plan = presets.load()[name] if name else Scenario()
    still = replace(plan, levers=tuple(replace(lever, value=0.0) for lever in plan.levers))
    for spread in (whatif.work_out(start, still).after.spread, whatif.work_out(start, plan).before.spread):
        assert spread.mean == pytest.approx(headline["amount"])
        assert spread.p_target == pytest.approx(headline["quota_chance"], abs=0.01)


def test_an_assumed_correlation_leaves_the_base_as_it_is(start, headline):
    assumed = whatif.work_out(start, Scenario(correlation=0.1))
    assert assumed.before.spread.p_target == pytest.approx(headline["quota_chance"], abs=0.01)
    assert assumed.after.spread.quantile(0.9) > assumed.before.spread.quantile(0.9)
    assert "goes from" in assumed.sentence()


def test_a_market_shock_hurts(start):
    shock = whatif.work_out(start, presets.load()["Market shock"])
    assert shock.after.spread.mean < 0.99 * shock.before.spread.mean
    assert shock.after.spread.p_target < 0.9 * shock.before.spread.p_target
    assert shock.difference < 0 > shock.after.total("mrr_amount") - shock.before.total("mrr_amount")
