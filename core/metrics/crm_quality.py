"""What to fix in the CRM: open deals without an amount, overdue, without a next step, and the like, by owner."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from core import marts
from core.config import Settings
from core.contracts import Dataset
from core.contracts.amount_visibility import HIDDEN
from core.localization import message
from core.metrics.deal_scope import people
from core.metrics.measure import Measure, counted

RULES = {
    "no_amount": "No amount",
    "overdue": "Close date has passed",
    "no_close_date": "No close date",
    "no_next_step": "No next step",
    "single_contact": "One contact or none",
    "duplicate": "Perhaps a duplicate",
    "stage_against_flag": "Stage and outcome disagree",
}
NOBODY = "Nobody"
WEEKS = 12


def to_fix(data: Dataset, settings: Settings) -> Measure:
    """List what should be fixed in the CRM, one row per deal and rule.

    Parameters
    ----------
    data : Dataset
    settings : Settings
        `stages` says which stages end a deal.

    Returns
    -------
    Measure
        Unit count: deals with something to fix. Frame: [owner, opportunity_id, opportunity_name, account_name,
        stage, close_on, amount, rule], the largest amount first, deals without one before them. A rule whose column the
        source does not have finds nothing. Open deals alone are looked at, but for those whose stage speaks against
        their outcome.

    Notes
    -----
    Perhaps a duplicate: open deals of one account with the same name, or with the same amount and close date.
    """
    deals = _named(data)
    parts = [
        deals.filter(condition.fill_null(value=False)).with_columns(rule=pl.lit(title))
        for rule, title in RULES.items()
        if (condition := _condition(rule, deals, data, settings)) is not None
    ]
    columns = ("owner", "opportunity_id", "opportunity_name", "account_name", "stage", "close_on", "amount", "rule")
    frame = (
        pl.concat(parts).select(columns).sort("amount", "opportunity_id", descending=[True, False], nulls_last=False)
    )
    n, n_open = frame["opportunity_id"].n_unique(), deals.filter(~pl.col("is_closed")).height
    if not n:
        return Measure("Deals to fix", 0.0, "count", frame, "Nothing needs fixing in the CRM.")
    top, rows = frame["rule"].value_counts(sort=True).row(0)
    number = counted(n, "deal needs", "deals need")
    text = message(
        "{number} fixing, of {n_open:,} open ones; most often: {top} ({rows:,}).",
        number=number,
        n_open=n_open,
        top=top,
        rows=rows,
    )
    return Measure("Deals to fix", float(n), "count", frame, text)


def _named(data: Dataset) -> pl.DataFrame:
    names = people(data)
    owner = pl.col("owner_id").replace(names).fill_null(NOBODY)
    accounts = data.accounts.select("account_id", "account_name").unique("account_id")
    return data.opportunities.with_columns(owner=owner).join(accounts, on="account_id", how="left")


def _condition(rule: str, deals: pl.DataFrame, data: Dataset, settings: Settings) -> pl.Expr | None:
    """Return what is true of a deal that breaks a rule; None where the source has no column for it."""
    is_open, stages = ~pl.col("is_closed"), settings.stages
    column = {"no_next_step": "next_step", "single_contact": "n_contacts"}.get(rule)
    if column and deals[column].null_count() == deals.height:
        return None
    alike = [["account_id", "opportunity_name"], ["account_id", "amount", "close_on"]]
    ended = pl.col("stage").is_in([*stages.won, *stages.lost])
    against = (is_open & ended) | (pl.col("is_won") & pl.col("stage").is_in(list(stages.lost)))
    conditions = {
        "no_amount": pl.lit(data.amounts != HIDDEN) & is_open & (pl.col("amount").is_null() | (pl.col("amount") == 0)),
        "overdue": is_open & (pl.col("close_on") < data.as_of),
        "no_close_date": is_open & pl.col("close_on").is_null(),
        "no_next_step": is_open & (pl.col("next_step").fill_null("").str.strip_chars() == ""),
        "single_contact": is_open & (pl.col("n_contacts") <= 1),
        "duplicate": is_open & pl.any_horizontal(_is_repeated(keys) for keys in alike),
        "stage_against_flag": against
        | (pl.col("is_closed") & ~pl.col("is_won") & pl.col("stage").is_in(list(stages.won))),
    }
    return conditions[rule]


def _is_repeated(keys: list[str]) -> pl.Expr:
    """Say whether another open deal has the same values, none of them missing."""
    whole = pl.all_horizontal(pl.col(key).is_not_null() for key in keys)
    return whole & ((~pl.col("is_closed")).sum().over(keys) > 1)


def by_owner(data: Dataset, settings: Settings) -> Measure:
    """Count what should be fixed in the CRM by owner and rule.

    Returns
    -------
    Measure
        Unit count: owners with something to fix. Frame: [owner, n_deals, one column per rule], most deals first.
    """
    rows = to_fix(data, settings).frame
    counts = rows.group_by("owner").agg(
        pl.col("opportunity_id").n_unique().alias("n_deals"),
        *((pl.col("rule") == title).sum().cast(pl.Int64).alias(rule) for rule, title in RULES.items()),
    )
    frame = counts.sort("n_deals", "owner", descending=[True, False])
    n = frame.height
    if not n:
        return Measure("Owners with deals to fix", 0.0, "count", frame, "Nobody has anything to fix.")
    first = frame.row(0, named=True)
    number, deals = counted(n, "owner has", "owners have"), counted(first["n_deals"], "deal")
    text = message(
        "{number} something to fix, {owner} most: {deals}.", number=number, owner=first["owner"], deals=deals
    )
    return Measure("Owners with deals to fix", float(n), "count", frame, text)


def over_time(data: Dataset, settings: Settings) -> Measure:
    """Count what was to fix at the end of each of the last weeks, as far as histories say it.

    Returns
    -------
    Measure
        Unit count: the change in overdue deals over the weeks. Frame: [on, n_open, no_amount, overdue,
        no_close_date], oldest first, weekly up to the as-of date. What histories do not hold (next steps, contacts) is
        not counted back.
    """
    days = [data.as_of - timedelta(weeks=k) for k in range(WEEKS, -1, -1)]
    ended = [*settings.stages.won, *settings.stages.lost]
    history = marts.of(data).deal_states.filter(~pl.col("stage").is_in(ended), ~pl.col("is_deleted"))
    frame = pl.DataFrame([_on(history, day) for day in days], schema=dict(_ON), orient="row")
    first, last = int(frame["overdue"][0]), int(frame["overdue"][-1])
    text = message(
        "{open} overdue; {weeks} weeks ago it was {first:,}.",
        open=counted(last, "open deal is", "open deals are"),
        weeks=WEEKS,
        first=first,
    )
    return Measure("Overdue deals over time", float(last - first), "count", frame, text)


_ON = {"on": pl.Date, "n_open": pl.Int64, "no_amount": pl.Int64, "overdue": pl.Int64, "no_close_date": pl.Int64}


def _on(history: pl.DataFrame, day: date) -> tuple[date, int, int, int, int]:
    rows = history.filter(
        pl.col("valid_from") <= day, pl.col("valid_to").is_null() | (pl.col("valid_to") > day)
    ).unique("opportunity_id", keep="last", maintain_order=True)
    bare = rows.filter(pl.col("amount").is_null() | (pl.col("amount") == 0)).height
    undated = rows["close_on"].null_count()
    return day, rows.height, bare, rows.filter(pl.col("close_on") < day).height, undated
