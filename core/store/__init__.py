"""What people make and keep: scenarios, requirement sets and the audit trail, in SQLite or PostgreSQL."""

from core.store.database import Store

__all__ = ["Store"]
