"""What people make and keep: scenarios, requirement sets and the audit log, in SQLite or PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.lazy_imports import later

if TYPE_CHECKING:
    from core.store.database import Store

__all__ = ["Store"]
# What reads no more than which source serves everybody need not import what opens a database.
__getattr__ = later(__name__, {"Store": "database.Store"})
