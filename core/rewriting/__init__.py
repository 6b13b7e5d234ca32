"""A language model of the company's own choice, which may only say in other words what sources say; off by default."""

from typing import TYPE_CHECKING

from core.lazy_imports import later

if TYPE_CHECKING:
    from core.rewriting import claims, fidelity, language_model, rephrase

__all__ = [
    "claims",
    "fidelity",
    "language_model",
    "rephrase",
]

__getattr__ = later(__name__, {name: name for name in __all__})
