"""Finds columns that give the outcome away: known only after it, and so of no use before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from core.models.estimators import calibration, fitting, model_selection
from core.models.estimators.contenders import Floats, sigmoid
from core.models.estimators.fitting import Plan

SURE_AUC = 0.97
SUSPECT_AUC = 0.85
SUSPECT_SHARE = 0.6


def find(
    x: Floats, y: Floats, names: Sequence[str], words: Mapping[int, int], splits: Sequence[model_selection.Split]
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

    Returns
    -------
    list of dict
        [column, auc, why], the surest first.

    Notes
    -----
    Each column alone makes a table of shares (missing is a bin of its own), judged on rows it had not
    seen. A column is a leak when it alone puts 97 of 100 pairs right; or when it puts 85 right and alone
    leaves less than 60 % of the log loss that all other columns together leave.
    """
    alone = {c: _alone(x, y, c, words, splits) for c in range(x.shape[1])}
    sure = {c for c, (auc, _) in alone.items() if auc is not None and auc >= SURE_AUC}
    out = []
    for column, (auc, loss) in alone.items():
        if auc is None or auc < SUSPECT_AUC:
            continue
        missing = _by_gaps(x, y, column)
        how = " by where it is filled in" if missing else ""
        if auc >= SURE_AUC:
            why = f"alone it puts {auc * 100:.0f} of 100 pairs in the right order{how}"
        elif loss < SUSPECT_SHARE * _rest(x, y, {column, *sure}, words, splits):
            why = f"alone it tells more than all other columns together{how}"
        else:
            continue
        out.append({"column": names[column], "auc": auc, "why": why})
    return sorted(out, key=lambda row: -float(row["auc"]))


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
