"""Activities: calls, mails, meetings, tickets and usage readings."""

from __future__ import annotations

import dataframely as dy

from core.contracts.column_checks import one_of

ACTIVITY_KINDS = ["call", "mail", "meeting", "ticket", "usage"]


class Activities(dy.Schema):
    """Grain: one activity. `quantity` is minutes for calls and meetings, events for usage.

    `occurred_at` is in the company's time.
    """

    activity_id = dy.String(primary_key=True)
    account_id = dy.String(nullable=True)
    opportunity_id = dy.String(nullable=True)
    rep_id = dy.String(nullable=True)
    kind = dy.String(nullable=False, check=one_of(ACTIVITY_KINDS))
    occurred_at = dy.Datetime(nullable=False, time_unit="us")
    outcome = dy.String(nullable=True)
    sentiment_score = dy.Float64(nullable=True, min=-1, max=1)
    quantity = dy.Float64(nullable=True, allow_inf=False)
