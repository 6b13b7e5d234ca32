"""When an open deal is won, when it is lost, and how likely it is still open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Self

import numpy as np
import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.contracts.errors import ModelError
from core.features import deals, landmarks
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
            raise ModelError(f"The feature {lacking[0]} is missing.", mend="Build the features again.")
        return encode(frame, self.feature_names_, self.vocabulary_)

    def margin(self, frame: pl.DataFrame) -> Floats:
        """Return the log odds of being won by then."""
        return self.predict_rows(self.matrix(frame))

    def predict(self, rows: Any, *, raw_score: bool = False, pred_contrib: bool = False) -> Floats:
        """Return chances for a frame or matrix, their log odds, or features' contributions with the base last."""
        x = self.matrix(rows) if isinstance(rows, pl.DataFrame) else rows
        if pred_contrib:
            base, parts = self.risks.contributions(x, self.n_periods)[::-1]
            phi, start, _ = shared(base, parts, self.horizon_days)
            return np.concatenate([phi, start[:, None]], axis=1)
        margin = self.predict_rows(x)
        return margin if raw_score else sigmoid(margin)

    def predict_rows(self, x: Floats) -> Floats:
        """Return the log odds for a matrix."""
        if not len(x):
            return np.zeros(0)
        won = np.clip(along(self.risks.margins(x, self.n_periods), self.horizon_days)[0], 1e-12, 1 - 1e-12)
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

    def predict(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return [opportunity_id, p_win_30, p_win_60, …], one column per horizon of the settings.

        Parameters
        ----------
        frame : pl.DataFrame
            As `features.deals.build` gives it.
        """
        return self._columns(frame, 0, "p_win")

    def predict_lost(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return [opportunity_id, p_lost_30, …]; still open is 1 less won and lost."""
        return self._columns(frame, 1, "p_lost")

    def _columns(self, frame: pl.DataFrame, which: int, name: str) -> pl.DataFrame:
        days = self.settings.models.horizons_days
        margins = self._margins(frame)
        chances = {f"{name}_{d}": ends[which] for d, ends in zip(days, paths(margins, days), strict=True)}
        return frame.select("opportunity_id").with_columns(**{k: pl.Series(k, v) for k, v in chances.items()})

    def _margins(self, frame: pl.DataFrame) -> Floats:
        risks = self.ready()
        if frame.is_empty():
            return np.zeros((2, 0, risks.n_periods))
        return risks.margins(self.at(1).matrix(frame))

    def timing(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return when a deal is likely to close, and how likely it slips.

        Parameters
        ----------
        frame : pl.DataFrame
            As `features.deals.build` gives it.

        Returns
        -------
        pl.DataFrame
            [opportunity_id, close_on, p_slip, likely_on, p_win, p_lost, p_open, expected_amount]. p_slip
            is the chance that the deal is still open the day after its expected close; null without
            one, or when it has passed. likely_on is the first day by which half of the chance of being
            won within the longest horizon has come. p_win, p_lost and p_open are at that horizon;
            expected_amount is amount × p_win.
        """
        risks, margins = self.ready(), self._margins(frame)
        longest = risks.n_periods * PERIOD_DAYS
        won, lost = along(margins, longest)
        path = np.stack([ends[0] for ends in paths(margins, range(0, longest + 1, 5))], axis=1)
        half = (path >= won[:, None] / 2).argmax(axis=1) * 5
        due = frame["days_to_close"].cast(pl.Float64).to_numpy() if frame.height else np.zeros(0)
        slip = np.full(frame.height, np.nan)
        for days in np.unique(due[(due > 0) & (due <= longest)]):
            here = due == days
            slip[here] = 1 - sum(along(margins[:, here], float(days)))
        given = frame["as_of"] if "as_of" in frame.columns else None
        day = (pl.col("close_on") - pl.duration(days="days_to_close")) if given is None else pl.col("as_of")
        return frame.with_columns(
            p_slip=pl.Series(slip, dtype=pl.Float64).fill_nan(None),
            p_win=pl.Series(won, dtype=pl.Float64),
            p_lost=pl.Series(lost, dtype=pl.Float64),
            p_open=pl.Series(1 - won - lost, dtype=pl.Float64),
            half=pl.Series(half, dtype=pl.Int64),
        ).select(
            "opportunity_id",
            "close_on",
            "p_slip",
            likely_on=(day.max() + pl.duration(days="half")).cast(pl.Date),
            p_win="p_win",
            p_lost="p_lost",
            p_open="p_open",
            expected_amount=pl.col("amount") * pl.col("p_win"),
        )


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
