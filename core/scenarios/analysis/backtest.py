"""The engine on past quarters: told what then happened to its levers, how close does it come?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import polars as pl

from core import marts
from core.config import Settings
from core.config.calendar import add_quarters, quarter_label, quarter_start
from core.contracts import Dataset
from core.contracts.spans import is_valid, line_runs
from core.localization import message
from core.marts.as_of import earlier
from core.metrics.measure import counted
from core.scenarios.data import baseline, historical_ranges
from core.scenarios.engine import expectation
from core.scenarios.levers import LeverSetting, Scenario

QUARTERS = 6
TOLD = ("win_rate", "deal_size", "cycle", "creation", "churn")
FEWEST = 3
SHAPE = {
    "quarter": pl.String,
    "actual_amount": pl.Float64,
    "plain_amount": pl.Float64,
    "told_amount": pl.Float64,
    "lower": pl.Float64,
    "upper": pl.Float64,
    "actual_mrr_amount": pl.Float64,
    "told_mrr_amount": pl.Float64,
    **dict.fromkeys(TOLD, pl.Float64),
}


@dataclass(frozen=True)
class Backtest:
    """Past quarters worked out from what was known on their first day.

    Attributes
    ----------
    frame : pl.DataFrame
        [quarter, actual_amount, plain_amount, told_amount, lower, upper, actual_mrr_amount,
        told_mrr_amount, and a column per lever told]: bookings as they came, as the engine put them with no
        lever moved, and with the levers at what then happened; the range is the one without levers.
    """

    frame: pl.DataFrame
    currency: str

    def miss(self, column: str, actual: str = "actual_amount") -> float | None:
        """Return the median size of the relative miss; None with fewer than three quarters."""
        rows = self.frame.filter(pl.col(actual) > 0)
        if rows.height < FEWEST:
            return None
        median = (rows[column] / rows[actual] - 1).abs().median()
        return float(median) if isinstance(median, float) else None

    def sentence(self) -> str:
        """Say how far the engine missed, with and without being told."""
        plain, informed = self.miss("plain_amount"), self.miss("told_amount")
        if plain is None or informed is None:
            return "There are too few past quarters to test the levers on."
        rows = self.frame
        inside = rows.filter(pl.col("actual_amount").is_between(pl.col("lower"), pl.col("upper"))).height
        text = message(
            "Over {pasts} the typical miss on bookings was {plain:.0f} %, and {informed:.0f} % with "
            "the levers set to what then happened. {inside} of {height} quarters were inside the "
            "likely range (80 %).",
            pasts=counted(rows.height, "past quarter"),
            plain=plain * 100,
            informed=informed * 100,
            inside=inside,
            height=rows.height,
        )
        mrr = self.miss("told_mrr_amount", "actual_mrr_amount")
        return (
            text
            if mrr is None
            else message("{text} The typical miss on MRR was {mrr:.1f} %.", text=text, mrr=mrr * 100)
        )


def run(dataset: Dataset, settings: Settings) -> Backtest:
    """Past quarters forecast from their first day, without levers and with what then happened.

    Each quarter's value of a lever is held against the mean of the four quarters before it, as known on its
    first day. The win curves are those of past deals by stage, as known that day: the trained models have
    seen these quarters and are left out.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    """
    now = quarter_start(dataset.as_of, settings)
    begun = dataset.opportunities["created_on"].min()
    rows = []
    for back in range(QUARTERS, 0, -1):
        start = add_quarters(now, -back, settings)
        if isinstance(begun, date) and begun <= add_quarters(start, -5, settings):
            rows.append(_tested_quarter(dataset, settings, start))
    return Backtest(pl.DataFrame(rows, schema=SHAPE), settings.currency)


def _tested_quarter(dataset: Dataset, settings: Settings, start: date) -> dict[str, object]:
    end = add_quarters(start, 1, settings)
    base = baseline.build(rewound(dataset, start), settings, None)
    moves = _happened(dataset, start, settings)
    informed = Scenario("what happened", tuple(LeverSetting(n, v) for n, v in moves.items()))
    plain, after = expectation.run(base), expectation.run(base, informed)
    won = dataset.opportunities.filter(pl.col("is_won") & pl.col("close_on").is_between(start, end - timedelta(days=1)))
    last = end - timedelta(days=1)
    lines = dataset.subscriptions.filter(line_runs(last))
    return {
        "quarter": quarter_label(start, settings),
        "actual_amount": float(won["amount"].sum()),
        "plain_amount": plain.spread.mean,
        "told_amount": after.spread.mean,
        "lower": plain.spread.quantile(0.1),
        "upper": plain.spread.quantile(0.9),
        "actual_mrr_amount": float(lines["mrr_amount"].sum()),
        "told_mrr_amount": float(after.parts.totals["mrr_amount"][2]),
        **{n: moves.get(n) for n in TOLD},
    }


def _happened(dataset: Dataset, start: date, settings: Settings) -> dict[str, float]:
    """Return what each lever did in a quarter, against the mean of the four before it."""
    begins = [add_quarters(start, k, settings) for k in range(-4, 2)]
    *before, then = (historical_ranges.quarter(dataset, *span) for span in pairwise(begins))
    out = {}
    for name in TOLD:
        past = [v for v in (q[name] for q in before) if v is not None]
        value, usual = then[name], sum(past) / len(past) if past else 0.0
        if value is not None and usual > 0:
            out[name] = min(max(value / usual - 1, -1.0), 10.0)
    return out


def rewound(dataset: Dataset, day: date) -> Dataset:
    """Return the data as they stood on a past day, from the histories kept.

    A deal closed later is open again in the stage, amount and expected close of that day; contract lines and
    people who left later are there again; rows begun later are gone.
    """
    states = marts.of(dataset).deal_states.filter(is_valid(day) & ~pl.col("is_deleted"))
    then = states.unique("opportunity_id", keep="last", maintain_order=True).select(
        "opportunity_id", then_stage="stage", then_amount="amount", then_close="close_on", then_owner="owner_id"
    )
    deals = dataset.opportunities.filter(pl.col("created_on") <= day).join(then, on="opportunity_id", how="left")
    open_then = ~(pl.col("is_closed") & (pl.col("close_on") <= day)).fill_null(value=False)
    from_history = open_then & pl.col("then_stage").is_not_null()

    def was(name: str, then: str) -> pl.Expr:
        return pl.when(from_history).then(then).otherwise(name).alias(name)

    deals = deals.with_columns(
        was("stage", "then_stage"),
        was("amount", "then_amount"),
        was("close_on", "then_close"),
        was("owner_id", "then_owner"),
        is_closed=~open_then,
        is_won=pl.col("is_won") & ~open_then,
    ).select(dataset.opportunities.columns)

    def cut(frame: pl.DataFrame, begin: str, *ends: str) -> pl.DataFrame:
        rows = frame.filter(pl.col(begin).is_null() | (pl.col(begin) <= day))
        return rows.with_columns(pl.when(pl.col(e) <= day).then(pl.col(e)).alias(e) for e in ends)

    frames = {
        "opportunities": deals,
        "subscriptions": cut(dataset.subscriptions, "started_on", "ended_on"),
        "sales_team": cut(dataset.sales_team, "valid_from", "valid_to", "left_on"),
    }
    return earlier(dataset, day, "replayed", frames)
