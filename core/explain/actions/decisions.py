"""What was decided for accounts and for deals, and what followed."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.contracts.errors import QuarterdeckError
from core.explain.actions import playbooks
from core.features import accounts
from core.formats import long_day
from core.localization import message
from core.models import outlook
from core.models.bundle import Bundle

KINDS = {"assign": "Assigned", "snooze": "Snoozed", "done": "Done", "drop": "Dropped"}
SNOOZE_DAYS = 30


@dataclass(frozen=True)
class Topic(ABC):
    """What decisions are about.

    Attributes
    ----------
    noun : str
        As the playbooks name it.
    entity : str
        The column of its id.
    target : str
        How the audit log's target begins.
    happened : str
        The column that says whether what the chance spoke of came.
    fate, expected : str
        The words for that.
    """

    noun: Literal["account", "deal"]
    entity: str
    target: str
    happened: str
    fate: str
    expected: str

    @property
    def schema(self) -> dict[str, Any]:
        """Return the columns of the frame of decisions."""
        return {
            self.entity: pl.String,
            "action": pl.String,
            "state": pl.String,
            "who": pl.String,
            "decided_on": pl.Date,
            "until_on": pl.Date,
            "decided_by": pl.String,
            "p_then": pl.Float64,
            "p_now": pl.Float64,
            self.happened: pl.Boolean,
            "days": pl.Int64,
        }

    @abstractmethod
    def window(self, settings: Settings) -> int:
        """Return within how many days the chance speaks of."""

    @abstractmethod
    def ids(self, dataset: Dataset) -> set[str]:
        """Return those the data hold."""

    @abstractmethod
    def chance(self, settings: Settings, bundle: Bundle, entity_id: str) -> float | None:
        """Return the chance given today; None where there is none."""

    @abstractmethod
    def since(self, dataset: Dataset, settings: Settings, entity_id: str, on: date) -> dict[str, Any]:
        """Return what came after a day, as columns."""

    def own(self, scores: pl.DataFrame, entity_id: str) -> pl.DataFrame:
        """Return the row of one of them; none where there are no scores."""
        return scores.filter(pl.col(self.entity) == entity_id) if scores.width else scores

    def plays(self) -> tuple[playbooks.Play, ...] | tuple[playbooks.DealPlay, ...]:
        """Return what the playbooks hold for it."""
        return playbooks.load(self.noun)


class _Accounts(Topic):
    def window(self, settings: Settings) -> int:
        return settings.models.churn_days

    def ids(self, dataset: Dataset) -> set[str]:
        return set(dataset.accounts["account_id"])

    def chance(self, settings: Settings, bundle: Bundle, entity_id: str) -> float | None:
        rows = self.own(bundle.churn_scores, entity_id)
        return float(rows[f"p_churn_{settings.models.churn_days}d"][0]) if rows.height else None

    def since(self, dataset: Dataset, settings: Settings, entity_id: str, on: date) -> dict[str, Any]:
        spans = accounts.spells(dataset.subscriptions.filter(pl.col("account_id") == entity_id))
        last = min(on + timedelta(days=self.window(settings)), dataset.as_of)
        gone = (pl.col("ended_on") > on) & (pl.col("ended_on") <= last)
        return {"has_left": spans.filter(gone & (pl.col("started_on") <= on)).height > 0}


class _Deals(Topic):
    @property
    def schema(self) -> dict[str, Any]:
        return {**super().schema, "outcome": pl.String}

    def window(self, settings: Settings) -> int:
        return settings.risk.horizon_days

    def ids(self, dataset: Dataset) -> set[str]:
        return set(dataset.opportunities["opportunity_id"])

    def chance(self, settings: Settings, bundle: Bundle, entity_id: str) -> float | None:
        rows = self.own(bundle.deal_scores, entity_id)
        weights = outlook.knots(rows.columns, self.window(settings)) if rows.height else {}
        return sum(w * float(rows[f"p_win_{h}"][0]) for h, w in weights.items()) if weights else None

    def since(self, dataset: Dataset, settings: Settings, entity_id: str, on: date) -> dict[str, Any]:
        over = (pl.col("opportunity_id") == entity_id) & pl.col("is_closed") & (pl.col("close_on") <= dataset.as_of)
        ended = dataset.opportunities.filter(over)
        if ended.is_empty():
            return {"is_won": False, "outcome": "Still open"}
        won, day = bool(ended["is_won"][0]), ended["close_on"][0]
        in_time = won and 0 < (day - on).days <= self.window(settings)
        return {
            "is_won": in_time,
            "outcome": (
                message("Won on {day}", day=long_day(day)) if won else message("Lost on {day}", day=long_day(day))
            ),
        }


ACCOUNTS: Topic = _Accounts(
    "account", "account_id", "account action ", "has_left", "churned in that time", "were expected to churn"
)
DEALS: Topic = _Deals("deal", "opportunity_id", "deal action ", "is_won", "won in that time", "wins were expected")
TARGET = ACCOUNTS.target


@dataclass(frozen=True)
class Decisions:
    """What was decided, the latest of each account or deal and action.

    Attributes
    ----------
    frame : pl.DataFrame
        For accounts [account_id, action, state, who, decided_on, until_on, decided_by, p_then, p_now, has_left,
        days]: dates are those the data spoke of; p_then and p_now the chances of leaving given then and now
        (null for who no longer pays); has_left whether the account left within the window; days since the decision. For
        deals opportunity_id and is_won (within the window) instead, the chances of being won (null for what is
        closed), and outcome.
    window : int
        Days after which a done action is judged.
    topic : Topic
    """

    frame: pl.DataFrame
    window: int
    topic: Topic = ACCOUNTS

    def sentence(self) -> str:
        """Count what is open, and hold what followed actions done against what was expected then."""
        if self.frame.is_empty():
            return "Nothing has been decided yet."
        waiting = self.frame.filter(pl.col("state").is_in([KINDS["assign"], KINDS["snooze"]])).height
        done = self.frame.filter((pl.col("state") == KINDS["done"]) & pl.col("p_then").is_not_null())
        judged = done.filter(pl.col("days") >= self.window)
        head = message(
            "{waiting} assigned or snoozed, {height} done.",
            waiting=waiting,
            height=self.frame.filter(pl.col("state") == KINDS["done"]).height,
        )
        if judged.is_empty():
            return message(
                "{head} The result shows {window} days after an action is done.", head=head, window=self.window
            )
        came, expected = int(judged[self.topic.happened].sum()), float(judged["p_then"].sum())
        return message(
            "{head} Of {height} done at least {window} days ago, {came} {fate}; {expected:.1f} {expected_2} before.",
            head=head,
            height=judged.height,
            window=self.window,
            came=came,
            fate=self.topic.fate,
            expected=expected,
            expected_2=self.topic.expected,
        )


def target(entity_id: str, action: str, topic: Topic = ACCOUNTS) -> str:
    """Name what a decision is about, as the audit log keeps it."""
    return f"{topic.target}{json.dumps([entity_id, action])}"


def detail(
    dataset: Dataset, settings: Settings, bundle: Bundle, entity_id: str, who: str, topic: Topic = ACCOUNTS
) -> str:
    """Write down with a decision what was known: the data's date, the chance given, and who is to do it.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    bundle : Bundle
    entity_id : str
    who : str
    topic : Topic
        `ACCOUNTS` or `DEALS`.
    """
    chance = topic.chance(settings, bundle, entity_id)
    return json.dumps({"who": who.strip()[:80], "on": dataset.as_of.isoformat(), "p": chance})


def read(
    dataset: Dataset,
    settings: Settings,
    bundle: Bundle,
    trail: pl.DataFrame,
    entity_id: str | None = None,
    topic: Topic = ACCOUNTS,
) -> Decisions:
    """Return the latest decision on each account or deal and action, with what followed.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    bundle : Bundle
    trail : pl.DataFrame
        The audit log's rows about such actions, oldest first: [at, user, action, target, detail]. A
        row that cannot be read is passed over.
    entity_id : str, optional
        Only this one's.
    topic : Topic
        `ACCOUNTS` or `DEALS`.
    """
    rows = [row for row in (_row(entry, topic) for entry in trail.iter_rows(named=True)) if row is not None]
    latest = {(row[topic.entity], row["action"]): row for row in rows}
    mine = topic.ids(dataset)
    chosen = [row for (entity, _), row in latest.items() if entity in mine and entity_id in (None, entity)]
    frame = pl.DataFrame([_followed(row, dataset, settings, bundle, topic) for row in chosen], schema=topic.schema)
    in_order = frame.sort("decided_on", topic.entity, "action", descending=[True, False, False])
    return Decisions(in_order, topic.window(settings), topic)


def _row(row: dict[str, str], topic: Topic) -> dict[str, Any] | None:
    try:
        entity, action = json.loads(row["target"].removeprefix(topic.target))
        stored = json.loads(row["detail"])
        on = date.fromisoformat(stored["on"])
        state = KINDS[row["action"]]
    except (ValueError, TypeError, KeyError):
        return None
    until = on + timedelta(days=SNOOZE_DAYS) if row["action"] == "snooze" else None
    return {
        topic.entity: entity,
        "action": action,
        "state": state,
        "who": stored.get("who") or None,
        "decided_on": on,
        "until_on": until,
        "decided_by": row["user"],
        "p_then": stored.get("p"),
    }


def _followed(
    row: dict[str, Any], dataset: Dataset, settings: Settings, bundle: Bundle, topic: Topic
) -> dict[str, Any]:
    entity, on = str(row[topic.entity]), row["decided_on"]
    later = topic.since(dataset, settings, entity, on)
    now = topic.chance(settings, bundle, entity)
    return {**row, "p_now": now, **later, "days": (dataset.as_of - on).days}


def play(name: str, topic: Topic = ACCOUNTS) -> playbooks.Task:
    """Return the play of a name.

    Raises
    ------
    QuarterdeckError
        When the playbooks hold none of that name.
    """
    task = next((p for p in topic.plays() if p.name == name), None)
    if task is None:
        raise QuarterdeckError(
            message("The playbooks hold no action called {name!r}.", name=name), mend="Choose one that is listed."
        )
    return task
