"""Model inputs as they were known on a date: nothing later than `as_of` reaches a feature."""

from core.features import accounts, deals, landmarks

__all__ = ["accounts", "deals", "landmarks"]
