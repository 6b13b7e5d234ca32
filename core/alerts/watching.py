"""What a rule of any kind sees in some rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

import polars as pl

from core.alerts import deals, engagement_alerts, figures, lead_alerts, play_alerts
from core.alerts.alert_rule import AMOUNT, KINDS, Rule
from core.alerts.sight import Ground, Seen, Sight, address
from core.features import accounts
from core.forecasts import call_approval, calls
from core.localization import message
from core.metrics import customer_health
from core.metrics.measure import shortened
from core.requirements.library import answer_edition

MOST_ANSWERS = 100
# Each looks at its own limit itself.
FIGURES = ("threshold", "change", "forecast_moved", "hot_lead")


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
            message(
                "{account_name} turned red: its health is {by_hand:.0f} of 100.",
                account_name=row["account_name"] or row["account_id"],
                by_hand=row["by_hand"],
            ),
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
            message(
                "{person_name} has not submitted a forecast for {label}; it is due on {due_on:%d %B}.",
                person_name=row["person_name"],
                label=standing.label,
                due_on=row["due_on"],
            ),
            link,
        )
        for row in standing.frame.iter_rows(named=True)
        if row["state"] == call_approval.MISSING and 0 <= (row["due_on"] - data.as_of).days <= rule.days
    ]


def answers_due(rule: Rule, ground: Ground) -> Seen:
    """Return answers of the library whose review is due within some days, those longest overdue first.

    None where names are hidden. Whoever sees a part of the company is told of no answer that comes from a list.
    """
    data, store = ground.data, ground.store
    if data.is_masked or data.is_transient:
        return None
    library = answer_edition.load(store, ground.settings.answers.stale_days)
    rows = answer_edition.due(library, data.as_of + timedelta(days=rule.days))
    if data.whole is not None:
        lists = [saved.name for saved in store.requirement_sets.list()]
        names = {*lists, *store.requirement_sets.file_names().values()}
        rows = rows.filter(~pl.col("source").is_in(sorted(names)).fill_null(value=False))
    return [
        Sight(
            row["answer_id"],
            str(row["due_on"]),
            message(
                "“{question}” of {owner} is due for review on {due_on:%d %B %Y}.",
                question=shortened(row["question"], 90),
                owner=row["owner"] or message("nobody"),
                due_on=row["due_on"],
            ),
            address("/library", answer=row["answer_id"], see="Read, change and approve an answer"),
        )
        for row in rows.head(MOST_ANSWERS).iter_rows(named=True)
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
    "hot_lead": lead_alerts.hot,
    "red_account": red_accounts,
    "call_missing": missing_calls,
    "answers_due": answers_due,
    "quiet_in_mail": engagement_alerts.quiet,
    "play_task": play_alerts.tasks,
    "play_stopped": play_alerts.stopped,
    "sync_trouble": troubles,
    "model_trouble": troubles,
}
