"""The flow over 100,000 deals and a million history rows: Quarterdeck, DuckDB and pandas on the same file.

Run: .venv/bin/python benchmarks/flow.py [deals] [rounds]

Each answers the same questions: opening, eleven moves and closing of a scope and a window of close
dates between two days. All three start from one Parquet file; preparing (the changes of each deal beside
what was before) is timed apart from asking. The answers are held against each other to the cent.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars as pl

from core import contracts
from core.config import load
from core.contracts import SCHEMAS, Dataset
from core.metrics import flow
from core.metrics.deal_events import tracks

AS_OF, START = date(2026, 5, 15), date(2023, 5, 16)
STATES = 10
STAGES = ["Prospecting", "Qualification", "Discovery", "Proposal", "Negotiation"]
SETTINGS = load(environ={})
ENDS = [("a week", 7), ("a quarter", 91), ("a year", 365), ("three years", 1090)]
SCOPES = [("company", None), ("region", "Region 1"), ("team", "Team 3"), ("rep", "17")]
COLUMNS = {"region": "region", "team": "team", "rep": "owner_id"}
Ask = tuple[date, date, str, str | None, date | None]


def history(n: int, seed: int = 5) -> pl.DataFrame:
    """Return ten states for each of n deals: stages, amounts, dates and owners that move, ends, deletions."""
    rng = np.random.default_rng(seed)
    deal = np.repeat(np.arange(n), STATES)
    born = rng.integers(0, 1000, n)
    step = rng.integers(1, 25, (n, STATES))
    step[:, 0] = born
    day = np.minimum(step.cumsum(axis=1), (AS_OF - START).days).ravel()
    amount = np.round(np.exp(rng.normal(10.5, 0.8, n)), 2).repeat(STATES)
    amount = np.round(amount * np.where(rng.random(n * STATES) < 0.2, rng.uniform(0.8, 1.2, n * STATES), 1), 2)
    owner = rng.integers(0, 200, n).repeat(STATES)
    owner = np.where(rng.random(n * STATES) < 0.05, rng.integers(0, 200, n * STATES), owner)
    position = np.tile(np.arange(STATES), n)
    stage = np.array([*STAGES, "Closed Won", "Closed Lost"])[np.minimum(position // 2, 4)]
    fate = rng.random(n).repeat(STATES)
    last = position == STATES - 1
    stage = np.where(last & (fate < 0.3), "Closed Won", np.where(last & (fate < 0.8), "Closed Lost", stage))
    return (
        pl.DataFrame(
            {
                "opportunity_id": pl.Series(deal, dtype=pl.Int64).cast(pl.String).str.zfill(7),
                "valid_from": pl.Series(day, dtype=pl.Int32),
                "stage": stage,
                "amount": amount,
                "close_on": pl.Series(day + rng.integers(-10, 200, n * STATES), dtype=pl.Int32),
                "owner_id": pl.Series(owner, dtype=pl.Int64).cast(pl.String),
                "is_deleted": last & (fate > 0.97),
            }
        )
        .with_columns(
            valid_from=pl.lit(START) + pl.duration(days="valid_from"),
            close_on=pl.lit(START) + pl.duration(days="close_on"),
            forecast_category=pl.lit("pipeline"),
        )
        .with_columns(valid_to=pl.col("valid_from").shift(-1).over("opportunity_id"))
    )


def company(rows: pl.DataFrame) -> Dataset:
    """Return a dataset of the history, with two hundred reps in twenty teams of four regions."""
    frames = {name: contracts.empty(name) for name in SCHEMAS if name != "rejections"}
    shape = frames["opportunity_history"]
    team = pl.DataFrame({"rep_id": [str(k) for k in range(200)]}).with_columns(
        rep_name="rep_id",
        role=pl.lit("rep"),
        team=pl.format("Team {}", pl.col("rep_id").cast(pl.Int64) % 20),
        region=pl.format("Region {}", pl.col("rep_id").cast(pl.Int64) % 4),
        valid_from=pl.lit(date(2020, 1, 1)),
    )
    blank = [pl.lit(None, t).alias(c) for c, t in frames["sales_team"].schema.items() if c not in team.columns]
    frames["sales_team"] = team.with_columns(blank).select(frames["sales_team"].columns)
    frames["opportunity_history"] = rows.select(shape.columns).cast(dict(shape.schema))
    ids = rows["opportunity_id"].unique(maintain_order=True)
    deals = frames["opportunities"]
    filled = pl.DataFrame({"opportunity_id": ids}).with_columns(
        [pl.lit(None, t).alias(c) for c, t in deals.schema.items() if c != "opportunity_id"]
    )
    frames["opportunities"] = filled.select(deals.columns)
    return Dataset(**frames, as_of=AS_OF, source="Benchmark", rejected=contracts.empty("rejections"))


PREPARE = """
create or replace table changes as
with states as (
    select opportunity_id, h.valid_from as day, round(amount * 100)::bigint as cents, close_on, region,
        team, owner_id, file_row_number as k, case when is_deleted then 3 when stage = 'Closed Won' then 1
            when stage = 'Closed Lost' then 2 else 0 end as state
    from read_parquet('{file}', file_row_number = true) h join team on owner_id = rep_id
)
select *, lag(state) over w as state0, lag(cents) over w as cents0, lag(close_on) over w as close0,
    lag(region) over w as region0, lag(team) over w as team0, lag(owner_id) over w as owner_id0,
    coalesce(lead(day) over w, date '9999-12-31') as end_on
