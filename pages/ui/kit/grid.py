"""The one table of every page: no index, no field names, a dash where there is no value."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import polars as pl
import streamlit as st

from core.localization import message
from core.localization import shown as in_words
from pages.ui.kit import column_layout, entity_links, table_words

if TYPE_CHECKING:
    from pages.ui.kit.shell import Page

NOTHING, LINKS = "–", ("/", "http", "?")
ROW, TALL_ROW = 28, 62  # pixels; from 61 on Streamlit wraps text
HALF, FULL, PICK = 553, 1150, 40  # pixels: a table in half a row and in a whole one, the box to pick a row by
SHOWN_ROWS = 500  # of those behind a number
WHOLE, SMALL = 2, 0.1  # digits of a share, and what is small enough for one more


def grid(frame: pl.DataFrame, room: int | None = None, **options: Any) -> Any:
    """Show a frame over the full width and return what was picked in it.

    Rows of deals and accounts begin with a link to their own page.

    Parameters
    ----------
    frame : pl.DataFrame
    room : int, optional
        Pixels the table has on a usual screen. The last columns that find no place in it are hidden; the table's
        own menu shows them. Default to show all.
    **options
        Those of `st.dataframe`.
    """
    frame, options = entity_links.linked(frame, options)
    config = _dated(frame, column_layout.dressed(frame, options.get("column_config") or {}))
    if room is not None:
        order = list(options.get("column_order") or frame.columns)
        config |= column_layout.beyond(config, order, room - (PICK if options.get("on_select") else 0))
    options["column_config"] = config
    if options.get("column_order") is not None:
        options["column_order"] = [name for name in options["column_order"] if config.get(name, name) is not None]
    row = options.setdefault("row_height", ROW)
    if isinstance(options.get("height"), int):
        # A short table ends with its last row.
        options["height"] = min(options["height"], row * max(frame.height, 1) + ROW + 10)
    shown = table_words.in_language(_in_per_cent(frame, config))
    seen = st.dataframe(shown.to_arrow(), hide_index=True, lazy=False, placeholder=NOTHING, **options)
    if options.get("on_select") not in (None, "ignore"):
        _tell_choice(seen.selection.rows, shown)
    return seen


def _tell_choice(rows: list[int], frame: pl.DataFrame) -> None:
    """Let whoever does not see the table hear which of its rows is chosen; the place is there before any is."""
    sentence = "No row is chosen."
    if rows and rows[0] < frame.height:
        texts = [value for value in frame.row(rows[0]) if isinstance(value, str) and not value.startswith(LINKS)]
        sentence = message(
            "Row {rows:,} of {height:,} is chosen: {texts}.",
            rows=rows[0] + 1,
            height=frame.height,
            texts=", ".join(texts[:2]),
        )
        sentence = (
            message("{n_rows:,} rows are chosen, the first of them: {sentence}", n_rows=len(rows), sentence=sentence)
            if len(rows) > 1
            else sentence
        )
    st.html(f'<div class="qd-quiet" role="status">{html.escape(in_words(sentence))}</div>')


def drill(page: Page, frame: pl.DataFrame, **options: Any) -> Any:
    """Show the first rows behind a number: names in place of ids, the name first, the amount and its currency next."""
    rows = column_layout.named(frame.head(SHOWN_ROWS), page.data)
    config = column_layout.dressed(rows, {}, page.settings.currency)
    return grid(rows, **{"column_config": config, "column_order": column_layout.order(rows), **options})


def _in_per_cent(frame: pl.DataFrame, config: Mapping[str, Any]) -> pl.DataFrame:
    """Return the rows with shares rounded to what is read: whole per cents, a tenth where all of them are small."""
    rounded = []
    for name, kind in frame.schema.items():
        own = config.get(name)
        inner = (own.get("type_config") or {}) if isinstance(own, dict) else {}
        if inner.get("format") == "percent" and kind.is_float():
            most = frame[name].abs().max()
            is_small = isinstance(most, float) and most < SMALL
            rounded.append(pl.col(name).round(WHOLE + is_small))
    return frame.with_columns(rounded) if rounded else frame


def _dated(frame: pl.DataFrame, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration of columns with days and moments written as the browser's locale does.

    What has a format of its own keeps it.
    """
    out = dict(config)
    for name, kind in frame.schema.items():
        own = out.get(name)
        if own is None or not (kind == pl.Date or isinstance(kind, pl.Datetime)):
            continue
        inner = own.get("type_config") or {}
        if inner.get("type") in ("date", "datetime"):
            out[name] = {**own, "type_config": {**inner, "format": inner.get("format") or "localized"}}
        else:
            column = st.column_config.DateColumn if kind == pl.Date else st.column_config.DatetimeColumn
            out[name] = column(own.get("label"), width=own.get("width"), format="localized")
    return out
