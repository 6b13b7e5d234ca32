"""The open deals a requirement list may belong to."""

from __future__ import annotations

import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.requirements.gap import Stake

MOST = 300


def open_deals(dataset: Dataset, settings: Settings) -> list[Stake]:
    """Return open deals with an amount, largest first, at most 300.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    """
    names = dataset.accounts.select("account_id", "account_name")
    rows = (
        dataset.opportunities.filter(~pl.col("is_closed") & (pl.col("amount") > 0))
        .join(names, on="account_id", how="left")
        .sort("amount", "opportunity_id", descending=[True, False])
        .head(MOST)
    )
    return [
        Stake(
            row["opportunity_id"],
            f"{row['account_name'] or row['opportunity_id']} · {row['opportunity_name'] or row['opportunity_id']}",
            row["amount"],
        )
        for row in rows.iter_rows(named=True)
    ]
