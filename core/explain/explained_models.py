"""The two models that are explained over many rows, each with today's rows and the words that go with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.contracts.errors import ModelError
from core.localization import message
from core.models.bundle import Bundle

SUBJECTS = ("churn", "close")


@dataclass(frozen=True)
class Subject:
    """A model and the rows it speaks of today.

    Attributes
    ----------
    model : probability model
    rows : pl.DataFrame
        The features of each row and p, the chance given.
    key : str
        The column that names a row.
    noun, verb, chance : str
        As in a "deal" that is to "be won within 90 days".
    """

    model: Any
    rows: pl.DataFrame
    key: str
    noun: str
    verb: str
    chance: str = "chance"


def subject(dataset: Dataset, settings: Settings, bundle: Bundle, name: str = "churn") -> Subject:
    """Return the churn model with the paying accounts, or the close model with the open deals.

    Parameters
    ----------
    dataset : Dataset
        Not used: what is known today is in the bundle.
    settings : Settings
    bundle : Bundle
    name : {"churn", "close"}
        Deals are looked at 90 days ahead, or at the first horizon of the settings where 90 is none.

    Raises
    ------
    ModelError
        When there is no such model, or nothing for it to speak of.
    """
    if name == "close":
        days = 90 if 90 in settings.models.horizons_days else settings.models.horizons_days[0]
        model: Any = bundle.need_close().at(days)
        rows, scores, column = bundle.deal_features, bundle.deal_scores, f"p_win_{days}"
        key, noun, verb, chance = (
            "opportunity_id",
            "deal",
            message("be won within {days} days", days=days),
            "win chance",
        )
    elif name == "churn":
        model, days = bundle.need_churn().ready(), settings.models.churn_days
        rows, scores, column = bundle.account_features, bundle.churn_scores, f"p_churn_{days}d"
        key, noun, verb, chance = "account_id", "account", message("churn within {days} days", days=days), "churn risk"
    else:
        raise ModelError(message("There is no model called {name}.", name=name), mend="Known: churn, close.")
    if rows.is_empty():
        raise ModelError("There is nothing to compare.", mend="Load subscriptions or open deals on the Data page.")
    return Subject(model, rows.join(scores.select(key, p=column), on=key), key, noun, verb, chance)
