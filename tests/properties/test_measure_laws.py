"""Laws of all measures: no ratio without a denominator, and what must not change when rows are written otherwise."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as rules
from hypothesis import strategies as st

from core import metrics
from core.config import Settings
from core.contracts import Dataset
from core.contracts.dataset import FRAMES
from core.explain import headlines
from core.metrics import growth, pipeline_path
from core.sources import span_ends
from tests.metrics.companies import company, deal, rep
from tests.oracles.random_company import AS_OF, CALENDARS, DEFAULTS, built, settings_of

slow = rules(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
companies = st.tuples(st.integers(0, 10_000), st.sampled_from(AS_OF), st.sampled_from(CALENDARS))

Call = Callable[[Dataset, Settings], Any]
MEASURES: dict[str, Call] = {
    "bookings of the quarter": metrics.bookings.quarter_to_date,
    "bookings by month": metrics.bookings.by_month,
    "revenue": metrics.bookings.revenue,
    "revenue by month": metrics.bookings.revenue_by_month,
    "bookings by region": metrics.bookings.by_region_and_quarter,
    "bookings by family": metrics.bookings.by_region_and_family,
    "recurring": metrics.recurring.mrr,
    "open pipeline": metrics.pipeline.open_pipeline,
    "win rate": metrics.winrate.win_rate,
    "deal size": metrics.winrate.deal_size,
    "cycle": lambda data, settings: metrics.winrate.cycle_days(data),
    "teams": metrics.attainment.teams,
    "coverage": metrics.coverage.coverage,
    "weighted": metrics.coverage.weighted,
    "concentration of deals": metrics.concentration.pipeline,
    "concentration of customers": metrics.concentration.customers,
    "velocity": metrics.velocity.velocity,
    "win rates": metrics.velocity.win_rates,
    "conversion": metrics.stage_conversion.conversion,
    "times": metrics.stage_conversion.times,
    "funnel": metrics.stage_conversion.cohorts,
    "last year": metrics.retention.last_year,
    "cohorts": metrics.retention.cohorts,
    "cohorts by year": lambda data, settings: metrics.retention.cohorts(data, settings, "year"),
    "health": metrics.health.health,
    "risk": metrics.risk.at_risk,
    "week": lambda data, settings: metrics.flow.flow(data, settings, data.as_of - timedelta(days=7), data.as_of),
    "path": lambda data, settings: pipeline_path.path(data, settings, data.as_of - timedelta(days=90), data.as_of),
    "region headline": lambda data, settings: list(headlines._region(data, settings)),
    "family headline": lambda data, settings: list(headlines._family(data, settings)),
    "recurring headline": lambda data, settings: list(headlines._recurring(data, settings)),
    **{
        f"growth of {name}": lambda data, settings, name=name: growth.table(data, settings, name)
        for name in growth.MEASURES
    },
    **{
        f"board of {kind}": lambda data, settings, kind=kind: metrics.leaderboard.board(data, settings, kind)
        for kind in metrics.leaderboard.BOARDS
    },
    **{
        f"map of {name}": lambda data, settings, name=name: metrics.regions.regions(data, settings, name)
        for name in metrics.regions.MEASURES
    },
}
CHANGES = ("bookings of the quarter", "revenue", "recurring", "open pipeline", "win rate", "deal size")


def numbers(answer: Any) -> list[float]:
    """Return every number of an answer that is not missing."""
    values = [getattr(answer, "value", None)]
    frame = getattr(answer, "frame", None)
    if frame is not None:
        for column in frame.select(pl.selectors.float()).get_columns():
            values += column.to_list()
    return [float(v) for v in values if v is not None]


def said(answer: Any) -> str:
    return answer.sentence() if hasattr(answer, "sentence") else " ".join(str(part) for part in answer)


def bookings(*amounts: float, kind: str = "booking", day: date = date(2026, 5, 3)) -> list[dict[str, Any]]:
    return [
        {
            "transaction_id": f"{kind}{day}{k}",
            "account_id": f"a{k % 2}",
            "rep_id": "ann",
            "region": f"Region {k % 2}",
            "booked_on": day,
            "kind": kind,
            "amount": amount,
        }
        for k, amount in enumerate(amounts)
    ]


def closed(k: int, amount: float | None, is_won: bool, **values: Any) -> dict[str, Any]:
    return (
        deal(
            f"d{k}",
            account_id="a0",
            owner_id="ann",
            amount=amount,
            is_closed=True,
            is_won=is_won,
            stage="Closed Won" if is_won else "Closed Lost",
            created_on=date(2026, 1, 5),
            close_on=date(2026, 4, 20),
        )
        | values
    )


def contract(k: int, amount: float, begin: date, end: date | None = None) -> dict[str, Any]:
    return {
        "subscription_id": f"s{k}",
        "account_id": f"a{k}",
        "mrr_amount": amount,
        "started_on": begin,
        "ended_on": end,
    }


YEAR_AGO = date(2025, 5, 3)
AWKWARD: dict[str, dict[str, Any]] = {
    "nothing": {},
    "one row": {"transactions": bookings(100.0), "opportunities": [closed(0, 100.0, True)]},
    "nets to 0": {"transactions": bookings(100.0, -100.0), "opportunities": [closed(0, 0.0, True)]},
    "below 0": {
        "transactions": bookings(100.0, -400.0) + bookings(-50.0, day=YEAR_AGO),
        "opportunities": [closed(0, -5.0, True), closed(1, 5.0, False)],
        "quotas": [{"rep_id": "ann", "period_start_on": date(2026, 4, 1), "quota_amount": 10.0}],
    },
    "below 0 a year ago": {
        "transactions": [
            *bookings(500.0, kind="billing"),
            *bookings(-500.0, kind="refund", day=YEAR_AGO),
            *bookings(900.0),
            *bookings(-900.0, day=YEAR_AGO),
        ]
    },
    "all refunds": {"transactions": bookings(-100.0, -50.0, kind="refund") + bookings(-9.0, -8.0)},
    "no amounts": {"opportunities": [closed(0, None, True), closed(1, None, False), deal("o", account_id="a0")]},
    "quota of 0": {
        "transactions": bookings(100.0),
        "quotas": [{"rep_id": "ann", "period_start_on": date(2026, 4, 1), "quota_amount": 0.0}],
    },
    "contracts of 0": {"subscriptions": [contract(0, 0.0, date(2024, 1, 1)), contract(1, 0.0, date(2025, 1, 1))]},
    "all have left": {"subscriptions": [contract(k, 9.0, date(2024, 1, 1), date(2025, 1, 1)) for k in range(2)]},
    "nameless": {
        "transactions": [row | {"rep_id": None, "region": None} for row in bookings(100.0, -100.0)],
        "opportunities": [closed(0, 5.0, True, account_id=None, owner_id=None)],
    },
}


@functools.cache
def awkward(name: str) -> Dataset:
    frames = {
        "accounts": [{"account_id": f"a{k}", "account_name": f"A {k}", "region": f"Region {k}"} for k in range(2)],
        "sales_team": [rep("ann", "EMEA 1", date(2024, 1, 1))],
    }
    return company(**(frames | AWKWARD[name] if AWKWARD[name] else {}))


def faults(asked: Mapping[str, Callable[[], Iterator[str]]]) -> list[str]:
    """Ask one after the other, of one company, whose marts are then made once; return what is wrong with each."""
    out = []
    for name, ask in asked.items():
        try:
            out += [f"{name}: {fault}" for fault in ask()]
        except Exception as error:
            out.append(f"{name}: {error!r}")
    return out


@pytest.mark.parametrize("name", list(AWKWARD))
def test_no_ratio_without_a_denominator(name):
    def wrong(measure: str) -> Iterator[str]:
        answer = MEASURES[measure](awkward(name), DEFAULTS)
        yield from (str(number) for number in numbers(answer) if not math.isfinite(number))
        yield from (word for word in said(answer).lower().split() if word in ("nan", "inf", "-inf"))

    assert faults({measure: functools.partial(wrong, measure) for measure in MEASURES}) == []


@pytest.mark.parametrize("name", list(AWKWARD))
def test_no_change_without_a_base(name):
    def wrong(measure: str) -> Iterator[str]:
        moved, text = growth.change(awkward(name), DEFAULTS, MEASURES[measure])
        if moved is not None and not math.isfinite(moved):
            yield str(moved)
        if "nan" in text:
            yield text

    assert faults({measure: functools.partial(wrong, measure) for measure in CHANGES}) == []


@slow
@given(companies)
def test_shares_lie_between_nothing_and_all(drawn):
    seed, as_of, fiscal = drawn
    settings = settings_of(fiscal)
    data = built(seed, as_of, settings)
    for name in ("concentration of deals", "concentration of customers"):
        frame = MEASURES[name](data, settings).frame
        assert frame["share_rate"].drop_nulls().is_between(0, 1 + 1e-9).all()
    table = metrics.retention.cohorts(data, settings).frame
    assert table["logo_rate"].drop_nulls().is_between(0, 1).all()
    assert table["gross_rate"].drop_nulls().is_between(0, 1 + 1e-9).all()


def answers(data: Dataset, settings: Settings, leave_out: tuple[str, ...] = ()) -> dict[str, float | None]:
    names = [name for name in MEASURES if name not in leave_out]
    return {name: getattr(MEASURES[name](data, settings), "value", None) for name in names}


def same(one: dict[str, float | None], other: dict[str, float | None]) -> None:
    for name, value in one.items():
        expected = None if value is None else pytest.approx(value, rel=1e-9, abs=1e-6)
        assert other[name] == expected, name


@slow
@given(companies)
def test_shifting_all_dates_by_whole_years_changes_nothing(drawn):
    """After 28 years weekdays and leap days fall as before, in every calendar."""
    seed, as_of, fiscal = drawn
    settings = settings_of(fiscal)
    data = built(seed, as_of, settings)
    frames = {
        name: data.frame(name).with_columns(
            pl.col(pl.Date).dt.offset_by("28y"), pl.col(pl.Datetime).dt.offset_by("28y")
        )
        for name in FRAMES
    }
    later = Dataset(**frames, as_of=as_of.replace(year=as_of.year + 28), source="By hand", rejected=data.rejected)
    same(answers(data, settings), answers(later, settings))


@slow
@given(companies)
def test_splitting_a_line_in_two_changes_no_sum(drawn):
    seed, as_of, fiscal = drawn
    settings = settings_of(fiscal)
    data = built(seed, as_of, settings)
    half = pl.col("amount") / 2
    parts = [data.frame("transactions").with_columns(half, pl.col("transaction_id") + tail) for tail in ("a", "b")]
    same(answers(data, settings), answers(data.with_frames(transactions=pl.concat(parts)), settings))


@slow
@given(companies)
def test_an_empty_region_changes_no_total(drawn):
    seed, as_of, fiscal = drawn
    settings = settings_of(fiscal)
    data = built(seed, as_of, settings)
    more = company(as_of, accounts=[{"account_id": "nobody", "account_name": "Nobody", "region": "Nowhere"}])
    same(
        answers(data, settings),
        answers(data.with_frames(accounts=pl.concat([data.accounts, more.accounts])), settings),
    )


@slow
@given(companies)
def test_the_order_of_rows_changes_nothing(drawn):
    seed, as_of, fiscal = drawn
    settings = settings_of(fiscal)
    data = built(seed, as_of, settings)
    free = [name for name in FRAMES if name != "opportunity_history"]
    turned = data.with_frames(**{name: data.frame(name).reverse() for name in free})
    same(answers(data, settings), answers(turned, settings))


@slow
@given(companies)
def test_ends_written_as_the_last_day_are_the_same_company(drawn):
    seed, as_of, fiscal = drawn
    settings = settings_of(fiscal)
    data, other = (built(seed, as_of, settings, ends) for ends in ("exclusive", "inclusive"))
    for name in span_ends.SPANS:
        assert data.frame(name).equals(other.frame(name)), name
