"""Exact contributions by LightGBM itself beside plain shap, and pairs that act together beside shap's interactions.

The churn model's trees over many accounts: time, peak memory of Python's own objects, and how far the two lie apart.
Then pairs: shap's interaction values are exact for trees alone; the superset importance of `explain.interactions` is
drawn, and serves whatever model won.

Run: .venv/bin/python benchmarks/reasons.py
"""

from __future__ import annotations

import statistics
import time
import tracemalloc
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from core.config import load
from core.explain import interactions
from core.explain.contributions import matrix
from core.explain.explained_models import Subject, subject
from core.models import churn, registry
from core.models.estimators import fitting, landmark_classifier
from core.models.estimators.contenders import Trees
from core.sources import load_sample

ROOT = Path(__file__).resolve().parents[1]
ROUNDS, ROWS = 5, 20_000


def timed(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """Return the median time, the peak memory in MB, and what came out."""
    took = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        result = work()
        took.append(time.perf_counter() - begin)
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    return statistics.median(took), peak, result


def main() -> None:
    """Print both comparisons."""
    import shap

    settings = load(environ={"QUARTERDECK_HOME": str(ROOT / ".quarterdeck")})
    data = load_sample(settings)
    marks = churn.marks(data, settings)
    model = landmark_classifier.fit(marks, churn.recipe(settings), settings)
    x = matrix(model, marks)[:ROWS]
    y = marks["target"].to_numpy().astype(np.float64)[:ROWS]
    recipe = churn.recipe(settings)
    coded = {model.feature_names_.index(n): len(w) for n, w in model.vocabulary_.items()}
    plan = fitting.Plan(model.feature_names_, coded, recipe.parameters, recipe.rounds)
    trees: Trees = fitting.fit_one(x, y, plan, "boosted trees")
    plain = shap.TreeExplainer(trees.booster)
    own = timed(lambda: trees.predict(x, pred_contrib=True))
    other = timed(lambda: plain.shap_values(x))
    values = np.asarray(other[2])
    apart = float(np.abs(own[2][:, :-1] - values.reshape(len(x), -1)).max())
    print(f"{len(x):,} accounts, {len(model.feature_names_)} features, {trees.booster.num_trees()} trees")
    print(
        f"LightGBM's own: {own[0]:.2f} s, {own[1]:.0f} MB; shap {other[0]:.2f} s, {other[1]:.0f} MB; apart {apart:.1e}"
    )
    pairs(settings, data, plain, trees, x[:: max(len(x) // 240, 1)])


def pairs(settings: Any, data: Any, plain: Any, trees: Trees, some: np.ndarray) -> None:
    """Rank pairs of the trees' features both ways over the same rows."""
    explained = subject(data, settings, registry.load_or_train(data, settings), "churn")
    names = list(explained.model.feature_names_)

    class Alone:
        booster_, calibrator_, feature_names_ = trees, None, tuple(names)

        @staticmethod
        def matrix(frame: pl.DataFrame) -> np.ndarray:
            return frame.to_numpy()

    rows = pl.DataFrame(some, schema=names)
    every = list(combinations(names, 2))
    took, _, ours = timed(lambda: interactions.strengths(Subject(Alone, rows, "", "", ""), rows, every, 7))
    theirs_took, _, shap_values = timed(lambda: np.asarray(plain.shap_interaction_values(some)))
    size = np.abs(shap_values.reshape(len(some), len(names), -1)).mean(axis=0)
    theirs = {pair: 2 * size[names.index(pair[0]), names.index(pair[1])] for pair in every}
    mine = {(a, b): s for _, a, b, s in ours.iter_rows()}
    order = np.argsort
    rank = [order(order([table[pair] for pair in every])) for table in (mine, theirs)]
    top = [set(sorted(table, key=table.__getitem__)[-10:]) for table in (mine, theirs)]
    print(
        f"{len(every)} pairs over {len(some)} rows: superset importance {took:.2f} s, shap's interaction values "
        f"{theirs_took:.2f} s; rank correlation {np.corrcoef(*rank)[0, 1]:.2f}, {len(top[0] & top[1])} of the ten "
        "strongest the same"
    )


if __name__ == "__main__":
    main()
