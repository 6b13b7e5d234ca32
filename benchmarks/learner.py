"""The learner of flat tables beside LightGBM as it comes, logistic regression and the base rate, in one run.

Run: .venv/bin/python benchmarks/learner.py [--seeds 11-13] [--public FOLDER] [--only SET …]

Makes tables of known kinds, the later fifth of each unseen by all: 78,000 rows by 17 columns with an effect of three
columns together, a small plain one, one whose base rate falls, and twenty without any signal but with a clock. Prints
AUC, Brier score, calibration error and processor time, means over the seeds. With FOLDER, the public Telco table over
five folds as well.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from core.config import load
from core.models.estimators import calibration, model_selection, time_columns
from core.models.estimators.tabular_classifier import ProbabilityLearner

LATER = 0.2
N_CLOCK_SETS = 20
FIRST_DAY = date(2022, 1, 1)
Floats = np.ndarray


@dataclass(frozen=True)
class Scores:
    """How one model did on rows it had not seen."""

    auc: float
    brier: float
    error: float
    seconds: float


def three_way(seed: int, n: int = 78_000) -> tuple[pl.DataFrame, Floats]:
    """Return 17 columns of which three count most where all three speak together, and the outcomes."""
    draw = np.random.default_rng(seed)
    x, words = draw.normal(size=(n, 12)), draw.integers(0, 12, (n, 5))
    together = (x[:, 0] > 0) & (x[:, 1] > 0) & np.isin(words[:, 0], [1, 3, 5, 7, 9])
    odds = -1.6 + 2.6 * together + 0.6 * x[:, 2] - 0.5 * np.abs(x[:, 3]) + 0.5 * (words[:, 1] % 3 == 0)
    return _table(draw, x, words, odds + 0.3 * x[:, 4] * x[:, 5])


def plain(seed: int, n: int = 2_500) -> tuple[pl.DataFrame, Floats]:
    """Return a small table whose log odds are sums."""
    draw = np.random.default_rng(seed)
    x, words = draw.normal(size=(n, 6)), draw.integers(0, 5, (n, 2))
    return _table(draw, x, words, -0.8 + 0.7 * x[:, 0] - 0.4 * x[:, 1] + 0.6 * (words[:, 0] == 2))


def falling(seed: int, n: int = 8_000) -> tuple[pl.DataFrame, Floats]:
    """Return a table whose share of outcomes falls over time."""
    draw = np.random.default_rng(seed)
    x, words = draw.normal(size=(n, 6)), draw.integers(0, 5, (n, 2))
    odds = 0.7 * x[:, 0] - 0.5 * x[:, 1] * (words[:, 0] < 2) + 0.6 - 1.8 * np.arange(n) / n
    return _table(draw, x, words, odds)


def _table(draw: np.random.Generator, x: Floats, words: Floats, odds: Floats) -> tuple[pl.DataFrame, Floats]:
    y = (draw.random(len(odds)) < 1 / (1 + np.exp(-odds))).astype(float)
    x = np.where(draw.random(x.shape) < 0.03, np.nan, x)
    numbers = {f"number_{k}": pl.Series(x[:, k]).fill_nan(None) for k in range(x.shape[1])}
    texts = {f"word_{k}": [f"w{v}" for v in words[:, k]] for k in range(words.shape[1])}
    days = [FIRST_DAY + timedelta(days=int(d)) for d in np.arange(len(y)) * 700 // len(y)]
    return pl.DataFrame({"as_of": days, **numbers, **texts}), y


def clocked(seed: int, n: int = 3_000) -> tuple[pl.DataFrame, Floats]:
    """Return a table without signal: noise, a share of outcomes that moves, and a clock of one of six kinds."""
    draw = np.random.default_rng(seed)
    share = np.arange(n) / n
    rate = 0.35 + 0.2 * np.sin(draw.uniform(0, 6.3) + draw.uniform(1, 6) * share)
    y = (draw.random(n) < rate).astype(float)
    days = [FIRST_DAY + timedelta(days=int(d)) for d in share * 600]
    frame = pl.DataFrame({f"noise_{k}": draw.normal(size=n) for k in range(5)})
    frame = frame.with_columns(word=pl.Series(draw.choice(list("abcde"), n)))
    clocks = (
        pl.Series("month", [d.month for d in days]),
        pl.Series("period", [d.strftime("%Y-%m") for d in days]),
        pl.Series("number", np.arange(n) + 1_000),
        pl.Series("created", days),
        pl.Series("index_level", [100 + (d - FIRST_DAY).days * 0.1 for d in days]),
        pl.Series("month_name", [d.strftime("%B") for d in days]),
    )
    frame = frame.with_columns(clocks[seed % len(clocks)])
    return (frame.with_columns(as_of=pl.Series(days)) if seed % 2 or seed % 6 == 4 else frame), y


def learner(train: pl.DataFrame, y: Floats, test: pl.DataFrame) -> Floats:
    """Return the chances of Quarterdeck's learner."""
    return ProbabilityLearner(load(environ={})).fit(train, y).predict(test)["p"].to_numpy()


def grown(train: pl.DataFrame, y: Floats, test: pl.DataFrame, **shape: float) -> Floats:
    """Return the chances of LightGBM of some shape, as it comes without, with its categories."""
    import lightgbm as lgb

    model = lgb.LGBMClassifier(n_jobs=2, verbose=-1, **shape).fit(_pandas(train), y)
    return np.asarray(model.predict_proba(_pandas(test)))[:, 1]


