"""The quarter's number on companies nobody tuned to: bias, miss, range and skill, week by week of past quarters.

Run `python benchmarks/quarter_number.py FOLDER --seeds 21-24`: makes each sample company in FOLDER, replays its past
quarters with models that knew no later day, and prints what the number was off by, beside the stage-weighted pipeline.
Companies that are finished are kept in FOLDER and not replayed again. Intervals resample whole quarters.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import polars as pl

from core.config import load
from core.forecasts import backtest
from core.sample import generate
from core.sources import load_data

DRAWS, SEED = 2_000, 7
THIRDS = {"weeks 1-5": (1, 5), "weeks 6-10": (6, 10), "weeks 11-13": (11, 14)}


def replayed(folder: Path, seed: int) -> pl.DataFrame:
    """Return the forecasts of one company's quarter on past days, kept in the folder once they are made."""
    file = folder / f"replays-{seed}.parquet"
    if not file.exists():
        generate(folder / f"company-{seed}", seed=seed)
        names = {"QUARTERDECK_HOME": str(folder / "home"), "QUARTERDECK_DATA": str(folder / f"company-{seed}")}
        settings = load(environ=names)
        forecasts = backtest.run(load_data(settings), settings).forecasts
        forecasts.with_columns(seed=pl.lit(seed)).write_parquet(file)
    rows = pl.read_parquet(file)
    return rows.filter(pl.col("window") == backtest.QUARTER, pl.col("actual_amount").is_not_null())


def measured(rows: pl.DataFrame) -> dict[str, float]:
    """Return bias and mean absolute miss as shares of what was won, the share inside the range, and the skill."""
    won, miss = rows["actual_amount"], rows["amount"] - rows["actual_amount"]
    simple = (rows["weighted_amount"] - won).abs().sum()
    return {
        "bias %": 100 * miss.sum() / won.sum(),
        "miss %": 100 * miss.abs().sum() / won.sum(),
        "in range %": 100 * float(won.is_between(rows["lower"], rows["upper"]).mean() or 0.0),
        "skill": 1 - miss.abs().sum() / simple if simple else float("nan"),
    }


def with_intervals(rows: pl.DataFrame) -> dict[str, str]:
    """Return each figure with the middle nine tenths of it over resampled quarters."""
    rng = np.random.default_rng(SEED)
    quarters = rows.partition_by("seed", "period_start_on")
    draws = [
        measured(pl.concat([quarters[i] for i in rng.integers(0, len(quarters), len(quarters))])) for _ in range(DRAWS)
    ]
    out = {}
    for name, value in measured(rows).items():
        low, high = np.nanquantile([draw[name] for draw in draws], [0.05, 0.95])
        out[name] = f"{value:.2f} [{low:.2f}, {high:.2f}]"
    return out


def main() -> None:
    """Replay the companies asked for and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", default="21-22", help="the first and the last, as 21-24")
    asked = parser.parse_args()
    first, _, last = asked.seeds.partition("-")
    asked.folder.mkdir(parents=True, exist_ok=True)
    rows = pl.concat([replayed(asked.folder, seed) for seed in range(int(first), int(last or first) + 1)])
    print(f"{rows['seed'].n_unique()} companies, {rows.height} forecasts")
    for name, (begin, end) in {"all weeks": (1, 14), **THIRDS}.items():
        print(name, with_intervals(rows.filter(pl.col("week").is_between(begin, end))))


if __name__ == "__main__":
    main()
