"""What the product can do: capabilities, the catalogue in force, and files taken over into it."""

from typing import TYPE_CHECKING

from core.lazy_imports import later

if TYPE_CHECKING:
    from core.requirements.catalogue import (
        capabilities,
        catalogue_import,
        effective_catalogue,
    )

__all__ = [
    "capabilities",
    "catalogue_import",
    "effective_catalogue",
]

__getattr__ = later(__name__, {name: name for name in __all__})
