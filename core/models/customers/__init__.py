"""What is expected of every account: its outlook, its worth, and the groups customers fall into."""

from typing import TYPE_CHECKING

from core.lazy_imports import later

if TYPE_CHECKING:
    from core.models.customers import (
        account_outlook,
        bgnbd,
        clustering,
        lifetime,
        retention_curves,
        segments,
        total_record,
    )

__all__ = [
    "account_outlook",
    "bgnbd",
    "clustering",
    "lifetime",
    "retention_curves",
    "segments",
    "total_record",
]

__getattr__ = later(__name__, {name: name for name in __all__})
