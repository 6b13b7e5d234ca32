"""What rules over deals see, whatever the amount: new ones, those that slip, go quiet, or were committed and change."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl

from core import marts
from core.alerts.alert_rule import Rule
from core.alerts.sight import Ground, Seen, Sight, address
from core.localization import joined, message
from core.metrics import flow
from core.metrics.deal_events import DELETED, LOST, WON, at, tracks
from core.metrics.measure import money

WEEK = 7
COMMIT = "commit"
ENDS = {WON: "won", LOST: "lost", DELETED: "deleted"}


def new_deals(rule: Rule, ground: Ground) -> Seen:
    """Return deals opened in the last week."""
    deals = ground.data.opportunities.filter(
        ~pl.col("is_closed"), pl.col("created_on") > ground.data.as_of - timedelta(days=WEEK)
    )
    rows = _named(ground, deals.select("opportunity_id", "amount"))
    return [_deal(row, "new", message("{words} was opened.", words=_words(row, ground))) for row in rows]


def slipped(rule: Rule, ground: Ground) -> Seen:
    """Return deals whose expected close left the quarter in the last week."""
    data = ground.data
    window = (data.as_of - timedelta(days=WEEK), data.as_of, "company", None, "this quarter")
    moved = flow.deals(data, ground.settings, "Pushed out", *window).frame
    late = moved.sort("day").unique("opportunity_id", keep="last", maintain_order=True)
    shown = late.select("opportunity_id", "close_on_before", "close_on_after", amount=pl.col("moved_amount").abs())
    return [
        _deal(
            row,
            str(row["close_on_after"]),
            message("{words} slipped out of the quarter{to}.", words=_words(row, ground), to=_to(row)),
        )
        for row in _named(ground, shown)
    ]


def _to(row: dict[str, Any]) -> str:
    after = row["close_on_after"]
    return (
        message(": it is now expected on {after:%d %B %Y}", after=after)
        if after
        else " and has no expected close any more"
    )


def silent(rule: Rule, ground: Ground) -> Seen:
    """Return open deals on which nothing was done for some days; None where activities are not recorded."""
    data, tables = ground.data, marts.of(ground.data)
    if not tables.has("activities"):
        return None
    latest = tables.deal_activity_days.group_by("opportunity_id").agg(last_on=pl.col("on").max())
    open_deals = data.opportunities.filter(~pl.col("is_closed"))
    rows = open_deals.join(latest, on="opportunity_id", how="left").select(
        "opportunity_id", "amount", since=pl.max_horizontal("last_on", "created_on")
    )
    quiet = rows.filter((pl.lit(data.as_of) - pl.col("since")).dt.total_days() >= rule.days)
    return [
        _deal(
            row,
            "quiet",
            message(
                "{words} has been quiet for {days:,} days.",
                words=_words(row, ground),
                days=(data.as_of - row["since"]).days,
            ),
        )
        for row in _named(ground, quiet)
    ]


def commits(rule: Rule, ground: Ground) -> Seen:
    """Return deals that were in commit a week ago and have changed since."""
    data = ground.data
    track, shown = tracks(data, ground.settings), ("opportunity_id", "category", "cents", "close_on", "state")
    before = at(track, data.as_of - timedelta(days=WEEK)).filter(pl.col("category").cast(pl.String) == COMMIT)
    now = track.filter(pl.col("day") <= data.as_of).unique("opportunity_id", keep="last", maintain_order=True)
    both = before.select(shown).join(now.select(shown), on="opportunity_id", suffix="_now")
    category = [pl.col(f"category{end}").cast(pl.String) for end in ("", "_now")]
    moved = both.filter(
        category[0].ne_missing(category[1])
        | pl.col("cents").ne_missing(pl.col("cents_now"))
        | pl.col("close_on").ne_missing(pl.col("close_on_now"))
        | (pl.col("state") != pl.col("state_now"))
    ).with_columns(amount=pl.col("cents").fill_null(0) / 100, category_now=category[1])
    rows = _named(ground, moved)
    return [
        _deal(
            row,
            _commit_state(row),
            message("{words}, in commit a week ago, {became}.", words=_words(row, ground), became=_became(row, ground)),
        )
        for row in rows
    ]


def _commit_state(row: dict[str, Any]) -> str:
    return "|".join(str(row[f"{name}_now"]) for name in ("state", "category", "cents", "close_on"))


def _became(row: dict[str, Any], ground: Ground) -> str:
    if (end := ENDS.get(row["state_now"])) is not None:
        return message("was {end}", end=end)
    parts = []
    if row["category_now"] != COMMIT:
        parts.append(
            message(
                "is now {category_now}",
                category_now=str(row["category_now"] or message("without a category")).replace("_", " "),
            )
        )
    if row["cents_now"] != row["cents"]:
        worth = row["cents_now"]
        parts.append(
            message("is now worth {worth}", worth=money(worth / 100, ground.settings.currency))
            if worth
            else "lost its amount"
        )
    if row["close_on_now"] != row["close_on"]:
        due = row["close_on_now"]
        parts.append(message("is now due on {due:%d %B}", due=due) if due else "lost its expected close")
    return joined(*parts, by=" and ") or "changed"


def _named(ground: Ground, frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Return deals with the names the reader sees, largest first."""
    names = ground.data.opportunities.select("opportunity_id", "opportunity_name", "account_id").join(
        ground.data.accounts.select("account_id", "account_name"), on="account_id", how="left"
    )
    rows = frame.join(names, on="opportunity_id", how="left")
    order = [pl.col("amount").fill_null(0).abs(), pl.col("opportunity_id")]
    return list(rows.sort(order, descending=[True, False]).iter_rows(named=True))


def _words(row: dict[str, Any], ground: Ground) -> str:
    name = row["opportunity_name"] or row["opportunity_id"]
    account = (
        message(" with {account_name}", account_name=row["account_name"])
        if row["account_name"] and row["account_name"] not in name
        else ""
    )
    worth = f", {money(row['amount'], ground.settings.currency)}" if row["amount"] else ""
    return f"{name}{account}{worth}"


def _deal(row: dict[str, Any], state: str, sentence: str) -> Sight:
    number, name = str(row["opportunity_id"]), str(row["opportunity_name"] or row["opportunity_id"])
    return Sight(number, state, sentence, address("/deal", id=number, see="Deal overview"), row["amount"], name)
