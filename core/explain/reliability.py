"""How past chances compare with what happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.models import registry
from core.models.estimators import calibration


@dataclass(frozen=True)
class Record:
    """How past chances compare with what happened.

    Attributes
    ----------
    frame : pl.DataFrame
        [bin, low_rate, high_rate, mean_rate, n, n_happened, happened_rate], ten bins of equal count.
    scores : dict
        n, auc, calibration_error, log_loss and those of the baselines.
    """

    frame: pl.DataFrame
    scores: dict[str, Any]
    noun: str
    verb: str

    def sentence(self) -> str:
        """Give one bin as an example, then discrimination, calibration and the best baseline."""
        if self.frame.is_empty():
            return "The history is too short to hold past chances against what happened."
        row = self.frame.tail(1).to_dicts()[0]
        s = self.scores
        text = (
            f"Of {row['n']:,} past {self.noun} given {row['low_rate'] * 100:.0f} to {row['high_rate'] * 100:.0f} %, "
            f"{row['n_happened']:,} {self.verb} ({row['happened_rate'] * 100:.0f} %). Over {s['n']:,} cases the "
            f"model had not seen, chances are off by {s['calibration_error'] * 100:.1f} points on average; "
            f"it puts {s['auc'] * 100:.0f} of 100 pairs in the right order."
        )
        if s["logistic_log_loss"] <= s["log_loss"]:
            return text + " A plain logistic regression does as well."
        return text + f" A plain logistic regression manages {s['logistic_auc'] * 100:.0f}."


def churn(dataset: Dataset, settings: Settings) -> Record:
    """Hold past chances of leaving against who left.

    Every quarter of the last ten months was scored by a model trained only on what was known when
    it began. Discrimination is the AUC; calibration error is the mean distance between predicted
    and observed shares over ten bins of equal count.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    """
    model = registry.load_or_train(dataset, settings).need_churn()
    return _record(model.past_, model.card_, settings.models.churn_days, "accounts", "left")


def close(dataset: Dataset, settings: Settings, days: int = 90) -> Record:
    """Hold past chances of deals being won within some days against what was won.

    Every quarter of the last year was scored by a model trained only on what was known when it
    began. Discrimination is the AUC; calibration error as for `churn`.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    days : int
        One of the horizons in the settings.
    """
    model = registry.load_or_train(dataset, settings).need_close()
    return _record(model.past_, model.card_, days, "deals", "were won in time")


def _record(past: pl.DataFrame, card: dict[str, Any], days: int, noun: str, verb: str) -> Record:
    here = past.filter(pl.col("horizon_days") == days)
    if here.is_empty():
        return Record(pl.DataFrame(), {}, noun, verb)
    table = calibration.reliability(here["target"].to_numpy().astype(np.float64), here["p"].to_numpy())
    return Record(table, card["horizons"][str(days)], noun, verb)
