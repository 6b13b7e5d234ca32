"""Whether knowing the pipeline would bring monthly revenue nearer: what was won lately, what is due, all of it.

Every month of the last years that has a year behind it: the forecast of each region one to three months ahead, as it
would have been, and its relative miss. The miss is then foretold from the pipeline as it stood when the month before
ended, learnt from months over by then: by a line through nothing, and by LightGBM.

Run: .venv/bin/python benchmarks/pipeline_months.py
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from core.config import load
from core.config.calendar import add_months
from core.metrics.deal_events import OPEN, at, tracks
from core.models.revenue import forecast
from core.models.revenue.bookings_signal import FEWEST_ORIGINS, Past, of_deals, surprise
from core.models.revenue.panel_forecaster import YOUNG
from core.sources import load_sample

ROOT = Path(__file__).resolve().parents[1]
H = 3
WAYS = {
    "won lately": ("won",),
    "due within the months": ("due",),
    "all that is open": ("open",),
    "won lately and due": ("won", "due"),
    "all three": ("won", "due", "open"),
}


def pipeline_signals(data: Any, settings: Any, model: Any, months: list[Any]) -> dict[str, np.ndarray]:
    """Return, by name, how unusual each unit's pipeline was at the end of each month: [months, units]."""
    track = tracks(data, settings)
    places = data.opportunities.join(data.accounts.select("account_id", "region"), on="account_id", how="left")
    places = places.select("opportunity_id", unit=pl.col("region").fill_null("Not known"))
    won = {(u, m): v for u, m, v in of_deals(data, "region", months, forecast.ALL).iter_rows()}
    parts: dict[str, list[list[float]]] = {"won": [], "due": [], "open": []}
    for month in months:
        day = add_months(month, 1) - timedelta(days=1)
        now = at(track, day).filter(pl.col("state") == OPEN).drop("unit", strict=False)
        now = now.select("opportunity_id", "cents", "close_on").join(places, on="opportunity_id", how="left")
        due = now.filter(pl.col("close_on") <= add_months(month, 1 + H))
        for name, rows in (("due", due), ("open", now)):
            sums = dict(rows.group_by("unit").agg(pl.col("cents").sum() / 100).iter_rows())
            parts[name].append([sums.get(u, sum(sums.values()) if u == forecast.ALL else 0.0) for u in model.units_])
        parts["won"].append([won.get((u, month), 0.0) for u in model.units_])
    return {
        name: np.stack([surprise(np.array(rows)[:, i], y) for i, y in enumerate(model.series_)], axis=1)
        for name, rows in parts.items()
    }


def trial(x: np.ndarray, miss: np.ndarray, kind: str) -> tuple[list[float], list[float]]:
    """Return the mean miss of each number of months ahead as it was and once foretold; x is [origins, units, names]."""
    before, after = [], []
    for s in range(H):
        plain, left = [], []
        for origin in range(1, len(x) - s - 1):
            past = slice(origin + s + 1, None)
            good = ~np.isnan(x[past]).any(axis=2) & ~np.isnan(miss[past, :, s])
            here = ~np.isnan(x[origin]).any(axis=1) & ~np.isnan(miss[origin, :, s])
            if good.any(axis=1).sum() < FEWEST_ORIGINS or not here.any():
                continue
            predicted = foretold(x[past][good], miss[past, :, s][good], x[origin][here], kind)
            plain.extend(np.abs(miss[origin, here, s]))
            left.extend(np.abs(miss[origin, here, s] - predicted))
        before.append(float(np.mean(plain)))
        after.append(float(np.mean(left)))
    return before, after


def foretold(x: np.ndarray, y: np.ndarray, now: np.ndarray, kind: str) -> np.ndarray:
    """Fit past misses and foretell the present ones."""
    if kind == "line":
        spread = x.std(axis=0)
        z = x / spread
        weights = np.linalg.solve(z.T @ z + 0.5 * len(z) * np.eye(x.shape[1]), z.T @ y)
        return np.asarray((now / spread) @ weights)
    import lightgbm as lgb

    options = {
        "objective": "l1",
        "num_leaves": 4,
        "min_data_in_leaf": 8,
        "learning_rate": 0.05,
        "verbose": -1,
        "num_threads": 1,
        "seed": 7,
        "lambda_l2": 5.0,
    }
    return np.asarray(lgb.train(options, lgb.Dataset(x, y), 60).predict(now))


def main() -> None:
    """Print the mean relative miss of the regions with and without each way."""
    settings = load(environ={"QUARTERDECK_HOME": str(ROOT / ".quarterdeck")})
    data = load_sample(settings)
    past = forecast.revenue_panel(data, settings)
    model = forecast.RevenueForecaster(settings).fit(past)
    months = past["month"].unique().sort().to_list()
    signals = pipeline_signals(data, settings, model, months)
    learns = [unit != forecast.ALL for unit in model.units_]
    origins = range(len(months) - YOUNG + 1)
    laid = {
        name: Past.of(lambda o: model.base(H, o), model.series_, list(rows.T), learns, origins, H)
        for name, rows in signals.items()
    }
    for way, names in WAYS.items():
        x = np.stack([laid[name].surprise for name in names], axis=2)
        for kind in ("line", "LightGBM"):
            before, after = trial(x, laid[names[0]].miss, kind)
            misses = ", ".join(f"{b * 100:.2f} -> {a * 100:.2f} %" for b, a in zip(before, after, strict=True))
            print(f"{way:24}{kind:10}{misses}")


if __name__ == "__main__":
    main()
