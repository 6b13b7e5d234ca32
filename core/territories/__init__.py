"""Territories as they could be: what accounts are worth, who should have which, and what moves for it."""

from core.territories import account_potential, territory_plan

__all__ = ["account_potential", "territory_plan"]
