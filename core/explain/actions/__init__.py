"""What can be done about a deal or an account, what was decided, and what followed."""

from typing import TYPE_CHECKING

from core.lazy_imports import later

if TYPE_CHECKING:
    from core.explain.actions import (
        account_actions,
        deal_actions,
        decisions,
        playbooks,
    )

__all__ = [
    "account_actions",
    "deal_actions",
    "decisions",
    "playbooks",
]

__getattr__ = later(__name__, {name: name for name in __all__})
