"""Three ways to score a lead: its source's rate, a logistic regression, boosted trees; each opens into exact parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from core.models.estimators.contenders import logit, sigmoid
from core.models.leads.lead_landmarks import AGES, NUMBERS, WORDS

Floats = npt.NDArray[np.float64]
BASE, LOGISTIC, TREES = "source rate", "logistic regression", "boosted trees"
FEWEST_ROWS, PRIOR, SEED = 20, 20.0, 7
FEATURES = (*WORDS, *NUMBERS)


class Scorer(Protocol):
    """Something that has learnt and scores rows in log odds."""

    def parts(self, rows: pl.DataFrame) -> tuple[Floats, float]:
        """Return each feature's part of the log odds, shape (rows, features), and what is there without any."""
        ...


def logits(scorer: Scorer, rows: pl.DataFrame) -> Floats:
    """Return the log odds of rows: the sum of all parts."""
    parts, base = scorer.parts(rows)
    return np.asarray(parts.sum(axis=1) + base)


@dataclass(frozen=True)
class SourceRate:
    """The rate of past leads of the same source and about the same age, drawn to the rate of the age where few."""

    rates: pl.DataFrame
    usual: dict[int, float]
    base: float

    @classmethod
    def fit(cls, rows: pl.DataFrame) -> SourceRate:
        """Learn from landmarks."""
        whole = (int(rows["y"].sum()) + 1) / (rows.height + 2)
        aged = rows.with_columns(_age=_age_group())
        by_age = aged.group_by("_age").agg(usual=(pl.col("y").sum() + PRIOR * whole) / (pl.len() + PRIOR))
        rates = (
            aged.group_by("lead_source", "_age")
            .agg(hits=pl.col("y").sum(), n=pl.len())
            .join(by_age, on="_age")
            .select("lead_source", "_age", rate=(pl.col("hits") + PRIOR * pl.col("usual")) / (pl.col("n") + PRIOR))
        )
        return cls(rates, dict(by_age.iter_rows()), float(logit(whole)))

    def parts(self, rows: pl.DataFrame) -> tuple[Floats, float]:
        """Return the part of the source, given the age, and of the age."""
        aged = rows.select("lead_source", _age=_age_group())
        usual = aged["_age"].replace_strict(self.usual, default=float(sigmoid(self.base)), return_dtype=pl.Float64)
        rate = aged.join(self.rates, on=["lead_source", "_age"], how="left", maintain_order="left")["rate"]
        of_age = logit(usual.to_numpy())
        out = np.zeros((rows.height, len(FEATURES)))
        out[:, FEATURES.index("log_age")] = of_age - self.base
        out[:, FEATURES.index("lead_source")] = logit(rate.fill_null(usual).to_numpy()) - of_age
        return out, self.base


def _age_group() -> pl.Expr:
    group = pl.when(pl.col("age") < AGES[1]).then(AGES[0])
    for age, following in pairwise(AGES[1:]):
        group = group.when(pl.col("age") < following).then(age)  # type: ignore[assignment]
    return group.otherwise(AGES[-1])


@dataclass(frozen=True)
class Columns:
    """How rows become numbers: one column for each frequent word, numbers centred and of one spread."""

    words: dict[str, list[str]]
    centres: dict[str, tuple[float, float]]

    @classmethod
    def fit(cls, rows: pl.DataFrame) -> Columns:
        """Learn words and spreads of landmarks; a word of under 20 rows is like none."""
        words = {}
        for name in WORDS:
            counts = rows[name].value_counts().filter(pl.col("count") >= FEWEST_ROWS)
            words[name] = sorted(counts[name].to_list())
        centres = {}
        for name in NUMBERS:
            filled = rows[name].drop_nulls().to_numpy()
            spread = float(filled.std()) if filled.size else 0.0
            centres[name] = (float(filled.mean()) if filled.size else 0.0, spread or 1.0)
        return cls(words, centres)

    @property
    def owners(self) -> list[int]:
        """Return for each column the feature it belongs to, by its place in `FEATURES`."""
        listed = [(name, len(words)) for name, words in self.words.items()] + [(name, 1) for name in NUMBERS]
        return [FEATURES.index(name) for name, n in listed for _ in range(n)]

    def matrix(self, rows: pl.DataFrame) -> Floats:
        """Return the rows as numbers; a number that is not known is the usual one."""
        words = [
            (rows[name] == word).fill_null(value=False).cast(pl.Float64)
            for name, ws in self.words.items()
            for word in ws
        ]
        numbers = [((rows[name] - mean) / spread).fill_null(0.0) for name, (mean, spread) in self.centres.items()]
        return np.column_stack([column.to_numpy() for column in (*words, *numbers)])


def _by_feature(parts: Floats, owners: list[int]) -> Floats:
    out = np.zeros((parts.shape[0], len(FEATURES)))
    for column, owner in enumerate(owners):
        out[:, owner] += parts[:, column]
    return out


@dataclass(frozen=True)
class Logistic:
    """A logistic regression; a feature's part is its weight times how far the lead is from the average one."""

    columns: Columns
    weights: Floats
    means: Floats
    base: float

    @classmethod
    def fit(cls, rows: pl.DataFrame) -> Logistic:
        """Learn from landmarks."""
        from sklearn.linear_model import LogisticRegression

        columns = Columns.fit(rows)
        x = columns.matrix(rows)
        model = LogisticRegression(C=1.0, max_iter=500).fit(x, rows["y"].to_numpy())
        weights, means = model.coef_[0], x.mean(axis=0)
        return cls(columns, weights, means, float(model.intercept_[0] + means @ weights))

    def parts(self, rows: pl.DataFrame) -> tuple[Floats, float]:
        """Return each feature's part; they add up exactly, for the model is a sum."""
        x = self.columns.matrix(rows)
        return _by_feature((x - self.means) * self.weights, self.columns.owners), self.base


@dataclass(frozen=True)
class Trees:
    """Boosted trees; a feature's part is its Shapley value over the trees, which is exact."""

    columns: Columns
    booster: Any

    @classmethod
    def fit(cls, rows: pl.DataFrame) -> Trees:
        """Learn from landmarks."""
        import lightgbm as lgb

        columns = Columns.fit(rows)
        given = {
            "objective": "binary",
            "learning_rate": 0.05,
            "num_leaves": 7,
            "min_data_in_leaf": 60,
            "lambda_l2": 10.0,
            "num_threads": 1,
            "deterministic": True,
            "seed": SEED,
            "verbosity": -1,
        }
        return cls(columns, lgb.train(given, lgb.Dataset(columns.matrix(rows), rows["y"].to_numpy()), 120))

    def parts(self, rows: pl.DataFrame) -> tuple[Floats, float]:
        """Return each feature's Shapley value in log odds, and the value of the average row."""
        if rows.is_empty():
            return np.zeros((0, len(FEATURES))), 0.0
        parts = np.asarray(self.booster.predict(self.columns.matrix(rows), pred_contrib=True))
        return _by_feature(parts[:, :-1], self.columns.owners), float(parts[0, -1])


CONTENDERS: dict[str, Callable[[pl.DataFrame], Scorer]] = {
    BASE: SourceRate.fit,
    LOGISTIC: Logistic.fit,
    TREES: Trees.fit,
}
