"""Finished charts: built once per frame, kept in memory and on disk, drawn again without Altair.

Building a chart and checking its grammar costs milliseconds every time and the first one more than a second,
for Altair and pandas are imported for it. A finished Vega-Lite specification with its data as Arrow bytes
needs neither.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.artifacts import CHARTS, UnkeepableError, UnkeyedError, key

SPEC, DATA = "chart.json", "{}.arrow"


class SpecCodec:
    """A specification as JSON, each of its data sets as a file beside it."""

    def write(self, value: dict[str, Any], folder: Path) -> None:
        """Write a specification; raise `UnkeepableError` where its data are no bytes."""
        datasets = value.get("datasets", {})
        if not all(isinstance(data, bytes) for data in datasets.values()):
            raise UnkeepableError("Only a chart whose data are Arrow bytes is written.")
        for number, data in enumerate(datasets.values()):
            (folder / DATA.format(number)).write_bytes(data)
        (folder / SPEC).write_text(json.dumps({**value, "datasets": list(datasets)}), encoding="utf-8")

    def read(self, folder: Path) -> dict[str, Any]:
        """Return the specification."""
        spec: dict[str, Any] = json.loads((folder / SPEC).read_text(encoding="utf-8"))
        names = spec["datasets"]
        spec["datasets"] = {name: (folder / DATA.format(n)).read_bytes() for n, name in enumerate(names)}
        return spec


CODEC = SpecCodec()


def name_of(function: Callable[..., Any], args: tuple[Any, ...]) -> str | None:
    """Return what a chart of these arguments is kept under; None where one of them has no stable text."""
    try:
        return key(CHARTS, (), (), function.__module__, function.__qualname__, args)
    except UnkeyedError:
        return None


def built(function: Callable[..., Any], args: tuple[Any, ...]) -> dict[str, Any]:
    """Return the Vega-Lite specification of the chart a function makes, its data as Arrow bytes."""
    # Altair's settings are global to the process; Streamlit's own step holds the lock that guards them.
    from streamlit.elements.vega_charts import _convert_altair_to_vega_lite_spec

    spec: dict[str, Any] = _convert_altair_to_vega_lite_spec(function(*args))
    return spec
