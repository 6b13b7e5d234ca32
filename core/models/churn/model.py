"""Who leaves: the chance that an account's recurring revenue goes to 0 within 90 days."""

from __future__ import annotations

import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.features import accounts, landmarks
from core.models.estimators.landmark_classifier import Learner, Recipe


def recipe(settings: Settings) -> Recipe:
    """Return what the churn model is made of."""
    return Recipe(
        "who leaves",
        accounts.NUMBERS,
        accounts.CATEGORIES,
        ("tenure_days",),
        settings.models.min_churned_accounts,
        {
            "num_leaves": 3,
            "min_data_in_leaf": 80,
            "learning_rate": 0.03,
            "feature_fraction": 0.5,
            "bagging_fraction": 0.7,
            "bagging_freq": 1,
            "lambda_l2": 20.0,
            "cat_smooth": 50.0,
            "cat_l2": 30.0,
        },
        300,
        settings.models.churn_days + 210,
        rising=("n_tickets_30d", "n_tickets_90d", "recent_tickets"),
        falling=(
            "usage_change_rate_30d",
            "usage_change_rate_90d",
            "ticket_sentiment_90d",
            "sentiment_90d",
            "tenure_days",
            "recent_ticket_sentiment",
        ),
        ridge=0.003,
    )


class ChurnModel(Learner):
    """Chance that an account leaves within `settings.models.churn_days` days."""

    def recipe(self) -> Recipe:
        """Return what the model is made of."""
        return recipe(self.settings)

    def predict(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return [account_id, p_churn_90d]; the column is named after the setting's days.

        Parameters
        ----------
        frame : pl.DataFrame
            As `features.accounts.build` gives it.
        """
        name = f"p_churn_{self.settings.models.churn_days}d"
        return frame.select("account_id").with_columns(pl.Series(name, self.ready().predict(frame)))


def marks(dataset: Dataset, settings: Settings) -> pl.DataFrame:
    """Return past landmarks of paying accounts with whether they left, every 28 days."""
    return landmarks.build(accounts, dataset, settings, [settings.models.churn_days])
