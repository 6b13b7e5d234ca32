"""Keeps a chart's room free from before it is drawn, so that what stands below it does not move when it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from math import ceil
from typing import Any

import streamlit as st

from core.charts.theme import AXIS_LINE
from pages.ui.kit.cards import is_phone

HIGHEST = 1_000  # pixels; `look.css` has a rule for every ten below
UNIT, LEGEND, LINE = 24, 10, 18  # pixels of the unit above a chart, of the room around a legend and of each line in it
WIDE, NARROW = 900, 230  # pixels a drawing has for its legend, at most on a screen and at least on a phone
COLUMNS = re.compile(r"width / (\d+)")


def keep(spec: Mapping[str, Any], key: str) -> AbstractContextManager[Any]:
    """Return a container nearly as tall as a chart will be, to draw it in.

    Parameters
    ----------
    spec : mapping
        A Vega-Lite specification. Where it has no height of its own no room is kept.
    key : str
        What no other chart of the page is called.
    """
    room = height(spec, NARROW if is_phone() else WIDE)
    if not 0 < room < HIGHEST:
        return nullcontext()
    hundreds, rest = divmod(room, 100)
    return st.container(key=f"room-h{hundreds}-t{rest // 10}-{key}")


def height(spec: Mapping[str, Any], width: int) -> int:
    """Return the pixels a chart takes with its axis, unit and legend; 0 where that is not known beforehand.

    Examples
    --------
    >>> height({"height": 150}, 300), height({"height": 150, "title": {"text": "USD"}}, 300), height({}, 300)
    (172, 196, 0)
    >>> colour = {"scale": {"domain": ["won", "lost", "open"]}, "legend": {"columns": {"expr": "floor(width / 130)"}}}
    >>> height({"height": 150, "encoding": {"color": colour}}, 300)
    218
    """
    drawn = spec.get("height")
    if not isinstance(drawn, int | float):
        return 0
    lines = max((_lines(channel, width) for channel in _channels(spec)), default=0)
    return int(drawn) + AXIS_LINE + UNIT * bool(spec.get("title")) + (LEGEND + LINE * lines if lines else 0)


def _channels(spec: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Return what is said of each channel of a chart and of its layers."""
    for part in (spec, *spec.get("layer", ())):
        yield from (channel for channel in part.get("encoding", {}).values() if isinstance(channel, Mapping))


def _lines(channel: Mapping[str, Any], width: int) -> int:
    """Return how many lines a channel's legend takes, as far as its entries are known."""
    legend, scale = channel.get("legend"), channel.get("scale")
    if not isinstance(legend, Mapping):
        return 0
    names = scale.get("domain", ()) if isinstance(scale, Mapping) else ()
    each = COLUMNS.search(str(legend.get("columns")))
    return max(1, ceil(len(names) / max(1, width // int(each[1]))) if each and isinstance(names, list | tuple) else 1)
