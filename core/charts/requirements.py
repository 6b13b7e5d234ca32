"""Charts of the requirements page."""

from __future__ import annotations

import polars as pl

from core.charts.gap_ledger import named_bars
from core.charts.lazy_altair import alt
from core.charts.theme import ACTUAL, CONTEXT, FORECAST, finish, legend
from core.contracts.constants import SEVERITIES
from core.metrics import shortened

LONGEST_NAME = 110
STATUSES = (
    *("available", "limited", "partner", "roadmap", "unclear", "to be checked", "to be answered", "not available"),
)
COLOURS = (ACTUAL, "#7cc7bf", "#b9dcd8", "#f0c48a", CONTEXT, "#c3a6cf", "#dfe3ea", FORECAST)


def by_category(frame: pl.DataFrame, noun: str = "requirements") -> alt.Chart | alt.LayerChart:
    """Bars of requirements, or of what `noun` says, per category, split by status: [category, status, n]."""
    present = [(s, c) for s, c in zip(STATUSES, COLOURS, strict=True) if s in set(frame["status"])]
    rank = pl.col("status").replace_strict({s: i for i, s in enumerate(STATUSES)}, return_dtype=pl.Int64)
    chart = (
        alt.Chart(frame.with_columns(rank=rank))
        .mark_bar(height=20)
        .encode(
            x=alt.X("n:Q", title=noun, axis=alt.Axis(tickMinStep=1, tickCount=6)),
            y=alt.Y("category:N", sort="-x", title=None),
            color=alt.Color(
                "status:N",
                scale=alt.Scale(domain=[s for s, _ in present], range=[c for _, c in present]),
                legend=legend(each=90),
            ),
            order="rank:Q",
            tooltip=["category:N", "status:N", "n:Q"],
        )
    )
    return finish(chart, height=36 * frame["category"].n_unique() + 130)


def cost(frame: pl.DataFrame, currency: str, top: int = 12) -> alt.Chart | alt.LayerChart:
    """Bars of the dearest gaps by what closing them costs, coloured by severity."""
    shown = frame.filter(pl.col("cost_amount") > 0).sort("cost_amount", descending=True).head(top)
    shown = shown.with_columns(
        name=pl.Series([shortened(text, LONGEST_NAME) for text in shown["text"]], dtype=pl.String)
    )
    colour = alt.Color(
        "severity:N",
        scale=alt.Scale(
            domain=list(SEVERITIES),
            range=["#b3402f", FORECAST, "#f0c48a", CONTEXT],
        ),
        legend=legend(each=90),
    )
    tooltip = ["text:N", "severity:N", "timeline:N", alt.Tooltip("cost_amount:Q", format=",.0f", title=currency)]
    return named_bars(shown, "cost_amount", f"{currency} to close", colour, tooltip)
