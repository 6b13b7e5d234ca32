"""A calibrated yes or no model of any flat table: race, calibrate, say how good it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from core.config import Settings
from core.contracts.errors import ModelError, closest
from core.models.estimators import calibration, fitting, model_selection, target_leakage
from core.models.estimators.contenders import Floats
from core.models.estimators.fitting import Plan
from core.models.estimators.landmark_classifier import encode

FOLDS = 5
FEWEST_ROWS = 40
MOST_WORDS = 60
NUMBER_SHARE = 0.95
TREES = {
    "num_leaves": 4,
    "min_data_in_leaf": 30,
    "learning_rate": 0.05,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "cat_smooth": 20.0,
    "cat_l2": 20.0,
}


class ProbabilityLearner:
    """The chance of a yes or no outcome, learnt from any table of what was known beforehand.

    Contenders are the base rate, the best one- or two-way table, a regularised logistic regression,
    LightGBM stopped early, and the mean of the last two. They are raced by log loss on rows they had
    not seen: later ones where the table has a time column, else shuffled folds. The winner is
    calibrated only where that helps on rows later still. Where nothing clearly beats the base rate,
    the base rate serves, and the card says so.

    Parameters
    ----------
    settings : Settings
        `models.seed` and `models.threads`.
    time : str, optional
        A column of dates; default `as_of` where there is one.
    ids : sequence of str
        Columns that name a row; they are handed through and not learnt from. Columns in which nearly
        every row has a word of its own are left out too.
    drop_leaks : bool
        Leave out columns that give the outcome away (`models.leaks`).

    Attributes
    ----------
    card_ : dict
        Rows, share that happened, columns used and left out with the reason, race, winner,
        calibration, and the scores of the winner on unseen rows.
    race_ : Race
        What each contender said of the rows it had not seen.
    """

    def __init__(
        self, settings: Settings, time: str | None = None, ids: Sequence[str] = (), drop_leaks: bool = True
    ) -> None:
        self.settings, self.time, self.ids, self.drop_leaks = settings, time, tuple(ids), drop_leaks

    def fit(self, frame: Any, target: Any) -> ProbabilityLearner:
        """Learn from a table and its outcomes.

        Parameters
        ----------
        frame : pl.DataFrame (or pandas)
            One row per case, of what was known beforehand: numbers, words, dates, true or false;
            missing values are welcome.
        target : str or sequence
            The name of the outcome's column, or the outcomes: 0 and 1, true and false, or two words,
            of which the one that reads as yes, else the rarer, is taken to have happened.

        Raises
        ------
        ModelError
            With fewer than 40 rows, or only one kind of outcome.
        """
        table, y = _split(frame, target)
        has_outcome = ~np.isnan(y)
        table, y = table.filter(pl.Series(has_outcome)), y[has_outcome]
        if len(y) < FEWEST_ROWS or not 2 <= y.sum() <= len(y) - 2:
            raise ModelError(
                f"{len(y)} rows, {int(y.sum())} of which happened, are too few to learn from.",
                mend=f"At least {FEWEST_ROWS} rows with both outcomes are needed.",
            )
        when = self._when(table)
        if when is not None:
            order = np.argsort(when, kind="stable")
            table, y, when = table[order], y[order], when[order]
        self._choose_columns(table, y, when)
        x = self._matrix(table)
        self.plan_ = Plan(
            self.feature_names_,
            self._coded(),
            TREES,
            ridge=0.1,
            threads=self.settings.models.threads,
            seed=self.settings.models.seed,
        )
        splits = self._splits(y, when)
        self.race_ = model_selection.run(
            x, y, splits, lambda a, b: fitting.fit_all(a, b, self.plan_), self.plan_.threads
        )
        result = self.race_.result()
        name = result.winner or model_selection.SIMPLE
        rows = x if when is not None else _shuffled(x, self.plan_.seed)
        outcomes = y if when is not None else _shuffled(y, self.plan_.seed)
        self.booster_ = fitting.fit_one(rows, outcomes, self.plan_, name)
        self.calibrator_ = result.calibrator
        self.card_ = self._card(y, result, name)
        return self

    def predict(self, frame: Any) -> pl.DataFrame:
        """Return the id columns and `p`, one row per row of the frame, in its order.

        Columns missing from the frame count as not known, as do words never seen.
        """
        table = _polars(frame)
        ids = [c for c in self.ids if c in table.columns]
        chances = pl.DataFrame({"p": pl.Series(self.calibrator_(self.margin(table)), dtype=pl.Float64)})
        return table.select(ids).hstack(chances) if ids else chances

    def margin(self, frame: Any) -> Floats:
        """Return log odds before calibration."""
        x = self.matrix(frame)
        return np.asarray(self.booster_.predict(x, raw_score=True), dtype=np.float64) if len(x) else np.zeros(0)

    def matrix(self, frame: Any) -> Floats:
        """Return the frame's columns as numbers, as `core.explain` wants them."""
        return self._matrix(_polars(frame))

    def _when(self, table: pl.DataFrame) -> Floats | None:
        name = self.time or ("as_of" if "as_of" in table.columns else None)
        if name is None:
            return None
        if name not in table.columns:
            near = closest(name, table.columns)
            raise ModelError(f"There is no column {name}.", mend=f"Is it {near}?" if near else "Name a date column.")
        column = table[name]
        whole = column.cast(pl.Date) if column.dtype == pl.Datetime else column
        values = whole.to_physical().cast(pl.Float64).to_numpy()
        return np.asarray(np.where(np.isnan(values), -np.inf, values), dtype=np.float64)

    def _choose_columns(self, table: pl.DataFrame, y: Floats, when: Floats | None) -> None:
        """Decide how each column is read, and which are left out."""
        self.numbers_: dict[str, str] = {}
        self.vocabulary_: dict[str, tuple[str, ...]] = {}
        self.left_out_: dict[str, str] = {}
        for name in table.columns:
            if name in self.ids or name in (self.time, "as_of"):
                continue
            self._read(name, table[name])
        self.feature_names_: tuple[str, ...] = (*self.numbers_, *self.vocabulary_)
        self.leaks_ = target_leakage.find(
            self._matrix(table), y, self.feature_names_, self._coded(), self._splits(y, when)
        )
        if self.drop_leaks:
            for row in self.leaks_:
                name = row["column"]
                self.left_out_[name] = f"gives the outcome away: {row['why']}"
                self.numbers_.pop(name, None)
                self.vocabulary_.pop(name, None)
            self.feature_names_ = (*self.numbers_, *self.vocabulary_)

    def _read(self, name: str, column: pl.Series) -> None:
        kind = _kind(column)
        filled = column.drop_nulls()
        if filled.n_unique() < 2 and (filled.is_empty() or len(filled) == len(column)):
            self.left_out_[name] = "holds one value only"
        elif kind != "words":
            self.numbers_[name] = kind
        else:
            counts = filled.cast(pl.String).value_counts(sort=True)
            if counts.height > max(0.5 * len(filled), MOST_WORDS):
                self.left_out_[name] = "names each row"
            else:
                top = counts.sort("count", name, descending=[True, False]).head(MOST_WORDS)
                self.vocabulary_[name] = tuple(sorted(top[name].to_list()))

    def _coded(self) -> dict[int, int]:
        return {self.feature_names_.index(n): len(w) for n, w in self.vocabulary_.items()}

    def _matrix(self, table: pl.DataFrame) -> Floats:
        ready = [_number(table, name, kind) for name, kind in self.numbers_.items() if name in self.feature_names_]
        words = [
            (
                table[n].cast(pl.String) if n in table.columns else pl.Series([None] * table.height, dtype=pl.String)
            ).alias(n)
            for n in self.vocabulary_
        ]
        if not ready and not words:
            return np.zeros((table.height, 0))
        return encode(pl.DataFrame([*ready, *words]), self.feature_names_, self.vocabulary_)

    def _splits(self, y: Floats, when: Floats | None) -> list[model_selection.Split]:
        if when is None:
            return model_selection.at_random(y, FOLDS, self.settings.models.seed)
        cuts = np.quantile(when, np.linspace(0.4, 1.0, FOLDS + 1)).tolist()
        return model_selection.in_order(when, when + 1e-9, [*cuts[:-1], float(when.max()) + 1])

    def _card(self, y: Floats, result: model_selection.Result, name: str) -> dict[str, Any]:
        judged: dict[str, Any] = {}
        if len(self.race_.target):
            p = result.calibrator(self.race_.margins[name])
            judged = {
                "n": len(p),
                "auc": calibration.auc(self.race_.target, p),
                "log_loss": calibration.log_loss(self.race_.target, p),
                "brier": calibration.brier(self.race_.target, p),
                "calibration_error": calibration.error(self.race_.target, p),
            }
        return {
            "n_rows": len(y),
            "base_rate": float(y.mean()),
            "features": list(self.feature_names_),
            "left_out": self.left_out_,
            "leaks": self.leaks_,
            "race": result.rows,
            "winner": name,
            "has_skill": result.has_skill,
            "calibration": result.calibrator.kind,
            "scores": judged,
        }


