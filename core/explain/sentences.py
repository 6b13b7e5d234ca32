"""Contributions in words."""

from __future__ import annotations

from typing import Literal

import polars as pl

from core.explain import drivers
from core.localization import joined, message
from core.metrics.measure import chance, money

Unit = Literal["log_odds", "points", "money"]


def number(value: float, unit: Unit, currency: str = "USD") -> str:
    """Write a number in the unit it is shown in: 71 %, USD 1.2 M or 0.84."""
    if unit == "points":
        return chance(value / 100)
    if unit == "log_odds":
        return f"{value:.2f}"
    return money(value, currency)


def change(value: float, unit: Unit) -> str:
    """Write a contribution with its sign, without unit: +9, −6."""
    sign = "−" if value < 0 else "+"
    size = abs(value)
    if unit == "log_odds":
        return f"{sign}{size:.2f}"
    if unit == "points":
        return f"{sign}{size:.0f}" if size >= 1 else f"{sign}{size:.1f}"
    return sign + number(size, "money", "").strip()


def _phrase(words: drivers.DriverMap, feature: str, value: str, stages: list[str]) -> str:
    """Put a feature into words; a stage is named rather than numbered."""
    return (
        message("{stages} stage", stages=stages[0])
        if feature == "stage_rank" and stages
        else words.phrase(feature, value)
    )


def sentence(frame: pl.DataFrame, base: float, shown: float, unit: Unit, like: str, top: int, currency: str) -> str:
    """Say a prediction, what it is held against, and its largest contributions.

    Parameters
    ----------
    frame : pl.DataFrame
        Rows of [entity_id, driver, feature, value, contribution].
    base, shown : float
        The comparator and the prediction, in `unit`.
    like : str
        Whom the base speaks of, as in "a typical deal".
    top : int
        How many contributions to name.
    """
    head = message(
        "{number}, against {number_2} for {like}",
        number=number(shown, unit, currency),
        number_2=number(base, unit, currency),
        like=like,
    )
    is_single = frame["entity_id"].n_unique() == 1
    if is_single:
        words = drivers.load()
        rows = frame.sort(pl.col("contribution").abs(), descending=True).head(top).to_dicts()
        stages = frame.filter(pl.col("feature") == "stage")["value"].to_list()
        named = [(_phrase(words, r["feature"], r["value"], stages), r["contribution"]) for r in rows]
    else:
        grouped = frame.group_by("driver").agg(pl.col("contribution").sum())
        rows = grouped.sort(pl.col("contribution").abs(), descending=True).head(top).to_dicts()
        named = [(r["driver"].lower(), r["contribution"]) for r in rows]
    parts = [
        message("{name} ({change})", name=name, change=change(value, unit))
        for name, value in named
        if abs(value) > 1e-9
    ]
    return message("{head}: {parts}.", head=head, parts=joined(*parts, by=", ")) if parts else f"{head}."
