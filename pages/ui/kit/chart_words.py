"""Titles, labels and texts of a chart in the reader's language; its data, and what a click gives, stay as they are."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any

import polars as pl

from core.column_labels import label
from core.localization import shown, shown_value, shown_whole
from core.localization.reader import READS
from pages.ui.kit.table_words import OF_US

LABELLED = {"x": "axis", "y": "axis", "color": "legend", "fill": "legend", "shape": "legend", "opacity": "legend"}
HEADED = ("row", "column", "facet")
TITLED = ("axis", "legend", "header")
MOST_WORDS = 600  # values of a field that are looked up
NAMING = ("nominal", "ordinal")


def in_language(spec: Mapping[str, Any], frame: Any = None) -> dict[str, Any]:
    """Return a specification with its words in the reader's language; English is the specification itself.

    Parameters
    ----------
    spec : mapping
        Of Vega-Lite, its data as Arrow bytes.
    frame : pl.DataFrame or anything, optional
        The data, where they are drawn beside the specification.
    """
    if READS.get() is None:
        return dict(spec)
    out: dict[str, Any] = copy.deepcopy(dict(spec))
    frames = [pl.read_ipc_stream(BytesIO(data)) for data in out.get("datasets", {}).values() if isinstance(data, bytes)]
    if isinstance(frame, pl.DataFrame):
        frames.append(frame)
    for view in _views(out):
        _title(view)
        mark = view.get("mark")
        if isinstance(mark, dict) and isinstance(mark.get("text"), str):
            mark["text"] = shown_whole(mark["text"])
        for channel, encoding in (view.get("encoding") or {}).items():
            for part in encoding if isinstance(encoding, list) else [encoding]:
                if isinstance(part, dict):
                    _encoding(view, channel, part, frames)
    return out


def _views(spec: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield spec
    for name in ("layer", "hconcat", "vconcat", "concat"):
        for part in spec.get(name, []):
            yield from _views(part)
    if isinstance(spec.get("spec"), dict):
        yield from _views(spec["spec"])


def _title(part: dict[str, Any]) -> None:
    title = part.get("title")
    if isinstance(title, str):
        part["title"] = shown_whole(title)
    elif isinstance(title, list):
        part["title"] = [shown_whole(line) for line in title]
    elif isinstance(title, dict):
        for name in ("text", "subtitle"):
            if isinstance(title.get(name), str):
                title[name] = shown_whole(title[name])


def _encoding(view: dict[str, Any], channel: str, part: dict[str, Any], frames: list[pl.DataFrame]) -> None:
    _title(part)
    for name in TITLED:
        if isinstance(part.get(name), dict):
            _title(part[name])
    if isinstance(part.get("value"), str) and channel == "text":
        part["value"] = shown_whole(part["value"])
    for condition in _conditions(part):
        if channel == "text":
            _conditional(view, condition, frames)
    field = part.get("field")
    if channel == "tooltip" and isinstance(field, str) and "title" not in part:
        part["title"] = shown(label(field))
    words = _words(field, frames) if isinstance(field, str) else {}
    if not words:
        return
    if channel in ("text", "tooltip", "detail") and part.get("type") in (*NAMING, None):
        if channel != "detail":
            _calculated(view, part, field, words)
        return
    kind = "header" if channel in HEADED else LABELLED.get(channel)
    if kind is None or part.get("type") not in NAMING or (kind in part and part[kind] is None):
        return
    own = part.setdefault(kind, {})
    if "labelExpr" not in own:
        own["labelExpr"] = f"({json.dumps(words, ensure_ascii=False)})[datum.label] || datum.label"


def _conditional(view: dict[str, Any], condition: dict[str, Any], frames: list[pl.DataFrame]) -> None:
    """Put the words of a text that stands only where there is room for it; how long they are is asked of them."""
    value, field = condition.get("value"), condition.get("field")
    if isinstance(value, str):
        condition["value"] = shown_whole(value)
    if isinstance(field, str) and (words := _words(field, frames)):
        _calculated(view, condition, field, words)
        condition["test"] = condition["test"].replace(f"datum['{field}']", f"datum['{condition['field']}']")


def _conditions(part: dict[str, Any]) -> list[dict[str, Any]]:
    given = part.get("condition")
    return [c for c in (given if isinstance(given, list) else [given]) if isinstance(c, dict)]


def _calculated(view: dict[str, Any], part: dict[str, Any], field: str, words: Mapping[str, str]) -> None:
    """Let a text be read from a field worked out from its own, so that the own one stays for clicks."""
    name = f"{field}_in_words"
    steps = view.setdefault("transform", [])
    if not any(step.get("as") == name for step in steps):
        table = json.dumps(words, ensure_ascii=False)
        steps.append({"calculate": f"({table})[datum[{json.dumps(field)}]] || datum[{json.dumps(field)}]", "as": name})
    part["field"] = name


def _words(field: str, frames: list[pl.DataFrame]) -> dict[str, str]:
    """Return the words for the values of a field that have some."""
    out: dict[str, str] = {}
    in_words = shown_whole if field in OF_US else shown_value
    for frame in frames:
        if field in frame.columns and frame.schema[field] in (pl.String, pl.Categorical, pl.Enum):
            for value in frame[field].cast(pl.String).drop_nulls().unique(maintain_order=True).head(MOST_WORDS):
                words = in_words(value)
                if words != value:
                    out[value] = str(words)
    return out
