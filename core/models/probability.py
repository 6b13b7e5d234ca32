"""A calibrated probability model on landmarks: what close and churn have in common."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.config import Settings
from core.contracts.errors import ModelError
from core.models import calibration
from core.models.calibration import Calibrator

Floats = NDArray[np.float64]
HORIZON = "horizon_days"
FOLDS = 4
_PAST = {
    "as_of": pl.Date, HORIZON: pl.Int64, "target": pl.Int8, "p": pl.Float64, "logistic": pl.Float64,
    "share": pl.Float64,
}  # fmt: skip


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


class Trees:
    """LightGBM trees as text, read in only when they are asked: importing LightGBM takes seconds."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def booster(self) -> Any:
        """Return the LightGBM booster."""
        import lightgbm as lgb

        return lgb.Booster(model_str=self.text)

    def predict(self, rows: Floats, **options: Any) -> Any:
        """Return what the booster predicts."""
        return self.booster.predict(rows, **options)

    def feature_importance(self, kind: str = "gain") -> Any:
        """Return the importance of each feature."""
        return self.booster.feature_importance(kind)


@dataclass(frozen=True)
class Probability:
    """A fitted model: trees, the words it knows, the calibration and the card.

    Attributes
    ----------
    booster_ : Trees
    feature_names_ : tuple of str
    vocabulary_ : dict of str to tuple of str
        The values of each category; any other value counts as not known.
    calibrator_ : Calibrator
    horizon_days : int or None
        The horizon a frame without that column is read at.
    card_ : dict
        How it was trained and how it did on later data.
    """

    booster_: Trees
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
            raise ModelError(f"The feature {lacking[0]} is missing.", mend="Build the features again.")
        return encode(frame, self.feature_names_, self.vocabulary_)

    def margin(self, frame: pl.DataFrame) -> Floats:
        """Return log odds before calibration."""
        if frame.is_empty():
            return np.zeros(0)
        return np.asarray(self.booster_.predict(self.matrix(frame), raw_score=True), dtype=np.float64)

    def predict(self, frame: pl.DataFrame) -> Floats:
        """Return calibrated probabilities."""
        return self.calibrator_(self.margin(frame))

    def to_files(self) -> tuple[str, str]:
        """Return the trees as LightGBM text and the rest as JSON."""
        rest = {
            "feature_names": list(self.feature_names_),
            "vocabulary": {k: list(v) for k, v in self.vocabulary_.items()},
            "calibrator": self.calibrator_.to_dict(),
            "card": self.card_,
        }
        return self.booster_.text, json.dumps(rest, indent=1, default=str)

    @staticmethod
    def from_files(trees: str, rest: str) -> Probability:
        """Return the model `to_files` wrote."""
        found = json.loads(rest)
        return Probability(
            Trees(trees),
            tuple(found["feature_names"]),
            {k: tuple(v) for k, v in found["vocabulary"].items()},
            Calibrator.from_dict(found["calibrator"]),
            None,
            found["card"],
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
        self.model_ = fit(marks, self.recipe(), self.settings)
        judged, self.past_ = judge(marks, self.recipe(), self.settings)
        self.card_ = {**self.model_.card_, **judged}
        return self

    def ready(self) -> Probability:
        """Return the fitted model, ready to explain."""
        assert self.model_ is not None, "fit first"
        return self.model_


def encode(frame: pl.DataFrame, names: Sequence[str], vocabulary: Mapping[str, Sequence[str]]) -> Floats:
    """Return a matrix of the named columns; null becomes NaN, a category its place in the vocabulary."""
    columns = [
        pl.col(name).cast(pl.String).replace_strict(
            {word: place for place, word in enumerate(vocabulary[name])}, default=None, return_dtype=pl.Float64
        ) if name in vocabulary else pl.col(name).cast(pl.Float64)
        for name in names
    ]  # fmt: skip
    return frame.select(columns).to_numpy().astype(np.float64)


def fit(marks: pl.DataFrame, recipe: Recipe, settings: Settings) -> Probability:
    """Train on past landmarks and calibrate on later ones.

    Parameters
    ----------
    marks : pl.DataFrame
        As `features.landmarks.build` gives it: features, as_of, horizon_days, is_known_on, target.
    recipe : Recipe
    settings : Settings

    Returns
    -------
    Probability
        Trees trained up to the last slice meet that slice unseen and give the calibration map; the
        trees kept are then trained on everything, with the same map. How well this does on data
        later than all of it is measured by `judge`.

    Raises
    ------
    ModelError
        When there are no outcomes, or only one kind.

    Notes
    -----
    Rows whose outcome was not yet known at the begin of a later slice are left out of the earlier
    one, so that nothing is learnt from days that are judged later.
    """
    if marks.is_empty() or marks["target"].n_unique() < 2:
        raise ModelError(
            f"There are too few past outcomes to learn {recipe.subject}.",
            mend="Load more history: at least some that happened and some that did not.",
        )
    last: date = marks["is_known_on"].max()  # type: ignore[assignment]
    cut = last - timedelta(days=recipe.slice_days)
    early, late = _before(marks, cut), marks.filter(pl.col("as_of") >= cut)
    if early.is_empty() or early["target"].n_unique() < 2:
        early, late = marks, marks.clear()
    early_model = _train(early, recipe, settings)
    if late.is_empty():
        return early_model
    calibrator = _calibrate(early_model, late)
    whole = _train(marks, recipe, settings)
    return replace(whole, calibrator_=calibrator, card_={**whole.card_, "calibration": calibrator.kind})


def judge(marks: pl.DataFrame, recipe: Recipe, settings: Settings) -> tuple[dict[str, Any], pl.DataFrame]:
    """Train twins as they would have been trained in the last year, and score what they had not seen.

    Every quarter of the last slice gets a twin of its own, trained only on outcomes known when that
    quarter began.

    Returns
    -------
    card : dict
        Per horizon: n, base_rate, auc, calibration_error, log_loss, and log_loss and auc of the
        two baselines (the share so far; a logistic regression on the same features).
    past : pl.DataFrame
        [id, as_of, horizon_days, target, p, logistic, share]; empty when the data is too short.
    """
    if marks.is_empty():
        return {}, marks.clear()
    last: date = marks["is_known_on"].max()  # type: ignore[assignment]
    cuts = [last - timedelta(days=recipe.slice_days * (FOLDS - k) // FOLDS) for k in range(FOLDS)]
    parts = []
    for begin, end in zip(cuts, [*cuts[1:], last], strict=True):
        known = _before(marks, begin)
        test = marks.filter((pl.col("as_of") >= begin) & (pl.col("as_of") < end))
        try:
            twin = fit(known, recipe, settings)
        except ModelError:
            continue
        if test.height:
            parts.append(_seen(known, test, twin))
    if not parts:
        return {}, pl.DataFrame(schema={marks.columns[0]: pl.String, **_PAST})
    past = pl.concat(parts)
    by_days = {str(part[HORIZON][0]): _scores(part) for part in past.sort(HORIZON).partition_by(HORIZON)}
    return {"judged_from": past["as_of"].min(), "judged_to": last, "horizons": by_days}, past


def _seen(known: pl.DataFrame, test: pl.DataFrame, twin: Probability) -> pl.DataFrame:
    shares = known.group_by(HORIZON).agg(share=pl.col("target").mean())
    return (
        test.select(known.columns[0], "as_of", HORIZON, "target")
        .with_columns(p=twin.predict(test), logistic=_logistic(known, test, twin))
        .join(shares, on=HORIZON, how="left", maintain_order="left")
    )


def _scores(past: pl.DataFrame) -> dict[str, Any]:
    target, p, plain, share = (past[n].to_numpy().astype(np.float64) for n in ("target", "p", "logistic", "share"))
    return {
        "n": past.height,
        "base_rate": float(target.mean()),
        "auc": calibration.auc(target, p),
        "calibration_error": calibration.error(target, p),
        "log_loss": calibration.log_loss(target, p),
        "share_log_loss": calibration.log_loss(target, share),
        "logistic_log_loss": calibration.log_loss(target, plain),
        "logistic_auc": calibration.auc(target, plain),
    }


def _before(marks: pl.DataFrame, cut: date) -> pl.DataFrame:
    return marks.filter(pl.col("is_known_on") <= cut)


def _train(early: pl.DataFrame, recipe: Recipe, settings: Settings) -> Probability:
    import lightgbm as lgb

    key = early.columns[0]
    outcomes = early.filter(pl.col("target") == 1)[key].n_unique()
    simple = outcomes < recipe.fewest
    chosen = recipe.simple if simple else (*recipe.numbers, *recipe.categories)
    several = early[HORIZON].n_unique() > 1
    names = (*(n for n in chosen if n != HORIZON), *([HORIZON] if several else []))
    words = {
        n: tuple(early[n].drop_nulls().cast(pl.String).unique().sort())
        for n in names
        if not early[n].dtype.is_numeric() and early[n].dtype != pl.Boolean
    }
    data = lgb.Dataset(
        encode(early, names, words), early["target"].to_numpy(), feature_name=list(names),
        categorical_feature=[n for n in words if words[n]], params={"verbose": -1},
    )  # fmt: skip
    shared = {
        "objective": "binary", "verbose": -1, "num_threads": settings.models.threads, "seed": settings.models.seed,
        "deterministic": True, "force_row_wise": True, "max_cat_to_onehot": 8,
        "monotone_constraints": [(n in recipe.rising) - (n in recipe.falling) for n in names],
    }  # fmt: skip
    small = {"num_leaves": 8, "min_data_in_leaf": 5, "learning_rate": 0.1}
    booster = lgb.train({**shared, **(small if simple else recipe.parameters)}, data, 40 if simple else recipe.rounds)
    model = Probability(Trees(booster.model_to_string()), names, words, Calibrator(), None)
    card = {
        "subject": recipe.subject, "is_simple": simple, "n_rows": early.height, "n_outcomes": outcomes,
        "trained_from": early["as_of"].min(), "trained_to": early["is_known_on"].max(),
        "features": list(names), "calibration": "identity",
    }  # fmt: skip
    return replace(model, card_=card)


def _calibrate(model: Probability, late: pl.DataFrame) -> Calibrator:
    return calibration.choose(
        model.margin(late),
        late["target"].to_numpy().astype(np.float64),
        late["as_of"].to_physical().to_numpy().astype(np.float64),
    )


def _logistic(known: pl.DataFrame, test: pl.DataFrame, twin: Probability) -> Floats:
    """Return a plain logistic regression's probabilities: medians for gaps, one column per category."""
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    names = twin.feature_names_
    coded = [i for i, n in enumerate(names) if n in twin.vocabulary_]
    numeric = [i for i in range(len(names)) if i not in coded]
    prepare = make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler()), numeric),
        (OneHotEncoder(handle_unknown="ignore"), coded),
    )
    plain = make_pipeline(prepare, LogisticRegression(max_iter=400, C=0.3))
    x = encode(known, names, twin.vocabulary_)
    plain.fit(x, known["target"].to_numpy())
    return np.asarray(plain.predict_proba(encode(test, names, twin.vocabulary_))[:, 1], dtype=np.float64)
