"""Revenue by month and by week: the ensemble, its weights, its ranges, and how the parts add up to the whole."""

from typing import TYPE_CHECKING

from core.lazy_imports import later

if TYPE_CHECKING:
    from core.models.revenue import (
        bookings_signal,
        ensemble_weights,
        forecast,
        global_trees,
        local_models,
        panel_forecaster,
        revenue_by_segment,
        weekly,
        worker_pool,
    )

__all__ = [
    "bookings_signal",
    "ensemble_weights",
    "forecast",
    "global_trees",
    "local_models",
    "panel_forecaster",
    "revenue_by_segment",
    "weekly",
    "worker_pool",
]

__getattr__ = later(__name__, {name: name for name in __all__})
