"""Writes the sample company to a folder, and the planted truth to a folder beside it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import yaml

from core.config.calendar import add_months, month_start
from core.contracts.errors import SourceError
from core.contracts.schemas import ALL_SCHEMAS, SCHEMAS
from core.resources import SOFTWARE
from core.sample import (
    account_life,
    deal_life,
    deal_simulation,
    enablement_book,
    hygiene,
    lead_book,
    marketing,
    quota_plan,
    transaction_lines,
)
from core.sample import activities as activity_room
from core.sample import team as team_room
from core.sample.day_index import day_index
from core.sample.deal_life import World
from core.sample.naming import account_names
from core.sample.profiles import Profile
from core.sample.profiles import profile as named_profile
from core.sample.word_lists import COUNTRIES, Vocabulary, vocabulary

AS_OF = date(2026, 5, 15)
SEGMENTS = ("SMB", "Mid-Market", "Enterprise")
SEGMENT_SHARES = (0.45, 0.36, 0.19)
MOST_ACTIVITIES_AT_ONCE = 10_000_000
DEALS_PER_ACCOUNT, CREATED_SHARE = 7.5, 0.87
BAD_QUARTER, BATTLE, PRICE_RISE = 0.56, 0.5, 0.62
Progress = Callable[[float, str], None]


def generate(
    out: Path,
    accounts: int = 1_200,
    transactions: int = 120_000,
    years: int = 4,
    seed: int = 10,
    opportunities: int | None = None,
    activities: int | None = None,
    fmt: str = "parquet",
    progress: Progress | None = None,
    profile: str = "saas",
    industry: str = SOFTWARE,
) -> Path:
    """Write a synthetic company with planted truth.

    Parameters
    ----------
    out : Path
        Folder to write to; made when missing. One file per entity and `meta.yaml`.
    accounts, transactions, years, seed : int
        Size and seed; the same values give the same bytes of data.
    opportunities, activities : int, optional
        About so many; default 7.5 and 208 per account.
    fmt : {"parquet", "csv"}
    progress : callable, optional
        Called with a share in [0, 1] and what is being done.
    profile : {"saas", "services", "usage", "seasonal", "young"}
        What kind of company it is; a young one has at most two years.
    industry : str
        What it sells: "software", or a folder of `sample_data/industries`. Words and currency differ, figures do not.

    Returns
    -------
    Path
        `out`. The truth is in the folder of the same name with `_truth` added.

    Raises
    ------
    SourceError
        When a size is not positive, the format or the profile is unknown or the folder cannot be written.
    """
    _check(accounts, transactions, years, fmt)
    kind, words = named_profile(profile), vocabulary(industry)
    say = progress or (lambda share, text: None)
    rng = np.random.default_rng(seed)
    start, weeks = _span(min(years, kind.most_years))
    say(0.02, "Hiring the sales team")
    team = team_room.build(rng, max(6, min(400, accounts // 20)), start, weeks, kind.warm_up_weeks)
    facts, codes = _accounts(rng, team, accounts, kind, words)
    say(0.10, "Playing the company week by week")
    world = _world(start, weeks, kind, words)
    n_deals = round(kind.deals_rate * CREATED_SHARE * (opportunities or DEALS_PER_ACCOUNT * accounts))
    sim = deal_simulation.simulate(rng, world, team, codes, facts["account_name"].to_list(), n_deals, weeks)
    opps, history = hygiene.spoil(rng, sim.opportunities, sim.history, sim.deal_truth)
    won = opps.filter("is_won")
    say(0.55, "Logging activities")
    lines = _as_known(sim.run.contracts.frame())
    readings = pl.concat(sim.run.readings).filter(pl.col("month") >= month_start(start))
    n_activities = activities or round(208.4 * accounts)
    about = (rng, sim.meetings, opps, sim.silences, readings, team.rep_ids, n_activities, start, AS_OF)
    is_streamed = n_activities > MOST_ACTIVITIES_AT_ONCE
    acts = activity_room.by_month(*about) if is_streamed else [activity_room.build(*about)]
    facts = facts.with_columns(owner_id=pl.Series(team.rep_ids[sim.run.owner_of]))
    facts = hygiene.duplicate_accounts(_customers(facts, lines))
    frames = {
        "accounts": facts,
        "opportunities": opps,
        "opportunity_history": history,
        "products": _products(words),
        "subscriptions": lines,
        "sales_team": team.sales_team,
        "quotas": quota_plan.quotas(rng, sim.run, _quarters(start, AS_OF) + 1),
    }
    naming = partial(account_names, np.random.default_rng([seed, 7_732]), words)
    frames |= marketing.build(seed, opps, facts, naming, start, AS_OF)
    frames |= enablement_book.build(seed, opps, team.sales_team, start, AS_OF)
    say(0.75, "Writing files")
    _write(out, frames, fmt)
    _stream(out, "activities", acts, fmt)
    regions = facts.select("account_id", "region")
    booked = transaction_lines.bookings(rng, won, regions)
    months = [add_months(month_start(start), m) for m in range(_months(start, AS_OF) + 1)]
    factors = readings if kind.bills_usage else None
    wanted = transactions - booked.height
    chunks = transaction_lines.invoices(rng, frames["subscriptions"], months, regions, wanted, AS_OF, factors)
    _stream(out, "transactions", _numbered(chain([booked], chunks)), fmt)
    _finish(out, {"seed": seed, "currency": words.currency}, profile, sim.deal_truth, sim.account_truth)
    say(1.0, "Sample company ready")
    return out


def _check(accounts: int, transactions: int, years: int, fmt: str) -> None:
    if min(accounts, transactions, years) < 1:
        raise SourceError("A sample needs at least one account, one transaction and one year.")
    if fmt not in ("parquet", "csv"):
        raise SourceError(f"The sample cannot be written as {fmt!r}.", mend="Choose parquet or csv.")


def _span(years: int) -> tuple[date, int]:
    """Return the Monday on or after the first day of the quarter, whole years back, and the weeks since."""
    first = date(AS_OF.year - years, 4, 1)
    start = first + timedelta(days=(7 - first.weekday()) % 7)
    return start, (AS_OF - start).days // 7 + 1


def _world(start: date, weeks: int, kind: Profile, words: Vocabulary) -> World:
    bad = int(weeks * BAD_QUARTER)
    rise = int((_months(start, AS_OF) + 1) * PRICE_RISE)
    days = day_index(start, kind.warm_up_weeks, weeks)
    return World(days, kind, words, bad_from=bad, bad_to=bad + 13, battle_from=int(weeks * BATTLE), rise_month=rise)


def _months(start: date, end: date) -> int:
    return (end.year - start.year) * 12 + end.month - start.month


def _quarters(start: date, end: date) -> int:
    return _months(start, date(end.year, 3 * ((end.month - 1) // 3) + 1, 1)) // 3


def _accounts(
    rng: np.random.Generator, team: team_room.Team, n: int, kind: Profile, words: Vocabulary
) -> tuple[pl.DataFrame, dict[str, np.ndarray]]:
    segment = rng.choice(3, n, p=SEGMENT_SHARES)
    region = rng.choice(4, n, p=team_room.REGION_SHARES)
    employees = np.exp(rng.normal(np.array([4.2, 6.4, 8.6])[segment], 0.6)).astype(int) + 3
    regions = np.array(team_room.REGIONS)[region].tolist()
    countries = [str(rng.choice(list(COUNTRIES[r]))) for r in regions]
    industries = rng.choice(list(words.industries), n).tolist()
    owner = np.array([rng.choice(np.flatnonzero(team.region == r)) for r in region.tolist()])
    parent = np.where((rng.random(n) < 0.03) & (np.arange(n) > 3), rng.integers(0, n, n), -1)
    frame = pl.DataFrame(
        {
            "account_id": [f"A{i:05d}" for i in range(n)],
            "account_name": account_names(rng, words, industries, regions, countries),
            "industry": industries,
            "segment": np.array(SEGMENTS)[segment],
            "region": regions,
            "country": countries,
            "employee_count": employees,
            "owner_id": team.rep_ids[owner],
            "parent_account_id": [f"A{p:05d}" if p not in (-1, i) else None for i, p in enumerate(parent.tolist())],
        },
        schema_overrides={"parent_account_id": pl.String},
    )
    founding = rng.random(n) < kind.founding_rate
    return frame, {"segment": segment, "region": region, "owner": owner, "founding": founding}


def _as_known(lines: pl.DataFrame) -> pl.DataFrame:
    """Return contract lines without what is agreed but begins or ends only after the last day."""
    ended = pl.when(pl.col("ended_on") <= AS_OF).then("ended_on")
    return lines.filter(pl.col("started_on") <= AS_OF).with_columns(ended_on=ended)


def _customers(facts: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    since = lines.group_by("account_id").agg(customer_since_on=pl.col("started_on").min())
    return facts.join(since, on="account_id", how="left")


def _products(words: Vocabulary) -> pl.DataFrame:
    rows = [(f"P{i + 1:02d}", n, f, float(p), float(c)) for i, (n, f, p, c, _) in enumerate(words.products)]
    return pl.DataFrame(rows, schema=list(SCHEMAS["products"].column_names()), orient="row")


def _write(out: Path, frames: dict[str, pl.DataFrame], fmt: str) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        for stale in [*out.glob("*.parquet"), *out.glob("*.csv")]:
            stale.unlink()
        for name, frame in frames.items():
            good = shaped(frame, name)
            _save(good, out / f"{name}.{fmt}", fmt)
    except OSError as error:
        raise SourceError("The sample cannot be written.", str(out), "Choose a folder you may write to.") from error


def shaped(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """Return the rows of an entity in the shape of its contract; columns that are missing know nothing."""
    schema = ALL_SCHEMAS[name]
    absent = [pl.lit(None).alias(column) for column in schema.column_names() if column not in frame.columns]
    return schema.validate(frame.with_columns(absent).select(schema.column_names()), cast=True)


def _save(frame: pl.DataFrame, path: Path, fmt: str) -> None:
    if fmt == "csv":
        frame.write_csv(path)
    else:
        frame.write_parquet(path, compression="zstd")


def _stream(out: Path, name: str, chunks: Iterable[pl.DataFrame], fmt: str) -> None:
    """Write chunk after chunk, so that a hundred million lines never stand in memory together."""
    schema, writer = SCHEMAS[name], None
    with (out / f"{name}.{fmt}").open("wb") as file:
        for number, chunk in enumerate(chunks):
            rows = schema.cast(chunk.select(schema.column_names()))
            if fmt == "csv":
                rows.write_csv(file, include_header=number == 0)
            else:
                table = rows.to_arrow()
                writer = writer or pq.ParquetWriter(file, table.schema, compression="zstd")
                writer.write_table(table)
        if writer:
            writer.close()


def _numbered(chunks: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    n = 0
    for chunk in chunks:
        number = (pl.int_range(pl.len()) + n).cast(pl.String).str.zfill(8)
        yield chunk.select(pl.format("T{}", number).alias("transaction_id"), *chunk.columns)
        n += chunk.height


def _finish(
    out: Path, facts: dict[str, object], profile: str, deal_truth: pl.DataFrame, account_truth: pl.DataFrame
) -> None:
    truth = out.with_name(out.name + "_truth")
    shutil.rmtree(truth, ignore_errors=True)
    truth.mkdir(parents=True)
    deal_truth.write_parquet(truth / "opportunity_truth.parquet")
    account_truth.write_parquet(truth / "account_truth.parquet")
    drivers = {"close": dict(deal_life.EFFECTS), "churn": dict(account_life.CHURN_EFFECTS)}
    drivers |= {
        "channels": dict(marketing.WIN_EFFECTS),
        "holdout": dict(marketing.HOLDOUT_EFFECTS),
        "lead_sources": dict(lead_book.SOURCE_EFFECTS),
        "lead_titles": dict(lead_book.TITLE_EFFECTS),
        "courses": dict(enablement_book.COURSE_EFFECTS),
        "first_course": {"quicker": enablement_book.FIRST_COURSE_EFFECT},
        "documents": dict(enablement_book.DOCUMENT_EFFECTS),
        "leads": {"answer_log_hour": lead_book.ANSWER_EFFECT, "touch": lead_book.TOUCH_EFFECT},
    }
    (truth / "drivers.yaml").write_text(yaml.safe_dump(drivers, sort_keys=False), encoding="utf-8")
    meta = {"as_of": AS_OF.isoformat(), "source": "Sample company", **facts}
    if profile != "saas":
        meta["profile"] = profile
    (out / "meta.yaml").write_text(yaml.safe_dump(meta), encoding="utf-8")
