"""The kinds of model that compete, how they are fitted, chosen, calibrated and guarded against leaking columns."""

from typing import TYPE_CHECKING

from core.lazy_imports import later

if TYPE_CHECKING:
    from core.models.estimators import (
        calibration,
        contenders,
        fitting,
        flat_table,
        landmark_classifier,
        model_selection,
        share_tables,
        tabular_classifier,
        target_leakage,
        time_columns,
        tree_scorer,
    )

__all__ = [
    "calibration",
    "contenders",
    "fitting",
    "flat_table",
    "landmark_classifier",
    "model_selection",
    "share_tables",
    "tabular_classifier",
    "target_leakage",
    "time_columns",
    "tree_scorer",
]

__getattr__ = later(__name__, {name: name for name in __all__})
