"""Which model has enough to learn from, what it lacks, and what serves instead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.features import accounts
from core.localization import message
from core.models.bundle import Bundle

TRAINED, TABLE, NOTHING = "trained model", "a table of past shares", "nothing"


@dataclass(frozen=True)
class Readiness:
    """Per model, which minimum is met and what serves.

    Attributes
    ----------
    frame : pl.DataFrame
        [model, needs, minimum, found, missing, serves, cost], one row per model and minimum.
    """

    frame: pl.DataFrame

    def sentence(self) -> str:
        """Say which models are ready, and what the first that is not lacks."""
        short = self.frame.filter(pl.col("missing") > 0)
        names = self.frame["model"].unique(maintain_order=True).to_list()
        if short.is_empty():
            return message("All {n_names} models have enough data.", n_names=len(names))
        row = short.row(0, named=True)
        n_ready = len(names) - short["model"].n_unique()
        return message(
            "{n_ready} of {n_names} models have enough data. {model} lacks {missing:,} {needs}; "
            "until then {serves} is used. {cost}",
            n_ready=n_ready,
            n_names=len(names),
            model=row["model"],
            missing=row["missing"],
            needs=row["needs"],
            serves=row["serves"],
            cost=row["cost"],
        )


def readiness(dataset: Dataset, settings: Settings, bundle: Bundle) -> Readiness:
    """Whether there is enough data for each model, and what is used until there is.

    Minimums are in the settings (`models.min_closed_deals`, `min_churned_accounts`, `min_months`). Below
    a minimum a table of past shares serves, below two outcomes of either kind nothing does; a trained
    model that does not clearly beat the base rate gives way to it (the skill gate). What that costs is
    the log loss of what serves against the best contender of the race.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    bundle : Bundle

    Returns
    -------
    Readiness
    """
    deals = dataset.opportunities
    n_won, n_lost = deals.filter("is_won").height, deals.filter(pl.col("is_closed") & ~pl.col("is_won")).height
    spells = accounts.spells(dataset.subscriptions) if dataset.has("subscriptions") else None
    n_left = spells["ended_on"].drop_nulls().len() if spells is not None else 0
    n_months = bundle.revenue.filter(~pl.col("is_forecast"))["month"].n_unique() if bundle.revenue.height else 0
    least = settings.models
    rows = [
        _row("Which deals are won", "won deals", least.min_closed_deals, n_won, bundle.close, "close", bundle),
        _row("Which deals are won", "lost deals", 2, n_lost, bundle.close, "close", bundle),
        _row(
            "Which customers churn",
            "churned customers",
            least.min_churned_accounts,
            n_left,
            bundle.churn,
            "churn",
            bundle,
        ),
        _months("Revenue to come", least.min_months, n_months, bundle),
    ]
    history = int(dataset.has("opportunity_history"))
    rows.append(
        {
            "model": "Stage, pushes and amount of past deals",
            "needs": "history of deals",
            "minimum": 1,
            "found": history,
            "missing": 1 - history,
            "serves": "created and closed dates alone" if not history else "history",
            "cost": "" if history else "Past stages and pushes are not known; chances are based on age and deal type.",
        }
    )
    shape = {
        "model": pl.String,
        "needs": pl.String,
        "minimum": pl.Int64,
        "found": pl.Int64,
        "missing": pl.Int64,
        "serves": pl.String,
        "cost": pl.String,
    }
    return Readiness(pl.DataFrame(rows, schema=shape))


def _row(name: str, needs: str, least: int, count: int, model: Any, label: str, bundle: Bundle) -> dict[str, Any]:
    serves, cost = _serves(model)
    if model is None:
        cost = bundle.problems.get(label, "")
    return {
        "model": name,
        "needs": needs,
        "minimum": least,
        "found": count,
        "missing": max(least - count, 0),
        "serves": serves,
        "cost": cost,
    }


def _serves(model: Any) -> tuple[str, str]:
    if model is None:
        return NOTHING, ""
    card = model.card_
    if not card.get("has_skill", True):
        return "the base rate", "Nothing clearly beat the average rate, so everybody gets it."
    if card.get("is_simple"):
        return TABLE, "With more past cases a full model can be trained."
    race = card.get("race") or []
    own = next((r["log_loss"] for r in race if r["contender"] == card.get("winner")), None)
    base = next((r["log_loss"] for r in race if r["contender"] == "base rate"), None)
    if own is None or not base:
        return TRAINED, ""
    return f"{card['winner']}", message("It leaves {own:.0f} % of the base rate's log loss.", own=own / base * 100)


def _months(name: str, least: int, count: int, bundle: Bundle) -> dict[str, Any]:
    serves = (
        "ETS, Theta, CES and boosted trees" if count >= least else "the drift of the last months" if count else NOTHING
    )
    cost = bundle.problems.get(
        "revenue", "" if count >= least else "Ranges are rough: there is too little history to test them."
    )
    return {
        "model": name,
        "needs": "complete months",
        "minimum": least,
        "found": count,
        "missing": max(least - count, 0),
        "serves": serves,
        "cost": cost,
    }
