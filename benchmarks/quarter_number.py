"""The quarter's number on companies nobody tuned to: bias, miss, range, skill and chance of quota, week by week.

Run `python benchmarks/quarter_number.py FOLDER --seeds 21-24 --profile saas`: makes each sample company in FOLDER,
replays its past quarters with models that knew no later day, and prints what the number was off by, beside simple
rules and beside the number before it was put right. Companies that are finished are kept in FOLDER and not replayed
again. Intervals resample whole quarters. `--seeds ""` measures all that are finished.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from core.config import load
from core.forecasts import backtest
from core.models import sum_correction
from core.sample import generate
from core.sources import load_data

DRAWS, SEED = 1_000, 7
THIRDS = {"weeks 1-5": (1, 5), "weeks 6-10": (6, 10), "weeks 11-13": (11, 14)}
RULES = {**sum_correction.NAMES, "last_year_amount": "the same quarter last year"}
COMPUTED = ["computed_amount", "computed_lower", "computed_upper"]
Figures = dict[str, float]


def replayed(folder: Path, seed: int, profile: str) -> None:
    """Replay one company's past quarters and keep the forecasts in the folder, where they are not there yet."""
    file = folder / f"replays-{profile}-{seed}.parquet"
    if file.exists():
        return
    company = folder / f"company-{profile}-{seed}"
    generate(company, seed=seed, profile=profile)
    names = {"QUARTERDECK_HOME": str(folder / "home"), "QUARTERDECK_DATA": str(company)}
    settings = load(environ=names)
    forecasts = backtest.run(load_data(settings), settings).forecasts
    forecasts.with_columns(seed=pl.lit(seed), profile=pl.lit(profile)).write_parquet(file)


def finished(folder: Path, profile: str) -> pl.DataFrame:
    """Return the quarters' forecasts of all finished companies of a profile, put right anew by the code as it is."""
    z = sum_correction.Z80
    companies = []
    for file in sorted(folder.glob(f"replays-{profile}-*.parquet")):
        rows = pl.read_parquet(file).filter(pl.col("window") == backtest.QUARTER).sort("day")
        companies.append(sum_correction.rolled(rows))
    # Companies replayed by earlier code may have fewer columns, and in another order.
    rows = pl.concat(companies, how="diagonal_relaxed").filter(pl.col("actual_amount").is_not_null())
    computed, half = pl.col("computed_amount"), z * pl.col("deviation")
    return rows.with_columns(
        computed_lower=pl.max_horizontal(computed - half, "closed_amount"), computed_upper=computed + half
    )


def number(rows: pl.DataFrame, amount: str = "amount", lower: str = "lower", upper: str = "upper") -> Figures:
    """Return bias and mean absolute miss as shares of what was won, the share inside the range, and the skill."""
    won, miss = rows["actual_amount"], rows[amount] - rows["actual_amount"]
    return {
        "bias %": 100 * float(miss.sum() / won.sum()),
        "miss %": 100 * float(miss.abs().sum() / won.sum()),
        "in range %": 100 * float(won.is_between(rows[lower], rows[upper]).mean() or 0.0),
        "skill": _skill(rows, amount, "weighted_amount"),
    }


def _skill(rows: pl.DataFrame, amount: str, rule: str) -> float:
    both = rows.drop_nulls(rule)
    theirs = float((both[rule] - both["actual_amount"]).abs().sum())
    return 1 - float((both[amount] - both["actual_amount"]).abs().sum()) / theirs if theirs else float("nan")


def computed(rows: pl.DataFrame) -> Figures:
    """Return `number` of what was computed before it was put right."""
    return number(rows, *COMPUTED)


def rules(rows: pl.DataFrame) -> Figures:
    """Return the skill over each simple rule."""
    return {label: _skill(rows, "amount", name) for name, label in RULES.items()}


def chance(rows: pl.DataFrame) -> Figures:
    """Return how the chance of quota held: calibration error in fifths, Brier score and that of a constant."""
    given = rows["quota_chance"].to_numpy()
    reached = (rows["actual_amount"] >= rows["quota_amount"]).to_numpy().astype(float)
    fifth = np.minimum((given * 5).astype(int), 4)
    gaps = [abs(float((given - reached)[fifth == k].sum())) for k in range(5)]
    usual = float(reached.mean())
    return {
        "calibration": sum(gaps) / len(given),
        "Brier": float(((given - reached) ** 2).mean()),
        "Brier of a constant": usual * (1 - usual),
    }


def with_intervals(rows: pl.DataFrame, measured: Callable[[pl.DataFrame], Figures]) -> str:
    """Return each figure with the middle nine tenths of it over resampled quarters."""
    rng = np.random.default_rng(SEED)
    quarters = rows.partition_by("seed", "period_start_on")
    draws = [
        measured(pl.concat([quarters[i] for i in rng.integers(0, len(quarters), len(quarters))])) for _ in range(DRAWS)
    ]
    out = []
    for name, value in measured(rows).items():
        low, high = np.nanquantile([draw[name] for draw in draws], [0.05, 0.95])
        out.append(f"{name} {value:.2f} [{low:.2f}, {high:.2f}]")
    return "; ".join(out)


def fifths(rows: pl.DataFrame) -> pl.DataFrame:
    """Return [fifth, n, said, reached]: what became of the days by the chance of quota given."""
    days = rows.select(
        fifth=(pl.col("quota_chance") * 5).floor().clip(0, 4),
        given="quota_chance",
        reached=pl.col("actual_amount") >= pl.col("quota_amount"),
    )
    return days.group_by("fifth").agg(n=pl.len(), said=pl.col("given").mean(), reached=pl.col("reached").mean())


def main() -> None:
    """Replay the companies asked for and print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", default="21-22", help="the first and the last, as 21-24; empty for those finished")
    parser.add_argument("--profile", default="saas")
    asked = parser.parse_args()
    first, _, last = asked.seeds.partition("-")
    asked.folder.mkdir(parents=True, exist_ok=True)
    for seed in range(int(first), int(last or first) + 1) if first else ():
        replayed(asked.folder, seed, asked.profile)
    rows = finished(asked.folder, asked.profile)
    print(f"{asked.profile}: {rows['seed'].n_unique()} companies, {rows.height} forecasts")
    for name, (begin, end) in {"all weeks": (1, 14), **THIRDS}.items():
        part = rows.filter(pl.col("week").is_between(begin, end))
        print(f"{name}\n  put right: {with_intervals(part, number)}\n  computed:  {with_intervals(part, computed)}")
        print(f"  skill over {with_intervals(part, rules)}\n  chance of quota: {with_intervals(part, chance)}")
    print(fifths(rows).sort("fifth"))
    for week in rows["week"].unique().sort():
        skills = rules(rows.filter(pl.col("week") == week))
        print(f"week {week}: " + ", ".join(f"{label} {skill:.2f}" for label, skill in skills.items()))


if __name__ == "__main__":
    main()
