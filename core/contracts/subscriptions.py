"""Subscriptions: contract lines with their monthly recurring revenue."""

from __future__ import annotations

import dataframely as dy
import polars as pl


class Subscriptions(dy.Schema):
    """Grain: one contract line. A change of amount ends one line and starts another that day."""

    subscription_id = dy.String(primary_key=True)
    account_id = dy.String(nullable=False)
    product_id = dy.String(nullable=True)
    mrr_amount = dy.Float64(nullable=False, min=0, allow_inf=False)
    started_on = dy.Date(nullable=False)
    renewal_on = dy.Date(nullable=True)
    ended_on = dy.Date(nullable=True)

    @dy.rule()
    def ends_after_it_starts(cls) -> pl.Expr:  # noqa: N805
        """A line does not end before it begins."""
        return pl.col("ended_on").is_null() | (pl.col("ended_on") >= pl.col("started_on"))
