"""How every mart grows with its input, and what it takes to make: one process per company, one line per mart.

Run: .venv/bin/python benchmarks/marts_growth.py FOLDER [FOLDER ...]

Each folder is what `quarterdeck sample` writes, say with --transactions 100000000 --activities 50000000. Seconds are on
the clock and of the processor, for a machine is rarely alone; the peak of memory is that of the process.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def measured(folder: Path) -> dict[str, object]:
    """Make every mart of a company in this process, and tell what each took."""
    from marts import dataset

    from core import marts
    from core.marts.mart_tables import NAMES

    data, out = dataset(folder), {}
    begin, busy = time.perf_counter(), time.process_time()
    for name in NAMES:
        since, spent = time.perf_counter(), time.process_time()
        table = marts.build(data, (name,)).table(name)
        took = (time.perf_counter() - since, time.process_time() - spent)
        out[name] = (*took, table.height, table.estimated_size() / 1e6)
    whole = (time.perf_counter() - begin, time.process_time() - busy)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    counts = {name: data.row_counts[name] for name in ("transactions", "activities", "opportunity_history")}
    return {"marts": out, "whole": whole, "peak_gb": peak, "counts": counts, "load": os.getloadavg()[0]}


def main() -> None:
    """Print a table per company."""
    for folder in sys.argv[1:]:
        command = [sys.executable, __file__, "--one", folder]
        measured = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        print(
            folder, ", ".join(f"{n:,} {name}" for name, n in measured["counts"].items()), f"load {measured['load']:.0f}"
        )
        for name, (seconds, busy, height, size) in measured["marts"].items():
            print(f"  {name:22} {seconds:7.2f} s {busy:7.2f} s of processor {height:>11,} rows {size:8.1f} MB")
        seconds, busy = measured["whole"]
        print(f"  {'together':22} {seconds:7.2f} s {busy:7.2f} s of processor, {measured['peak_gb']:.1f} GB at most")


if __name__ == "__main__":
    if sys.argv[1] == "--one":
        print(json.dumps(measured(Path(sys.argv[2]))))
    else:
        main()
