"""The only function that applies a scope to data, and what it may be narrowed to."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from core import marts
from core.access import enablement_rows, marketing_rows, row_scope
from core.artifacts import remembered
from core.config import Settings
from core.contracts import Dataset
from core.contracts.errors import ContractError, closest
from core.contracts.opportunities import OPPORTUNITY_TYPES
from core.localization import joined, message
from core.scope import rows_shown
from core.scope.definition import DIMENSIONS, Scope
from core.sources import currency_views

PIPELINE = "pipeline"
NOBODY = "There is nobody in the sales team of these data."


def applied(data: Dataset, settings: Settings, scope: Scope) -> Dataset:
    """Return the part of the data a scope speaks of, in its currency.

    The order is region, team, rep, segment, product family, type of deal, pipeline, currency; each narrows what the
    one before left. Region and segment are those of the account; deals without an account are in no region. Team and
    rep count who owns a deal today and everybody below; lines that name nobody
    count with the account's owner. Family, type and pipeline narrow deals; family
    narrows lines and contracts too, the other two keep lines and contracts of the accounts whose deals remain.

    Parameters
    ----------
    data : Dataset
        As the person may see it. The scope can only narrow it.
    settings : Settings
    scope : Scope
        Its period is not applied to rows: measures take it as days, so that the history stays whole.

    Returns
    -------
    Dataset
        The data themselves where the scope is the whole company. Else the rows, with the company's data as `whole`,
        which models learn from, and a fingerprint of bounded length.

    Raises
    ------
    ContractError
        When the data have no such region, team, person, segment, family, type, pipeline or currency; the nearest is
        named.
    """
    if scope.is_whole:
        return data
    part = data
    for name, value in scope.parts.items():
        checked(data, settings, name, value)
        part = _of_family(part, value, data) if name == "family" else _narrowed(part, name, value)
    if part is not data:
        mark = f"{data.fingerprint}-scope-{replace(scope, currency='').mark}"
        # The currencies offered stay those of the data: to see which a part names its rows would have to be read.
        part = replace(_with_history(part, data), known_fingerprint=mark, whole=data.whole or data, codes=data.codes)
    return _in_currency(part, settings, scope.currency)


def checked(data: Dataset, settings: Settings, name: str, value: str) -> str:
    """Return a value of a dimension that the data have.

    Raises
    ------
    ContractError
        When they have none such; the nearest is named.
    """
    values = choices(data, settings)[name]
    if value not in values:
        by_label = {label: key for key, label in values.items()}
        near = closest(value, by_label)
        mend = (
            message("Did you mean {near}?", near=near)
            if near
            else message("There are: {list}.", list=", ".join(list(by_label)[:8]) or message("none"))
        )
        raise ContractError(
            message(
                "There is no {dimensions} {value!r} in these data.", dimensions=DIMENSIONS[name].lower(), value=value
            ),
            "scope",
            mend,
        )
    return value


@remembered(8)
def choices(data: Dataset, settings: Settings) -> dict[str, dict[str, str]]:
    """Return what each dimension can be narrowed to: the value to the words shown for it, in order.

    Parameters
    ----------
    data : Dataset
    settings : Settings
        Not used; every call behind a page takes data and settings.

    Returns
    -------
    dict of str to dict
        Regions, teams (by name, then whoever leads one, by id), people of the sales team, segments, families, types
        and pipelines; a dimension the data do not have is empty.
    """
    accounts, deals = data.accounts, data.opportunities
    types = set(deals["opportunity_type"])
    return {
        "region": _names(accounts["region"]),
        "team": {**_names(_today(data)["team"]), **_leaders(data)},
        "rep": _people(data),
        "segment": _names(accounts["segment"]),
        "family": _names(data.products["family"]),
        "deal_type": {kind: kind.capitalize() for kind in OPPORTUNITY_TYPES if kind in types},
        "pipeline": _names(deals[PIPELINE].cast(pl.String)) if PIPELINE in deals.columns else {},
    }


def currencies(data: Dataset, settings: Settings) -> tuple[str, ...]:
    """Return the currencies a scope can be shown in, the reported one first; empty where there is one only."""
    return currency_views.choices(data, settings).currencies


def members(data: Dataset, team: str) -> set[str]:
    """Return the ids of everybody in a team and below it on the last day of the data.

    Parameters
    ----------
    data : Dataset
    team : str
        A team's name, or the id of whoever leads one.

    Returns
    -------
    set of str
        People of the team, everybody who reports to any of them at any depth, and those who left from there. A team
        of a director alone thus answers with all teams below.
    """
    rows = _today(data)
    heads = set(rows.filter(pl.col("team") == team)["rep_id"]) or {team}
    everybody = set(heads)
    while True:
        below = set(rows.filter(pl.col("manager_id").is_in(sorted(everybody)))["rep_id"])
        if below <= everybody:
            return everybody
        everybody |= below


def teams_below(data: Dataset, team: str) -> list[str]:
    """Return a team's name and those of the teams led by somebody of it, at any depth, on the last day of the data."""
    everybody = sorted(members(data, team))
    rows = _today(data)
    leads = pl.col("rep_id").is_in(everybody) & pl.col("rep_id").is_in(rows["manager_id"].drop_nulls().implode())
    return sorted({team, *rows.filter(leads)["team"].drop_nulls()})


