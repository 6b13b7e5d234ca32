"""When an open deal is won, when it is lost, and how likely it is still open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Self

import numpy as np
import polars as pl

from core.config import Settings
from core.config.calendar import period_end
from core.contracts import Dataset
from core.contracts.errors import ModelError
from core.features import deals, landmarks
from core.localization import message
from core.models.close import trainer
from core.models.close.competing_risks import Risks, along, paths, shared
from core.models.close.risk_intervals import PERIOD_DAYS
from core.models.estimators.contenders import Floats, sigmoid
from core.models.estimators.landmark_classifier import Probability, encode

MOST_ROWS = 200_000


@dataclass(frozen=True)
class ByThen:
    """The chance of being won within some days, as `core.explain` wants a model.

    Attributes
    ----------
    risks : Risks
    horizon_days : int
    calibrator_ : None
        The chance is already calibrated, period by period.
    """

    risks: Risks
    horizon_days: int
    calibrator_: None = None
    card_: Mapping[str, Any] = field(default_factory=dict)

    @property
    def booster_(self) -> ByThen:
        """Return itself: it answers `predict(rows, pred_contrib=True)` as a booster does."""
        return self

    @property
    def feature_names_(self) -> tuple[str, ...]:
        """Return the features, in the order of the matrix."""
        return self.risks.names

    @property
    def vocabulary_(self) -> dict[str, tuple[str, ...]]:
        """Return the values each category knows."""
        return self.risks.vocabulary

    @property
    def n_periods(self) -> int:
        """Return how many periods reach the horizon; time beyond the last counts as the last."""
        return min(-(-self.horizon_days // PERIOD_DAYS), self.risks.n_periods)

    def matrix(self, frame: pl.DataFrame) -> Floats:
        """Return the frame's features as numbers.

        Raises
        ------
        ModelError
            When a feature is missing.
        """
        lacking = [name for name in self.feature_names_ if name not in frame.columns]
        if lacking:
            raise ModelError(
                message("The feature {lacking} is missing.", lacking=lacking[0]), mend="Build the features again."
            )
        return encode(frame, self.feature_names_, self.vocabulary_)

    def margin(self, frame: pl.DataFrame) -> Floats:
        """Return the log odds of being won by then."""
        return self.predict_rows(self.matrix(frame))

    def predict(self, rows: Any, *, raw_score: bool = False, pred_contrib: bool = False) -> Floats:
        """Return chances for a frame or matrix, their log odds, or features' contributions with the base last."""
        x = self.matrix(rows) if isinstance(rows, pl.DataFrame) else rows
        if pred_contrib:
            base, parts = self.risks.contributions(x, self.n_periods)[::-1]
            shares = self.risks.shares(x, self.horizon_days, self.n_periods)
            phi, start, _ = shared(base, parts, self.horizon_days, shares)
            return np.concatenate([phi, start[:, None]], axis=1)
        margin = self.predict_rows(x)
        return margin if raw_score else sigmoid(margin)

    def predict_rows(self, x: Floats) -> Floats:
        """Return the log odds for a matrix."""
        if not len(x):
            return np.zeros(0)
        won = along(self.risks.margins(x, self.n_periods), self.horizon_days, self.risks.share_of(x))[0]
        won = np.clip(won, 1e-12, 1 - 1e-12)
        return np.asarray(np.log(won / (1 - won)), dtype=np.float64)


