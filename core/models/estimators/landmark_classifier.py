"""A calibrated probability model on landmarks: what close and churn have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property
from typing import Any, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.config import Settings
from core.contracts.errors import ModelError
from core.localization import message
from core.models import drift
from core.models.estimators import calibration, contenders, fitting, model_selection
from core.models.estimators.calibration import Calibrator
from core.models.estimators.contenders import sigmoid
from core.models.estimators.fitting import Plan

Floats = NDArray[np.float64]
HORIZON = "horizon_days"
FOLDS = 4
_PAST = {
    "as_of": pl.Date,
    HORIZON: pl.Int64,
    "target": pl.Int8,
    "p": pl.Float64,
    "logistic": pl.Float64,
    "share": pl.Float64,
}


@dataclass(frozen=True)
class Recipe:
    """What one kind of model is made of.

    Attributes
    ----------
    subject : str
        What is predicted, in words.
    numbers, categories : tuple of str
        The features, `numbers` first.
    simple : tuple of str
        The features of the simple table that serves below `fewest` outcomes.
    fewest : int
        Outcomes needed for the full model.
    parameters : mapping
        LightGBM's, besides those every model shares.
    rounds : int
        Trees.
    slice_days : int
        Length of the last slice, which calibrates the model and judges its twin.
    rising, falling : tuple of str
        Features that may only raise, or only lower, the chance.
    ridge : float
        The inverse strength of the logistic regression's penalty.
    """

    subject: str
    numbers: tuple[str, ...]
    categories: tuple[str, ...]
    simple: tuple[str, ...]
    fewest: int
    parameters: Mapping[str, Any]
    rounds: int
    slice_days: int
    rising: tuple[str, ...] = (HORIZON,)
    falling: tuple[str, ...] = ()
    ridge: float = 0.05


@dataclass(frozen=True)
class Probability:
    """A fitted model: the winner of the race, the words it knows, the calibration and the card.

    Attributes
    ----------
    booster_ : Contender
        The winner of the race; it splits its log odds exactly over the features.
    feature_names_ : tuple of str
    vocabulary_ : dict of str to tuple of str
        The values of each category; any other value counts as not known.
    calibrator_ : Calibrator
    horizon_days : int or None
        The horizon a frame without that column is read at.
    card_ : dict
        How it was trained and how it did on later data.
    """

    booster_: Any
    feature_names_: tuple[str, ...]
    vocabulary_: dict[str, tuple[str, ...]]
    calibrator_: Calibrator
    horizon_days: int | None = None
    card_: dict[str, Any] = field(default_factory=dict)

    def at(self, horizon_days: int) -> Probability:
        """Return the same model for one horizon, as `core.explain` wants it."""
        return replace(self, horizon_days=horizon_days)

    def matrix(self, frame: pl.DataFrame) -> Floats:
        """Return the frame's features as numbers; categories become the place in their vocabulary."""
        if HORIZON in self.feature_names_ and self.horizon_days is not None:
            frame = frame.with_columns(pl.lit(self.horizon_days).alias(HORIZON))
        lacking = [name for name in self.feature_names_ if name not in frame.columns]
        if lacking:
            raise ModelError(
                message("The feature {lacking} is missing.", lacking=lacking[0]), mend="Build the features again."
            )
        return encode(frame, self.feature_names_, self.vocabulary_)

    def margin(self, frame: pl.DataFrame) -> Floats:
        """Return log odds before calibration."""
        if frame.is_empty():
            return np.zeros(0)
        return np.asarray(self.booster_.predict(self.matrix(frame), raw_score=True), dtype=np.float64)

    def predict(self, frame: pl.DataFrame) -> Floats:
        """Return calibrated probabilities."""
        return self.calibrator_(self.margin(frame))

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            "model": self.booster_.to_dict(),
            "feature_names": list(self.feature_names_),
            "vocabulary": {k: list(v) for k, v in self.vocabulary_.items()},
            "calibrator": self.calibrator_.to_dict(),
            "card": self.card_,
        }

    @staticmethod
    def from_dict(saved: Mapping[str, Any]) -> Probability:
        """Return the model `to_dict` wrote."""
        return Probability(
            contenders.from_dict(saved["model"]),
            tuple(saved["feature_names"]),
            {k: tuple(v) for k, v in saved["vocabulary"].items()},
            Calibrator.from_dict(saved["calibrator"]),
            None,
            saved["card"],
        )


@dataclass
class Learner(ABC):
    """A probability model of one subject: fitted on landmarks, judged by twins, ready to explain."""

    settings: Settings
    model_: Probability | None = None
    card_: dict[str, Any] = field(default_factory=dict)
    past_: pl.DataFrame = field(default_factory=pl.DataFrame)

    @abstractmethod
    def recipe(self) -> Recipe:
        """Return what the model is made of."""

    def fit(self, marks: pl.DataFrame) -> Self:
        """Train on landmarks with their outcomes, as `features.landmarks.build` gives them.

        Raises
        ------
        ModelError
            When there are no past outcomes, or only one kind.
        """
        self.model_, judged, self.past_ = Trial(marks, self.recipe(), self.settings).outcome()
        self.card_ = {**self.model_.card_, **judged}
        return self

    def ready(self) -> Probability:
        """Return the fitted model, ready to explain."""
        assert self.model_ is not None, "fit first"
        return self.model_


