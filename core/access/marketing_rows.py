"""The leads and touches of campaigns that belong to a part of a company."""

from __future__ import annotations

import polars as pl

from core.contracts import Dataset


def of_part(given: Dataset, part: Dataset) -> dict[str, pl.DataFrame]:
    """Return the leads and touches of the accounts, deals and people of a part.

    Parameters
    ----------
    given : Dataset
        The data the part was cut from.
    part : Dataset
        With its accounts, deals and sales team.

    Returns
    -------
    dict
        "leads": those that became a deal or an account of the part, and those that became neither and are owned by
        somebody of its sales team. "campaign_touches": those of these leads, accounts and
        deals.
    """
    accounts, deals = part.accounts["account_id"].implode(), part.opportunities["opportunity_id"].implode()
    team = part.sales_team["rep_id"].unique().implode()
    of_deal, of_account = pl.col("opportunity_id").is_in(deals), pl.col("account_id").is_in(accounts)
    is_free = pl.col("opportunity_id").is_null() & pl.col("account_id").is_null()
    is_theirs = pl.when(pl.col("opportunity_id").is_not_null()).then(of_deal).otherwise(of_account)
    leads = given.leads.filter(is_theirs.fill_null(value=False) | (is_free & pl.col("owner_id").is_in(team)))
    of_lead = pl.col("lead_id").is_in(leads["lead_id"].implode())
    touches = given.campaign_touches.filter((is_theirs | of_lead).fill_null(value=False))
    return {"leads": leads, "campaign_touches": touches}
