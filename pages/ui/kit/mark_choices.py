"""What can be clicked in a chart, as a list: for the keyboard, and for whoever does not see the chart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from io import BytesIO
from typing import Any

import polars as pl

NAMING = ("nominal", "ordinal", "temporal")
Choices = Mapping[str, Mapping[str, Any]]


def choices(spec: Mapping[str, Any], name: str) -> Choices:
    """Return the marks of a chart that a selection can choose, in the order of its data.

    Parameters
    ----------
    spec : mapping
        A finished Vega-Lite specification, its data as Arrow bytes.
    name : str
        Of the selection.

    Returns
    -------
    mapping
        The words of each mark, its fields or for ids its names on the axes, to the fields a click on it gives.
    """
    param = next((p for view in _views(spec) for p in view.get("params", []) if p["name"] == name), None)
    if param is None:
        return {}
    fields = list(param["select"].get("fields", []))
    marked = set(param.get("views", []))
    view = next((v for v in _views(spec) if v.get("name") in marked), None) or _holder(spec, name)
    rows = _rows(spec, view, fields)
    are_ids = all(field == "key" or field.endswith("_id") for field in fields)
    labels = [field for field in _named(view) if field in rows.columns] if are_ids else []
    seen = rows.select({*fields, *labels}).drop_nulls(fields).unique(fields, maintain_order=True)
    return {
        ", ".join(_words(row[field]) for field in labels or fields): {field: row[field] for field in fields}
        for row in seen.iter_rows(named=True)
    }


def _words(value: Any) -> str:
    return f"{value:%B %Y}" if isinstance(value, date) else str(value)


def _views(spec: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield spec
    for layer in spec.get("layer", []):
        yield from _views(layer)


def _holder(spec: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return the innermost view a selection stands in."""
    holders = [view for view in _views(spec) if any(p["name"] == name for p in view.get("params", []))]
    return holders[-1]


def _rows(spec: Mapping[str, Any], view: Mapping[str, Any], fields: list[str]) -> pl.DataFrame:
    """Return the data of a view: its own, else the first of the chart that has the fields."""
    named = (view.get("data") or spec.get("data") or {}).get("name")
    sets = dict(spec.get("datasets", {}))
    order = [sets.pop(named)] if named in sets else []
    for content in [*order, *sets.values()]:
        frame = pl.read_ipc_stream(BytesIO(content))
        if set(fields) <= set(frame.columns):
            return frame
    return pl.DataFrame(schema=dict.fromkeys(fields, pl.String))


def _named(view: Mapping[str, Any]) -> list[str]:
    channels = view.get("encoding", {})
    ends = [channels[axis] for axis in ("y", "x") if axis in channels]
    return [end["field"] for end in ends if end.get("type") in NAMING and "field" in end]