def encode(frame: pl.DataFrame, names: Sequence[str], vocabulary: Mapping[str, Sequence[str]]) -> Floats:
    """Return a matrix of the named columns; null becomes NaN, a category its place in the vocabulary."""
    columns = [
        pl.col(name)
        .cast(pl.String)
        .replace_strict(
            {word: code for code, word in enumerate(vocabulary[name])}, default=None, return_dtype=pl.Float64
        )
        if name in vocabulary
        else pl.col(name).cast(pl.Float64)
        for name in names
    ]
    return frame.select(columns).to_numpy().astype(np.float64)


def fit(marks: pl.DataFrame, recipe: Recipe, settings: Settings) -> Probability:
    """Race, then calibrate: return the winner, trained on all landmarks.

    Parameters
    ----------
    marks : pl.DataFrame
        Landmarks with outcomes: as_of, is_known_on, horizon_days, target and the features.
    recipe : Recipe
    settings : Settings

    Raises
    ------
    ModelError
        When there are no past outcomes, or only one kind.

    Notes
    -----
    Every quarter of the last slice is judged by contenders trained only on what was known when it
    began; the lowest log loss wins. The calibration map is learnt from the same unseen margins and kept
    only if it helps on the later half of them.
    """
    return Trial(marks, recipe, settings).model()


def judge(marks: pl.DataFrame, recipe: Recipe, settings: Settings) -> tuple[dict[str, Any], pl.DataFrame]:
    """Score the last year as it would have been scored then.

    Every quarter of the last slice is scored by the contender that had won by then, trained and
    calibrated only on outcomes known when that quarter began.

    Returns
    -------
    card : dict
        Per horizon: n, base_rate, auc, brier, calibration_error, log_loss, and log_loss and auc of
        the two baselines (the share so far; a logistic regression on the same features).
    past : pl.DataFrame
        [id, as_of, horizon_days, target, p, logistic, share]; empty when the data is too short.
    """
    try:
        return Trial(marks, recipe, settings).judged()
    except ModelError:
        return {}, pl.DataFrame(schema={marks.columns[0]: pl.String, **_PAST}) if marks.columns else pl.DataFrame()


def again(marks: pl.DataFrame, recipe: Recipe, settings: Settings, like: Probability) -> Probability:
    """Return a model of the same kind, features and calibration, trained on other landmarks, without a race."""
    plan = _plan(like.feature_names_, like.vocabulary_, recipe, settings, bool(like.card_.get("is_simple")))
    x = encode(marks, like.feature_names_, like.vocabulary_)
    y = marks["target"].to_numpy().astype(np.float64)
    return replace(like, booster_=fitting.fit_one(x, y, plan, str(like.card_["winner"])))


