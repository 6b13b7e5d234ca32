"""Finds columns that give the outcome away: known only after it, and so of no use before."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from core.localization import message
from core.models.estimators import calibration, fitting, model_selection
from core.models.estimators.contenders import Floats, sigmoid
from core.models.estimators.fitting import Plan

SURE_AUC = 0.97
SUSPECT_AUC = 0.85
SUSPECT_SHARE = 0.6
NAMED_AUC = 0.6
ONE_SIDED, OFTEN, LIKELY_BY_CHANCE = 0.005, 0.1, 1e-6
FEWEST_ROWS, ALIKE, MOVED_ON = 50, 0.98, 0.5
# What a column's name must say for it to count as written down at the end.
AT_THE_END = re.compile(
    r"(?<![a-z])(?:at|on|through|until|upon)[ _-]?clos(?:e|ing)|(?<![a-z])(?:loss|lost|win|won|clos(?:e|ed|ing)|churn|"
    r"cancel(?:l?ation)?)[ _-]?(?:reason|code|note)|(?<![a-z])outcome(?![a-z])"
)


def find(
    x: Floats,
    y: Floats,
    names: Sequence[str],
    words: Mapping[int, int],
    splits: Sequence[model_selection.Split],
    open_rows: Floats | None = None,
) -> list[dict[str, Any]]:
    """Name the columns that give the outcome away.

    Parameters
    ----------
    x : ndarray, shape (rows, columns)
        Missing values are NaN.
    y : ndarray of 0 and 1
    names : sequence of str
    words : mapping of int to int
        How many values each coded column has.
    splits : sequence of (train rows, judged rows)
    open_rows : ndarray, optional
        Rows whose outcome is still open, in the same columns.

    Returns
    -------
    list of dict
        [column, auc, why], the surest first; auc is what the column alone reaches on rows not seen, 0.5 where that
        cannot be measured.

    Notes
    -----
    Each column alone makes a table of shares (missing is a bin of its own), judged on rows it had not
    seen. A column is a leak when

    - it alone puts 97 of 100 pairs right; or 85, and leaves less than 60 % of the log loss that all others leave;
    - it is blank, or filled, for at most one in 200 rows of one outcome and at least one in ten of the other, by a
      chance below one in a million;
    - it changes at closing: nearly all open rows (98 %) hold the same value or none, at most half of the ended ones;
    - its name says that it is written down at the end, and it alone puts 60 of 100 pairs right.
    """
    alone = {c: _alone(x, y, c, words, splits) for c in range(x.shape[1])}
    sure = {c for c, (auc, _) in alone.items() if auc is not None and auc >= SURE_AUC}
    out = []
    for column, (auc, loss) in alone.items():
        why = _too_good(auc, loss, partial(_rest, x, y, {column, *sure}, words, splits))
        why = f"{why}{' by where it is filled in' if why and _by_gaps(x, y, column) else ''}"
        why = why or _one_sided(x[:, column], y) or _at_closing(x[:, column], open_rows, column)
        why = why or _by_name(names[column], auc)
        if why:
            out.append({"column": names[column], "auc": 0.5 if auc is None else auc, "why": why})
    return sorted(out, key=lambda row: -float(row["auc"]))


def _too_good(auc: float | None, loss: float, loss_of_rest: Callable[[], float]) -> str:
    """Say how well a column alone does, where it does too well; the loss of the others is asked where it matters."""
    if auc is None or auc < SUSPECT_AUC:
        return ""
    pairs = message("alone it puts {auc:.0f} of 100 pairs in the right order", auc=auc * 100)
    if auc >= SURE_AUC:
        return pairs
    rest = loss_of_rest()
    share = loss / rest if np.isfinite(rest) else 1.0
    return (
        message("{pairs} and misses by {share:.0f} % of what all others together do", pairs=pairs, share=share * 100)
        if share < SUSPECT_SHARE
        else ""
    )


def _one_sided(values: Floats, y: Floats) -> str:
    """Say that a column is blank, or filled, for hardly a row of one outcome but for many of the other."""
    for state, rows in (("blank", np.isnan(values)), ("filled in", ~np.isnan(values))):
        n = int(rows.sum())
        for outcome, label in ((1.0, "that happened"), (0.0, "that did not happen")):
            here = y == outcome
            seen, elsewhere = float(rows[here].mean()), float(rows[~here].mean())
            is_chance = n * np.log1p(-min(float(here.mean()), 1 - 1e-12)) > np.log(LIKELY_BY_CHANCE)
            if seen <= ONE_SIDED and elsewhere >= OFTEN and not is_chance:
                return message(
                    "it is {state} in {seen:.1%} of the cases {label} and in {elsewhere:.0%} of the others",
                    state=state,
                    seen=seen,
                    label=label,
                    elsewhere=elsewhere,
                ).replace("%", " %")
    return ""


def _at_closing(values: Floats, open_rows: Floats | None, column: int) -> str:
    """Say that a column is still alike in open rows and has changed in those that ended."""
    if open_rows is None or len(open_rows) < FEWEST_ROWS:
        return ""
    still = np.nan_to_num(open_rows[:, column], nan=np.inf)
    kinds, n = np.unique(still, return_counts=True)
    share = float(n.max()) / len(still)
    ended = float((np.nan_to_num(values, nan=np.inf) == kinds[n.argmax()]).mean())
    if share < ALIKE or ended > MOVED_ON:
        return ""
    state = "blank" if np.isinf(kinds[n.argmax()]) else "the same"
    return message(
        "it changes at closing: it is {state} in {share:.0f} % of open cases and {ended:.0f} % of ended",
        state=state,
        share=share * 100,
        ended=ended * 100,
    )


def _by_name(name: str, auc: float | None) -> str:
    """Say that a column's name speaks of the end, where the column tells something."""
    if auc is None or auc < NAMED_AUC or not AT_THE_END.search(_spaced(name)):
        return ""
    return message(
        "its name says that it is written down at the end; alone it puts {auc:.0f} of 100 pairs right", auc=auc * 100
    )