from states window w as (partition by opportunity_id order by day, k)
"""
ASK = """
with seen as (
    select *, {s1} as s1, coalesce({s0}, false) as s0, {d1} as d1, coalesce({d0}, false) as d0,
        coalesce(state0 = 0, false) as was, state = 0 as isopen, state = 1 and state0 is distinct from 1 as win
    from changes where day > $since and day <= $until
)
select
    sum(cents) filter (not was and (isopen or win) and s1 and d1),
    sum(cents) filter (was and (isopen or win) and not s0 and s1 and d1),
    sum(cents) filter (was and (isopen or win) and s0 and not d0 and d1),
    sum(cents - cents0) filter (was and (isopen or win) and s0 and d0 and cents > cents0),
    sum(cents - cents0) filter (was and (isopen or win) and s0 and d0 and cents < cents0),
    -sum(cents) filter (was and (isopen or win) and s0 and d0 and not d1),
    0,
    -sum(cents) filter (was and (isopen or win) and s0 and not s1 and d1),
    -sum(cents) filter (win and s1 and d1),
    -sum(cents0) filter (was and state = 2 and s0 and d0),
    -sum(cents0) filter (was and state = 3 and s0 and d0),
    (select sum(cents) from changes where day <= $since and end_on > $since and state = 0 and {s1} and {d1}),
    (select sum(cents) from changes where day <= $until and end_on > $until and state = 0 and {s1} and {d1})
from seen
"""


class Duck:
    """The same questions in SQL."""

    def __init__(self, file: Path, team: pl.DataFrame) -> None:
        self.connection, self.file = duckdb.connect(), file
        self.connection.execute("set threads = 4")
        self.connection.register("team", team.to_arrow())

    def prepare(self) -> None:
        self.connection.execute(PREPARE.format(file=self.file))

    def ask(self, since: date, until: date, level: str, name: str | None, due: date | None) -> list[int]:
        column = COLUMNS.get(level)
        words = {
            "s1": f"{column} = '{name}'" if column else "true",
            "s0": f"{column}0 = '{name}'" if column else "true",
            "d1": f"coalesce(close_on <= date '{due}', false)" if due else "true",
            "d0": f"close0 <= date '{due}'" if due else "true",
        }
        row = self.connection.execute(ASK.format(**words), {"since": since, "until": until}).fetchone()
        return [int(v or 0) for v in row or ()]


class Pandas:
    """The same questions in pandas."""

    def __init__(self, file: Path, team: pl.DataFrame) -> None:
        self.file, self.team = file, team

    def prepare(self) -> None:
        f = pd.read_parquet(self.file)
        self.codes = {}
        for name in ("region", "team", "rep_id"):
            labels = f["owner_id"].map(dict(zip(self.team["rep_id"], self.team[name], strict=True))).astype("category")
            self.codes |= {(name, label): code for code, label in enumerate(labels.cat.categories)}
            f[name] = labels.cat.codes
        f["cents"] = (f["amount"] * 100).round().astype("int64")
        ends = {"Closed Won": 1, "Closed Lost": 2}
        f["state"] = np.where(f["is_deleted"], 3, f["stage"].map(ends).fillna(0).astype(int))
        for name in ("valid_from", "close_on"):
            f[name] = pd.to_datetime(f[name])
        f = f.sort_values(["opportunity_id", "valid_from"], kind="stable")
        by = f.groupby("opportunity_id", sort=False)
        for name in ("state", "cents", "close_on", "region", "team", "rep_id"):
            f[f"{name}0"] = by[name].shift(1)
        f["end_on"] = by["valid_from"].shift(-1).fillna(pd.Timestamp("2200-01-01"))
        self.changes = f

    def ask(self, since: date, until: date, level: str, name: str | None, due: date | None) -> list[int]:
        column = {"rep": "rep_id"}.get(level, level)
        first, last, code = pd.Timestamp(since), pd.Timestamp(until), self.codes.get((column, name), -1)
        limit = pd.Timestamp(due) if due else None
        f = self.changes[(self.changes["valid_from"] > first) & (self.changes["valid_from"] <= last)]

        def at(day: pd.Timestamp) -> int:
            g = self.changes
            is_open = (g["valid_from"] <= day) & (g["end_on"] > day) & (g["state"] == 0)
            is_open &= (g[column] == code) if name else True
            is_open &= (g["close_on"] <= limit) if limit is not None else True
            return int(g.loc[is_open, "cents"].sum())

        yes = pd.Series(data=True, index=f.index)
        s1, s0 = (f[column] == code, f[f"{column}0"] == code) if name else (yes, yes)
        d1, d0 = (f["close_on"] <= limit, f["close_on0"] <= limit) if limit is not None else (yes, yes)
        was, is_open = f["state0"] == 0, f["state"] == 0
        win = (f["state"] == 1) & (f["state0"] != 1)
        stays, rise, cents, before = was & (is_open | win), f["cents"] - f["cents0"], f["cents"], f["cents0"]
        parts = [
            cents[~was & (is_open | win) & s1 & d1].sum(),
            cents[stays & ~s0 & s1 & d1].sum(),
            cents[stays & s0 & ~d0 & d1].sum(),
            rise[stays & s0 & d0 & (rise > 0)].sum(),
            rise[stays & s0 & d0 & (rise < 0)].sum(),
            -cents[stays & s0 & d0 & ~d1].sum(),
            0,
            -cents[stays & s0 & ~s1 & d1].sum(),
            -cents[win & s1 & d1].sum(),
            -before[was & (f["state"] == 2) & s0 & d0].sum(),
            -before[was & (f["state"] == 3) & s0 & d0].sum(),
        ]
        return [*(int(p) for p in parts), at(first), at(last)]


def mine(data: Dataset, since: date, until: date, level: str, name: str | None, due: date | None) -> list[int]:
    """Return Quarterdeck's answer in the order of the others."""
    answer = flow.flow(data, SETTINGS, since, until, level, name, "this quarter" if due else "any date")
    amounts = {step: round(a * 100) for step, a in answer.frame.select("step", "amount").iter_rows()}
    return [*(amounts[m] for m in flow.MOVES), amounts["Opening"], amounts["Closing"]]