def sentence(data: Dataset, settings: Settings, scope: Scope) -> str:
    """Say what a scope speaks of, in the words of the lists it is chosen from; all rows by `rows_shown.heading`."""
    values = choices(data, settings)
    parts = [values[name].get(value, value) for name, value in scope.parts.items()]
    return joined(*parts, *([scope.currency] if scope.currency else []), by=", ") or rows_shown.heading(data)


def _narrowed(data: Dataset, name: str, value: str) -> Dataset:
    if name in ("region", "segment"):
        part = row_scope.of_accounts(data, data.accounts.filter(pl.col(name) == value)["account_id"])
        return _with_team(part, value) if name == "region" else part
    if name in ("team", "rep"):
        return _of_people(data, members(data, value) if name == "team" else {value})
    column = "opportunity_type" if name == "deal_type" else PIPELINE
    deals = data.opportunities.filter(pl.col(column) == value)
    return row_scope.of_accounts(data, deals["account_id"].drop_nulls().unique()).with_frames(opportunities=deals)


def _of_people(data: Dataset, people: set[str]) -> Dataset:
    """Return what some people own and booked, and lines that are nobody's on accounts they own, as billing often is."""
    wanted = pl.Series(sorted(people), dtype=pl.String).implode()
    own = data.accounts.filter(pl.col("owner_id").is_in(wanted))["account_id"].implode()
    is_theirs = pl.col("rep_id").is_in(wanted) | (pl.col("rep_id").is_null() & pl.col("account_id").is_in(own))
    lines = data.later("transactions", lambda rows: rows.filter(is_theirs))
    return row_scope.of_people(data, people).with_frames(transactions=lines)


def _with_team(data: Dataset, region: str) -> Dataset:
    team = data.sales_team.filter(pl.col("region") == region)
    return data.with_frames(
        sales_team=team, quotas=data.quotas.filter(pl.col("rep_id").is_in(team["rep_id"].implode()))
    )


def _of_family(data: Dataset, family: str, given: Dataset) -> Dataset:
    products = data.products.filter(pl.col("family") == family)
    is_sold = pl.col("product_id").is_in(products["product_id"].implode())
    deals, contracts = data.opportunities.filter(is_sold), data.subscriptions.filter(is_sold)
    billed = _sold(data, given).filter(is_sold).select("account_id").unique().collect()
    lines = data.later("transactions", lambda rows: rows.filter(is_sold))
    buyers = pl.concat([frame["account_id"] for frame in (deals, billed, contracts)]).drop_nulls().unique()
    part = row_scope.of_accounts(data, buyers)
    return part.with_frames(opportunities=deals, transactions=lines, subscriptions=contracts, products=products)


def _sold(data: Dataset, given: Dataset) -> pl.LazyFrame:
    """Return which customers of a part were sold what, from the mart of the data the part was cut from.

    The steps that cut the part's lines cut the mart too: they ask for accounts and people alone, which it has.
    """
    before, now = (data_rows.later("transactions", lambda rows: rows).steps[:-1] for data_rows in (given, data))
    sold = marts.of(given).products_sold.lazy()
    for step in now[len(before) :]:
        sold = step(sold)
    return sold


def _with_history(data: Dataset, given: Dataset) -> Dataset:
    """Return the data with the histories, activities, contacts and leads of the rows that remain."""
    deals, accounts = data.opportunities["opportunity_id"].implode(), data.accounts["account_id"].implode()
    is_left = pl.col("opportunity_id").is_in(deals)
    of_deal = pl.col("opportunity_id").is_null() | pl.col("opportunity_id").is_in(deals)
    return data.with_frames(
        opportunity_history=data.later("opportunity_history", lambda rows: rows.filter(is_left)),
        activities=data.later("activities", lambda rows: rows.filter(of_deal)),
        contacts=data.contacts.filter(pl.col("account_id").is_in(accounts)),
        **marketing_rows.of_part(given, data),
        **enablement_rows.of_part(given, data),
    )


def _in_currency(data: Dataset, settings: Settings, currency: str) -> Dataset:
    if not currency:
        return data
    there = currencies(data.company, settings)
    if currency not in there:
        listed = ", ".join(there) or data.currency or settings.currency
        raise ContractError(
            message("There are no rates to show these data in {currency!r}.", currency=currency),
            "scope",
            message("There are: {listed}.", listed=listed),
        )
    return currency_views.shown(data, settings, currency)


def _today(data: Dataset) -> pl.DataFrame:
    """Return everybody's latest row of the sales team that has begun."""
    begun = data.sales_team.filter(pl.col("valid_from") <= data.as_of).sort("valid_from")
    return begun.unique("rep_id", keep="last", maintain_order=True)


def _names(values: pl.Series) -> dict[str, str]:
    return {value: value for value in sorted(set(values.drop_nulls()))}


def _people(data: Dataset) -> dict[str, str]:
    rows = _today(data).sort("rep_name", "rep_id").select("rep_id", "rep_name").rows()
    names = [name for _, name in rows]
    return {rep: name if names.count(name) == 1 else f"{name} ({rep})" for rep, name in rows}


def _leaders(data: Dataset) -> dict[str, str]:
    """Return whoever has somebody below them, as teams."""
    bosses = set(_today(data)["manager_id"].drop_nulls())
    return {rep: message("{name}'s team", name=name) for rep, name in _people(data).items() if rep in bosses}
