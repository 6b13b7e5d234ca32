"""Engagement: mails, meetings and calls, read with consent, matched to deals, and what they come to."""

from typing import TYPE_CHECKING

from core.lazy_imports import later

if TYPE_CHECKING:
    from core.interactions import (
        call_record,
        contact_breadth,
        interaction_view,
        meeting_record,
        next_steps,
        quiet_deals,
        reply_times,
    )

__all__ = [
    "call_record",
    "contact_breadth",
    "interaction_view",
    "meeting_record",
    "next_steps",
    "quiet_deals",
    "reply_times",
]

__getattr__ = later(__name__, {name: name for name in __all__})
