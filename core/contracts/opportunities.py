"""Opportunities and their history: one row per deal, one per deal between two changes."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from core.contracts.column_checks import one_of

OPPORTUNITY_TYPES = ["new", "expansion", "renewal"]
FORECAST_CATEGORIES = ["pipeline", "best_case", "commit", "closed", "omitted"]


class Opportunities(dy.Schema):
    """Grain: one deal. `close_on` is expected while open and actual once closed; null where nobody wrote it down.

    `amount` is in the reporting currency, null where there is none or no rate for it; `currency` is the one it was
    written in.
    """

    opportunity_id = dy.String(primary_key=True)
    opportunity_name = dy.String(nullable=True)
    account_id = dy.String(nullable=True)
    owner_id = dy.String(nullable=True)
    product_id = dy.String(nullable=True)
    opportunity_type = dy.String(nullable=False, check=one_of(OPPORTUNITY_TYPES))
    stage = dy.String(nullable=False)
    forecast_category = dy.String(nullable=True, check=one_of(FORECAST_CATEGORIES))
    amount = dy.Float64(nullable=True, allow_inf=False)
    currency = dy.String(nullable=False)
    created_on = dy.Date(nullable=True)
    close_on = dy.Date(nullable=True)
    is_closed = dy.Bool(nullable=False)
    is_won = dy.Bool(nullable=False)
    lost_reason = dy.String(nullable=True)
    competitor = dy.String(nullable=True)
    lead_source = dy.String(nullable=True)
    next_step = dy.String(nullable=True)
    n_contacts = dy.Int64(nullable=True, min=0)

    @dy.rule()
    def won_deals_are_closed(cls) -> pl.Expr:  # noqa: N805
        """A won deal is a closed deal."""
        return ~pl.col("is_won") | pl.col("is_closed")


class OpportunityHistory(dy.Schema):
    """Grain: one deal between two changes, half-open [valid_from, valid_to); null = still valid."""

    opportunity_id = dy.String(nullable=False)
    valid_from = dy.Date(nullable=False)
    valid_to = dy.Date(nullable=True)
    stage = dy.String(nullable=False)
    forecast_category = dy.String(nullable=True, check=one_of(FORECAST_CATEGORIES))
    amount = dy.Float64(nullable=True, allow_inf=False)
    close_on = dy.Date(nullable=True)
    owner_id = dy.String(nullable=True)
    is_deleted = dy.Bool(nullable=False)

    @dy.rule()
    def ends_after_it_starts(cls) -> pl.Expr:  # noqa: N805
        """A span does not end before it begins."""
        return pl.col("valid_to").is_null() | (pl.col("valid_to") >= pl.col("valid_from"))
