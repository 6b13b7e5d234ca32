"""Keeps a chart's room free from before it is drawn, so that what stands below it does not move when it is."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import streamlit as st

HIGHEST = 1_000  # pixels; `look.css` has a rule for every ten below


def keep(spec: Mapping[str, Any], key: str) -> AbstractContextManager[Any]:
    """Return a container as tall as a chart will be, to draw it in; none where its height is not known beforehand.

    Parameters
    ----------
    spec : mapping
        A Vega-Lite specification; its `height` is what the chart takes with axes and titles.
    key : str
        What no other chart of the page is called.
    """
    height = spec.get("height")
    if not isinstance(height, int | float) or not 0 < height < HIGHEST:
        return nullcontext()
    hundreds, rest = divmod(int(height), 100)
    return st.container(key=f"room-h{hundreds}-t{rest // 10}-{key}")