def timed(call: Callable[[], object], rounds: int) -> float:
    """Return the median of some runs, in milliseconds."""
    times = []
    for _ in range(rounds):
        begin = time.perf_counter()
        call()
        times.append((time.perf_counter() - begin) * 1000)
    return statistics.median(times)


def bandwidth() -> float:
    """Return how many bytes a second one thread reads from memory."""
    block = np.ones(30_000_000)
    return block.nbytes / (min(timed(block.sum, 1) for _ in range(5)) / 1000)


def main() -> None:
    """Print the table."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 9
    rows = history(n)
    data = company(rows)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "history.parquet"
        rows.write_parquet(file)
        duck, panda = Duck(file, data.sales_team), Pandas(file, data.sales_team)
        begin = time.perf_counter()
        fresh = company(pl.read_parquet(file))
        print(f"{n:,} deals, {rows.height:,} history rows; fingerprint {fresh.fingerprint[:6]}")
        begin = time.perf_counter()
        tracks(fresh, SETTINGS)
        own = time.perf_counter() - begin
        times = [own, timed(duck.prepare, 1) / 1000, timed(panda.prepare, 1) / 1000]
        print(f"{'prepare':38}{times[0]:8.2f} s {times[1]:8.2f} s {times[2]:8.2f} s")
        print(f"{'ask: window, scope, close dates':38}{'Quarterdeck':>10}{'DuckDB':>10}{'pandas':>10}")
        total = [0.0, 0.0, 0.0]
        slowest = ("", 0.0)
        for span, days in ENDS:
            for level, scope in SCOPES:
                for due in (None, date(2026, 6, 30)):
                    ask: Ask = (AS_OF - timedelta(days=days), AS_OF, level, scope, due)
                    answers = [mine(fresh, *ask), duck.ask(*ask), panda.ask(*ask)]
                    assert answers[0] == answers[1] == answers[2], (ask, answers)
                    calls = [lambda a=ask: mine(fresh, *a), lambda a=ask: duck.ask(*a), lambda a=ask: panda.ask(*a)]
                    spent = [timed(call, r) for call, r in zip(calls, (rounds, rounds, 3), strict=True)]
                    total = [t + s for t, s in zip(total, spent, strict=True)]
                    name = f"{span}, {level}, {'this quarter' if due else 'any date'}"
                    slowest = max(slowest, (name, spent[0]), key=lambda timing: timing[1])
                    print(f"{name:38}{spent[0]:8.1f} ms{spent[1]:7.1f} ms{spent[2]:7.0f} ms")
        print(f"{'together':38}{total[0]:8.0f} ms{total[1]:7.0f} ms{total[2]:7.0f} ms")
    print(f"slowest here: {slowest[0]}, {slowest[1]:.0f} ms; load average {os.getloadavg()[0]:.1f}")
    speed = bandwidth()
    touched = 2 * rows.height * (4 + 4 + 1 + 8 + 4 + 4) + rows.height * 2 * (1 + 8 + 4 + 4)
    print(f"floor of three years: {touched / 1e6:.0f} MB at {speed / 1e9:.1f} GB/s, {touched / speed * 1e3:.1f} ms")


if __name__ == "__main__":
    main()
