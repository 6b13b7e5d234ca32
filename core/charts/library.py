"""The chart of the answer library."""

from __future__ import annotations

from datetime import date

import polars as pl

from core.charts.lazy_altair import alt
from core.charts.theme import ACTUAL, FORECAST, GROUND, PALE, finish, legend, name_axis, named_parts

STANDINGS = {"approved": ACTUAL, "waiting for approval": PALE, "due for review": FORECAST}


def by_standing(rows: pl.DataFrame, today: date) -> alt.Chart | alt.LayerChart:
    """Bars of answers per category, split by how they stand: approved, waiting, or due for review.

    Parameters
    ----------
    rows : pl.DataFrame
        The live answers: [category, state, due_on].
    today : date
    """
    late = (pl.col("due_on") <= today).fill_null(value=False)
    waits = pl.when(pl.col("state") == "approved").then(pl.lit("approved")).otherwise(pl.lit("waiting for approval"))
    standing = pl.when(late).then(pl.lit("due for review")).otherwise(waits)
    counted = rows.with_columns(standing=standing, category=pl.col("category").fill_null("none given"))
    frame = counted.group_by("category", "standing").agg(n=pl.len()).sort("category", "standing")
    present = {name: colour for name, colour in STANDINGS.items() if name in set(frame["standing"])}
    places = {name: rank for rank, name in enumerate(STANDINGS)}
    frame = frame.with_columns(rank=pl.col("standing").replace_strict(places, return_dtype=pl.Int64))
    chart = (
        alt.Chart(frame)
        .mark_bar(height=16, stroke=GROUND, strokeWidth=1)
        .encode(
            x=alt.X("n:Q", title="answers", axis=alt.Axis(tickMinStep=1, tickCount=6)),
            y=alt.Y("category:N", sort="-x", title=None, axis=name_axis()),
            color=alt.Color(
                "standing:N",
                scale=alt.Scale(domain=list(present), range=list(present.values())),
                legend=legend(each=130),
            ),
            order=alt.Order("rank:Q"),
            tooltip=[alt.Tooltip("category:N"), alt.Tooltip("standing:N"), alt.Tooltip("n:Q")],
        )
    )
    named = named_parts(chart, "standing", "n", present, "rank")
    return finish(named, height=21 * max(frame["category"].n_unique(), 1) + 26)
