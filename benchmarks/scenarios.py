"""What a lever costs: one move, six moves, and the split over levers, on the sample company.

Run: .venv/bin/python benchmarks/scenarios.py [rounds]
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

from core.config import load
from core.scenarios import attribution, engine, whatif
from core.scenarios.levers import LEVERS, LeverSetting, Scenario
from core.sources import load_data


def timed(name: str, call: Callable[[], object], rounds: int) -> None:
    """Print the median and the 95th percentile of a call, in milliseconds."""
    found = []
    for _ in range(rounds):
        begin = time.perf_counter()
        call()
        found.append((time.perf_counter() - begin) * 1000)
    ordered = sorted(found)
    print(f"{name:38} median {statistics.median(found):6.1f} ms  p95 {ordered[int(0.95 * (rounds - 1))]:6.1f} ms")


def main() -> None:
    """Print the table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    settings = load()
    start = whatif.ground(load_data(settings), settings)
    one = Scenario("one", (LeverSetting("win_rate", 0.1),))
    six = Scenario("six", tuple(LeverSetting(name, 0.1) for name in LEVERS))
    timed("outcome, one lever", lambda: engine.run(start.base, one), rounds)
    timed("outcome, six levers", lambda: engine.run(start.base, six), rounds)
    timed("split over six levers", lambda: attribution.shapley(start.base, six), rounds)
    timed("everything, one lever", lambda: whatif.work_out(start, one), rounds)
    timed("everything, six levers", lambda: whatif.work_out(start, six), rounds)


if __name__ == "__main__":
    main()
