"""Charts of scores, of the bid and of the gap ledger."""

from __future__ import annotations

from typing import Any

import polars as pl

from core.charts.lazy_altair import alt
from core.charts.theme import ACTUAL, FORECAST, LABEL, QUIET, finish, legend
from core.localization import message
from core.metrics import counted, shortened

LONGEST_NAME = 60
BLOCKS, WEIGHS = "blocks a deal", "weighs on deals"
FACTORS = {
    "coverage": "Coverage",
    "fit": "Fit by priority",
    "must_haves": "Must-haves",
    "resolution": "Gaps closed in time",
    "value": "Value of bidding",
}


def factors(frame: pl.DataFrame) -> alt.Chart | alt.LayerChart:
    """Bars of points reached out of points possible: [factor, points, most]."""
    shown = frame.with_columns(
        name=pl.col("factor").replace(FACTORS),
        said=pl.format("{} of {}", pl.col("points").round(0).cast(pl.Int64), pl.col("most").round(0).cast(pl.Int64)),
    )
    y = alt.Y("name:N", sort=list(FACTORS.values()), title=None, axis=alt.Axis(labelLimit=180))
    base = alt.Chart(shown)
    x = alt.X("most:Q", title="points", axis=alt.Axis(tickCount=5))
    possible = base.mark_bar(height=18, color=QUIET).encode(x=x, y=y)
    reached = base.mark_bar(height=18, color=ACTUAL).encode(x=alt.X("points:Q"), y=y)
    text = base.mark_text(align="left", dx=6, color=LABEL).encode(x=alt.X("most:Q"), y=y, text=alt.Text("said:N"))
    return finish(possible + reached + text, height=26 * frame.height + 30)


def worth(frame: pl.DataFrame, currency: str) -> alt.Chart | alt.LayerChart:
    """Bars of what bidding is worth in each case: [case, expected_amount, chance]."""
    shown = frame.with_columns(
        said=pl.format("{} % chance", (pl.col("chance") * 100).round(0).cast(pl.Int64)),
        start=pl.max_horizontal("expected_amount", pl.lit(0.0)),
    )
    y = alt.Y("case:N", sort=None, title=None, axis=alt.Axis(labelLimit=180))
    x = alt.X(
        "expected_amount:Q",
        title=message("{currency} expected", currency=currency),
        axis=alt.Axis(format="~s"),
        scale=alt.Scale(padding=60),
    )
    bars = (
        alt.Chart(shown)
        .mark_bar(height=18, color=ACTUAL)
        .encode(
            x=x,
            y=y,
            tooltip=[
                alt.Tooltip(f"{name}:Q", format=",.0f", title=title)
                for name, title in (
                    ("amount", "deal"),
                    ("respond_amount", "to respond"),
                    ("close_amount", "to close gaps"),
                    ("expected_amount", "expected"),
                )
            ],
        )
    )
    text = (
        alt.Chart(shown)
        .mark_text(align="left", dx=6, color=LABEL)
        .encode(x=alt.X("start:Q"), y=y, text=alt.Text("said:N"))
    )
    return finish(bars + text, height=26 * frame.height + 30)


def unlocked(frame: pl.DataFrame, currency: str, top: int = 12) -> alt.Chart | alt.LayerChart:
    """Bars of open pipeline unlocked per person-week: [gap, unlocked_per_week_amount, effort_weeks, ...]."""
    shown = frame.filter(pl.col("n_deals") > 0).head(top)
    shown = shown.with_columns(
        name=pl.Series([_named(row) for row in shown.iter_rows(named=True)], dtype=pl.String),
        kind=pl.when(pl.col("severity") == "blocker").then(pl.lit(BLOCKS)).otherwise(pl.lit(WEIGHS)),
    )
    colour = alt.Color(
        "kind:N",
        scale=alt.Scale(domain=[BLOCKS, WEIGHS], range=[FORECAST, ACTUAL]),
        legend=legend(),
    )
    tooltip = [
        alt.Tooltip("gap:N"),
        alt.Tooltip("severity:N"),
        alt.Tooltip("exposed_amount:Q", format=",.0f", title=message("{currency} at risk", currency=currency)),
        alt.Tooltip("cost_amount:Q", format=",.0f", title=message("{currency} to close", currency=currency)),
    ]
    title = message("{currency} of open pipeline per person-week", currency=currency)
    return named_bars(shown, "unlocked_per_week_amount", title, colour, tooltip)


def _named(row: dict[str, Any]) -> str:
    weeks = f"{row['effort_weeks']:.1f}".removesuffix(".0")
    word = "week" if weeks == "1" else "weeks"
    return message(
        "{gap}: {weeks} {word}, {deals}",
        gap=shortened(row["gap"], LONGEST_NAME),
        weeks=weeks,
        word=word,
        deals=counted(row["n_deals"], "deal"),
    )


def named_bars(
    frame: pl.DataFrame, value: str, title: str, colour: alt.Color, tooltip: Any
) -> alt.Chart | alt.LayerChart:
    """Bars with their name above each, so that a narrow screen keeps room for them: [name, the value, ...]."""
    shown = frame.with_row_index("place")
    y = alt.Y("place:O", sort=None, axis=None)
    x = alt.X(f"{value}:Q", title=title, axis=alt.Axis(format="~s", tickCount=5))
    bars = alt.Chart(shown).mark_bar(height=12, yOffset=8).encode(x=x, y=y, color=colour, tooltip=tooltip)
    # A name wider than the chart ends in an ellipsis.
    mark = alt.Chart(shown).mark_text(align="left", dy=-7, color=LABEL, limit=alt.ExprRef(expr="width"))
    names = mark.encode(x=alt.value(0), y=y, text=alt.Text("name:N"))
    return finish(bars + names, height=36 * shown.height + 26)
