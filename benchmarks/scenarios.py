"""What a lever costs in the core: on the sample's open deals, on 5,000 and on 50,000.

Run: .venv/bin/python benchmarks/scenarios.py [rounds]

The larger books repeat the sample's open deals with amounts and chances a little changed. Prints the median
and the 95th percentile of the time passed, and the processor time, which other work on the machine disturbs less.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count

import numpy as np
import polars as pl

from core.config import load
from core.models import registry
from core.scenarios.analysis import attribution, goal_seek, sensitivity, whatif
from core.scenarios.analysis.whatif import Ground
from core.scenarios.data.baseline import Baseline
from core.scenarios.engine import expectation
from core.scenarios.levers import FIRST, LeverSetting, Scenario
from core.sources import load_data


def timed(name: str, call: Callable[[], object], rounds: int) -> None:
    """Print the times of a call, in milliseconds."""
    times, used = [], time.process_time()
    for _ in range(rounds):
        begin = time.perf_counter()
        call()
        times.append((time.perf_counter() - begin) * 1000)
    used = (time.process_time() - used) / rounds * 1000
    ordered = sorted(times)
    p95 = ordered[int(0.95 * (rounds - 1))]
    print(f"  {name:34} median {statistics.median(times):7.1f} ms  p95 {p95:7.1f} ms  processor {used:7.1f} ms")


def larger(base: Baseline, deals: int) -> Baseline:
    """Repeat the open deals until there are so many."""
    rng = np.random.default_rng(3)
    rows = rng.integers(0, base.open_deals.height, deals)
    repeated = (
        base.open_deals[rows]
        .with_columns(
            opportunity_id=pl.Series([f"D{i}" for i in range(deals)]),
            amount=pl.col("amount") * pl.Series(rng.uniform(0.7, 1.4, deals)),
        )
        .with_row_index("row")
        .sort("segment", "region", "opportunity_type", "opportunity_id")
    )
    own = base.own[rows][repeated["row"].to_numpy()] * rng.uniform(0.6, 1.0, deals)[:, None]
    return replace(base, open_deals=repeated.drop("row"), own=own, rescore=None)


def fresh(lever: str, numbers: Iterator[int]) -> Scenario:
    """Return a scenario with a value not asked for before."""
    return Scenario("one", (LeverSetting(lever, next(numbers) / 10_000),))


def table(start: Ground, rounds: int) -> None:
    """Print the times of one book of deals."""
    base, numbers = start.base, count(1)
    start.before()
    print(f"{base.open_deals.height:,} open deals")
    six = Scenario("six", tuple(LeverSetting(name, 0.1) for name in FIRST))
    timed("win rate: outcome and range", lambda: expectation.run(base, fresh("win_rate", numbers)), rounds)
    timed("deal size: outcome and range", lambda: expectation.run(base, fresh("deal_size", numbers)), rounds)
    timed("cycle: outcome and range", lambda: expectation.run(base, fresh("cycle", numbers)), rounds)
    timed("expectations alone", lambda: expectation.parts(base, fresh("win_rate", numbers)), rounds)

    def parted() -> object:
        moved = tuple(replace(s, value=s.value + next(numbers) / 10_000) for s in six.levers)
        return attribution.split(base, Scenario("six", moved))

    few = max(rounds // 6, 3)
    timed("split over six levers", parted, few)
    goal = start.before().spread.quantile(0.5) * 1.05
    timed(
        "goal seek with cheapest mix",
        lambda: goal_seek.seek(start, Scenario(), goal_seek.Goal(goal + next(numbers))),
        few,
    )
    timed("tornado", lambda: sensitivity.tornado(start, fresh("price", numbers)), few)


def main() -> None:
    """Print the tables."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    settings = load()
    data = load_data(settings)
    start = whatif.ground(data, settings, registry.load_or_train(data, settings))
    table(start, rounds)
    for deals in (5_000, 50_000):
        table(Ground(larger(start.base, deals), start.seen), rounds)


if __name__ == "__main__":
    main()
