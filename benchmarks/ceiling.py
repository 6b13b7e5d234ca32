"""What any model could reach: the planted truth restricted to what a CRM export shows.

The truth of a deal's chance knows how eager its buyer is; an export shows only the meetings that followed.
Here that eagerness is drawn from its exact distribution given every meeting so far (a Poisson count each
week, the rate known), the deal is played forward by the sample's own rules, and the mean over draws is the
best possible chance: stage, dates, rival, skill of the rep and the rules themselves taken as known.

Of leaving, the ceiling is found otherwise: trees are taught the true chances themselves, from the features of an
account, and speak of accounts they were not taught. No model that learns from who happened to leave can know more.

Run: .venv/bin/python benchmarks/ceiling.py
"""

from __future__ import annotations

import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from core.config import load
from core.features import accounts
from core.models import churn, probability
from core.models.calibration import auc
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
    place = {deal: i for i, deal in enumerate(live.index)}
    log = np.tile(-(GRID**2) / 2, (len(live.index), 1))
    for past in range(week + 1):
        index, stage, met = weeks[past]
        here = np.isin(index, live.index)
        rows = np.array([place[d] for d in index[here]], dtype=int)
        rate = np.exp(-1.25 + 0.75 * GRID)[None, :] * (1 + 0.12 * stage[here])[:, None]
        log[rows] += met[here][:, None] * np.log(rate) - rate
    out = np.exp(log - log.max(axis=1, keepdims=True))
    return out / out.sum(axis=1, keepdims=True)


def main() -> None:
    """Print the AUC of the truth, of the truth restricted to what is shown, and their ratio."""
    generate, pipeline = import_module("core.sample.generate"), import_module("core.sample.pipeline")
    play = pipeline.true_probability
    shown, weeks = watched(pipeline)
    folder = Path(tempfile.mkdtemp()) / "sample"
    generate.generate(folder)
    ends = pl.read_parquet(folder / "opportunities.parquet").select("opportunity_id", "is_won", "close_on")
    truth = pl.read_parquet(folder.with_name("sample_truth") / "opportunity_truth.parquet")
    dates = truth["as_of"].unique().sort().to_list()
    parts = []
    for day, (week, live, phases, p) in zip(dates, sorted(shown, key=lambda s: s[0]), strict=True):
        n, draw = len(live.index), np.random.default_rng(5)
        reach = posterior(live, week, weeks).cumsum(axis=1)
        many = live.take(np.tile(np.arange(n), DRAWS))
        places = (np.arange(DRAWS)[None, :] + draw.random((n, DRAWS))) / DRAWS
        many.engagement = np.concatenate([GRID[np.minimum((reach < u[:, None]).sum(axis=1), 56)] for u in places.T])
        best = play(many, week, pipeline.HORIZON_WEEKS, draw, 1, phases).reshape(DRAWS, n, 4).mean(axis=0)
        chances = {f"{k}_{d}": v[:, i] for i, d in enumerate(HORIZONS) for k, v in (("truth", p), ("best", best))}
        parts.append(pl.DataFrame({"opportunity_id": [f"O{i:06d}" for i in live.index], "as_of": [day] * n, **chances}))
    both = pl.concat(parts).join(ends, on="opportunity_id")
    for days in HORIZONS:
        here = both.filter(pl.col("as_of") + pl.duration(days=days) <= generate.AS_OF)
        ahead = (pl.col("close_on") - pl.col("as_of")).dt.total_days()
        y = here.select((pl.col("is_won") & (ahead > 0) & (ahead <= days)).cast(pl.Float64)).to_series().to_numpy()
        scores = [auc(y, here[f"{k}_{days}"].to_numpy()) or 0.0 for k in ("truth", "best")]
        print(f"{days} days: truth {scores[0]:.4f}, best possible {scores[1]:.4f}, ratio {scores[1] / scores[0]:.4f}")
    leaving(generate.AS_OF, folder)


def leaving(as_of: Any, folder: Path) -> None:
    """Print how near to the truth of leaving the features allow one to come, and how near the model comes."""
    import lightgbm as lgb

    settings = load(environ={"QUARTERDECK_HOME": str(folder.parent)})
    data = read_folder(folder, settings=settings, as_of=as_of)
    truth = pl.read_parquet(folder.with_name("sample_truth") / "account_truth.parquet")
    days = truth["as_of"].unique().sort().to_list()
    marks = churn.marks(data, settings).filter(pl.col("is_known_on") <= days[0])
    model = probability.fit(marks, churn.recipe(settings), settings)
    parts = [
        accounts.outcomes(data, accounts.build(data, day, settings), day, [90])
        .filter(pl.col("is_known_on") <= as_of)
        .join(truth.filter(pl.col("as_of") == day).drop("as_of"), on="account_id")
        for day in days
    ]
    rows = pl.concat(parts)
    p, y = rows["p_churn_90d"].to_numpy(), rows["target"].to_numpy().astype(float)
    x = probability.encode(rows, model.feature_names_, model.vocabulary_)
    fold = rows["account_id"].rank("dense").to_numpy() % 5
    best = np.zeros(len(y))
    options = {"objective": "regression", "num_leaves": 15, "learning_rate": 0.05, "min_data_in_leaf": 30,
               "feature_fraction": 0.6, "lambda_l2": 5.0, "verbose": -1, "seed": 7, "num_threads": 4}  # fmt: skip
    for k in range(5):
        taught = fold != k
        trees = lgb.train(options, lgb.Dataset(x[taught], np.log(p[taught] / (1 - p[taught]))), 300)
        best[~taught] = trees.predict(x[~taught])
    said, draw = model.predict(rows), np.random.default_rng(5)
    names = rows["account_id"].to_numpy()
    places = {name: np.flatnonzero(names == name) for name in np.unique(names)}
    ratios = []
    for _ in range(400):
        some = np.concatenate([places[name] for name in draw.choice(list(places), len(places))])
        ratios.append((auc(y[some], said[some]) or 0.0) / (auc(y[some], p[some]) or 1.0))
    low, high = np.quantile(ratios, [0.05, 0.95])
    of = auc(y, p) or 1.0
    print(
        f"leaves within 90 days: truth {of:.4f}, best from the features {(auc(y, best) or 0) / of:.4f} of it, model "
        f"{(auc(y, said) or 0) / of:.4f} of it (between {low:.3f} and {high:.3f} in nine draws of accounts of ten)"
    )


if __name__ == "__main__":
    main()
