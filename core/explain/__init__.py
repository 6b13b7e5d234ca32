"""Why a prediction is what it is: contributions that add up, drivers in business words, sentences."""

from typing import TYPE_CHECKING

from core.lazy_imports import later

if TYPE_CHECKING:
    from core.explain import (
        accounts,
        actions,
        bins,
        contributions,
        counterfactual,
        customers,
        deal_course,
        deals,
        differences,
        drivers,
        explained_models,
        global_effects,
        headlines,
        importance,
        interactions,
        nearest_cases,
        revenue_months,
        sentences,
        stability,
    )

__all__ = [
    "accounts",
    "actions",
    "bins",
    "contributions",
    "counterfactual",
    "customers",
    "deal_course",
    "deals",
    "differences",
    "drivers",
    "explained_models",
    "global_effects",
    "headlines",
    "importance",
    "interactions",
    "nearest_cases",
    "revenue_months",
    "sentences",
    "stability",
]

__getattr__ = later(__name__, {name: name for name in __all__})
