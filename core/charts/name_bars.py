"""Bars of figures below each other, each beside what it is called."""

from __future__ import annotations

from typing import Any

from core.charts.lazy_altair import alt
from core.charts.theme import ACTUAL, name_axis


def names(column: str, order: list[str], limit: int = 150) -> alt.Y:
    """Return the axis of names: the values of a column, in their order, `limit` pixels wide at most."""
    return alt.Y(f"{column}:N", sort=order, title=None, axis=name_axis(limit))


def bars(base: alt.Chart, column: str, title: str, form: str, colour: str = ACTUAL) -> Any:
    """Return an Altair chart with a bar from 0 for each name.

    Parameters
    ----------
    base : alt.Chart
        With its axis of names.
    column : str
        The figure.
    title : str
        What it is, and in which unit.
    form : str
        Of the numbers at the axis, as d3 writes formats.
    colour : str
    """
    x = alt.X(f"{column}:Q", title=title, axis=alt.Axis(format=form))
    return base.mark_bar(color=colour, height=12, cornerRadius=2).encode(x=x)
