"""Building the marts from raw Parquet: Polars, DuckDB and pandas side by side.

Run: .venv/bin/python benchmarks/marts.py FOLDER [rounds]

FOLDER is what `quarterdeck sample` writes. Each way reads the same files and makes the daily cube, the time
deals spent in each stage and the facts of every account; each runs in a process of its own, so that its peak of
memory is its own. The floor is the time to read the bytes of the columns touched once, at the speed numpy copies
memory here.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

KEYS = "booked_on, region, product_id, rep_id, kind"
CUBE = f"SELECT {KEYS}, sum(amount) amount, count(*) n_lines FROM t WHERE booked_on <= ? GROUP BY {KEYS}"
FACTS = """SELECT account_id, min(booked_on), max(booked_on), count(*),
  sum(CASE WHEN kind = 'booking' THEN amount ELSE 0 END), sum(CASE WHEN kind <> 'booking' THEN amount ELSE 0 END)
  FROM t WHERE booked_on <= ? GROUP BY account_id"""
STAYS = """SELECT opportunity_id, stage, valid_from,
  lead(valid_from) OVER (PARTITION BY opportunity_id ORDER BY valid_from)
  FROM (SELECT *, lag(stage) OVER (PARTITION BY opportunity_id ORDER BY valid_from) AS before
        FROM h WHERE valid_from <= ? AND NOT is_deleted)
  WHERE before IS NULL OR before <> stage"""
DAY = date(2100, 1, 1)


def polars(folder: Path) -> list[int]:
    """Build with the code of `core.marts` on lazy frames."""
    import polars as pl

    from core import marts

    lines = pl.scan_parquet(folder / "transactions.parquet")
    states = pl.scan_parquet(folder / "opportunity_history.parquet")
    made = [
        marts.bookings_daily(lines, DAY),
        marts.account_facts(lines, DAY),
        marts.stage_intervals(states, DAY),
    ]
    return [frame.height for frame in pl.collect_all(made, engine="streaming")]


def duckdb(folder: Path) -> list[int]:
    """Build with SQL."""
    import duckdb as db

    con = db.connect()
    con.execute(f"CREATE VIEW t AS SELECT * FROM '{folder / 'transactions.parquet'}'")
    con.execute(f"CREATE VIEW h AS SELECT * FROM '{folder / 'opportunity_history.parquet'}'")
    return [con.execute(sql, [DAY]).to_arrow_table().num_rows for sql in (CUBE, FACTS, STAYS)]


def pandas(folder: Path) -> list[int]:
    """Build with pandas."""
    import pandas as pd

    keys = KEYS.split(", ")
    lines = pd.read_parquet(folder / "transactions.parquet", columns=[*keys, "account_id", "amount"])
    cube = lines.groupby(keys, dropna=False, observed=True).agg(amount=("amount", "sum"), n=("amount", "size"))
    booked = lines["amount"].where(lines["kind"] == "booking", 0.0)
    lines = lines.assign(booked=booked, billed=lines["amount"] - booked)
    facts = lines.groupby("account_id").agg(
        first=("booked_on", "min"),
        last=("booked_on", "max"),
        n=("amount", "size"),
        a=("booked", "sum"),
        b=("billed", "sum"),
    )
    states = pd.read_parquet(folder / "opportunity_history.parquet")
    states = states[~states["is_deleted"]].sort_values(["opportunity_id", "valid_from"], kind="stable")
    fresh = states[states["stage"] != states.groupby("opportunity_id")["stage"].shift()]
    stays = fresh.assign(left_on=fresh.groupby("opportunity_id")["valid_from"].shift(-1))
    return [len(cube), len(facts), len(stays)]


def floor(folder: Path) -> tuple[float, float]:
    """Return the bytes the columns touched take in memory, and how many bytes a second this machine copies."""
    import numpy as np
    import polars as pl

    columns = [*KEYS.split(", "), "account_id", "amount"]
    size = pl.read_parquet(folder / "transactions.parquet", columns=columns).estimated_size()
    size += pl.read_parquet(folder / "opportunity_history.parquet").estimated_size()
    block = np.ones(200_000_000, dtype=np.uint8)
    begin = time.perf_counter()
    block.copy()
    return float(size), block.nbytes / (time.perf_counter() - begin)


def once(way: str, folder: Path) -> dict[str, object]:
    """Run one way in this process and tell time passed and of the processor, memory and the rows it made."""
    begin, busy = time.perf_counter(), time.process_time()
    rows = WAYS[way](folder)
    seconds, used = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_SELF)
    return {"seconds": seconds, "busy": time.process_time() - busy, "peak_gb": used.ru_maxrss / 1e6, "rows": rows}


WAYS = {"polars": polars, "duckdb": duckdb, "pandas": pandas}


def main() -> None:
    """Print one line per way."""
    folder, rounds = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 3
    runs_of: dict[str, list[dict[str, object]]] = {way: [] for way in WAYS}
    for _ in range(rounds):
        for way in WAYS:
            command = [sys.executable, __file__, str(folder), way]
            out = subprocess.run(command, capture_output=True, text=True, check=True)
            runs_of[way].append(json.loads(out.stdout))
    best = statistics.median(float(str(run["seconds"])) for run in runs_of["polars"])
    for way, runs in runs_of.items():
        seconds = statistics.median(float(str(run["seconds"])) for run in runs)
        peak = max(float(str(run["peak_gb"])) for run in runs)
        busy = statistics.median(float(str(run["busy"])) for run in runs)
        spent = f"{seconds:6.2f} s  {busy:5.2f} s of processor  {seconds / best:5.2f} x"
        print(f"{way:8} {spent}  {peak:5.1f} GB  rows {runs[0]['rows']}")
    size, speed = floor(folder)
    print(f"floor    {size / speed:6.2f} s  for {size / 1e9:.2f} GB at {speed / 1e9:.1f} GB/s")


if __name__ == "__main__":
    if len(sys.argv) > 2 and sys.argv[2] in WAYS:
        print(json.dumps(once(sys.argv[2], Path(sys.argv[1]))))
    else:
        main()
