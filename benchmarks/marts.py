"""Building the marts from raw Parquet: the code of `core.marts` on Polars and on DuckDB, and SQL that does the same.

Run: .venv/bin/python benchmarks/marts.py FOLDER [rounds]

FOLDER is what `quarterdeck sample` writes. Each way reads the same files and makes the seven tables that sum lines and
activities; each runs in a process of its own, so that its peak of memory is its own. Imports are told apart. The last
lines are the whole of `marts.build`, with every table sorted, and what the tables take in memory beside the raw ones.
"""

from __future__ import annotations

import json
import re
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

DAY = date(2100, 1, 1)
SINCE = date(2025, 5, 16)
KEYS = "booked_on, region, product_id, rep_id, kind"
COSTED, PRICED = "amount > 0 AND cost_amount IS NOT NULL", "amount > 0 AND discount_rate BETWEEN 0 AND 0.95"
SQL = {
    "bookings_daily": f"""SELECT {KEYS}, sum(amount), count(*),
        sum(CASE WHEN {COSTED} THEN amount ELSE 0 END), sum(CASE WHEN {COSTED} THEN cost_amount ELSE 0 END),
        sum(CASE WHEN {PRICED} THEN amount ELSE 0 END),
        sum(CASE WHEN {PRICED} THEN amount / (1 - discount_rate) ELSE 0 END),
        sum(discount_rate), count(discount_rate) FROM t GROUP BY {KEYS}""",
    "revenue_months": """SELECT date_trunc('month', booked_on) AS month, t.region, segment, product_id,
        coalesce(rep_id, owner_id), sum(amount) FROM t LEFT JOIN a USING (account_id)
        WHERE kind IN ('billing', 'refund') GROUP BY ALL""",
    "customer_orders": """SELECT booked_on, account_id, region, product_id, rep_id, kind, sum(amount), count(*)
        FROM t WHERE kind = 'booking' GROUP BY ALL""",
    "account_costs": f"""SELECT account_id, sum(amount), sum(cost_amount) FROM t WHERE kind <> 'booking'
        AND cost_amount IS NOT NULL AND booked_on BETWEEN DATE '{SINCE}' AND DATE '{DAY}' GROUP BY ALL""",
    "deal_activity_days": """SELECT occurred_at::DATE AS d, opportunity_id, count(*),
        sum(CASE WHEN kind = 'meeting' THEN 1 ELSE 0 END) FROM v WHERE opportunity_id IS NOT NULL GROUP BY ALL""",
    "account_activity_days": """SELECT occurred_at::DATE AS d, account_id, kind, outcome, count(*),
        sum(sentiment_score), count(sentiment_score), sum(quantity), count(quantity)
        FROM v WHERE account_id IS NOT NULL GROUP BY ALL""",
    "rep_activity_days": """SELECT occurred_at::DATE AS d, rep_id, kind, count(*)
        FROM v WHERE rep_id IS NOT NULL GROUP BY ALL""",
}


def plans(lines: Any, owners: Any, done: Any) -> dict[str, Any]:
    """Return the tables of `core.marts` on frames of any engine."""
    from core import marts

    return {
        "bookings_daily": marts.bookings_daily(lines),
        "revenue_months": marts.revenue_months(lines, owners),
        "customer_orders": marts.customer_orders(lines, ("booking",)),
        "account_costs": marts.account_costs(lines, SINCE, DAY),
        "deal_activity_days": marts.deal_activity_days(done),
        "account_activity_days": marts.account_activity_days(done),
        "rep_activity_days": marts.rep_activity_days(done),
    }


def quarterdeck(folder: Path) -> list[int]:
    """Build as the app does, without the sorting: each table in the engine that is quicker at it."""
    from core.marts import engine_plans, long_files

    data, heights = dataset(folder), []
    duck, plans = long_files.DuckDB(data), {**engine_plans.line_plans(data), **engine_plans.activity_plans()}
    for name in SQL:
        plan = plans.get(name, engine_plans.orders_plan(("booking",)))
        if name in plans and long_files.is_long(data, plan.entity):
            heights.append(plan.after(duck.made(plan.entity, plan.function)).height)
        else:
            heights.append(plan.after(plan.function(data.lazy(plan.entity)).collect(engine="streaming")).height)
    return heights


def polars(folder: Path) -> list[int]:
    """Build with the code of `core.marts` on lazy Polars frames."""
    import polars as pl

    files = (pl.scan_parquet(folder / f"{name}.parquet") for name in ("transactions", "accounts", "activities"))
    return [plan.collect(engine="streaming").height for plan in plans(*files).values()]


def _connected(folder: Path) -> Any:
    import duckdb

    connection = duckdb.connect()
    for short, name in (("t", "transactions"), ("a", "accounts"), ("v", "activities")):
        connection.execute(f"CREATE VIEW {short} AS SELECT * FROM '{folder / f'{name}.parquet'}'")
    return connection


def duckdb_same(folder: Path) -> list[int]:
    """Build with the code of `core.marts` on DuckDB."""
    connection = _connected(folder)
    tables = plans(*(connection.table(name) for name in ("t", "a", "v")))
    return [table.to_arrow_table().num_rows for table in tables.values()]


