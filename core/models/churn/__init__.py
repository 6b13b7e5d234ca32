"""Who leaves, who pays less and who pays more: the churn model and the monthly hazards."""

from typing import TYPE_CHECKING

from core.lazy_imports import later

if TYPE_CHECKING:
    from core.models.churn import (
        hazard,
        model,
    )
    from core.models.churn.model import ChurnModel, marks, recipe

__all__ = [
    "ChurnModel",
    "hazard",
    "marks",
    "model",
    "recipe",
]

INNER = {"ChurnModel": "model.ChurnModel", "marks": "model.marks", "recipe": "model.recipe"}
__getattr__ = later(__name__, {name: INNER.get(name, name) for name in __all__})
