"""The rows a person may see."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl

from core.access import enablement_rows, marketing_rows
from core.access.identity import Identity
from core.contracts import Dataset
from core.contracts.errors import AccessError
from core.contracts.spans import is_valid
from core.localization import message

OF_ACCOUNTS = ("accounts", "opportunities", "subscriptions")
RAW_OF_ACCOUNTS = ("transactions", "activities")


def cut(dataset: Dataset, identity: Identity) -> Dataset:
    """Return the part of a dataset a person may see.

    Parameters
    ----------
    dataset : Dataset
        The company's data.
    identity : Identity
        With regions, the accounts of these regions and all that hangs on them, and the people of these
        regions. With a team, the accounts and deals owned today by the head of the team or by anybody
        who reports to the head, and the lines these people booked. With both, what is in both.

    Returns
    -------
    Dataset
        The dataset itself when the person is bound to nothing. Else the cut rows, with their deals' histories and
        leads, parents of accounts where these are seen too, the same products and as-of date, no rejected rows (they
        are not yet anyone's), and the company's data as `whole`, which models learn from. A deal that has left the team
        is gone with its past.

    Raises
    ------
    AccessError
        When a region or the head of a team is not in the data.
    """
    out = dataset
    if identity.regions:
        out = _of_regions(out, identity.regions)
    if identity.team_of:
        out = _of_team(out, identity.team_of)
    if out is dataset:
        return dataset
    deals = out.opportunities["opportunity_id"].implode()
    history = out.later("opportunity_history", lambda rows: rows.filter(pl.col("opportunity_id").is_in(deals)))
    mine = pl.col("parent_account_id").is_in(out.accounts["account_id"].implode())
    accounts = out.accounts.with_columns(parent_account_id=pl.when(mine).then("parent_account_id"))
    part = out.with_frames(opportunity_history=history, accounts=accounts).without_people()
    part = part.with_frames(**marketing_rows.of_part(dataset, part), **enablement_rows.of_part(dataset, part))
    mark = f"{dataset.fingerprint}-{'+'.join(identity.regions)}-{identity.team_of}"
    return replace(part, known_fingerprint=mark, whole=dataset)


def _of_regions(dataset: Dataset, regions: tuple[str, ...]) -> Dataset:
    all_regions = set(dataset.accounts["region"]) | set(dataset.sales_team["region"])
    unknown = [region for region in regions if region not in all_regions]
    if unknown:
        raise AccessError(
            message("There is no region called {unknown!r} in the data.", unknown=unknown[0]),
            "access.people",
            message("Known: {sorted}.", sorted=", ".join(sorted(k for k in all_regions if k)) or message("none")),
        )
    keep = dataset.accounts.filter(pl.col("region").is_in(regions))["account_id"]
    team = dataset.sales_team.filter(pl.col("region").is_in(regions))
    quotas = dataset.quotas.filter(pl.col("rep_id").is_in(team["rep_id"].implode()))
    return of_accounts(dataset, keep).with_frames(sales_team=team, quotas=quotas)


def _of_team(dataset: Dataset, head: str) -> Dataset:
    return of_people(dataset, reports(dataset.sales_team, head, dataset.as_of))


def of_people(dataset: Dataset, people: set[str]) -> Dataset:
    """Return the accounts and deals some people own, the deals' accounts, and the lines and quotas of these people.

    Parameters
    ----------
    dataset : Dataset
    people : set of str
        Their ids; one that is not in the data has nothing.
    """
    wanted = pl.Series(sorted(people), dtype=pl.String).implode()
    deals = dataset.opportunities.filter(pl.col("owner_id").is_in(wanted))
    owned = dataset.accounts.filter(pl.col("owner_id").is_in(wanted))["account_id"]
    keep = pl.concat([owned, deals["account_id"].drop_nulls()]).unique()
    part = of_accounts(dataset, keep)
    return part.with_frames(
        opportunities=deals,
        transactions=part.later("transactions", lambda rows: rows.filter(pl.col("rep_id").is_in(wanted))),
        sales_team=dataset.sales_team.filter(pl.col("rep_id").is_in(wanted)),
        quotas=dataset.quotas.filter(pl.col("rep_id").is_in(wanted)),
    )


def rep_of_mail(company: Dataset, mail: str) -> str:
    """Return the id of the user of the CRM with a mail address; empty where there is none, or more than one."""
    if "@" not in mail:
        return ""
    rows = company.users.filter(pl.col("email").str.to_lowercase() == mail.lower())
    return str(rows["user_id"][0]) if rows.height == 1 else ""


def own_head(company: Dataset, user: str) -> str:
    """Return the rep id of the person whose own team is meant by `team_of: own`.

    Raises
    ------
    AccessError
        When no user of the CRM in the sales team has this mail address.
    """
    rep = rep_of_mail(company, user)
    if rep not in set(company.sales_team["rep_id"]):
        raise AccessError(
            message(
                "Nobody in the sales team has the mail address {user}, so there are no rows of your own to show.",
                user=user,
            ),
            "access.groups",
            "Ask your administrator to list you with team_of.",
        )
    return rep


def reports(sales_team: pl.DataFrame, head: str, day: date) -> set[str]:
    """Return the head of a team and everybody who reports to the head on a day, at any depth.

    Parameters
    ----------
    sales_team : pl.DataFrame
        With rep_id, manager_id, valid_from, valid_to.
    head : str
    day : date

    Raises
    ------
    AccessError
        When the head is not in the sales team.
    """
    if head not in set(sales_team["rep_id"]):
        raise AccessError(
            message("There is nobody with the id {head!r} in the sales team.", head=head),
            "access.people",
            "Correct team_of.",
        )
    now = sales_team.filter(is_valid(day))
    people, fresh = {head}, {head}
    while fresh:
        under = now.filter(pl.col("manager_id").is_in(list(fresh)))["rep_id"]
        fresh = set(under) - people
        people |= fresh
    return people


def of_accounts(dataset: Dataset, account_ids: pl.Series) -> Dataset:
    """Return some accounts and all that hangs on them; the sales team and its quotas stay."""
    wanted = account_ids.implode()
    is_theirs = pl.col("account_id").is_in(wanted)
    keep = {name: dataset.frame(name).filter(is_theirs) for name in OF_ACCOUNTS}
    raw = {name: dataset.later(name, lambda rows: rows.filter(is_theirs)) for name in RAW_OF_ACCOUNTS}
    return dataset.with_frames(**keep, **raw)
