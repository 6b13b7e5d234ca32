"""The synthetic company, and beside it the planted truth."""

from core.sample.generate import AS_OF, generate

__all__ = ["AS_OF", "generate"]
