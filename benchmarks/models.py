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
from core.models.close import CloseModel
from core.models.estimators import calibration, model_selection
from core.models.estimators.tabular_classifier import ProbabilityLearner
from core.models.revenue.forecast import RevenueForecaster
from core.models.revenue.local_models import MEMBERS
from core.models.train import train_all
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
    splits = model_selection.at_random(y, 5, 0)
    for train, test in splits:
        model = ProbabilityLearner(settings).fit(frame[train], "Churn")
        p[test] = model.predict(frame[test].drop("Churn"))["p"].to_numpy()
    took = time.perf_counter() - begin
    for train, test in splits:
        x = model.matrix(frame)
        plain[test] = (
            HistGradientBoostingClassifier(random_state=0).fit(x[train], y[train]).predict_proba(x[test])[:, 1]
        )
    for name, predicted in (("race and calibration", p), ("HistGradientBoosting", plain)):
        scores = (calibration.auc(y, predicted), calibration.brier(y, predicted), calibration.error(y, predicted))
        print(f"Telco {name}: AUC {scores[0]:.4f}, Brier {scores[1]:.4f}, calibration error {scores[2]:.4f}")
    print(f"Telco five folds took {took:.1f} s")


def m3(folder: Path) -> None:
    """Print MASE, sMAPE and OWA of the forecast and of its members, coverage and time on the M3 series."""
    train, test = _m3(folder, "train"), _m3(folder, "test")
    RevenueForecaster(load()).fit(train.filter(pl.col("unit") == train["unit"][0])).predict(1)
    begin = time.perf_counter()
    model = RevenueForecaster(load()).fit(train)
    outlook = model.predict(H)
    took = time.perf_counter() - begin
    actual = _shaped(test, model.units_, H)
    histories = model.series_
    plain = np.stack([naive2(y, H) for y in histories])
    predictions = {"ensemble": outlook["amount"].to_numpy().reshape(-1, H), "NAIVE2": plain}
    predictions |= dict(zip(MEMBERS, model._members(H, 0), strict=True))
    base = (mase(histories, plain, actual), smape(plain, actual))
    for name, predicted in predictions.items():
        own = (mase(histories, predicted, actual), smape(predicted, actual))
        owa = (own[0] / base[0] + own[1] / base[1]) / 2
        print(f"M3 {name}: MASE {own[0]:.4f}, sMAPE {own[1]:.2f}, OWA {owa:.4f}")
    low, high = (outlook[c].to_numpy().reshape(-1, H) for c in ("lower", "upper"))
    inside = (actual >= low) & (actual <= high)
    print(f"M3 80 % range held {inside.mean():.3f}, by horizon {np.round(inside.mean(axis=0), 2).tolist()}")
    print(f"M3 took {took:.1f} s once compiled")
    for months in (36, 24):
        short = train.sort("unit", "month").group_by("unit", maintain_order=True).tail(months)
        small = RevenueForecaster(load()).fit(short)
        for h in (3, 6):
            scores = [mase(small.series_, x, actual[:, :h]) for x in small._members(h, 0)]
            own = mase(small.series_, small._mixed(h, 0), actual[:, :h])
            print(f"M3 last {months} months, {h} ahead: MASE {own:.4f}, best member {min(scores):.4f}")


def _m3(folder: Path, name: str) -> pl.DataFrame:
    months = {t: add_months(date(1980, 1, 1), t - 1) for t in range(1, 200)}
    frame = pl.read_csv(folder / "m3_monthly_500" / f"{name}.csv")
    month = pl.col("t").replace_strict(months, return_dtype=pl.Date)
    return frame.select(unit="unique_id", month=month, amount=pl.col("y").cast(pl.Float64))


def _shaped(frame: pl.DataFrame, units: list[str], h: int) -> np.ndarray:
    parts = {key[0]: part["amount"].to_numpy() for key, part in frame.sort("month").group_by("unit")}
    return np.stack([parts[unit][:h] for unit in units])


def mase(histories: list[np.ndarray], predicted: np.ndarray, actual: np.ndarray) -> float:
    """Return the mean over series of the mean absolute error over that of the seasonal naive in the past."""
    scale = np.array([np.abs(y[12:] - y[:-12]).mean() for y in histories])
    return float((np.abs(predicted - actual).mean(axis=1) / scale).mean())


def smape(predicted: np.ndarray, actual: np.ndarray) -> float:
    """Return the symmetric mean absolute percentage error, from 0 to 200."""
    return float((200 * np.abs(predicted - actual) / (np.abs(predicted) + np.abs(actual))).mean())


def naive2(y: np.ndarray, h: int) -> np.ndarray:
    """Carry the last value on, seasonally adjusted where the twelfth autocorrelation is clear (M3's own rule)."""
    gap = y - y.mean()
    lags = np.array([(gap[k:] * gap[:-k]).sum() for k in range(1, 13)]) / (gap**2).sum()
    season = np.ones(12)
    if abs(lags[11]) > 1.645 * np.sqrt((1 + 2 * (lags[:11] ** 2).sum()) / len(y)):
        trend = np.convolve(y, np.r_[0.5, np.ones(11), 0.5] / 12, "valid")
        ratio = y[6:-6] / trend
        season = np.array([ratio[(k - 6) % 12 :: 12].mean() for k in range(12)])
        season *= 12 / season.sum()
    last = y[-1] / season[(len(y) - 1) % 12]
    return np.array([last * season[(len(y) + s) % 12] for s in range(h)])


def scoring() -> None:
    """Print how long all models of the sample take to train, and 100,000 deals to score."""
    settings = load(environ={"QUARTERDECK_HOME": str(ROOT / ".quarterdeck")})
    data = load_sample(settings)
    begin, work = time.perf_counter(), time.process_time()
    bundle = train_all(data, settings)
    took, worked = time.perf_counter() - begin, time.process_time() - work
    print(f"all models of the sample trained in {took:.1f} s, {worked:.1f} s of processor time")
    score(bundle.need_close(), deals.build(data, data.as_of, settings))


def score(model: CloseModel, frame: pl.DataFrame) -> None:
    """Print how long 100,000 deals take to score."""
    many = pl.concat([frame] * (100_000 // frame.height + 1)).head(100_000)
    model.predict(frame)
    begin, work = time.perf_counter(), time.process_time()
    model.predict(many)
    took, worked = time.perf_counter() - begin, time.process_time() - work
    print(f"100,000 deals scored in {took:.2f} s, {worked:.2f} s of processor time")


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
