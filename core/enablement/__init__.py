"""What comes out of the gap analysis for people: training, sales material, proof of concept, contract."""

from typing import TYPE_CHECKING

from core.lazy_imports import later

if TYPE_CHECKING:
    from core.enablement import (
        contract,
        document,
        docx,
        office_package,
        pptx,
        proof_of_concept,
        rules,
        sales_material,
        training,
        updates,
        workdays,
    )

__all__ = [
    "contract",
    "document",
    "docx",
    "office_package",
    "pptx",
    "proof_of_concept",
    "rules",
    "sales_material",
    "training",
    "updates",
    "workdays",
]

__getattr__ = later(__name__, {name: name for name in __all__})
