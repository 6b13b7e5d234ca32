"""What a model would say if some of a deal's or an account's fields stood otherwise."""

from typing import TYPE_CHECKING

from core.lazy_imports import later

if TYPE_CHECKING:
    from core.explain.counterfactual import (
        accounts,
        constraints,
        deals,
        supposed_fields,
    )

__all__ = [
    "accounts",
    "constraints",
    "deals",
    "supposed_fields",
]

__getattr__ = later(__name__, {name: name for name in __all__})
