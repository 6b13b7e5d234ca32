"""Frames into charts, one module per page and one theme.

Modules are imported when they are first used, for Altair takes a third of a second to import and a
page's first numbers need not wait for it.
"""

from typing import TYPE_CHECKING

from core.lazy_imports import later

if TYPE_CHECKING:
    from core.charts import (
        calls,
        customers,
        executive,
        explain,
        forecast,
        library,
        models,
        pipeline,
        regions,
        requirements,
        scenarios,
        workload,
    )

__all__ = [
    "calls",
    "customers",
    "executive",
    "explain",
    "forecast",
    "library",
    "models",
    "pipeline",
    "regions",
    "requirements",
    "scenarios",
    "workload",
]

__getattr__ = later(__name__, {name: name for name in __all__})