class Trial:
    """Landmarks run through the race once, from which model, card and past scores follow."""

    def __init__(self, marks: pl.DataFrame, recipe: Recipe, settings: Settings) -> None:
        if marks.is_empty() or marks["target"].n_unique() < 2:
            raise ModelError(
                message("There are too few past outcomes to learn {subject}.", subject=recipe.subject),
                mend="Load more history: at least some that happened and some that did not.",
            )
        self.marks, self.recipe, self.settings = marks.sort("as_of", maintain_order=True), recipe, settings
        self.n_outcomes = self.marks.filter(pl.col("target") == 1)[self.marks.columns[0]].n_unique()
        self.is_simple = self.n_outcomes < recipe.fewest
        self.names, self.words = _columns(self.marks, recipe, self.is_simple)
        self.x = encode(self.marks, self.names, self.words)
        self.y = self.marks["target"].to_numpy().astype(np.float64)
        self.plan = _plan(self.names, self.words, recipe, settings, self.is_simple)
        self.n_quarters = 2 * FOLDS
        self.race = model_selection.run(
            self.x,
            self.y,
            self._splits(),
            lambda a, b: fitting.fit_all(a, b, self.plan),
            settings.models.threads,
            self.marks[self.marks.columns[0]].rank("dense").cast(pl.Int64).to_numpy(),
        )

    def _splits(self) -> list[model_selection.Split]:
        when, known_on = (self.marks[n].to_physical().to_numpy().astype(np.float64) for n in ("as_of", "is_known_on"))
        last, step = known_on.max(), self.recipe.slice_days / FOLDS
        return model_selection.in_order(when, known_on, [last - step * k for k in range(self.n_quarters, -1, -1)])

    @cached_property
    def result(self) -> model_selection.Result:
        """Return who won on the last slice."""
        n = self.race.n_folds
        return self.race.within(max(n - FOLDS, 0), n).result(only_lines=True)

    def model(self) -> Probability:
        """Return the winner, trained on everything."""
        name = self.result.winner or ("table" if "table" in self.plan.contenders else self.plan.contenders[-1])
        fitted = fitting.fit_one(self.x, self.y, self.plan, name)
        card = {
            "subject": self.recipe.subject,
            "is_simple": self.is_simple,
            "n_rows": self.marks.height,
            "n_outcomes": self.n_outcomes,
            "trained_from": self.marks["as_of"].min(),
            "trained_to": self.marks["is_known_on"].max(),
            "features": list(self.names),
            "winner": name,
            "has_skill": self.result.has_skill,
            "race": self.result.rows,
            "calibration": self.result.calibrator.kind,
            "reference": drift.reference(self._recent(), self.names),
        }
        return Probability(fitted, self.names, self.words, self.result.calibrator, None, card)

    def _recent(self) -> pl.DataFrame:
        """Return the last year's landmarks, which today's rows are held against."""
        last: Any = self.marks["as_of"].max()
        return self.marks.filter(pl.col("as_of") > last - timedelta(days=365))

    def judged(self) -> tuple[dict[str, Any], pl.DataFrame]:
        """Return the card's scores and the past chances behind them."""
        n = self.race.n_folds
        parts = [self._scored(k) for k in range(max(n - FOLDS, 0), n)]
        if not parts:
            return {}, pl.DataFrame(schema={self.marks.columns[0]: pl.String, **_PAST})
        past = pl.concat(parts)
        by_days = {str(part[HORIZON][0]): scores(part) for part in past.sort(HORIZON).partition_by(HORIZON)}
        last = self.marks["is_known_on"].max()
        return {"judged_from": past["as_of"].min(), "judged_to": last, "horizons": by_days}, past

    def _scored(self, fold: int) -> pl.DataFrame:
        """Score one stretch by what had won, and was calibrated, on the stretches before it."""
        here, before = self.race.within(fold, fold + 1), self.race.within(max(fold - FOLDS, 0), fold)
        result = before.result(only_lines=True) if len(before.target) else model_selection.Result("", Calibrator())
        name = result.winner or self.plan.contenders[-1]
        rows = self.marks.select(self.marks.columns[0], "as_of", HORIZON, "target")[here.rows]
        earlier = self.marks.filter(pl.col("is_known_on") <= rows["as_of"].min())
        shares = earlier.group_by(HORIZON).agg(share=pl.col("target").mean())
        plain = here.margins.get("logistic regression", here.margins[name])
        return rows.with_columns(p=result.calibrator(here.margins[name]), logistic=sigmoid(plain)).join(
            shares, on=HORIZON, how="left", maintain_order="left"
        )

    def outcome(self) -> tuple[Probability, dict[str, Any], pl.DataFrame]:
        """Return model, scores and past chances."""
        return self.model(), *self.judged()


def _columns(
    marks: pl.DataFrame, recipe: Recipe, is_simple: bool
) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    chosen = recipe.simple if is_simple else (*recipe.numbers, *recipe.categories)
    several = marks[HORIZON].n_unique() > 1
    names = (*(n for n in chosen if n != HORIZON), *([HORIZON] if several else []))
    words = {
        n: tuple(marks[n].drop_nulls().cast(pl.String).unique().sort())
        for n in names
        if not marks[n].dtype.is_numeric() and marks[n].dtype != pl.Boolean
    }
    return names, words


def _plan(
    names: tuple[str, ...], words: Mapping[str, Sequence[str]], recipe: Recipe, settings: Settings, is_simple: bool
) -> Plan:
    """Return who races: trees alone over several horizons, for only they can be held to rise with it."""
    several = HORIZON in names
    few = ("base rate", "table") if not several else ("base rate", "boosted trees")
    many = Plan.contenders if not several else few
    small = {"num_leaves": 8, "min_data_in_leaf": 5, "learning_rate": 0.1}
    return Plan(
        names,
        {names.index(n): len(w) for n, w in words.items()},
        small if is_simple else recipe.parameters,
        40 if is_simple else recipe.rounds,
        frozenset(recipe.rising),
        frozenset(recipe.falling),
        ridge=recipe.ridge,
        contenders=few if is_simple else many,
        threads=settings.models.threads,
        seed=settings.models.seed,
    )


def scores(past: pl.DataFrame) -> dict[str, Any]:
    """Return how past chances did: n, base_rate, auc, brier, calibration_error, log_loss and the baselines'."""
    target, p, plain, share = (past[n].to_numpy().astype(np.float64) for n in ("target", "p", "logistic", "share"))
    return {
        "n": past.height,
        "base_rate": float(target.mean()),
        "auc": calibration.auc(target, p),
        "brier": calibration.brier(target, p),
        "share_brier": calibration.brier(target, share),
        "calibration_error": calibration.error(target, p),
        "log_loss": calibration.log_loss(target, p),
        "share_log_loss": calibration.log_loss(target, share),
        "logistic_log_loss": calibration.log_loss(target, plain),
        "logistic_auc": calibration.auc(target, plain),
    }