@dataclass
class CloseModel:
    """Chances of an open deal being won, being lost, or still being open, by any day ahead.

    Of each deal still open at the begin of a fortnight the model asks whether it is won in it and, if
    not, whether it is lost; the chances multiply along the way (discrete-time competing risks). So
    won, lost and open sum to 1 on every day, and a longer horizon never has a smaller chance of either
    end. Both questions are raced: base rate, table, logistic regression, boosted trees, the mean of
    the last two.

    Attributes
    ----------
    risks_ : Risks
    card_ : dict
    past_ : pl.DataFrame
        [opportunity_id, as_of, horizon_days, target, p, logistic, share, p_lost, is_lost] of the last
        year, by models that had not seen it.
    """

    settings: Settings
    risks_: Risks | None = None
    card_: dict[str, Any] = field(default_factory=dict)
    past_: pl.DataFrame = field(default_factory=pl.DataFrame)

    def fit(self, frame: pl.DataFrame, judged: bool = True) -> Self:
        """Learn from past landmarks, as `marks` gives them.

        Parameters
        ----------
        frame : pl.DataFrame
        judged : bool
            Run the race and score the last year by models that had not seen it. Without it the mean of
            logistic regression and boosted trees serves as it is: for one of many past dates.

        Raises
        ------
        ModelError
            When no deal was won, or none was not.
        """
        trial = trainer.Trial(frame, self.settings, 2 * trainer.QUARTERS if judged else 0)
        self.risks_, self.past_ = trial.risks(), trial.past()
        self.card_ = {**self.risks_.card, **trainer.scored(self.past_)}
        return self

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold, without the past chances."""
        return {**self.ready().to_dict(), "card": self.card_}

    @staticmethod
    def from_dict(saved: Mapping[str, Any], settings: Settings, past: pl.DataFrame | None = None) -> CloseModel:
        """Return the model `to_dict` wrote."""
        return CloseModel(
            settings, Risks.from_dict(saved), dict(saved["card"]), pl.DataFrame() if past is None else past
        )

    def ready(self) -> Risks:
        """Return what was fitted."""
        assert self.risks_ is not None, "fit first"
        return self.risks_

    def at(self, horizon_days: int) -> ByThen:
        """Return the model for one horizon, ready to explain."""
        return ByThen(self.ready(), horizon_days, card_=self.card_)

    def predict(self, frame: pl.DataFrame, as_of: date | None = None) -> pl.DataFrame:
        """Return the chance of being won by each of a number of days ahead.

        Parameters
        ----------
        frame : pl.DataFrame
            As `features.deals.build` gives it.
        as_of : date, optional
            The day the features are of; without it ends of months and quarters are not among the days.

        Returns
        -------
        pl.DataFrame
            [opportunity_id, p_win_15, p_win_30, …]: the settings' horizons, the days on which a period of the
            model ends, and those on which a month or quarter ends (`knots`). Between two of them the straight line
            is the model's own.
        """
        risks = self.ready()
        x = self.at(1).matrix(frame) if frame.height else np.zeros((0, len(risks.names)))
        days = knots(self.settings, as_of)
        won = [ends[0] for ends in paths(risks.margins(x), days, risks.share_of(x))]
        chances = [pl.Series(f"p_win_{d}", chance) for d, chance in zip(days, won, strict=True)]
        return frame.select("opportunity_id").with_columns(*chances)


def knots(settings: Settings, as_of: date | None = None) -> list[int]:
    """Return the days ahead for which chances are worked out, rising.

    The settings' horizons, every fifteenth day up to the last of them, and, counted from `as_of`, the ends of months
    (periods of weeks under a calendar of weeks) and so of quarters.
    """
    last = settings.models.horizons_days[-1]
    days = {*settings.models.horizons_days, *range(PERIOD_DAYS, last, PERIOD_DAYS)}
    end = None if as_of is None else period_end(as_of, settings)
    while as_of is not None and end is not None and (ahead := (end - as_of).days) <= last:
        days.add(ahead)
        end = period_end(end + timedelta(days=1), settings)
    return sorted(day for day in days if day > 0)


def marks(dataset: Dataset, settings: Settings) -> pl.DataFrame:
    """Return past landmarks of open deals every 28 days, with when and how each ended.

    A very large company is learnt from by some of its deals (`models.most_deals`), each with all its
    landmarks, evenly spread over the order in which they came, and with 200,000 landmarks at most; what is known of
    them rests on all rows.

    Returns
    -------
    pl.DataFrame
        As `features.deals.ends`; empty when the data does not reach far enough back.
    """
    start = deals.first(dataset)
    if start is None:
        return pl.DataFrame()
    days = landmarks.dates(start + timedelta(days=landmarks.WARM_UP_DAYS), dataset.as_of - timedelta(PERIOD_DAYS))
    parts = [deals.ends(dataset, deals.build(dataset, day, settings), day) for day in days]
    return _spread(pl.concat(parts, how="vertical_relaxed"), settings.models.most_deals) if parts else pl.DataFrame()


def _spread(landmark_rows: pl.DataFrame, most: int) -> pl.DataFrame:
    """Keep the landmarks of at most so many deals, and of fewer where deals stay open for years."""
    every = landmark_rows.select("opportunity_id").unique(maintain_order=True)
    most = min(most, int(every.height * MOST_ROWS / max(landmark_rows.height, 1)))
    if every.height <= most:
        return landmark_rows
    chosen = every[np.linspace(0, every.height - 1, most).astype(int)]
    return landmark_rows.join(chosen, on="opportunity_id", how="semi", maintain_order="left")


__all__ = ["ByThen", "CloseModel", "Probability", "marks"]
