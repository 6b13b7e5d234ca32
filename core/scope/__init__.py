"""One scope for all pages: which part of the company, which fiscal period, in which currency."""

from core.scope.definition import DIMENSIONS, Scope
from core.scope.narrowing import applied

__all__ = ["DIMENSIONS", "Scope", "applied"]
