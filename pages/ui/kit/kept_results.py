"""Results kept on disk, so that the first page after a start is read and not worked out again.

What is kept is a dataclass of `core` made of frames, plain values and more such dataclasses: its values as
JSON, its frames as Arrow files. Anything else is not kept, and worked out as if this module were not there.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable
from datetime import date, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import polars as pl

from core.config import Settings
from core.config.kept import code, writing
from core.contracts import Dataset

KEPT = 400
MARK = "result.json"
ROOMS = ("contracts", "config", "marts", "features", "metrics", "models", "explain", "scenarios")
LASTING = (
    "core.metrics.",
    "core.models.outlook.",
    "core.models.revenue.",
    "core.explain.headlines.",
    "core.scenarios.analysis.trend.",
    "change of ",
)
PLAIN = (str, int, float, bool, type(None))


class _StrangeError(TypeError):
    """A value of a kind that is not kept."""


def place(name: str, data: Dataset, config: Settings, more: tuple[Any, ...]) -> Path | None:
    """Return the folder of a result; None where it is not kept.

    Kept are measures and forecasts of the company's own data under its own names, never those of a
    session's data or of one person's part.
    """
    is_own = data is data.company and not data.is_transient
    if not is_own or not name.startswith(LASTING) or not all(isinstance(item, (*PLAIN, date)) for item in more):
        return None
    digest = hashlib.blake2b(digest_size=16)
    for part in (name, data.fingerprint, config.model_dump_json(), repr(more), code(*ROOMS)):
        digest.update(part.encode())
    return config.home / "results" / digest.hexdigest()


def result(where: Path | None, work: Callable[[], Any]) -> Any:
    """Return what is kept in a folder; where there is nothing or it cannot be read, work it out and keep it."""
    if where is None:
        return work()
    if (where / MARK).exists():
        try:
            return _decoded(json.loads((where / MARK).read_text(encoding="utf-8")), where)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, pl.exceptions.PolarsError):
            pass
    value = work()
    _keep(where, value)
    return value


def _keep(where: Path, value: Any) -> None:
    frames: list[pl.DataFrame] = []
    try:
        text = json.dumps(_encoded(value, frames))
        where.parent.mkdir(parents=True, exist_ok=True)
        with writing(where, MARK, KEPT) as work:
            for number, frame in enumerate(frames):
                frame.write_ipc(work / f"{number}.arrow", compression="lz4")
            (work / MARK).write_text(text, encoding="utf-8")
    except (_StrangeError, OSError, pl.exceptions.PolarsError):
        return


def _encoded(value: Any, frames: list[pl.DataFrame]) -> Any:
    if isinstance(value, PLAIN):
        return value
    if isinstance(value, date):
        return {"datetime" if isinstance(value, datetime) else "date": value.isoformat()}
    if isinstance(value, pl.DataFrame):
        frames.append(value)
        return {"frame": len(frames) - 1}
    if isinstance(value, list | tuple):
        return {type(value).__name__: [_encoded(item, frames) for item in value]}
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {"dict": {key: _encoded(item, frames) for key, item in value.items()}}
    if dataclasses.is_dataclass(value) and type(value).__module__.startswith("core."):
        fields = {f.name: _encoded(getattr(value, f.name), frames) for f in dataclasses.fields(value) if f.init}
        return {"class": [type(value).__module__, type(value).__name__], "fields": fields}
    raise _StrangeError(type(value).__name__)


def _decoded(encoded: Any, where: Path) -> Any:
    if not isinstance(encoded, dict):
        return encoded
    if "class" in encoded:
        return _made(*encoded["class"])(**{name: _decoded(value, where) for name, value in encoded["fields"].items()})
    ((kind, inner),) = encoded.items()
    if kind == "frame":
        return pl.read_ipc((where / f"{int(inner)}.arrow").read_bytes())
    if kind == "dict":
        return {name: _decoded(value, where) for name, value in inner.items()}
    if kind in ("date", "datetime"):
        return (datetime if kind == "datetime" else date).fromisoformat(inner)
    parts = [_decoded(value, where) for value in inner]
    return tuple(parts) if kind == "tuple" else parts


def _made(module: str, name: str) -> type[Any]:
    """Return a dataclass of `core` by its name."""
    if not module.startswith("core."):
        raise ValueError(module)
    class_: type[Any] = getattr(import_module(module), name)
    if not dataclasses.is_dataclass(class_):
        raise TypeError(name)
    return class_
