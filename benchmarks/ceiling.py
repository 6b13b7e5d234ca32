"""How near to the planted truth the models come, and how near any model could.

The truth of a deal's chance knows how eager its buyer is; an export shows only the meetings that followed.
Here that eagerness is drawn from its exact distribution given every meeting so far (a Poisson count each
week, the rate known), the deal is played forward by the sample's own rules, and the mean over draws is the
best possible chance: stage, dates, rival, skill of the rep and the rules themselves taken as known.

Of leaving, the ceiling is found otherwise: trees are taught the true chances themselves, from the features of an
account, and speak of accounts they were not taught. No model that learns from who happened to leave can know more.

"Expected" is an AUC over all outcomes that could have been drawn from the true chances, so that the luck of the
outcomes that were drawn does not count; "off the truth" is the calibration error against the true chances.

Run: .venv/bin/python benchmarks/ceiling.py [ACCOUNTS]; default is the sample's 1,200.
"""

from __future__ import annotations

import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from sklearn.metrics import roc_auc_score

from core.config import load
from core.features import accounts, deals
from core.models import churn, close
from core.models.estimators import landmark_classifier
from core.models.estimators.calibration import auc, error
from core.sources import read_folder

GRID = np.linspace(-3.5, 3.5, 57)
DRAWS = 100
HORIZONS = (30, 60, 90, 180)


def watched(pipeline: Any) -> tuple[list[Any], dict[int, Any]]:
    """Let the simulation note its open deals at each truth date, and every week's stages and meetings."""
    shown: list[Any] = []
    weeks: dict[int, Any] = {}
    play, step = pipeline.true_probability, pipeline.step

    def noted(live: Any, week: int, horizons: Any, rng: Any, replicates: int, phases: Any) -> Any:
        p = play(live, week, horizons, rng, replicates, phases)
        shown.append((week, live.take(np.arange(len(live.index))), phases, p))
        return p

    def stepped(live: Any, week: int, *more: Any) -> Any:
        stage, index = live.stage.copy(), live.index.copy()
        out = step(live, week, *more)
        weeks[week] = (index, stage, out.events["met"].copy())
        return out

    pipeline.true_probability, pipeline.step = noted, stepped
    return shown, weeks


def posterior(live: Any, week: int, weeks: dict[int, Any]) -> np.ndarray:
    """Return the distribution of each deal's eagerness over the grid, given its meetings up to a week."""
    row_of = {deal: i for i, deal in enumerate(live.index)}
    log = np.tile(-(GRID**2) / 2, (len(live.index), 1))
    for past in range(week + 1):
        index, stage, met = weeks[past]
        here = np.isin(index, live.index)
        rows = np.array([row_of[d] for d in index[here]], dtype=int)
        rate = np.exp(-1.25 + 0.75 * GRID)[None, :] * (1 + 0.12 * stage[here])[:, None]
        log[rows] += met[here][:, None] * np.log(rate) - rate
    out = np.exp(log - log.max(axis=1, keepdims=True))
    return out / out.sum(axis=1, keepdims=True)


