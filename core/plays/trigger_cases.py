"""The cases a play is for: those that wait now, and every past one with what became of it, played or not."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl

from core.artifacts import remembered
from core.config import Settings
from core.config.calendar import add_months
from core.contracts import Dataset
from core.contracts.constants import NOT_KNOWN
from core.features import accounts
from core.metrics import customer_health
from core.metrics.competitors import named
from core.metrics.deal_events import OPEN, tracks
from core.metrics.signals import marks, open_marks
from core.metrics.stratified import third_of
from core.plays.play_definition import DEAL, PlayDefinition, Trigger

STEP_DAYS, LOOKED_BACK = 28, 26
FRESH_DAYS = 30
ALIKE = {DEAL: ("opportunity_type", "segment", "region", "size"), "account": ("segment", "region", "size")}
WAITING: dict[str, Any] = {
    "subject_id": pl.String,
    "occasion": pl.String,
    "account_id": pl.String,
    "owner_id": pl.String,
    "amount": pl.Float64,
}
ANCHORS: dict[str, Any] = {"subject_id": pl.String, "occasion": pl.String, "anchor_on": pl.Date}


def waiting(data: Dataset, settings: Settings, play: PlayDefinition) -> pl.DataFrame:
    """Return the deals or accounts for which the play's trigger holds on the as-of date.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    play : PlayDefinition

    Returns
    -------
    pl.DataFrame
        [subject_id, occasion, account_id, owner_id, amount], the largest first; amount is a deal's, or an account's
        recurring revenue a month. The occasion is the day of a renewal, and else empty.
    """
    rows = _now(data, settings, play.trigger).join(_subjects(data, play, data.as_of), on="subject_id")
    order = [pl.col("amount").fill_null(0.0), pl.col("subject_id"), pl.col("occasion")]
    return rows.select(*WAITING).sort(order, descending=[True, False, False])


def _now(data: Dataset, settings: Settings, trigger: Trigger) -> pl.DataFrame:
    """Return [subject_id, occasion] of those a trigger holds for today."""
    as_of = data.as_of
    if trigger.event == "signal":
        marked = open_marks(data, settings).filter(pl.col(trigger.signal))
        return _one_occasion(marked["opportunity_id"])
    is_open = data.opportunities.filter(~pl.col("is_closed"))
    if trigger.event == "stage":
        return _one_occasion(is_open.filter(pl.col("stage") == trigger.stage)["opportunity_id"])
    if trigger.event == "competitor":
        return _one_occasion(named(is_open).drop_nulls("competitor")["opportunity_id"])
    if trigger.event == "new_customer":
        first = _first_contracts(data).filter(pl.col("anchor_on") > as_of - timedelta(days=FRESH_DAYS))
        return first.filter(pl.col("anchor_on") <= as_of).select("subject_id", "occasion")
    if trigger.event == "renewal":
        lines = data.subscriptions.filter(pl.col("ended_on").is_null() | (pl.col("ended_on") > as_of))
        near = pl.col("renewal_on").is_between(as_of, as_of + timedelta(days=trigger.days))
        return _renewals(lines.filter(near, pl.col("started_on") <= as_of), trigger).select("subject_id", "occasion")
    return _one_occasion(_red(data, settings, as_of))


def _one_occasion(ids: pl.Series) -> pl.DataFrame:
    return pl.DataFrame({"subject_id": ids.cast(pl.String).unique()}).with_columns(occasion=pl.lit(""))


def cases(data: Dataset, settings: Settings, play: PlayDefinition) -> pl.DataFrame:
    """Return every case of the play's trigger whose outcome is known, played or not.

    A case begins some days of grace after its trigger, so that plays started a little later count like those started at
    once, and only if the deal is still open then, the account still pays. Its outcome is looked at `outcome_days` after
    that: a deal is won by then, an account has not left. Triggers that a CRM keeps no day of are dated by looking back
    every four weeks (signals) or months (red accounts); a named competitor by the day its deal was opened.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    play : PlayDefinition

    Returns
    -------
    pl.DataFrame
        [subject_id, occasion, anchor_on, entered_on, is_hit] and what makes cases comparable: type, segment and region
        of a deal and the third of amounts it lies in; segment, region and third of recurring revenue of an account.
    """
    anchors = _anchors(data, settings, play.trigger)
    grace = pl.duration(days=play.grace_days)
    rows = anchors.with_columns(entered_on=pl.col("anchor_on") + grace).with_columns(
        known_on=pl.col("entered_on") + pl.duration(days=play.outcome_days)
    )
    mature = rows.filter(pl.col("known_on") <= data.as_of)
    ended = _with_deals(mature, data) if play.kind == DEAL else _with_contracts(mature, data)
    about = _subjects(data, play, data.as_of, is_past=True)
    alike = ALIKE[play.kind]
    with_parts = ended.join(
        about.select("subject_id", *(name for name in alike if name != "size"), "amount"), on="subject_id"
    )
    if play.kind != DEAL:
        with_parts = with_parts.drop("amount").rename({"mrr_amount": "amount"})
    sized = with_parts.with_columns(size=third_of(with_parts["amount"]))
    return sized.select(*ANCHORS, "entered_on", "is_hit", *alike).sort("anchor_on", "subject_id", "occasion")


def slack_days(trigger: Trigger) -> int:
    """Return how many days before the day of a past case its trigger may really have been."""
    return {"signal": STEP_DAYS, "red_account": 31}.get(trigger.event, 0)


def _anchors(data: Dataset, settings: Settings, trigger: Trigger) -> pl.DataFrame:
    if trigger.event == "signal":
        return signal_days(data, settings).filter(pl.col("signal") == trigger.signal).select(*ANCHORS)
    if trigger.event == "stage":
        return _entries(data, settings, trigger.stage)
    if trigger.event == "competitor":
        met = named(data.opportunities).drop_nulls(["competitor", "created_on"])
        return met.select(subject_id="opportunity_id", occasion=pl.lit(""), anchor_on="created_on")
    if trigger.event == "new_customer":
        return _first_contracts(data)
    if trigger.event == "renewal":
        return _renewals(data.subscriptions, trigger)
    return red_days(data, settings)


@remembered(2)
def signal_days(data: Dataset, settings: Settings) -> pl.DataFrame:
    """Return the first day each signal was seen on each deal, looking back every four weeks for two years.

    Returns
    -------
    pl.DataFrame
        [signal, subject_id, occasion, anchor_on].
    """
    days = [data.as_of - timedelta(days=STEP_DAYS * k) for k in range(LOOKED_BACK)]
    marked = marks(data, settings, days)
    names = [name for name, kind in marked.schema.items() if kind == pl.Boolean]
    long = marked.unpivot(on=names, index=["day", "opportunity_id"], variable_name="signal").filter("value")
    first = long.group_by("signal", "opportunity_id").agg(anchor_on=pl.col("day").min())
    # What was there on the first day looked at may have been there for long.
    begun = first.filter(pl.col("anchor_on") > min(days))
    return begun.select(
        "signal", subject_id=pl.col("opportunity_id").cast(pl.String), occasion=pl.lit(""), anchor_on="anchor_on"
    )


@remembered(2)
def red_days(data: Dataset, settings: Settings) -> pl.DataFrame:
    """Return the first month each account was red, looking back every month for two years.

    Returns
    -------
    pl.DataFrame
        [subject_id, occasion, anchor_on]; accounts that were red on the first day looked at are left out.
    """
    days = [add_months(data.as_of, -k) for k in range(25)]
    rows = [pl.DataFrame({"subject_id": _red(data, settings, day)}).with_columns(day=pl.lit(day)) for day in days]
    first = pl.concat(rows).group_by("subject_id").agg(anchor_on=pl.col("day").min())
    begun = first.filter(pl.col("anchor_on") > min(days))
    return begun.select("subject_id", pl.lit("").alias("occasion"), "anchor_on")


def _red(data: Dataset, settings: Settings, day: date) -> pl.Series:
    """Return the accounts that pay and are red on a day."""
    health = customer_health.by_hand(accounts.build(data, day, settings), settings)
    return health.filter(pl.col("band") == "red")["account_id"].cast(pl.String)


def _entries(data: Dataset, settings: Settings, stage: str) -> pl.DataFrame:
    """Return the first day each deal stood in a stage."""
    entered = tracks(data, settings).filter(pl.col("state") == OPEN, pl.col("stage").cast(pl.String) == stage)
    first = entered.group_by(pl.col("opportunity_id").cast(pl.String).alias("subject_id")).agg(
        anchor_on=pl.col("day").min()
    )
    return first.select("subject_id", pl.lit("").alias("occasion"), "anchor_on")


def _first_contracts(data: Dataset) -> pl.DataFrame:
    first = accounts.spells(data.subscriptions).group_by("account_id").agg(anchor_on=pl.col("started_on").min())
    return first.select(subject_id="account_id", occasion=pl.lit(""), anchor_on="anchor_on")


def _renewals(lines: pl.DataFrame, trigger: Trigger) -> pl.DataFrame:
    due = lines.filter(pl.col("mrr_amount") > 0).drop_nulls("renewal_on").unique(["account_id", "renewal_on"])
    return due.select(
        subject_id="account_id",
        occasion=pl.col("renewal_on").dt.to_string("%Y-%m-%d"),
        anchor_on=pl.col("renewal_on") - pl.duration(days=trigger.days),
    )


def _subjects(data: Dataset, play: PlayDefinition, day: date, is_past: bool = False) -> pl.DataFrame:
    """Return the deals or accounts that count: subject_id, account_id, owner_id, amount and what makes them alike."""
    parts = pl.col("segment", "region").fill_null(NOT_KNOWN)
    firms = data.accounts.select("account_id", "segment", "region", keeper="owner_id").with_columns(parts)
    if play.kind != DEAL:
        rows = _paying(firms, data, day, is_past).with_columns(subject_id="account_id", owner_id="keeper")
    else:
        deals = data.opportunities.select("opportunity_id", "account_id", "owner_id", "amount", "opportunity_type")
        rows = deals.join(firms, on="account_id", how="left").with_columns(parts, subject_id="opportunity_id")
        rows = rows.with_columns(owner_id=pl.coalesce("owner_id", "keeper"))
        if play.deals.types:
            rows = rows.filter(pl.col("opportunity_type").is_in(play.deals.types))
        if play.deals.from_amount:
            rows = rows.filter(pl.col("amount") >= play.deals.from_amount)
    for column, wanted in (("segment", play.deals.segments), ("region", play.deals.regions)):
        rows = rows.filter(pl.col(column).is_in(wanted)) if wanted else rows
    return rows


def _paying(firms: pl.DataFrame, data: Dataset, day: date, is_past: bool) -> pl.DataFrame:
    """Return accounts with their recurring revenue on a day, only those that pay unless the past is asked for."""
    running = (pl.col("started_on") <= day) & (pl.col("ended_on").is_null() | (pl.col("ended_on") > day))
    revenue = data.subscriptions.filter(running).group_by("account_id").agg(amount=pl.col("mrr_amount").sum())
    return firms.join(revenue, on="account_id", how="left" if is_past else "inner")


def _with_deals(rows: pl.DataFrame, data: Dataset) -> pl.DataFrame:
    """Leave the cases whose deal was still open when they began, and say which were won in time."""
    ends = data.opportunities.select(
        "is_won", subject_id="opportunity_id", ended_on=pl.when("is_closed").then("close_on"), is_over="is_closed"
    )
    begun = rows.join(ends, on="subject_id").filter(~pl.col("is_over") | (pl.col("ended_on") > pl.col("entered_on")))
    in_time = pl.col("is_won") & (pl.col("ended_on") <= pl.col("known_on"))
    return begun.with_columns(is_hit=in_time.fill_null(value=False))


def _with_contracts(rows: pl.DataFrame, data: Dataset) -> pl.DataFrame:
    """Leave the cases whose account paid when they began, with its revenue then, and say which still paid later."""
    keys = ["subject_id", "occasion"]
    spans = accounts.spells(data.subscriptions).rename({"account_id": "subject_id"})
    paid = rows.join(spans, on="subject_id").filter(
        pl.col("started_on") <= pl.col("entered_on"),
        pl.col("ended_on").is_null() | (pl.col("ended_on") > pl.col("entered_on")),
    )
    stayed = (pl.col("ended_on").is_null() | (pl.col("ended_on") > pl.col("known_on"))).alias("is_hit")
    lines = data.subscriptions.select("mrr_amount", "started_on", "ended_on", subject_id="account_id")
    then = paid.select(*keys, "entered_on").join(lines, on="subject_id")
    running = (pl.col("started_on") <= pl.col("entered_on")) & (
        pl.col("ended_on").is_null() | (pl.col("ended_on") > pl.col("entered_on"))
    )
    revenue = then.filter(running).group_by(keys).agg(pl.col("mrr_amount").sum())
    return paid.with_columns(stayed).unique(keys, keep="first", maintain_order=True).join(revenue, on=keys, how="left")
