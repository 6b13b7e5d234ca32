"""The race of the contenders on leads later than those they learnt from, and the calibration of the winner."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
import polars as pl
from scipy.optimize import minimize

from core.metrics.confidence_intervals import wilson
from core.models.estimators.calibration import auc, brier
from core.models.estimators.contenders import sigmoid
from core.models.leads.lead_contenders import BASE, CONTENDERS, Floats, Scorer, logits
from core.models.leads.lead_landmarks import HORIZONS

LEARN, SET = 0.5, 0.75  # shares of the landmarks, by day: to learn, then to set the scale, then to judge
FEWEST_HITS = 30
Z_TWO_CHALLENGERS = 2.2414  # 95 % for two comparisons together
BINS = 8
RACE = {
    "model": pl.String,
    "log_loss": pl.Float64,
    "brier": pl.Float64,
    "concordance": pl.Float64,
    "gain": pl.Float64,
    "gain_low": pl.Float64,
    "gain_high": pl.Float64,
    "is_shown": pl.Boolean,
}
CALIBRATION = {
    "expected": pl.Float64,
    "observed": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "n": pl.Int64,
}
RECORD = {
    "quarter": pl.String,
    "n": pl.Int64,
    "expected": pl.Float64,
    "observed": pl.Int64,
    "top_rate": pl.Float64,
    "rest_rate": pl.Float64,
}


@dataclass(frozen=True)
class Scale:
    """Sets log odds right: a slope and an offset, as Platt's method does."""

    slope: float = 1.0
    offset: float = 0.0

    @classmethod
    def fit(cls, scores: Floats, y: Floats) -> Scale:
        """Learn from log odds and outcomes; where there are too few of either kind nothing is changed."""
        if min(y.sum(), len(y) - y.sum()) < FEWEST_HITS:
            return cls()

        def loss(given: Floats) -> float:
            z = given[0] * scores + given[1]
            return float(np.mean(np.logaddexp(0.0, z) - y * z) + 1e-3 * (given[0] - 1) ** 2)

        best = minimize(loss, np.array([1.0, 0.0]), method="BFGS")
        return cls(float(max(best.x[0], 0.05)), float(best.x[1]))


@dataclass(frozen=True)
class Race:
    """Who won, and how well.

    Attributes
    ----------
    winner : str
    scorer : Scorer
        The winner, taught all landmarks.
    scale : Scale
    frame, calibration, record : pl.DataFrame
        In the shape of `RACE`, `CALIBRATION`, `RECORD`: of leads none of the contenders had learnt from.
    n, hits : int
        Landmarks that judged, and how many of them came true.
    """

    winner: str
    scorer: Scorer
    scale: Scale
    frame: pl.DataFrame
    calibration: pl.DataFrame
    record: pl.DataFrame
    n: int
    hits: int


def run(rows: pl.DataFrame, outcome: str) -> Race | None:
    """Let the contenders learn from early leads and be judged on late ones.

    The landmarks are cut by day: half to learn, a quarter to set the scale, the last quarter to judge; whatever was not
    yet known on the first day of the next part is left out. A challenger is shown only where its log loss is lower than
    that of the source's rate beyond chance, by leads, for both challengers together.

    Parameters
    ----------
    rows : pl.DataFrame
        As `lead_landmarks.landmarks`.
    outcome : str
        "deal" or "won".

    Returns
    -------
    Race or None
        None where the parts hold too few leads that came true, or too few that did not.
    """
    learn, scaling, judging = _cut(rows, HORIZONS[outcome])
    if any(min(p["y"].sum(), p.height - p["y"].sum()) < FEWEST_HITS for p in (learn, scaling, judging)):
        return None
    y, z = judging["y"].to_numpy().astype(float), {}
    scales: dict[str, Scale] = {}
    for name, fit in CONTENDERS.items():
        scorer = fit(learn)
        scales[name] = Scale.fit(logits(scorer, scaling), scaling["y"].to_numpy().astype(float))
        z[name] = scales[name].slope * logits(scorer, judging) + scales[name].offset
    frame, winner = _table(z, y, judging["lead_id"])
    p = sigmoid(z[winner])
    return Race(
        winner,
        CONTENDERS[winner](rows),
        scales[winner],
        frame,
        calibration(p, y),
        _record(judging, p),
        judging.height,
        int(y.sum()),
    )


