"""A calibrated yes or no model of any flat table: race, calibrate, say how good it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from core.config import Settings
from core.contracts.errors import ModelError, closest
from core.localization import message
from core.models.estimators import (
    calibration,
    fitting,
    flat_table,
    model_selection,
    target_leakage,
    time_columns,
)
from core.models.estimators.contenders import Floats
from core.models.estimators.fitting import Plan

FOLDS, FOLDS_OF_MANY, MANY_ROWS = 5, 3, 20_000
FEWEST_ROWS = 40
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
PACE_OF_MANY = 0.1
BASIC = ("base rate", "table", "logistic regression")
CONTENDERS = (
    *BASIC,
    *(
        message("{kind} of {n} leaves", kind=kind, n=n)
        for n in fitting.SIZES
        for kind in ("boosted trees", "mean of both")
    ),
)


class ProbabilityLearner:
    """The chance of a yes or no outcome, learnt from any table of what was known beforehand.

    Contenders are the base rate, the best one- or two-way table, a regularised logistic regression,
    LightGBM of 4, 15 and 31 leaves stopped early, and the mean of each with the regression. They are raced by log loss
    on rows they had not seen: later ones where the table has a time column, else shuffled folds. The winner is
    calibrated only where that helps on rows later still, and moved to the level of recent outcomes where that would
    have helped before. Where nothing clearly beats the base rate, and ranks better than chance, on every fold, the base
    rate serves, and the card says so.

    Parameters
    ----------
    settings : Settings
        `models.seed` and `models.threads`.
    time : str, optional
        A column of dates or of what rises with time; default `as_of` where there is one, else a column of dates or
        periods by which the rows are sorted, else a running number.
    ids : sequence of str
        Columns that name a row; they are handed through and not learnt from. Columns in which nearly
        every row has a word of its own are left out too.
    drop_leaks : bool
        Leave out columns that give the outcome away (`target_leakage`).
    trusted : sequence of str
        Columns to learn from though they look like clocks or leaks.

    Attributes
    ----------
    card_ : dict
        Rows, share that happened, the time column, columns used and left out with the reason, race, winner,
        calibration, and the scores of the winner on unseen rows.
    race_ : Race
        What each contender said of the rows it had not seen.

    Notes
    -----
    Columns that say when a row was and nothing else (`time_columns`) are left out: what they seem to know is the base
    rate's course. Dates that do so are learnt from as days before the row's time.
    """

    def __init__(
        self,
        settings: Settings,
        time: str | None = None,
        ids: Sequence[str] = (),
        drop_leaks: bool = True,
        trusted: Sequence[str] = (),
    ) -> None:
        self.settings, self.time, self.ids, self.drop_leaks = settings, time, tuple(ids), drop_leaks
        self.trusted = frozenset(trusted)

    def fit(self, frame: Any, target: Any) -> ProbabilityLearner:
        """Learn from a table and its outcomes.

        Parameters
        ----------
        frame : pl.DataFrame (or pandas)
            One row per case, of what was known beforehand: numbers, words, dates, true or false;
            missing values are welcome.
        target : str or sequence
            The name of the outcome's column, or the outcomes: 0 and 1, true and false, or two words,
            of which the one that reads as yes, else the rarer, is taken to have happened. Rows without an outcome are
            still open; they only help to see which columns change at closing.

        Raises
        ------
        ModelError
            With fewer than 40 rows, or only one kind of outcome.
        """
        whole, outcomes = flat_table.with_outcome(frame, target)
        has_outcome = ~np.isnan(outcomes)
        table, y = whole.filter(pl.Series(has_outcome)), outcomes[has_outcome]
        if len(y) < FEWEST_ROWS or not 2 <= y.sum() <= len(y) - 2:
            raise ModelError(
                message(
                    "{n_y} rows, {sum} of which happened, are too few to learn from.", n_y=len(y), sum=int(y.sum())
                ),
                mend=message("At least {fewest_rows} rows with both outcomes are needed.", fewest_rows=FEWEST_ROWS),
            )
        self.time_ = self._time(table)
        when = None if self.time_ is None else np.nan_to_num(time_columns.ordinals(table[self.time_]), nan=-np.inf)
        if when is not None:
            order = np.argsort(when, kind="stable")
            table, y, when = table[order], y[order], when[order]
        splits = self._splits(y, when)
        self._choose_columns(table, y, when, splits, whole.filter(~pl.Series(has_outcome)))
        self._race(self._matrix(table), y, splits, is_in_time=when is not None)
        return self

    def _race(self, x: Floats, y: Floats, splits: list[model_selection.Split], is_in_time: bool) -> None:
        """Race, and fit the winner on all rows."""
        is_large = len(y) >= MANY_ROWS
        self.plan_ = Plan(
            self.feature_names_,
            self._coded(),
            {**TREES, "learning_rate": PACE_OF_MANY} if is_large else TREES,
            ridge=0.1,
            contenders=CONTENDERS if self.feature_names_ else CONTENDERS[:1],
            threads=self.settings.models.threads,
            seed=self.settings.models.seed,
        )
        self.race_ = model_selection.run(
            x, y, splits, lambda a, b: fitting.fit_all(a, b, self.plan_), self.plan_.threads
        )
        result = self.race_.result(is_strict=True, follows=is_in_time)
        name = result.winner or model_selection.SIMPLE
        rows = x if is_in_time else _shuffled(x, self.plan_.seed)
        outcomes = y if is_in_time else _shuffled(y, self.plan_.seed)
        self.booster_ = fitting.fit_one(rows, outcomes, self.plan_, name)
        self.calibrator_ = result.calibrator
        self.card_ = self._card(y, result, name)

    def predict(self, frame: Any) -> pl.DataFrame:
        """Return the id columns and `p`, one row per row of the frame, in its order.

        Columns missing from the frame count as not known, as do words never seen.
        """
        table = flat_table.as_polars(frame)
        ids = [c for c in self.ids if c in table.columns]
        chances = pl.DataFrame({"p": pl.Series(self.calibrator_(self.margin(table)), dtype=pl.Float64)})
        return table.select(ids).hstack(chances) if ids else chances

    def margin(self, frame: Any) -> Floats:
        """Return log odds before calibration."""
        x = self.matrix(frame)
        return np.asarray(self.booster_.predict(x, raw_score=True), dtype=np.float64) if len(x) else np.zeros(0)

    def matrix(self, frame: Any) -> Floats:
        """Return the frame's columns as numbers, as `core.explain` wants them."""
        return self._matrix(flat_table.as_polars(frame))

    def _time(self, table: pl.DataFrame) -> str | None:
        """Return the column of time: the one named, `as_of`, or the one that looks like it."""
        name = self.time or ("as_of" if "as_of" in table.columns else None)
        if name is None:
            return time_columns.of_table(table, [n for n in table.columns if n not in (*self.ids, *self.trusted)])
        if name not in table.columns:
            near = closest(name, table.columns)
            raise ModelError(
                message("There is no column {name}.", name=name),
                mend=message("Is it {near}?", near=near) if near else "Name a date column.",
            )
        if np.isnan(time_columns.ordinals(table[name])).all():
            raise ModelError(
                message("The column {name} holds no time that can be read.", name=name), mend="Name a column of dates."
            )
        return name

    def _choose_columns(
        self,
        table: pl.DataFrame,
        y: Floats,
        when: Floats | None,
        splits: list[model_selection.Split],
        still_open: pl.DataFrame,
    ) -> None:
        """Decide how each column is read, and which are left out."""
        self.numbers_: dict[str, str] = {}
        self.vocabulary_: dict[str, tuple[str, ...]] = {}
        self.left_out_: dict[str, str] = {}
        names = [n for n in table.columns if n not in self.ids and n not in (self.time, self.time_, "as_of")]
        if self.time_ not in (None, self.time, "as_of"):
            self.left_out_[str(self.time_)] = message("{why}; later rows judge by it", why=time_columns.WHY)
        for name in names:
            self._read(name, table[name])
        suspects = [n for n in (*self.numbers_, *self.vocabulary_) if n not in self.trusted]
        for name, why in time_columns.clocks(table, suspects, when).items():
            if self.numbers_.get(name) == "date" and self._as_age(name, table):
                continue
            self._leave_out(name, why)
        self.leaks_ = [
            row
            for row in target_leakage.find(
                self._matrix(table), y, self.feature_names_, self._coded(), splits, self._matrix(still_open)
            )
            if row["column"] not in self.trusted
        ]
        for row in self.leaks_ if self.drop_leaks else ():
            self._leave_out(row["column"], message("gives the outcome away: {why}", why=row["why"]))

    def _as_age(self, name: str, table: pl.DataFrame) -> bool:
        """Read a date as days before the row's time, where both are dates; say whether that tells rows apart."""
        if self.time_ is None or not table.schema[self.time_].is_temporal():
            return False
        ages = flat_table.encoded(table, [name], {name: flat_table.AGE}, {}, self.time_)
        if len(np.unique(ages[~np.isnan(ages)])) < 2:
            return False
        self.numbers_[name] = flat_table.AGE
        return True

    def _leave_out(self, name: str, why: str) -> None:
        self.left_out_[name] = why
        self.numbers_.pop(name, None)
        self.vocabulary_.pop(name, None)

    @property
    def feature_names_(self) -> tuple[str, ...]:
        """Return the columns learnt from, those read as numbers first."""
        return (*self.numbers_, *self.vocabulary_)

    def _read(self, name: str, column: pl.Series) -> None:
        kind = flat_table.kind(column)
        filled = column.drop_nulls()
        if filled.n_unique() < 2 and (filled.is_empty() or len(filled) == len(column)):
            self.left_out_[name] = "holds one value only"
        elif kind != "words":
            self.numbers_[name] = kind
        elif (words := flat_table.vocabulary(column)) is not None:
            self.vocabulary_[name] = words
        else:
            self.left_out_[name] = "names each row"

    def _coded(self) -> dict[int, int]:
        return {self.feature_names_.index(n): len(w) for n, w in self.vocabulary_.items()}

    def _matrix(self, table: pl.DataFrame) -> Floats:
        return flat_table.encoded(table, self.feature_names_, self.numbers_, self.vocabulary_, self.time_)

    def _splits(self, y: Floats, when: Floats | None) -> list[model_selection.Split]:
        folds = FOLDS if len(y) < MANY_ROWS else FOLDS_OF_MANY
        if when is None:
            return model_selection.at_random(y, folds, self.settings.models.seed)
        cuts = np.quantile(when, np.linspace(0.4, 1.0, folds + 1)).tolist()
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
            "time": self.time_,
            "features": list(self.feature_names_),
            "left_out": self.left_out_,
            "leaks": self.leaks_,
            "race": result.rows,
            "winner": name,
            "has_skill": result.has_skill,
            "calibration": result.calibrator.kind,
            "scores": judged,
        }


def _shuffled(values: Floats, seed: int) -> Floats:
    return values[np.random.default_rng(seed).permutation(len(values))]
