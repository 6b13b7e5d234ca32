"""The one table of every page: no index, a dash where there is no value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
import streamlit as st

from pages.ui.kit import columns

NOTHING = "–"
ROW = 33


def grid(frame: pl.DataFrame, **options: Any) -> Any:
    """Show a frame over the full width and return what was picked in it; `options` are those of `st.dataframe`."""
    config = columns.configured(frame, options.get("column_config") or {})
    frame, config = columns.percents(frame, config)
    options["column_config"] = _dated(frame, config)
    if isinstance(options.get("height"), int):
        # A short table ends with its last row.
        options["height"] = min(options["height"], ROW * (max(frame.height, 1) + 1) + 3)
    return st.dataframe(frame.to_arrow(), hide_index=True, lazy=False, placeholder=NOTHING, **options)


def _dated(frame: pl.DataFrame, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration of columns with days and moments written as the browser's locale does.

    What has a format of its own keeps it.
    """
    out = dict(config)
    for name, kind in frame.schema.items():
        if kind == pl.Date or isinstance(kind, pl.Datetime):
            column = st.column_config.DateColumn if kind == pl.Date else st.column_config.DatetimeColumn
            own = out.get(name, name)
            if isinstance(own, str):
                out[name] = column(own if name in out else None, format="localized")
            elif isinstance(own, dict) and own.get("type_config", {}).get("type") in ("date", "datetime"):
                inner = own["type_config"]
                out[name] = {**own, "type_config": {**inner, "format": inner.get("format") or "localized"}}
    return out
