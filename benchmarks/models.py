"""The learners on public data and on the sample: accuracy, calibration, coverage, time, beside their members.

Run: .venv/bin/python benchmarks/models.py [FOLDER OF PUBLIC DATA]
"""

from __future__ import annotations

import sys
import time
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from core.config import load
from core.config.calendar import add_months
from core.features import deals
from core.models import calibration, close, race
from core.models.forecast import RevenueForecaster
from core.models.learner import ProbabilityLearner
from core.models.series import MEMBERS
from core.sources import load_sample

ROOT = Path(__file__).resolve().parents[1]
H = 18


def telco(folder: Path) -> None:
    """Print five-fold scores on the Telco churn table, beside a plain HistGradientBoosting."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    settings = load()
    frame = pl.read_csv(folder / "telco_churn" / "Telco-Customer-Churn.csv")
    y = (frame["Churn"] == "Yes").to_numpy().astype(float)
    p, plain, begin = np.empty(len(y)), np.empty(len(y)), time.perf_counter()
    splits = race.at_random(y, 5, 0)
    for train, test in splits:
        model = ProbabilityLearner(settings).fit(frame[train], "Churn")
        p[test] = model.predict(frame[test].drop("Churn"))["p"].to_numpy()
    took = time.perf_counter() - begin
    for train, test in splits:
        x = model.matrix(frame)
        plain[test] = (
            HistGradientBoostingClassifier(random_state=0).fit(x[train], y[train]).predict_proba(x[test])[:, 1]
        )
    for name, said in (("race and calibration", p), ("HistGradientBoosting", plain)):
        scores = (calibration.auc(y, said), calibration.brier(y, said), calibration.error(y, said))
        print(f"Telco {name}: AUC {scores[0]:.4f}, Brier {scores[1]:.4f}, calibration error {scores[2]:.4f}")
    print(f"Telco five folds took {took:.1f} s")


def m3(folder: Path) -> None:
    """Print MASE of the forecast and of its members, coverage and time on the M3 series."""
    months = {t: add_months(date(1980, 1, 1), t - 1) for t in range(1, 200)}

    def long(name: str) -> pl.DataFrame:
        frame = pl.read_csv(folder / "m3_monthly_500" / f"{name}.csv")
        month = pl.col("t").replace_strict(months, return_dtype=pl.Date)
        return frame.select(unit="unique_id", month=month, amount=pl.col("y").cast(pl.Float64))

    train, test = long("train"), long("test")
    begin = time.perf_counter()
    model = RevenueForecaster(load()).fit(train)
    found = model.predict(H)
    took = time.perf_counter() - begin
    scale = train.sort("unit", "month").group_by("unit").agg(
        q=(pl.col("amount") - pl.col("amount").shift(12)).abs().mean()
    )  # fmt: skip
    parts = dict(zip(MEMBERS, model._members(H, 0), strict=True))
    both = found.with_columns(**{n: pl.Series(v.ravel()) for n, v in parts.items()})
    both = both.join(test, on=["unit", "month"], suffix="_true").join(scale, on="unit")
    for name in ("amount", *MEMBERS):
        miss = both.select((pl.col("amount_true") - pl.col(name)).abs() / pl.col("q")).to_series().mean()
        print(f"M3 {name}: MASE {miss:.4f}")
    inside = both["amount_true"].is_between(both["lower"], both["upper"]).mean()
    print(f"M3 80 % range held {inside:.3f}; took {took:.1f} s")


def scoring() -> None:
    """Print how long 100,000 deals take to score, and how long the close model takes to train."""
    settings = load(environ={"QUARTERDECK_HOME": str(ROOT / ".quarterdeck")})
    data = load_sample(settings)
    begin = time.perf_counter()
    model = close.CloseModel(settings).fit(close.marks(data, settings))
    print(f"close model trained in {time.perf_counter() - begin:.1f} s")
    frame = deals.build(data, data.as_of, settings)
    many = pl.concat([frame] * (100_000 // frame.height + 1)).head(100_000)
    begin = time.perf_counter()
    model.predict(many)
    print(f"100,000 deals scored in {time.perf_counter() - begin:.1f} s")


def main() -> None:
    """Print everything that can be measured here."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared" / "data"
    if folder.exists():
        telco(folder)
        m3(folder)
    else:
        print("The public data are not beside the project; only the sample is measured.")
    scoring()


if __name__ == "__main__":
    main()