def _spaced(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()


def _alone(
    x: Floats, y: Floats, column: int, words: Mapping[int, int], splits: Sequence[model_selection.Split]
) -> tuple[float | None, float]:
    values = x[:, [column]]
    if np.isnan(values).all():
        return None, np.inf
    plan = Plan(("column",), {0: words[column]} if column in words else {}, contenders=("table",), table=(0,))
    return _judged(values, y, plan, splits)


def _judged(x: Floats, y: Floats, plan: Plan, splits: Sequence[model_selection.Split]) -> tuple[float | None, float]:
    margins, happened = [], []
    for train, test in splits:
        if len(test) and 2 <= y[train].sum() <= len(train) - 2:
            model = fitting.fit_one(x[train], y[train], plan, plan.contenders[0])
            margins.append(model.predict(x[test], raw_score=True))
            happened.append(y[test])
    if not margins:
        return None, np.inf
    target, margin = np.concatenate(happened), np.concatenate(margins)
    return calibration.auc(target, margin), calibration.log_loss(target, sigmoid(margin))


def _rest(
    x: Floats, y: Floats, without: set[int], words: Mapping[int, int], splits: Sequence[model_selection.Split]
) -> float:
    columns = [c for c in range(x.shape[1]) if c not in without]
    if not columns:
        return np.inf
    coded = {columns.index(c): n for c, n in words.items() if c not in without}
    plan = Plan(tuple(str(c) for c in columns), coded, contenders=("logistic regression",))
    return _judged(x[:, columns], y, plan, splits)[1]


def _by_gaps(x: Floats, y: Floats, column: int) -> bool:
    """Say whether being filled in at all tells nearly everything."""
    gap_auc = calibration.auc(y, np.isnan(x[:, column]).astype(np.float64))
    return gap_auc is not None and max(gap_auc, 1 - gap_auc) >= SUSPECT_AUC
