"""The defects a real CRM has, planted on purpose."""

from __future__ import annotations

import numpy as np
import polars as pl

EARLY = ("Prospecting", "Qualification", "Discovery")
NO_AMOUNT = 0.15


def spoil(
    rng: np.random.Generator, deals: pl.DataFrame, history: pl.DataFrame, truth: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Empty some amounts, and enter some deals only on the day they closed.

    Parameters
    ----------
    rng : numpy.random.Generator
    deals, history : pl.DataFrame
        Opportunities and their history, which stay consistent with each other.
    truth : pl.DataFrame
        Deals that the truth speaks of are left as they are, but for the amount.
    """
    planted = truth["opportunity_id"].unique().implode()
    closed = deals.filter("is_closed", ~pl.col("opportunity_id").is_in(planted))["opportunity_id"].to_list()
    late = [str(x) for x in rng.choice(closed, min(45, len(closed) // 20), replace=False)] if closed else []
    early = deals.filter(~pl.col("is_closed"), pl.col("stage").is_in(EARLY), pl.col("opportunity_type") != "renewal")
    bare = early.filter(pl.Series(rng.random(early.height) < NO_AMOUNT))["opportunity_id"].to_list()
    history = history.filter(~pl.col("opportunity_id").is_in(late) | pl.col("valid_to").is_null())
    history = history.with_columns(
        amount=pl.when(~pl.col("opportunity_id").is_in(bare)).then("amount"),
    )
    deals = deals.with_columns(
        created_on=pl.when(pl.col("opportunity_id").is_in(late)).then("close_on").otherwise("created_on"),
        amount=pl.when(~pl.col("opportunity_id").is_in(bare)).then("amount"),
    )
    return deals, history


def duplicate_accounts(accounts: pl.DataFrame) -> pl.DataFrame:
    """Add three accounts that stand for companies already there, spelt a little differently."""
    twins = accounts.head(3).with_columns(
        account_id=pl.format("A9{}", pl.col("account_id").str.tail(4)),
        account_name=pl.Series([f"{n.upper()} Inc." for n in accounts["account_name"].head(3)], dtype=pl.String),
        customer_since_on=pl.lit(None, pl.Date),
    )
    return pl.concat([accounts, twins])
