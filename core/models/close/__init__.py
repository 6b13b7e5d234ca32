"""When open deals are won or lost: the model, its trainer, and the deals still to be created."""

from typing import TYPE_CHECKING

from core.lazy_imports import later

if TYPE_CHECKING:
    from core.models.close import (
        competing_risks,
        joint_calibration,
        landmark_archive,
        model,
        pipeline_creation,
        risk_intervals,
        trainer,
    )
    from core.models.close.model import CloseModel, marks

__all__ = [
    "CloseModel",
    "competing_risks",
    "joint_calibration",
    "landmark_archive",
    "marks",
    "model",
    "pipeline_creation",
    "risk_intervals",
    "trainer",
]

INNER = {"CloseModel": "model.CloseModel", "marks": "model.marks"}
__getattr__ = later(__name__, {name: INNER.get(name, name) for name in __all__})
