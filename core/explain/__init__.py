"""Why a prediction is what it is: contributions that add up, drivers in business words, sentences."""

from typing import TYPE_CHECKING

from core.later import later

if TYPE_CHECKING:
    from core.explain import (
        accounts,
        actions,
        changes,
        customers,
        deal_changes,
        deals,
        decisions,
        differences,
        drivers,
        headlines,
        interplay,
        months,
        overall,
        recommendations,
        record,
        steadiness,
    )
    from core.explain.contributions import Contributions, explain
    from core.explain.views import dependence, importance

__all__ = [
    "Contributions",
    "accounts",
    "actions",
    "changes",
    "customers",
    "deal_changes",
    "deals",
    "decisions",
    "dependence",
    "differences",
    "drivers",
    "explain",
    "headlines",
    "importance",
    "interplay",
    "months",
    "overall",
    "recommendations",
    "record",
    "steadiness",
]

INNER = {
    "Contributions": "contributions.Contributions",
    "dependence": "views.dependence",
    "explain": "contributions.explain",
    "importance": "views.importance",
}
__getattr__ = later(__name__, {name: INNER.get(name, name) for name in __all__})