def _polars(frame: Any) -> pl.DataFrame:
    return frame if isinstance(frame, pl.DataFrame) else pl.from_pandas(frame)


def _split(frame: Any, target: Any) -> tuple[pl.DataFrame, Floats]:
    table = _polars(frame)
    if isinstance(target, str):
        if target not in table.columns:
            near = closest(target, table.columns)
            raise ModelError(f"There is no column {target}.", mend=f"Is it {near}?" if near else "Name the outcome.")
        return table.drop(target), _outcome(table[target])
    series = target if isinstance(target, pl.Series) else pl.Series(np.asarray(target).ravel().tolist())
    if len(series) != table.height:
        raise ModelError(f"{len(series)} outcomes do not fit {table.height} rows.", mend="Give one for each row.")
    return table, _outcome(series)


def _outcome(series: pl.Series) -> Floats:
    """Return 0, 1 and NaN for not known."""
    kinds = series.drop_nulls().unique().sort().to_list()
    if len(kinds) > 2:
        raise ModelError(f"The outcome has {len(kinds)} values.", mend="It must be yes or no.")
    if series.dtype.is_numeric() or series.dtype == pl.Boolean:
        return series.cast(pl.Float64).to_numpy().astype(np.float64)
    yes = [k for k in kinds if str(k).strip().lower() in ("yes", "true", "1", "y", "won", "churned", "left")]
    happened = yes[0] if yes else min(kinds, key=lambda k: (series == k).sum() or 0, default=None)
    return (series == happened).cast(pl.Float64).to_numpy().astype(np.float64)


def _kind(column: pl.Series) -> str:
    if column.dtype == pl.Boolean or column.dtype.is_numeric():
        return "number"
    if column.dtype.is_temporal():
        return "date"
    if column.dtype == pl.String:
        filled = column.str.strip_chars().replace("", None).drop_nulls()
        read = filled.cast(pl.Float64, strict=False).is_not_null().mean() if len(filled) else 0.0
        if read is not None and float(read) >= NUMBER_SHARE:  # type: ignore[arg-type]
            return "text number"
    return "words"


def _number(table: pl.DataFrame, name: str, kind: str) -> pl.Series:
    if name not in table.columns:
        return pl.Series(name, [None] * table.height, dtype=pl.Float64)
    column = table[name]
    if kind == "date":
        days = column.cast(pl.Date, strict=False).to_physical()
        return days.cast(pl.Float64).alias(name)
    if column.dtype == pl.String:
        column = column.str.strip_chars()
    return column.cast(pl.Float64, strict=False).alias(name)


def _shuffled(values: Floats, seed: int) -> Floats:
    return values[np.random.default_rng(seed).permutation(len(values))]
