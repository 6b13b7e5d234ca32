"""The one table of every page: no index, a dash where there is no value."""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

NOTHING = "–"
ROW = 33


def grid(frame: pl.DataFrame, **options: Any) -> Any:
    """Show a frame over the full width and return what was picked in it; `options` are those of `st.dataframe`."""
    if isinstance(options.get("height"), int):
        # A short table ends with its last row.
        options["height"] = min(options["height"], ROW * (max(frame.height, 1) + 1) + 3)
    return st.dataframe(frame.to_arrow(), hide_index=True, lazy=False, placeholder=NOTHING, **options)