def _cut(rows: pl.DataFrame, horizon: int) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    if rows.is_empty():
        return rows, rows, rows
    days = rows["on"].sort()
    second, third = (days[min(int(share * len(days)), len(days) - 1)] for share in (LEARN, SET))
    gap = pl.duration(days=horizon)
    learn = rows.filter(pl.col("on") + gap <= second)
    scaling = rows.filter(pl.col("on") >= second, pl.col("on") + gap <= third)
    return learn, scaling, rows.filter(pl.col("on") >= third)


def _losses(z: Floats, y: Floats) -> Floats:
    return np.asarray(np.logaddexp(0.0, z) - y * z)


def _table(z: dict[str, Floats], y: Floats, leads: pl.Series) -> tuple[pl.DataFrame, str]:
    base = _losses(z[BASE], y)
    rows: list[dict[str, Any]] = []
    for name, scores in z.items():
        loss = _losses(scores, y)
        gain, low, high = (0.0, 0.0, 0.0) if name == BASE else _gain(base - loss, leads)
        rows.append(
            {
                "model": name,
                "log_loss": float(loss.mean()),
                "brier": brier(y, sigmoid(scores)),
                "concordance": auc(y, scores),
                "gain": gain,
                "gain_low": low,
                "gain_high": high,
            }
        )
    sure = [row for row in rows if row["gain_low"] > 0]
    winner = str(min(sure, key=lambda row: row["log_loss"])["model"]) if sure else BASE
    listed = [row | {"is_shown": row["model"] == winner} for row in rows]
    return pl.DataFrame(listed, schema=RACE).sort("log_loss", "model"), winner


def _gain(gains: Floats, leads: pl.Series) -> tuple[float, float, float]:
    """Return the mean gain with its interval; the rows of one lead are one case."""
    sums = pl.DataFrame({"lead": leads, "gain": gains}).group_by("lead").agg(pl.col("gain").sum(), n=pl.len())
    mean = float(gains.mean())
    rest = sums["gain"].to_numpy() - mean * sums["n"].to_numpy()
    reach = Z_TWO_CHALLENGERS * sqrt(float((rest**2).sum())) / len(gains)
    return mean, mean - reach, mean + reach


def calibration(p: Floats, y: Floats) -> pl.DataFrame:
    """Return expected and observed rates of eight equal parts of the leads, by their score, with Wilson's interval."""
    rows = []
    for part in np.array_split(np.argsort(p, kind="stable"), BINS):
        n, hits = len(part), int(y[part].sum())
        low, high = wilson(hits, n) or (0.0, 1.0)
        rows.append({"expected": float(p[part].mean()), "observed": hits / n, "low": low, "high": high, "n": n})
    return pl.DataFrame(rows, schema=CALIBRATION)


def _record(judging: pl.DataFrame, p: Floats) -> pl.DataFrame:
    """Return by quarter what the scores said of leads one day old, what happened, and how the top fifth did."""
    first = judging.with_columns(p=pl.Series(p)).filter(pl.col("age") == pl.col("age").min())
    quarter = pl.format("Q{} {}", pl.col("on").dt.quarter(), pl.col("on").dt.year())
    cut = pl.col("p").quantile(0.8).over("quarter")
    rows = first.with_columns(quarter=quarter).with_columns(top=pl.col("p") >= cut)
    return (
        rows.group_by("quarter")
        .agg(
            n=pl.len(),
            expected=pl.col("p").sum(),
            observed=pl.col("y").sum(),
            top_rate=pl.col("y").filter("top").mean(),
            rest_rate=pl.col("y").filter(~pl.col("top")).mean(),
            _on=pl.col("on").min(),
        )
        .sort("_on")
        .select(list(RECORD))
        .cast(pl.Schema(RECORD))
    )
