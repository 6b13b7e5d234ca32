"""What was decided for accounts, and what followed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.contracts.errors import QuarterdeckError
from core.explain import playbooks
from core.features import accounts
from core.models import registry

TARGET = "account action "
KINDS = {"assign": "Assigned", "snooze": "Snoozed", "done": "Done", "drop": "Dropped"}
SNOOZE_DAYS = 30
_ROWS = {
    "account_id": pl.String, "action": pl.String, "state": pl.String, "who": pl.String, "decided_on": pl.Date,
    "until_on": pl.Date, "decided_by": pl.String, "p_then": pl.Float64, "p_now": pl.Float64, "has_left": pl.Boolean,
    "days": pl.Int64,
}  # fmt: skip


@dataclass(frozen=True)
class Decisions:
    """What was decided, the latest of each account and action.

    Attributes
    ----------
    frame : pl.DataFrame
        [account_id, action, state, who, decided_on, until_on, decided_by, p_then, p_now, has_left, days]:
        dates are those the data spoke of; p_then and p_now the chances of leaving given then and now
        (null for who no longer pays); has_left whether the account left since; days since the decision.
    window : int
        Days after which a done action is judged.
    """

    frame: pl.DataFrame
    window: int

    def sentence(self) -> str:
        """Count what is open, and hold what followed actions done against what was expected then."""
        if self.frame.is_empty():
            return "Nothing has been decided yet."
        waiting = self.frame.filter(pl.col("state").is_in([KINDS["assign"], KINDS["snooze"]])).height
        done = self.frame.filter((pl.col("state") == KINDS["done"]) & pl.col("p_then").is_not_null())
        judged = done.filter(pl.col("days") >= self.window)
        said = f"{waiting} assigned or snoozed, {self.frame.filter(pl.col('state') == KINDS['done']).height} done."
        if judged.is_empty():
            return f"{said} What followed is told {self.window} days after an action is done."
        left, expected = int(judged["has_left"].sum()), float(judged["p_then"].sum())
        return (
            f"{said} Of {judged.height} done at least {self.window} days ago, {left} left; without regard to the "
            f"action {expected:.1f} were expected to."
        )


def target(account_id: str, action: str) -> str:
    """Name what a decision is about, as the audit trail keeps it."""
    return f"{TARGET}{json.dumps([account_id, action])}"


def detail(dataset: Dataset, settings: Settings, account_id: str, who: str) -> str:
    """Write down with a decision what was known: the data's date, the chance given, and who is to do it.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    account_id : str
    who : str
    """
    return json.dumps(
        {"who": who.strip()[:80], "on": dataset.as_of.isoformat(), "p": _chance(dataset, settings, account_id)}
    )


def _chance(dataset: Dataset, settings: Settings, account_id: str) -> float | None:
    scores = registry.load_or_train(dataset, settings).churn_scores
    rows = scores.filter(pl.col("account_id") == account_id) if scores.width else scores
    return float(rows[f"p_churn_{settings.models.churn_days}d"][0]) if rows.height else None


def read(dataset: Dataset, settings: Settings, trail: pl.DataFrame, account_id: str | None = None) -> Decisions:
    """Return the latest decision on each account and action, with what followed.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    trail : pl.DataFrame
        The audit trail's rows about account actions, oldest first: [at, user, action, target, detail]. A
        row that cannot be read is passed over.
    account_id : str, optional
        Only this account's.
    """
    rows = [row for row in map(_row, trail.iter_rows(named=True)) if row is not None]
    latest = {(row["account_id"], row["action"]): row for row in rows}
    kept = [row for row in latest.values() if account_id in (None, row["account_id"])]
    mine = set(dataset.accounts["account_id"])
    frame = pl.DataFrame([_followed(row, dataset, settings) for row in kept if row["account_id"] in mine], schema=_ROWS)
    return Decisions(
        frame.sort("decided_on", "account_id", "action", descending=[True, False, False]), settings.models.churn_days
    )


def _row(row: dict[str, str]) -> dict[str, object] | None:
    try:
        account, action = json.loads(row["target"].removeprefix(TARGET))
        known = json.loads(row["detail"])
        on = date.fromisoformat(known["on"])
        state = KINDS[row["action"]]
    except (ValueError, TypeError, KeyError):
        return None
    until = on + timedelta(days=SNOOZE_DAYS) if row["action"] == "snooze" else None
    return {
        "account_id": account, "action": action, "state": state, "who": known.get("who") or None, "decided_on": on,
        "until_on": until, "decided_by": row["user"], "p_then": known.get("p"),
    }  # fmt: skip


def _followed(row: dict[str, object], dataset: Dataset, settings: Settings) -> dict[str, object]:
    account, on = str(row["account_id"]), row["decided_on"]
    assert isinstance(on, date)
    spans = accounts.spells(dataset.subscriptions.filter(pl.col("account_id") == account))
    gone = (pl.col("ended_on") > on) & (pl.col("ended_on") <= dataset.as_of)
    left = spans.filter(gone & (pl.col("started_on") <= on)).height > 0
    return {**row, "p_now": _chance(dataset, settings, account), "has_left": left, "days": (dataset.as_of - on).days}


def play(name: str) -> playbooks.Play:
    """Return the play of a name.

    Raises
    ------
    QuarterdeckError
        When the playbooks hold none of that name.
    """
    found = next((p for p in playbooks.load() if p.name == name), None)
    if found is None:
        raise QuarterdeckError(f"The playbooks hold no action called {name!r}.", mend="Choose one that is listed.")
    return found
