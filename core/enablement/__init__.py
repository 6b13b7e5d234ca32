"""What comes out of the gap analysis for people: training, sales material, proof of concept, contract."""

from typing import TYPE_CHECKING

from core.lazy_imports import later

if TYPE_CHECKING:
    from core.enablement import (
        contract,
        document,
        house_slides,
        office_file,
        proof_of_concept,
        rules,
        sales_material,
        sales_stories,
        slides,
        training,
        updates,
        word,
        workdays,
    )

__all__ = [
    "contract",
    "document",
    "house_slides",
    "office_file",
    "proof_of_concept",
    "rules",
    "sales_material",
    "sales_stories",
    "slides",
    "training",
    "updates",
    "word",
    "workdays",
]

__getattr__ = later(__name__, {name: name for name in __all__})
