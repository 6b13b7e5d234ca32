"""Accounts: one row per company sold to or selling to."""

from __future__ import annotations

import dataframely as dy


class Accounts(dy.Schema):
    """Grain: one company. `parent_account_id` points at another row or is null."""

    account_id = dy.String(primary_key=True)
    account_name = dy.String(nullable=False)
    industry = dy.String(nullable=True)
    segment = dy.String(nullable=True)
    region = dy.String(nullable=True)
    country = dy.String(nullable=True)
    employee_count = dy.Int64(nullable=True, min=0)
    owner_id = dy.String(nullable=True)
    parent_account_id = dy.String(nullable=True)
    customer_since_on = dy.Date(nullable=True)
