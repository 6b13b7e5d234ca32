"""Frames into charts, one module per page and one theme.

Modules are imported when they are first used, for Altair takes a third of a second to import and a
page's first numbers need not wait for it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.charts import (
        calls,
        customers,
        executive,
        explain,
        forecast,
        models,
        pipeline,
        regions,
        requirements,
        scenarios,
    )

__all__ = [
    "calls",
    "customers",
    "executive",
    "explain",
    "forecast",
    "models",
    "pipeline",
    "regions",
    "requirements",
    "scenarios",
]


def __getattr__(name: str) -> Any:
    """Import a chart module when it is first asked for."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module(f"{__name__}.{name}")
