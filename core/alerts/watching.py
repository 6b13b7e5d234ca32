"""What a rule of any kind sees in some rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl

from core.alerts import deals, figures
from core.alerts.alert_rule import AMOUNT, KINDS, Rule
from core.alerts.sight import Ground, Seen, Sight, address
from core.features import accounts
from core.forecasts import call_approval, calls
from core.metrics import customer_health

FIGURES = ("threshold", "change", "forecast_moved")


def sights(rule: Rule, ground: Ground) -> Seen:
    """Return what a rule sees now; None where it cannot be told, because models are not learnt or rows are lacking."""
    if rule.kind in FIGURES:
        return WATCHERS[rule.kind](rule, ground)
    whole = ground.once((rule.kind, rule.days), lambda: WATCHERS[rule.kind](rule, ground))
    if whole is None or KINDS[rule.kind].limit != AMOUNT:
        return whole
    return [sight for sight in whole if (sight.amount or 0.0) >= rule.limit]


def red_accounts(rule: Rule, ground: Ground) -> Seen:
    """Return accounts that are red."""
    data, settings = ground.data, ground.settings
    health = customer_health.by_hand(accounts.build(data, data.as_of, settings), settings)
    red = health.filter(pl.col("band") == "red").join(
        data.accounts.select("account_id", "account_name"), on="account_id", how="left"
    )
    rows = red.sort("by_hand", "account_id").iter_rows(named=True)
    return [
        Sight(
            row["account_id"],
            "red",
            f"{row['account_name'] or row['account_id']} turned red: its health is {row['by_hand']:.0f} of 100.",
            address("/account", id=row["account_id"], see="Churn risk"),
            row["by_hand"],
            row["account_name"] or row["account_id"],
        )
        for row in rows
    ]


def missing_calls(rule: Rule, ground: Ground) -> Seen:
    """Return managers whose forecast is missing shortly before it is due; None where names are hidden."""
    data, settings = ground.data, ground.settings
    if data.is_masked or data.is_transient:
        return None
    decided = ground.store.call_approvals.newest(calls.book(data))
    standing = call_approval.standing(data, settings, calls.kept(data, ground.store), decided)
    link = address("/forecast", see="Quarter by manager")
    return [
        Sight(
            f"{row['person_id']} {standing.period}",
            "missing",
            f"{row['person_name']} has not submitted a forecast for {standing.label}; "
            f"it is due on {row['due_on']:%d %B}.",
            link,
        )
        for row in standing.frame.iter_rows(named=True)
        if row["state"] == call_approval.MISSING and 0 <= (row["due_on"] - data.as_of).days <= rule.days
    ]


def troubles(rule: Rule, ground: Ground) -> Seen:
    """Return what is wrong with connected systems or models."""
    path, cell = {"sync_trouble": ("/data", "Connected systems"), "model_trouble": ("/models", "Model health")}[
        rule.kind
    ]
    link = address(path, see=cell)
    return [Sight(name, text[:200], text, link) for name, text in ground.troubles[rule.kind].items()]


WATCHERS: Mapping[str, Callable[[Rule, Ground], Seen]] = {
    "threshold": figures.threshold,
    "change": figures.change,
    "forecast_moved": figures.forecast,
    "new_row": deals.new_deals,
    "slipped": deals.slipped,
    "silent": deals.silent,
    "commit_moved": deals.commits,
    "red_account": red_accounts,
    "call_missing": missing_calls,
    "sync_trouble": troubles,
    "model_trouble": troubles,
}
