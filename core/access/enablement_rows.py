"""The records of courses and uses of content that belong to a part of a company."""

from __future__ import annotations

import polars as pl

from core.contracts import Dataset


def of_part(given: Dataset, part: Dataset) -> dict[str, pl.DataFrame]:
    """Return the records of courses and the uses of content of the people, deals and accounts of a part.

    Parameters
    ----------
    given : Dataset
        The data the part was cut from.
    part : Dataset
        With its accounts, deals and sales team.

    Returns
    -------
    dict
        "course_completions": those of its sales team, without what the file calls them; of other learners, none.
        "content_uses": those whose deal is in the part; where there is no such deal in the data, those whose account
        is; where there is no such account either, those of somebody of its sales team.
    """
    team = part.sales_team["rep_id"].unique().implode()
    has_deal = pl.col("opportunity_id").is_in(given.opportunities["opportunity_id"].implode())
    has_account = pl.col("account_id").is_in(given.accounts["account_id"].implode())
    of_deal = pl.col("opportunity_id").is_in(part.opportunities["opportunity_id"].implode())
    of_account = pl.col("account_id").is_in(part.accounts["account_id"].implode())
    of_person = pl.col("rep_id").is_in(team)
    return {
        "course_completions": given.course_completions.filter(of_person).with_columns(
            learner_name=pl.lit(None, pl.String)
        ),
        "content_uses": given.content_uses.filter(
            pl.when(has_deal).then(of_deal).when(has_account).then(of_account).otherwise(of_person)
        ),
    }
