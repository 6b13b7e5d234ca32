"""When an open deal is won: the chance within 30, 60, 90 and 180 days."""

from __future__ import annotations

import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.features import deals, landmarks
from core.models.probability import HORIZON, Learner, Probability, Recipe


def recipe(settings: Settings) -> Recipe:
    """Return what the close model is made of."""
    return Recipe(
        "when a deal is won", (*deals.NUMBERS, HORIZON), deals.CATEGORIES, ("stage", HORIZON),
        settings.models.min_closed_deals,
        {"num_leaves": 10, "min_data_in_leaf": 250, "learning_rate": 0.06, "feature_fraction": 0.6,
         "bagging_fraction": 0.7, "bagging_freq": 1, "lambda_l2": 10.0, "cat_smooth": 50.0, "cat_l2": 30.0},
        220, max(365, settings.models.horizons_days[-1] + 60),
        rising=(HORIZON, "n_meetings_30d", "n_meetings_60d", "meetings_per_week", "n_contacts", "owner_win_rate"),
        falling=("n_pushes",),
    )  # fmt: skip


class CloseModel(Learner):
    """Chance that an open deal is won within each horizon.

    One set of trees serves all horizons: the horizon is a feature that may only raise the chance,
    and one rising map calibrates it, so a longer horizon never has a smaller chance.
    """

    def recipe(self) -> Recipe:
        """Return what the model is made of."""
        return recipe(self.settings)

    def at(self, horizon_days: int) -> Probability:
        """Return the model for one horizon, ready to explain."""
        return self.ready().at(horizon_days)

    def predict(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return [opportunity_id, p_win_30, p_win_60, …], one column per horizon of the settings.

        Parameters
        ----------
        frame : pl.DataFrame
            As `features.deals.build` gives it.
        """
        chances = {f"p_win_{days}": self.at(days).predict(frame) for days in self.settings.models.horizons_days}
        return frame.select("opportunity_id").with_columns(**{k: pl.Series(k, v) for k, v in chances.items()})


def marks(dataset: Dataset, settings: Settings) -> pl.DataFrame:
    """Return past landmarks of deals with their outcomes, every 28 days."""
    return landmarks.build(deals, dataset, settings, settings.models.horizons_days)
