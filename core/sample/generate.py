"""Writes the sample company to a folder, and the planted truth to a folder beside it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import yaml

from core.config.calendar import add_months, month_start
from core.config.pseudonyms import companies
from core.contracts import SCHEMAS
from core.contracts.errors import SourceError
from core.sample import activities as activity_room
from core.sample import deal_life, deal_simulation, hygiene, recurring, transaction_lines
from core.sample import team as team_room
from core.sample.word_lists import COUNTRIES, INDUSTRIES, PRODUCTS

AS_OF = date(2026, 5, 15)
SEGMENTS = ("SMB", "Mid-Market", "Enterprise")
FOUNDING_SHARE = 0.38
Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class _Clock:
    start: date
    weeks: int

    def day(self, week: int) -> date:
        return self.start + timedelta(weeks=week, days=4)


def generate(
    out: Path,
    accounts: int = 1_200,
    transactions: int = 120_000,
    years: int = 4,
    seed: int = 7,
    opportunities: int | None = None,
    activities: int | None = None,
    fmt: str = "parquet",
    progress: Progress | None = None,
) -> Path:
    """Write a synthetic company with planted truth.

    Parameters
    ----------
    out : Path
        Folder to write to; made when missing. One file per entity and `meta.yaml`.
    accounts, transactions, years, seed : int
        Size and seed; the same values give the same bytes of data.
    opportunities, activities : int, optional
        Default 7.5 and 208 per account.
    fmt : {"parquet", "csv"}
    progress : callable, optional
        Called with a share in [0, 1] and what is being done.

    Returns
    -------
    Path
        `out`. The truth is in the folder of the same name with `_truth` added.

    Raises
    ------
    SourceError
        When a size is not positive, the format is unknown or the folder cannot be written.
    """
    _check(accounts, transactions, years, fmt)
    say = progress or (lambda share, text: None)
    rng = np.random.default_rng(seed)
    clock = _clock(years)
    say(0.02, "Hiring the sales team")
    team = team_room.build(rng, max(6, min(400, accounts // 20)), clock.start, clock.weeks)
    facts, codes = _accounts(rng, team, accounts)
    say(0.10, "Playing the pipeline week by week")
    phases = deal_life.Phases(int(clock.weeks * 0.56), int(clock.weeks * 0.56) + 13, int(clock.weeks * 0.5))
    landmarks = tuple(range(clock.weeks - 1, clock.weeks - 48, -6))
    n_deals = opportunities or round(7.5 * accounts)
    sim = deal_simulation.simulate(rng, team, codes, n_deals, clock.weeks, clock.start, phases, landmarks)
    opps, history = hygiene.spoil(rng, sim.opportunities, sim.history, sim.truth)
    say(0.45, "Signing contracts")
    months = [add_months(month_start(clock.start), m) for m in range(_months(clock.start, AS_OF) + 1)]
    won = opps.filter("is_won")
    signed = pl.concat([_founding(rng, codes), _contracts(won, months)])
    flow = recurring.simulate(rng, signed, accounts, months, int(len(months) * 0.62))
    say(0.60, "Logging activities")
    acts = activity_room.build(
        rng,
        sim.meetings,
        opps,
        flow.readings,
        team.rep_ids,
        activities or round(208.4 * accounts),
        clock.start,
        AS_OF,
    )
    facts = hygiene.duplicate_accounts(_customers(facts, flow.subscriptions))
    booked = won.select("opportunity_id", pl.col("owner_id").alias("rep_id"), "close_on", "amount")
    quotas = _quotas(rng, team, booked)
    frames = {
        "accounts": facts,
        "opportunities": opps,
        "opportunity_history": history,
        "products": _products(),
        "subscriptions": flow.subscriptions,
        "activities": acts,
        "sales_team": team.sales_team,
        "quotas": quotas,
    }
    say(0.75, "Writing files")
    _write(out, frames, fmt)
    regions = facts.select("account_id", "region")
    lines = transaction_lines.bookings(rng, won, regions)
    chunks = transaction_lines.invoices(rng, flow.subscriptions, months, regions, transactions - lines.height, AS_OF)
    _stream(out, lines, chunks, fmt)
    _finish(out, seed, sim.truth, _truth_days(flow.truth))
    say(1.0, "Sample company ready")
    return out


def _check(accounts: int, transactions: int, years: int, fmt: str) -> None:
    if min(accounts, transactions, years) < 1:
        raise SourceError("A sample needs at least one account, one transaction and one year.")
    if fmt not in ("parquet", "csv"):
        raise SourceError(f"The sample cannot be written as {fmt!r}.", mend="Choose parquet or csv.")


def _clock(years: int) -> _Clock:
    """Start on the Monday on or after the first day of the quarter, whole years back."""
    first = date(AS_OF.year - years, 4, 1)
    start = first + timedelta(days=(7 - first.weekday()) % 7)
    return _Clock(start, (AS_OF - start).days // 7 + 1)


def _months(start: date, end: date) -> int:
    return (end.year - start.year) * 12 + end.month - start.month


def _accounts(rng: np.random.Generator, team: team_room.Team, n: int) -> tuple[pl.DataFrame, dict[str, np.ndarray]]:
    segment = rng.choice(3, n, p=[0.45, 0.36, 0.19])
    region = rng.choice(4, n, p=team_room.REGION_SHARES)
    employees = np.exp(rng.normal(np.array([4.2, 6.4, 8.6])[segment], 0.6)).astype(int) + 3
    names = np.array(team_room.REGIONS)[region]
    owner = [str(rng.choice(team.rep_ids[team.region == r])) for r in region]
    parent = [f"A{int(rng.integers(0, n)):05d}" if rng.random() < 0.03 and i > 3 else None for i in range(n)]
    frame = pl.DataFrame(
        {
            "account_id": [f"A{i:05d}" for i in range(n)],
            "account_name": companies(rng, n),
            "industry": rng.choice(INDUSTRIES, n),
            "segment": np.array(SEGMENTS)[segment],
            "region": names,
            "country": [str(rng.choice(COUNTRIES[r])) for r in names],
            "employee_count": employees,
            "owner_id": owner,
            "parent_account_id": [p if p != f"A{i:05d}" else None for i, p in enumerate(parent)],
        },
        schema_overrides={"parent_account_id": pl.String},
    )
    return frame, {"segment": segment, "region": region, "founding": rng.random(n) < FOUNDING_SHARE}


def _founding(rng: np.random.Generator, codes: dict[str, np.ndarray]) -> pl.DataFrame:
    """Return a contract for each account that was a customer before the records begin."""
    founders = np.flatnonzero(codes["founding"])
    mean, spread = np.array([deal_simulation.SEGMENT_SIZE[s] for s in range(3)]).T
    size = codes["segment"][founders]
    return pl.DataFrame(
        {
            "account": founders,
            "product_id": [f"P{int(p):02d}" for p in rng.integers(1, 11, len(founders))],
            "amount": np.round(np.exp(rng.normal(mean[size], spread[size])), -2).clip(1_000),
            "opportunity_type": ["new"] * len(founders),
            "month": np.zeros(len(founders), dtype=np.int64),
            "months_held": rng.integers(1, 31, len(founders)),
        }
    )


def _contracts(won: pl.DataFrame, months: list[date]) -> pl.DataFrame:
    first = months[0]
    return won.select(
        account=pl.col("account_id").str.slice(1).cast(pl.Int64),
        product_id="product_id",
        amount="amount",
        opportunity_type="opportunity_type",
        month=((pl.col("close_on").dt.year() - first.year) * 12 + pl.col("close_on").dt.month() - first.month).cast(
            pl.Int64
        )
        + 1,
        months_held=pl.lit(0, pl.Int64),
    ).filter(pl.col("month") < len(months))


def _customers(facts: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    since = lines.group_by("account_id").agg(customer_since_on=pl.col("started_on").min())
    return facts.join(since, on="account_id", how="left")


def _quotas(rng: np.random.Generator, team: team_room.Team, booked: pl.DataFrame) -> pl.DataFrame:
    by_quarter = booked.with_columns(quarter=pl.col("close_on").dt.truncate("1q"))
    quarters = by_quarter["quarter"].unique().sort().to_list()
    if quarters:
        quarters = [*quarters, add_months(quarters[-1], 3), add_months(quarters[-1], 6)]
    return team_room.quotas(rng, team, by_quarter, quarters)


def _products() -> pl.DataFrame:
    rows = [(f"P{i + 1:02d}", n, f, float(p), float(c)) for i, (n, f, p, c) in enumerate(PRODUCTS)]
    return pl.DataFrame(rows, schema=list(SCHEMAS["products"].column_names()), orient="row")


def _truth_days(truth: pl.DataFrame) -> pl.DataFrame:
    """Date the churn truth at the last day of the month it was worked out for."""
    if truth.is_empty():
        return truth
    dated = truth.with_columns(as_of=pl.col("month").dt.month_end()).drop("month")
    return dated.filter(pl.col("as_of") <= AS_OF)


def _write(out: Path, frames: dict[str, pl.DataFrame], fmt: str) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        for stale in [*out.glob("*.parquet"), *out.glob("*.csv")]:
            stale.unlink()
        for name, frame in frames.items():
            good = SCHEMAS[name].validate(frame.select(SCHEMAS[name].column_names()), cast=True)
            _save(good, out / f"{name}.{fmt}", fmt)
    except OSError as error:
        raise SourceError("The sample cannot be written.", str(out), "Choose a folder you may write to.") from error


def _save(frame: pl.DataFrame, path: Path, fmt: str) -> None:
    if fmt == "csv":
        frame.write_csv(path)
    else:
        frame.write_parquet(path, compression="zstd")


def _stream(out: Path, first: pl.DataFrame, chunks: Iterator[pl.DataFrame], fmt: str) -> None:
    """Write chunk after chunk, so that ten million lines never stand in memory together."""
    n, writer = 0, None
    with (out / f"transactions.{fmt}").open("wb") as file:
        for chunk in chain([first], chunks):
            number = (pl.int_range(pl.len()) + n).cast(pl.String).str.zfill(8)
            rows = chunk.select(transaction_id=pl.format("T{}", number), *chunk.columns)
            if fmt == "csv":
                rows.write_csv(file, include_header=n == 0)
            else:
                table = rows.to_arrow()
                writer = writer or pq.ParquetWriter(file, table.schema, compression="zstd")
                writer.write_table(table)
            n += rows.height
        if writer:
            writer.close()


def _finish(out: Path, seed: int, deal_truth: pl.DataFrame, account_truth: pl.DataFrame) -> None:
    truth = out.with_name(out.name + "_truth")
    shutil.rmtree(truth, ignore_errors=True)
    truth.mkdir(parents=True)
    deal_truth.write_parquet(truth / "opportunity_truth.parquet")
    account_truth.write_parquet(truth / "account_truth.parquet")
    drivers = {"close": dict(deal_life.EFFECTS), "churn": dict(recurring.CHURN_EFFECTS)}
    (truth / "drivers.yaml").write_text(yaml.safe_dump(drivers, sort_keys=False), encoding="utf-8")
    meta = {"as_of": AS_OF.isoformat(), "seed": seed, "source": "Sample company", "currency": "USD"}
    (out / "meta.yaml").write_text(yaml.safe_dump(meta), encoding="utf-8")
