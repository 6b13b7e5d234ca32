"""The open deals a requirement list may belong to."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.models.bundle import Bundle
from core.requirements.judge.gap_analysis import Stake

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


def chances(dataset: Dataset, settings: Settings, bundle: Bundle) -> pl.DataFrame:
    """Return the close model's chance of each open deal: [opportunity_id, p_win].

    The chance of being won within the longest horizon of the model (180 days); empty where there are
    too few closed deals for a model.

    Parameters
    ----------
    dataset : Dataset
        Not used: the open deals are in the bundle.
    settings : Settings
    bundle : Bundle
    """
    scores = bundle.deal_scores
    wide = f"p_win_{max(settings.models.horizons_days)}"
    if wide not in scores.columns:
        return pl.DataFrame(schema={"opportunity_id": pl.String, "p_win": pl.Float64})
    return scores.select("opportunity_id", p_win=wide)


def with_chance(stake: Stake, odds: pl.DataFrame) -> Stake:
    """Return the deal with its chance, where it is known.

    Parameters
    ----------
    stake : Stake
    odds : pl.DataFrame
        [opportunity_id, p_win].
    """
    values = odds.filter(pl.col("opportunity_id") == stake.opportunity_id)["p_win"]
    return replace(stake, p_win=None if values.is_empty() or values[0] is None else float(values[0]))
