"""Charts of scores, of the bid and of the gap ledger."""

from __future__ import annotations

import polars as pl

from core.charts.late import alt
from core.charts.theme import ACTUAL, CONTEXT, FORECAST, finish

BLOCKS, WEIGHS = "blocks a deal", "weighs on deals"
FACTORS = {
    "coverage": "Coverage", "fit": "Fit by priority", "must_haves": "Must-haves", "resolution": "Gaps closed in time",
    "value": "Worth of bidding",
}  # fmt: skip


def factors(frame: pl.DataFrame) -> alt.Chart | alt.LayerChart:
    """Bars of points reached out of points possible: [factor, points, most]."""
    shown = frame.with_columns(
        name=pl.col("factor").replace(FACTORS),
        said=pl.format("{} of {}", pl.col("points").round(0).cast(pl.Int64), pl.col("most").round(0).cast(pl.Int64)),
    )
    y = alt.Y("name:N", sort=list(FACTORS.values()), title=None, axis=alt.Axis(labelLimit=180))
    base = alt.Chart(shown)
    possible = base.mark_bar(height=18, color=CONTEXT, opacity=0.25).encode(x=alt.X("most:Q", title="points"), y=y)
    reached = base.mark_bar(height=18, color=ACTUAL).encode(x="points:Q", y=y)
    text = base.mark_text(align="left", dx=6, color=CONTEXT).encode(x="most:Q", y=y, text="said:N")
    return finish(possible + reached + text, height=34 * frame.height + 50)


def worth(frame: pl.DataFrame, currency: str) -> alt.Chart | alt.LayerChart:
    """Bars of what bidding is worth in each case: [case, expected_amount, chance]."""
    shown = frame.with_columns(
        said=pl.format("{} % chance", (pl.col("chance") * 100).round(0).cast(pl.Int64)),
        start=pl.max_horizontal("expected_amount", pl.lit(0.0)),
    )
    y = alt.Y("case:N", sort=None, title=None, axis=alt.Axis(labelLimit=180))
    x = alt.X(
        "expected_amount:Q", title=f"{currency} expected", axis=alt.Axis(format="~s"), scale=alt.Scale(padding=60)
    )
    bars = alt.Chart(shown).mark_bar(height=18, color=ACTUAL).encode(
        x=x,
        y=y,
        tooltip=[
            alt.Tooltip(f"{name}:Q", format=",.0f", title=title)
            for name, title in (
                ("amount", "deal"), ("respond_amount", "to respond"), ("close_amount", "to close gaps"),
                ("expected_amount", "expected"),
            )
        ],
    )  # fmt: skip
    text = alt.Chart(shown).mark_text(align="left", dx=6, color=CONTEXT).encode(x="start:Q", y=y, text="said:N")
    return finish(bars + text, height=34 * frame.height + 50)


def unlocked(frame: pl.DataFrame, currency: str, top: int = 12) -> alt.Chart | alt.LayerChart:
    """Bars of open pipeline unlocked per person-week: [gap, unlocked_per_week_amount, effort_weeks, ...]."""
    shown = frame.filter(pl.col("n_deals") > 0).head(top).with_columns(
        short=pl.col("gap").str.slice(0, 42),
        said=pl.format("{} weeks, {} deals", pl.col("effort_weeks").round(1), "n_deals"),
        kind=pl.when(pl.col("severity") == "blocker").then(pl.lit(BLOCKS)).otherwise(pl.lit(WEIGHS)),
    )  # fmt: skip
    most = max(shown["unlocked_per_week_amount"].to_list(), default=0.0) or 1.0
    y = alt.Y("short:N", sort=None, title=None, axis=alt.Axis(labelLimit=280, labelOverlap=False))
    x = alt.X(
        "unlocked_per_week_amount:Q",
        title=f"{currency} of open pipeline per person-week",
        axis=alt.Axis(format="~s"),
        scale=alt.Scale(domain=[0, most * 1.25], nice=False),
    )
    bars = alt.Chart(shown).mark_bar(height=18).encode(
        x=x,
        y=y,
        color=alt.Color(
            "kind:N",
            scale=alt.Scale(domain=[BLOCKS, WEIGHS], range=[FORECAST, ACTUAL]),
            legend=alt.Legend(orient="top", title=None),
        ),
        tooltip=[
            "gap:N", "severity:N",
            alt.Tooltip("exposed_amount:Q", format=",.0f", title=f"{currency} exposed"),
            alt.Tooltip("cost_amount:Q", format=",.0f", title=f"{currency} to close"),
        ],
    )  # fmt: skip
    text = alt.Chart(shown).mark_text(align="left", dx=6, color=CONTEXT).encode(
        x="unlocked_per_week_amount:Q", y=y, text="said:N"
    )  # fmt: skip
    return finish(bars + text, height=28 * shown.height + 90)
