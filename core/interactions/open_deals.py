"""What the measures of engagement share: touches that have been, and open deals with their names."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import polars as pl

from core.contracts import Dataset
from core.contracts.constants import NOT_KNOWN
from core.interactions.interaction_view import Interactions
from core.metrics.deal_scope import people


def end_of(data: Dataset) -> datetime:
    """Return the moment nothing later than which is known: the end of the last day of the data."""
    return datetime.combine(data.as_of + timedelta(days=1), time())


def past(data: Dataset, interactions: Interactions) -> pl.DataFrame:
    """Return the touches of open deals up to the last day of the data, without meetings that were called off."""
    is_past = (pl.col("at") < end_of(data)) & ~pl.col("is_cancelled")
    live = data.opportunities.filter(~pl.col("is_closed"))["opportunity_id"].implode()
    return interactions.touches.filter(is_past, pl.col("opportunity_id").is_in(live))


def named(data: Dataset, rows: pl.DataFrame) -> pl.DataFrame:
    """Add to rows of deals what they are called: deal, account, owner and amount; rows of other deals are dropped."""
    accounts = data.accounts.select("account_id", account="account_name")
    deals = data.opportunities.select(
        "opportunity_id", "account_id", "owner_id", "amount", deal="opportunity_name"
    ).join(accounts, on="account_id", how="left")
    owners = pl.col("owner_id").replace(people(data)).fill_null(NOT_KNOWN)
    joined = rows.join(deals, on="opportunity_id", how="inner")
    return joined.with_columns(
        owner=owners, deal=pl.coalesce("deal", "opportunity_id"), account=pl.col("account").fill_null(NOT_KNOWN)
    )
