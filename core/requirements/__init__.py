"""A buyer's requirement list held against the product: read, classify, match, gaps, bid, answers, ledger, workbook."""

from typing import TYPE_CHECKING

from core.lazy_imports import later

if TYPE_CHECKING:
    from core.requirements import (
        catalogue,
        export,
        fill,
        judge,
        library,
        match,
        officefiles,
        read,
        text,
        work,
    )

__all__ = [
    "catalogue",
    "export",
    "fill",
    "judge",
    "library",
    "match",
    "officefiles",
    "read",
    "text",
    "work",
]

__getattr__ = later(__name__, {name: name for name in __all__})
