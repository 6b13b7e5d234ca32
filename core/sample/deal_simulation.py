"""Runs the weekly simulation and writes down deals, their history and their meetings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from core.contracts.opportunities import OpportunityHistory
from core.sample import company_run, truth
from core.sample.company_run import CompanyRun
from core.sample.deal_life import CATEGORIES, STAGES, World
from core.sample.naming import deal_names
from core.sample.team import Team
from core.sample.word_lists import LEAD_SOURCES, LOST_REASONS, NEXT_STEPS

NO_NEXT_STEP = 0.42


@dataclass(frozen=True)
class Simulated:
    """What the simulation gives.

    Attributes
    ----------
    opportunities, history, meetings, silences : pl.DataFrame
    deal_truth, account_truth : pl.DataFrame
    run : CompanyRun
        The company after the last week, with contracts, readings and wins.
    """

    opportunities: pl.DataFrame
    history: pl.DataFrame
    meetings: pl.DataFrame
    silences: pl.DataFrame
    deal_truth: pl.DataFrame
    account_truth: pl.DataFrame
    run: CompanyRun


def simulate(
    rng: np.random.Generator,
    world: World,
    team: Team,
    facts: dict[str, np.ndarray],
    names: list[str],
    n_deals: int,
    weeks: int,
) -> Simulated:
    """Play the company from before its records begin, and keep the deals created since.

    Parameters
    ----------
    rng : numpy.random.Generator
    world : World
    team : Team
    facts : dict of numpy.ndarray
        Integer arrays segment, region and owner and boolean founding (a customer from the start), one entry
        per account.
    names : list of str
        Of the accounts.
    n_deals : int
        How many deals other than renewals are created while the records run, about.
    weeks : int
        How long the records run.
    """
    run = company_run.begin(rng, world, team, facts)
    counts = _created(rng, world, n_deals, weeks)
    deal_marks, account_marks = set(range(weeks - 1, weeks - 48, -6)), set(range(weeks - 1, weeks - 66, -4))
    for week, n in counts.items():
        company_run.play(run, week, n)
        if week in deal_marks:
            run.deal_truth.append(truth.deals_frame(run.live, week, world, run.accounts))
        if week in account_marks and week > 0:
            run.account_truth.append(truth.accounts_frame(run.contracts, week, world, run.accounts))
    return _written(run, names)


def _created(rng: np.random.Generator, world: World, n_deals: int, weeks: int) -> dict[int, int]:
    """Return how many deals are created in each week of the warm-up and the records."""
    week = np.arange(-world.profile.warm_up_weeks, weeks)
    seasons = np.array(world.profile.season)[world.days.month_of_year(week * 7)]
    into = 91 - (world.days.last_of_quarter(week * 7) - week * 7)
    rate = (1 + world.profile.growth_rate) ** (week / 52) * seasons * np.where(into < 30, 1.2, 0.92)
    rate = rate * n_deals / rate[week >= 0].sum()
    return dict(zip(week.tolist(), rng.poisson(rate).tolist(), strict=True))


def _written(run: CompanyRun, names: list[str]) -> Simulated:
    rows_written = np.flatnonzero(run.book.created[: run.book.n] >= 0)
    number = np.full(run.book.n, -1)
    number[rows_written] = np.arange(len(rows_written))
    history = _history(run, number)
    truths = pl.concat(run.deal_truth) if run.deal_truth else pl.DataFrame()
    if truths.height:
        truths = truths.filter(pl.Series(number[truths["deal"].to_numpy()] >= 0))
        truths = truths.select(opportunity_id=_ids(number[truths["deal"].to_numpy()]), *truths.columns[1:])
    return Simulated(
        _opportunities(run, rows_written, history, names),
        history,
        _meetings(run, number),
        _silences(run, number),
        truths,
        pl.concat(run.account_truth) if run.account_truth else pl.DataFrame(),
        run,
    )


def _ids(numbers: np.ndarray) -> pl.Series:
    return "O" + pl.Series(numbers).cast(pl.String).str.zfill(6)


def _dates(run: CompanyRun, days: np.ndarray) -> pl.Series:
    return pl.Series(np.datetime64(run.world.days.start) + days).cast(pl.Date)


def _history(run: CompanyRun, number: np.ndarray) -> pl.DataFrame:
    joined = {name: np.concatenate([part[name] for part in run.log]) for name in run.log[0]}
    keep = number[joined["deal"]] >= 0
    rows = {name: values[keep] for name, values in joined.items()}
    frame = pl.DataFrame(
        {
            "opportunity_id": _ids(number[rows["deal"]]),
            "valid_from": _dates(run, rows["day"]),
            "stage": np.array(STAGES)[rows["stage"]],
            "forecast_category": CATEGORIES[rows["category"]],
            "amount": rows["amount"].astype(float),
            "close_on": _dates(run, rows["close_day"]),
            "owner_id": run.team.rep_ids[rows["owner"]],
        }
    ).sort("opportunity_id", "valid_from")
    return frame.with_columns(
        valid_to=pl.col("valid_from").shift(-1).over("opportunity_id"), is_deleted=pl.lit(value=False)
    ).select(OpportunityHistory.column_names())


def _opportunities(run: CompanyRun, rows_written: np.ndarray, history: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    rng, book, n, words = run.rng, run.book, len(rows_written), run.world.words
    last = history.group_by("opportunity_id").agg(
        pl.all().exclude("valid_from").last(), created_on=pl.first("valid_from")
    )
    step = np.where(rng.random(n) < NO_NEXT_STEP, "", rng.choice(NEXT_STEPS, n))
    facts = pl.DataFrame(
        {
            "opportunity_id": _ids(np.arange(n)),
            "opportunity_name": deal_names(names, book, rows_written, words),
            "account_id": "A" + pl.Series(book.account[rows_written]).cast(pl.String).str.zfill(5),
            "product_id": "P" + pl.Series(book.product[rows_written] + 1).cast(pl.String).str.zfill(2),
            "opportunity_type": np.array(["new", "expansion", "renewal"])[book.kind[rows_written]],
            "currency": [words.currency] * n,
            "lost_reason": _reasons(rng, book.competitor[rows_written]),
            "competitor": [words.competitors[c] if c >= 0 else None for c in book.competitor[rows_written].tolist()],
            "lead_source": rng.choice(LEAD_SOURCES, n, p=[0.34, 0.28, 0.16, 0.12, 0.10]),
            "next_step": step,
            "n_contacts": book.contacts[rows_written],
        },
        schema_overrides={"competitor": pl.String},
    )
    closed, won = pl.col("stage").is_in(["Closed Won", "Closed Lost"]), pl.col("stage") == "Closed Won"
    return (
        facts.join(last.drop("valid_to", "is_deleted"), on="opportunity_id")
        .with_columns(
            is_closed=closed,
            is_won=won,
            lost_reason=pl.when(pl.col("stage") == "Closed Lost").then("lost_reason"),
            next_step=pl.when(~closed & (pl.col("next_step") != "")).then("next_step"),
        )
        .sort("opportunity_id")
    )


def _meetings(run: CompanyRun, number: np.ndarray) -> pl.DataFrame:
    """Return every meeting: [deal, account, owner, day], on working days."""
    flat = np.concatenate(run.met)
    flat = flat[number[flat[:, 0]] >= 0]
    deal, day = np.repeat(flat[:, 0], flat[:, 1]), np.repeat(flat[:, 2], flat[:, 1])
    return pl.DataFrame(
        {
            "deal": number[deal],
            "account": run.book.account[deal],
            "owner": run.book.owner[deal],
            "day": day + run.rng.integers(0, 5, len(deal)),
        }
    )


def _silences(run: CompanyRun, number: np.ndarray) -> pl.DataFrame:
    """Return the weeks in which a deal's buyer was silent: [opportunity_id, monday]."""
    flat = np.concatenate(run.silent)
    flat = flat[number[flat[:, 0]] >= 0]
    return pl.DataFrame({"opportunity_id": _ids(number[flat[:, 0]]), "monday": _dates(run, flat[:, 1])})


def _reasons(rng: np.random.Generator, competitor: np.ndarray) -> np.ndarray:
    """Return a reason for each deal in case it is lost; to a competitor only where one is met."""
    drawn = rng.choice(LOST_REASONS, competitor.size, p=[0.27, 0.26, 0.25, 0.12, 0.10])
    rival, undecided = LOST_REASONS[1], LOST_REASONS[2]
    return np.where((competitor < 0) & (drawn == rival), undecided, drawn)
