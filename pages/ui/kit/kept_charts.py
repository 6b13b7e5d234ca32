"""Finished charts: built once per frame, kept in memory and on disk, drawn again without Altair.

Building a chart and checking its grammar costs milliseconds every time and the first one more than a second,
for Altair and pandas are imported for it. A finished Vega-Lite specification with its data as Arrow bytes
needs neither.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from core.config.kept import code, writing

KEPT = 300
MARK = "chart.json"
PLAIN = (str, int, float, bool, date, type(None))


def key(function: Callable[..., Any], args: tuple[Any, ...]) -> str | None:
    """Return a name for a chart of these arguments; None where one of them is no frame and no plain value."""
    digest = hashlib.blake2b(f"{function.__module__}.{function.__qualname__}".encode(), digest_size=16)
    digest.update(code("charts").encode())
    for value in args:
        part = _bytes(value)
        if part is None:
            return None
        digest.update(part)
    return digest.hexdigest()


def _bytes(value: Any) -> bytes | None:
    if hasattr(value, "hash_rows"):
        rows = value.hash_rows(seed=7).to_numpy().tobytes() if value.height else b""
        return f"{value.schema}".encode() + rows
    if isinstance(value, tuple | list):
        parts = [_bytes(item) for item in value]
        return None if None in parts else b"(" + b",".join(part for part in parts if part is not None) + b")"
    return f"{type(value).__name__}:{value!r}".encode() if isinstance(value, PLAIN) else None


def finished(function: Callable[..., Any], args: tuple[Any, ...], folder: Path | None) -> dict[str, Any]:
    """Return the specification of a chart, its data as Arrow bytes: from disk where it is, else built.

    Parameters
    ----------
    function : callable
        Takes `args` and returns an Altair chart.
    place : Path, optional
        The folder the finished chart is kept in.
    """
    if folder is not None and (folder / MARK).exists():
        return _read(folder)
    spec = specification(function(*args))
    if folder is not None:
        _write(folder, spec)
    return spec


def specification(chart: Any) -> dict[str, Any]:
    """Turn an Altair chart into a Vega-Lite specification with its data as Arrow bytes."""
    # Altair's settings are global to the process; Streamlit's own step holds the lock that guards them.
    from streamlit.elements.vega_charts import _convert_altair_to_vega_lite_spec

    spec: dict[str, Any] = _convert_altair_to_vega_lite_spec(chart)
    return spec


def _read(folder: Path) -> dict[str, Any]:
    spec: dict[str, Any] = json.loads((folder / MARK).read_text(encoding="utf-8"))
    spec["datasets"] = {name: base64.b64decode(data) for name, data in spec["datasets"].items()}
    return spec


def _write(folder: Path, spec: dict[str, Any]) -> None:
    datasets = spec.get("datasets", {})
    if not all(isinstance(data, bytes) for data in datasets.values()):
        return
    texts = {name: base64.b64encode(data).decode() for name, data in datasets.items()}
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with writing(folder, MARK, KEPT) as work:
            (work / MARK).write_text(json.dumps({**spec, "datasets": texts}), encoding="utf-8")
    except OSError:
        return