def duckdb_sql(folder: Path) -> list[int]:
    """Build with SQL, sums in floating point."""
    connection = _connected(folder)
    return [connection.sql(sql).to_arrow_table().num_rows for sql in SQL.values()]


def exact(sql: str) -> str:
    """Return SQL whose sums are exact to a millionth, as those of the marts are."""
    return re.sub(
        r"sum\(((?:CASE(?! WHEN kind).*? END)|[a-z_]+)\)", r"round(sum(CAST((\1) * 1e6 AS BIGINT)) / 1e6, 6)", sql
    )


def duckdb_exact(folder: Path) -> list[int]:
    """Build with SQL, sums exact to a millionth."""
    connection = _connected(folder)
    return [connection.sql(exact(sql)).to_arrow_table().num_rows for sql in SQL.values()]


def imports(way: str) -> None:
    """Import what a way needs."""
    if way in ("duckdb_sql", "duckdb_exact"):
        import duckdb
        import pyarrow  # noqa: F401
    else:
        import duckdb  # noqa: F401
        import narwhals  # noqa: F401
        import polars  # noqa: F401

        import core.contracts
        import core.marts

        core.contracts.empty("rejections")


def once(way: str, folder: Path) -> dict[str, object]:
    """Run one way in this process and tell time passed and of the processor, memory and the rows it made."""
    begin = time.perf_counter()
    imports(way)
    imported, busy = time.perf_counter(), time.process_time()
    rows = WAYS[way](folder)
    seconds, used = time.perf_counter() - imported, resource.getrusage(resource.RUSAGE_SELF)
    spent = {"imports": imported - begin, "seconds": seconds, "busy": time.process_time() - busy}
    return {**spent, "peak_gb": used.ru_maxrss / 1e6, "rows": rows}


WAYS: dict[str, Callable[[Path], list[int]]] = {
    "quarterdeck": quarterdeck,
    "polars": polars,
    "duckdb_same": duckdb_same,
    "duckdb_sql": duckdb_sql,
    "duckdb_exact": duckdb_exact,
}


def dataset(folder: Path) -> Any:
    """Return the folder as a dataset as the app has it: raw rows in their files, counted."""
    import polars as pl

    from core import contracts
    from core.contracts.raw_rows import RawRows

    files = {path.stem: path for path in folder.glob("*.parquet")}
    raw = {name: RawRows(pl.scan_parquet(files[name]), file=files[name]) for name in contracts.RAW_FRAMES}
    counts = {name: int(rows.lazy().select(pl.len()).collect().item()) for name, rows in raw.items()}
    small = {
        name: pl.read_parquet(files[name]) if name in files else contracts.empty(name)
        for name in contracts.FRAMES
        if name not in raw
    }
    none = contracts.empty("rejections")
    return contracts.Dataset(**small, **raw, as_of=date(2026, 5, 15), source="", rejected=none, counts=counts)


def whole(folder: Path) -> None:
    """Print what building all marts takes, and their size beside that of the raw tables."""
    from core import marts
    from core.contracts import RAW_FRAMES
    from core.marts.mart_tables import NAMES

    data = dataset(folder)
    begin, busy = time.perf_counter(), time.process_time()
    tables = marts.build(data)
    print(f"all tables, sorted: {time.perf_counter() - begin:.2f} s, {time.process_time() - busy:.2f} s of processor")
    for name in NAMES:
        table = tables.table(name)
        print(f"  {name:22} {table.height:>10,} rows {table.estimated_size() / 1e6:8.1f} MB")
    for name in RAW_FRAMES:
        table = data.frame(name)
        print(f"  raw {name:18} {table.height:>10,} rows {table.estimated_size() / 1e6:8.1f} MB")


def main() -> None:
    """Print one line per way."""
    folder, rounds = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 5
    runs_of: dict[str, list[dict[str, object]]] = {way: [] for way in WAYS}
    for _ in range(rounds):
        for way in WAYS:
            command = [sys.executable, __file__, str(folder), way]
            out = subprocess.run(command, capture_output=True, text=True, check=True)
            runs_of[way].append(json.loads(out.stdout))

    def median(way: str, name: str) -> float:
        return statistics.median(float(str(run[name])) for run in runs_of[way])

    for way, runs in runs_of.items():
        seconds, busy = median(way, "seconds"), median(way, "busy")
        ratio = busy / median("duckdb_sql", "busy")
        peak = max(float(str(run["peak_gb"])) for run in runs)
        spent = (
            f"{seconds:6.2f} s  {busy:6.2f} s of processor ({ratio:4.2f} x)  imports {median(way, 'imports'):4.2f} s"
        )
        print(f"{way:12} {spent}  {peak:5.1f} GB  rows {runs[0]['rows']}")
    whole(folder)


if __name__ == "__main__":
    if len(sys.argv) > 2 and sys.argv[2] in WAYS:
        print(json.dumps(once(sys.argv[2], Path(sys.argv[1]))))
    else:
        main()
