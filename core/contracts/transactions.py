"""Transactions: booking, billing and refund lines."""

from __future__ import annotations

import dataframely as dy

from core.contracts.column_checks import one_of

TRANSACTION_KINDS = ["booking", "billing", "refund"]


class Transactions(dy.Schema):
    """Grain: one line. Refund amounts are negative; revenue is billing plus refunds."""

    transaction_id = dy.String(primary_key=True)
    account_id = dy.String(nullable=False)
    product_id = dy.String(nullable=True)
    rep_id = dy.String(nullable=True)
    region = dy.String(nullable=True)
    booked_on = dy.Date(nullable=False)
    kind = dy.String(nullable=False, check=one_of(TRANSACTION_KINDS))
    quantity = dy.Float64(nullable=True, allow_inf=False)
    amount = dy.Float64(nullable=False, allow_inf=False)
    cost_amount = dy.Float64(nullable=True, allow_inf=False)
    discount_rate = dy.Float64(nullable=True, min=0, max=1)
