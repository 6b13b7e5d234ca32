"""What any model could reach: the planted truth restricted to what a CRM export shows.

The truth of a deal's chance knows how eager its buyer is; an export shows only the meetings that followed.
Here that eagerness is drawn from its exact distribution given every meeting so far (a Poisson count each
week, the rate known), the deal is played forward by the sample's own rules, and the mean over draws is the
best possible chance: stage, dates, rival, skill of the rep and the rules themselves taken as known.

Run: .venv/bin/python benchmarks/ceiling.py
"""

from __future__ import annotations

import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from core.models.calibration import auc

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


if __name__ == "__main__":
    main()