def main() -> None:
    """Make a company and print how near to its truth the models come."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 1_200
    generate, pipeline = import_module("core.sample.generate"), import_module("core.sample.deal_simulation")
    play = pipeline.true_probability
    shown, weeks = watched(pipeline)
    folder = Path(tempfile.mkdtemp()) / "sample"
    generate.generate(folder, accounts=n, transactions=100 * n)
    settings = load(environ={"QUARTERDECK_HOME": str(folder.parent)})
    data = read_folder(folder, settings=settings, as_of=generate.AS_OF)
    truth = pl.read_parquet(folder.with_name("sample_truth") / "opportunity_truth.parquet")
    best = restricted(pipeline, play, sorted(shown, key=lambda s: s[0]), weeks, truth["as_of"].unique().sort())
    winning(data, settings, truth.join(best, on=["opportunity_id", "as_of"]))
    leaving(data, settings, pl.read_parquet(folder.with_name("sample_truth") / "account_truth.parquet"))


def restricted(pipeline: Any, play: Any, shown: list[Any], weeks: dict[int, Any], dates: pl.Series) -> pl.DataFrame:
    """Return [opportunity_id, as_of, best_30, …]: the truth restricted to what an export shows."""
    parts = []
    for day, (week, live, phases, _) in zip(dates.to_list(), shown, strict=True):
        n, draw = len(live.index), np.random.default_rng(5)
        reach = posterior(live, week, weeks).cumsum(axis=1)
        many = live.take(np.tile(np.arange(n), DRAWS))
        places = (np.arange(DRAWS)[None, :] + draw.random((n, DRAWS))) / DRAWS
        many.engagement = np.concatenate([GRID[np.minimum((reach < u[:, None]).sum(axis=1), 56)] for u in places.T])
        p = play(many, week, pipeline.HORIZON_WEEKS, draw, 1, phases).reshape(DRAWS, n, -1).mean(axis=0)
        chances = {f"best_{d}": chance for d, chance in pipeline.by_horizon(live.index, p).items()}
        parts.append(pl.DataFrame({"opportunity_id": [f"O{i:06d}" for i in live.index], "as_of": [day] * n, **chances}))
    return pl.concat(parts)


def expected(chance: np.ndarray, score: np.ndarray) -> float:
    """Return the AUC of a score over all outcomes that could have been drawn from true chances."""
    both = np.concatenate([np.ones(len(chance)), np.zeros(len(chance))])
    return float(roc_auc_score(both, np.tile(score, 2), sample_weight=np.concatenate([chance, 1 - chance])))


def report(name: str, y: np.ndarray, truth: np.ndarray, best: np.ndarray, predicted: np.ndarray) -> None:
    """Print how a model did beside the truth and the best possible."""
    of, most = auc(y, truth) or 1.0, expected(truth, truth)
    print(f"{name}: AUC of the truth {of:.4f}")
    for who, score in (("best possible", best), ("model", predicted)):
        print(f"  {who}: {(auc(y, score) or 0) / of:.4f} of it, expected {expected(truth, score) / most:.4f}")
    own, off = error(y, truth), error(truth, predicted)
    print(f"  calibration error {error(y, predicted):.4f}, the truth's own {own:.4f}, off the truth {off:.4f}")


def winning(data: Any, settings: Any, truth: pl.DataFrame) -> None:
    """Print how near to the truth of winning a model comes that was trained before the first of its dates."""
    days = truth["as_of"].unique().sort().to_list()
    follow = (pl.lit(days[0]) - pl.col("as_of")).dt.total_days()
    over = pl.col("end_days") <= follow
    marks = (
        close.marks(data, settings)
        .filter(pl.col("as_of") < days[0])
        .with_columns(
            follow_days=follow,
            is_won=(pl.col("is_won") & over).fill_null(value=False),
            end_days=pl.when(over).then("end_days"),
        )
    )
    model = close.CloseModel(settings).fit(marks)
    for horizon in HORIZONS:
        parts = []
        for day in days:
            seen = deals.outcomes(data, deals.build(data, day, settings), day, [horizon])
            settled = seen.filter(pl.col("is_known_on") <= data.as_of)
            if settled.height:
                predicted = pl.Series(model.at(horizon).predict(settled))
                parts.append(settled.select("opportunity_id", "as_of", "target", said=predicted))
        here = pl.concat(parts).join(truth, on=["opportunity_id", "as_of"])
        names = ("target", f"p_win_{horizon}", f"best_{horizon}", "said")
        report(f"won within {horizon} days", *(here[name].cast(pl.Float64).to_numpy() for name in names))


def leaving(data: Any, settings: Any, truth: pl.DataFrame) -> None:
    """Print how near to the truth of leaving the features allow one to come, and how near the model comes."""
    import lightgbm as lgb

    days = truth["as_of"].unique().sort().to_list()
    marks = churn.marks(data, settings).filter(pl.col("is_known_on") <= days[0])
    model = landmark_classifier.fit(marks, churn.recipe(settings), settings)
    parts = [
        accounts.outcomes(data, accounts.build(data, day, settings), day, [90])
        .filter(pl.col("is_known_on") <= data.as_of)
        .join(truth.filter(pl.col("as_of") == day).drop("as_of"), on="account_id")
        for day in days
    ]
    rows = pl.concat(parts)
    p, y = rows["p_churn_90d"].to_numpy(), rows["target"].to_numpy().astype(float)
    x = landmark_classifier.encode(rows, model.feature_names_, model.vocabulary_)
    fold = rows["account_id"].rank("dense").to_numpy() % 5
    best, clipped = np.zeros(len(y)), np.clip(p, 1e-3, 1 - 1e-3)
    options = {
        "objective": "regression",
        "num_leaves": 15,
        "learning_rate": 0.05,
        "min_data_in_leaf": 30,
        "feature_fraction": 0.6,
        "lambda_l2": 5.0,
        "verbose": -1,
        "seed": 7,
        "num_threads": 4,
    }
    for k in range(5):
        taught = fold != k
        trees = lgb.train(options, lgb.Dataset(x[taught], np.log(clipped[taught] / (1 - clipped[taught]))), 300)
        best[~taught] = trees.predict(x[~taught])
    predicted, draw = model.predict(rows), np.random.default_rng(5)
    report("leaves within 90 days", y, p, best, predicted)
    names = rows["account_id"].to_numpy()
    places = {name: np.flatnonzero(names == name) for name in np.unique(names)}
    ratios = []
    for _ in range(400):
        some = np.concatenate([places[name] for name in draw.choice(list(places), len(places))])
        ratios.append((auc(y[some], predicted[some]) or 0.0) / (auc(y[some], p[some]) or 1.0))
    low, high = np.quantile(ratios, [0.05, 0.95])
    print(f"the model's part of the truth lies between {low:.3f} and {high:.3f} in nine draws of accounts of ten")


if __name__ == "__main__":
    main()