def best_grown(train: pl.DataFrame, y: Floats, test: pl.DataFrame) -> Floats:
    """Return the chances of the LightGBM that does best on the last fifth of its rows, of three sizes."""
    cut = len(y) * 4 // 5
    shapes = [{"num_leaves": leaves, "learning_rate": 0.05, "n_estimators": 300} for leaves in (15, 31, 63)]
    losses = [calibration.log_loss(y[cut:], grown(train[:cut], y[:cut], train[cut:], **shape)) for shape in shapes]
    return grown(train, y, test, **shapes[int(np.argmin(losses))])


def _pandas(frame: pl.DataFrame):
    words = [n for n, kind in frame.schema.items() if kind == pl.String]
    return frame.drop("as_of", strict=False).to_pandas().astype(dict.fromkeys(words, "category"))


def logistic(train: pl.DataFrame, y: Floats, test: pl.DataFrame) -> Floats:
    """Return the chances of a logistic regression on standardised numbers and words as flags."""
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    rows, later = (f.drop("as_of", strict=False).to_pandas() for f in (train, test))
    words = [n for n, kind in train.schema.items() if kind == pl.String]
    numbers = [n for n in rows.columns if n not in words]
    ready = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), numbers),
            ("words", OneHotEncoder(handle_unknown="ignore"), words),
        ]
    )
    return make_pipeline(ready, LogisticRegression(max_iter=500)).fit(rows, y).predict_proba(later)[:, 1]


def usual(train: pl.DataFrame, y: Floats, test: pl.DataFrame) -> Floats:
    """Return the share that happened."""
    return np.full(test.height, y.mean())


MODELS: dict[str, Callable[[pl.DataFrame, Floats, pl.DataFrame], Floats]] = {
    "learner": learner,
    "LightGBM, default": grown,
    "LightGBM, best of three": best_grown,
    "logistic regression": logistic,
    "base rate": usual,
}
SETS = {"78,000 x 17, three together": three_way, "2,500 x 8, sums": plain, "8,000 x 8, rate falls": falling}


def scored(y: Floats, p: Floats, seconds: float) -> Scores:
    """Return the scores of chances."""
    area = calibration.auc(y, p)
    return Scores(0.5 if area is None else area, calibration.brier(y, p), calibration.error(y, p), seconds)


def later_fifth(make: Callable[[int], tuple[pl.DataFrame, Floats]], seeds: range) -> dict[str, list[Scores]]:
    """Return each model's scores on the later fifth of a kind of table, one per seed."""
    out: dict[str, list[Scores]] = {name: [] for name in MODELS}
    for seed in seeds:
        frame, y = make(seed)
        cut = int(len(y) * (1 - LATER))
        for name, model in MODELS.items():
            begin = time.process_time()
            p = model(frame[:cut], y[:cut], frame[cut:])
            out[name].append(scored(y[cut:], p, time.process_time() - begin))
    return out


def telco(folder: Path) -> dict[str, list[Scores]]:
    """Return each model's scores over five folds of the public churn table."""
    frame = pl.read_csv(folder / "telco_churn" / "Telco-Customer-Churn.csv").drop("customerID")
    frame = frame.with_columns(pl.col("TotalCharges").cast(pl.String).str.strip_chars().cast(pl.Float64, strict=False))
    y, frame = (frame["Churn"] == "Yes").to_numpy().astype(float), frame.drop("Churn")
    out = {}
    for name, model in MODELS.items():
        p, begin = np.empty(len(y)), time.process_time()
        for train, test in model_selection.at_random(y, 5, 0):
            p[test] = model(frame[train], y[train], frame[test])
        out[name] = [scored(y, p, time.process_time() - begin)]
    return out


def show(title: str, by_model: dict[str, list[Scores]]) -> None:
    """Print one line per model."""
    for name, runs in by_model.items():
        means = [float(np.mean([getattr(run, key) for run in runs])) for key in ("auc", "brier", "error", "seconds")]
        print(f"| {title} | {name} | {means[0]:.4f} | {means[1]:.4f} | {means[2]:.4f} | {means[3]:.1f} s |", flush=True)


def claims(seeds: range) -> None:
    """Print on how many sets without signal, but with a clock, skill is claimed, and what of the clock is said."""
    claimed, named = [], []
    for seed in seeds:
        frame, y = clocked(seed)
        card = ProbabilityLearner(load(environ={})).fit(frame, y).card_
        claimed += [seed] if card["has_skill"] else []
        reasons = str(card["left_out"])
        named += [seed] if time_columns.WHY in reasons or time_columns.SERIAL in reasons else []
    print(
        f"no signal with a clock: skill claimed on {len(claimed)} of {len(seeds)} sets {claimed}; clock named on "
        f"{len(named)}"
    )


def main() -> None:
    """Print the table."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--seeds", default="11-13")
    ask.add_argument("--public", type=Path)
    ask.add_argument(
        "--only", nargs="*", choices=("tables", "clocks", "public"), default=("tables", "clocks", "public")
    )
    given = ask.parse_args()
    first, last = (int(part) for part in given.seeds.split("-"))
    print("| data | model | AUC | Brier | calibration error | processor time |\n| --- | --- | --- | --- | --- | --- |")
    for title, make in SETS.items() if "tables" in given.only else ():
        show(title, later_fifth(make, range(first, last + 1)))
    if given.public and "public" in given.only:
        show("Telco churn, five folds", telco(given.public))
    if "clocks" in given.only:
        claims(range(first, first + N_CLOCK_SETS))


if __name__ == "__main__":
    main()
