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
        "leads": those whose deal is in the part; where there is no such deal in the data, those whose account is; where
        there is no such account either, those owned by somebody of its sales team. "campaign_touches": in the same
        way by deal, then by lead, then by account.
    """
    deals, accounts = part.opportunities["opportunity_id"].implode(), part.accounts["account_id"].implode()
    has_deal = pl.col("opportunity_id").is_in(given.opportunities["opportunity_id"].implode())
    has_account = pl.col("account_id").is_in(given.accounts["account_id"].implode())
    of_deal, of_account = pl.col("opportunity_id").is_in(deals), pl.col("account_id").is_in(accounts)
    owned = pl.col("owner_id").is_in(part.sales_team["rep_id"].unique().implode())
    leads = given.leads.filter(pl.when(has_deal).then(of_deal).when(has_account).then(of_account).otherwise(owned))
    has_lead = pl.col("lead_id").is_in(given.leads["lead_id"].implode())
    of_lead = pl.col("lead_id").is_in(leads["lead_id"].implode())
    own = pl.when(has_deal).then(of_deal).when(has_lead).then(of_lead).otherwise(of_account)
    return {"leads": leads, "campaign_touches": given.campaign_touches.filter(own)}
