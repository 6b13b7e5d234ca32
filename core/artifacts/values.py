"""The codec of results: dataclasses of `core` made of frames, arrays, plain values and more such dataclasses.

The values go into one JSON file, in which everything that JSON has not is an object of one tagged member:
{"date": "2026-08-14"}, {"tuple": […]}, {"frame": 0}. Frames, arrays and bytes are files beside it.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from enum import Enum
from importlib import import_module
from pathlib import Path
from typing import Any

import polars as pl

from core.artifacts.codecs import UnkeepableError, read_frame, write_frame
from core.localization.messages import Text, of_parts

FILE = "value.json"
PLAIN = (str, int, float, bool, type(None))
ROOM = "core."


class ValueCodec:
    """Frozen dataclasses of `core`, frames, series, arrays, dates, bytes, enums, containers and plain values.

    A value of another type makes the whole unkeepable. A NumPy float is read back as a float.
    """

    def write(self, value: Any, folder: Path) -> None:
        """Write a value; raise `UnkeepableError` where a part of it is of a type that is not written."""
        writer = _Writer(folder)
        (folder / FILE).write_text(json.dumps(writer.encode(value)), encoding="utf-8")

    def read(self, folder: Path) -> Any:
        """Return the value."""
        return _Reader(folder).decode(json.loads((folder / FILE).read_text(encoding="utf-8")))


class _Writer:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    def encode(self, value: Any) -> Any:
        if type(value) in PLAIN:
            return value
        if isinstance(value, Text):
            return {"text": self.encode(value.parts())}
        if isinstance(value, Enum):
            return {"enum": [*_class_name(type(value)), value.name]}
        if isinstance(value, float | date | timedelta):
            return _scalar(value)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            fields = {f.name: self.encode(getattr(value, f.name)) for f in dataclasses.fields(value) if f.init}
            return {"class": _class_name(type(value)), "fields": fields}
        return self._container(value)

    def _container(self, value: Any) -> Any:
        if type(value) in (list, tuple):
            return {type(value).__name__: [self.encode(item) for item in value]}
        if type(value) in (set, frozenset):
            return {type(value).__name__: [self.encode(item) for item in sorted(value, key=repr)]}
        if type(value) is dict:
            if all(type(name) is str for name in value):
                return {"dict": {name: self.encode(item) for name, item in value.items()}}
            return {"pairs": [[self.encode(name), self.encode(item)] for name, item in value.items()]}
        return self._file(value)

    def _file(self, value: Any) -> Any:
        if isinstance(value, pl.DataFrame):
            return self._written("frame", "arrow", lambda path: write_frame(value, path))
        if isinstance(value, pl.Series):
            return self._written("series", "arrow", lambda path: write_frame(value.to_frame(), path))
        if type(value) is bytes:
            return self._written("bytes", "bin", lambda path: path.write_bytes(value))
        if type(value).__module__ == "numpy" and type(value).__name__ == "ndarray" and not value.dtype.hasobject:
            return self._written("array", "npy", lambda path: _save_array(value, path))
        raise UnkeepableError(f"A {type(value).__name__} is not written.")

    def _written(self, tag: str, suffix: str, save: Callable[[Path], Any]) -> dict[str, int]:
        number = self._count
        self._count += 1
        save(self._folder / f"{number}.{suffix}")
        return {tag: number}


def _scalar(value: float | date | timedelta) -> Any:
    if isinstance(value, timedelta):
        return {"timedelta": [value.days, value.seconds, value.microseconds]}
    if isinstance(value, date):
        return {"datetime" if isinstance(value, datetime) else "date": value.isoformat()}
    return float(value)


def _class_name(kind: type[Any]) -> list[str]:
    if not kind.__module__.startswith(ROOM) or "<locals>" in kind.__qualname__:
        raise UnkeepableError(f"A {kind.__module__}.{kind.__qualname__} is not written.")
    return [kind.__module__, kind.__qualname__]


def _save_array(value: Any, path: Path) -> None:
    import numpy as np

    with path.open("wb") as file:
        np.save(file, value, allow_pickle=False)


class _Reader:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._decoders: dict[str, Callable[[Any], Any]] = {
            "date": date.fromisoformat,
            "datetime": datetime.fromisoformat,
            "timedelta": lambda parts: timedelta(*parts),
            "list": self._items,
            "tuple": lambda items: tuple(self._items(items)),
            "set": lambda items: set(self._items(items)),
            "frozenset": lambda items: frozenset(self._items(items)),
            "dict": lambda items: {name: self.decode(item) for name, item in items.items()},
            "pairs": lambda items: {self.decode(name): self.decode(item) for name, item in items},
            "frame": lambda number: read_frame(self._path(number, "arrow")),
            "series": lambda number: read_frame(self._path(number, "arrow")).to_series(),
            "bytes": lambda number: self._path(number, "bin").read_bytes(),
            "array": self._array,
            "enum": self._enum,
            "text": lambda parts: of_parts(self.decode(parts)),
        }

    def decode(self, content: Any) -> Any:
        if not isinstance(content, dict):
            return content
        if "class" in content:
            fields = {name: self.decode(value) for name, value in content["fields"].items()}
            return _class_named(content["class"], lambda kind: hasattr(kind, "__dataclass_fields__"))(**fields)
        ((tag, inner),) = content.items()
        return self._decoders[tag](inner)

    def _items(self, items: list[Any]) -> list[Any]:
        return [self.decode(item) for item in items]

    def _path(self, number: Any, suffix: str) -> Path:
        return self._folder / f"{int(number)}.{suffix}"

    def _array(self, number: Any) -> Any:
        import numpy as np

        return np.load(self._path(number, "npy"), allow_pickle=False)

    def _enum(self, parts: list[str]) -> Any:
        *names, member = parts
        return _class_named(names, lambda kind: issubclass(kind, Enum))[member]


def _class_named(names: list[str], is_wanted: Callable[[Any], bool]) -> Any:
    """Return a dataclass or enum of `core` by its name; nothing else is ever looked up."""
    module, name = names
    if not module.startswith(ROOM):
        raise ValueError(module)
    kind: Any = import_module(module)
    for part in name.split("."):
        kind = getattr(kind, part)
    if not isinstance(kind, type) or not is_wanted(kind):
        raise TypeError(name)
    return kind


VALUES = ValueCodec()
