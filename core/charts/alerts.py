"""The picture in a message: what it is about, as bars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from core.charts.lazy_altair import alt
from core.charts.theme import ACTUAL, LABEL, finish

if TYPE_CHECKING:
    Drawn = alt.Chart | alt.LayerChart


def bars(entries: Sequence[tuple[str, float]], currency: str) -> Drawn:
    """Names and their amounts as bars, in the order given."""
    frame = pl.DataFrame(list(entries), schema={"name": pl.String, "amount": pl.Float64}, orient="row")
    frame = frame.with_row_index("place")
    base = alt.Chart(frame).encode(
        y=alt.Y("place:O", axis=None),
        x=alt.X("amount:Q", title=currency or None, axis=alt.Axis(format="~s", tickCount=4)),
    )
    drawn = base.mark_bar(height=16, cornerRadius=2, color=ACTUAL)
    words = base.mark_text(align="left", dx=4, color=LABEL).encode(
        x=alt.value(0), text=alt.Text("name:N"), y=alt.Y("place:O", axis=None), yOffset=alt.value(-16)
    )
    return finish(drawn + words, height=44 * max(frame.height, 1) + 40)
