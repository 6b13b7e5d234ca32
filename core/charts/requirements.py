"""Charts of the requirements page."""

from __future__ import annotations

import polars as pl

from core.charts.gap_ledger import named_bars
from core.charts.lazy_altair import alt
from core.charts.theme import (
    ACTUAL,
    BLUE,
    CONTEXT,
    FORECAST,
    GROUND,
    OLIVE,
    PALE,
    QUIET,
    RED,
    VIOLET,
    finish,
    legend,
    name_axis,
    named_parts,
)
from core.contracts.constants import SEVERITIES
from core.localization import message
from core.metrics import shortened

LONGEST_NAME = 110
STATUSES = (
    *("available", "limited", "partner", "roadmap", "unclear", "to be checked", "to be answered", "not available"),
)
COLOURS = (ACTUAL, PALE, BLUE, OLIVE, CONTEXT, VIOLET, QUIET, FORECAST)


def by_category(frame: pl.DataFrame, noun: str = "requirements") -> alt.Chart | alt.LayerChart:
    """Bars of requirements, or of what `noun` says, per category, split by status: [category, status, n]."""
    present = [(s, c) for s, c in zip(STATUSES, COLOURS, strict=True) if s in set(frame["status"])]
    rank = pl.col("status").replace_strict({s: i for i, s in enumerate(STATUSES)}, return_dtype=pl.Int64)
    chart = (
        alt.Chart(frame.with_columns(rank=rank))
        .mark_bar(height=16, stroke=GROUND, strokeWidth=1)
        .encode(
            x=alt.X("n:Q", title=noun, axis=alt.Axis(tickMinStep=1, tickCount=6)),
            y=alt.Y("category:N", sort="-x", title=None, axis=name_axis()),
            color=alt.Color(
                "status:N",
                scale=alt.Scale(domain=[s for s, _ in present], range=[c for _, c in present]),
                legend=legend(each=90),
            ),
            order=alt.Order("rank:Q"),
            tooltip=[alt.Tooltip("category:N"), alt.Tooltip("status:N"), alt.Tooltip("n:Q")],
        )
    )
    named = named_parts(chart, "status", "n", dict(present), "rank")
    return finish(named, height=21 * frame["category"].n_unique() + 26)


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
            range=[RED, FORECAST, BLUE, CONTEXT],
        ),
        legend=legend(each=90),
    )
    tooltip = [
        alt.Tooltip("text:N"),
        alt.Tooltip("severity:N"),
        alt.Tooltip("timeline:N"),
        alt.Tooltip("cost_amount:Q", format=",.0f", title=currency),
    ]
    return named_bars(shown, "cost_amount", message("{currency} to close", currency=currency), colour, tooltip)
