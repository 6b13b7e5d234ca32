"""Runs the weekly simulation and writes down deals, their history and their meetings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from core.sample.deal_life import PERIOD, STAGES, WON, Phases, Pipeline, score, step, true_probability
from core.sample.team import Team
from core.sample.word_lists import COMPETITORS, LEAD_SOURCES, LOST_REASONS, PRODUCTS

HORIZON_DAYS = (30, 60, 90, 180)
LANDMARK_DAY = 4
HORIZON_WEEKS = (4, 8, 9, 12, 13, 25, 26)
SEGMENT_SIZE = {0: (9.75, 0.55), 1: (10.65, 0.6), 2: (11.85, 0.7)}
CATEGORIES = np.array(["pipeline", "pipeline", "pipeline", "best_case", "commit", "closed", "omitted"])


@dataclass(frozen=True)
class Simulated:
    """What the simulation gives: frames, and the truth at the landmark dates."""

    opportunities: pl.DataFrame
    history: pl.DataFrame
    meetings: pl.DataFrame
    truth: pl.DataFrame


@dataclass
class _Deck:
    """Facts of every deal, drawn once; the current state of each, changed as weeks pass."""

    created: np.ndarray
    account: np.ndarray
    owner: np.ndarray
    product: np.ndarray
    amount: np.ndarray
    kind: np.ndarray
    contacts: np.ndarray
    competitor: np.ndarray
    segment: np.ndarray
    region: np.ndarray


def simulate(
    rng: np.random.Generator,
    team: Team,
    accounts: dict[str, np.ndarray],
    n_deals: int,
    weeks: int,
    start: date,
    phases: Phases,
    landmarks: tuple[int, ...],
    replicates: int = 120,
) -> Simulated:
    """Play the whole company forward from `start` for a number of weeks.

    Parameters
    ----------
    rng : numpy.random.Generator
    team : Team
    accounts : dict of numpy.ndarray
        Integer arrays segment and region and boolean founding (a customer from the start), one entry
        per account.
    n_deals, weeks : int
    start : date
    phases : Phases
    landmarks : tuple of int
        Weeks at whose end the true probabilities are worked out.
    replicates : int
        Plays per open deal and landmark.
    """
    deck = _draw(rng, team, accounts, n_deals, weeks)
    customers = accounts["founding"].copy()
    live = _open(deck, np.array([], dtype=int), team, rng)
    log: list[dict[str, np.ndarray]] = []
    met: list[np.ndarray] = []
    truth: list[pl.DataFrame] = []
    for week in range(weeks):
        fresh = np.flatnonzero(deck.created == week)
        deck.kind[fresh] = np.where(customers[deck.account[fresh]], np.where(rng.random(len(fresh)) < 0.8, 1, 2), 0)
        born = _open(deck, fresh, team, rng)
        log.append(_rows(deck, born, week))
        live = step(live, week, rng, phases.battle(week), phases.bad(week))
        changed = _change(rng, deck, live, team, week)
        log.append(_rows(deck, live.take(changed), week))
        some = live.events["met"] > 0
        met.append(np.stack([live.index[some], live.events["met"][some], np.full(some.sum(), week)], axis=1))
        customers[deck.account[live.index[live.events["won"]]]] = True
        live = live.take(live.stage < WON).join(born)
        if week in landmarks:
            p = true_probability(live, week, HORIZON_WEEKS, np.random.default_rng(1_000 + week), replicates, phases)
            truth.append(_truth_frame(live, p, start + timedelta(weeks=week, days=LANDMARK_DAY), phases.battle(week)))
    history = _history(log, start, deck, team)
    return Simulated(
        _opportunities(rng, deck, history, start, team),
        history,
        _meetings(rng, met, deck, start),
        pl.concat(truth),
    )


def _draw(rng: np.random.Generator, team: Team, accounts: dict[str, np.ndarray], n: int, weeks: int) -> _Deck:
    week = np.arange(weeks)
    rate = (
        (1 + 0.25 * week / 52)
        * (1 + 0.18 * np.cos(2 * np.pi * (week - 4) / 26))
        * np.where(week % PERIOD < 4, 1.3, 0.9)
    )
    created = np.sort(rng.choice(weeks, size=n, p=rate / rate.sum()))
    weight = np.array([1.0, 1.5, 2.4])[accounts["segment"]]
    account = rng.choice(len(weight), size=n, p=weight / weight.sum())
    region, segment = accounts["region"][account], accounts["segment"][account]
    mean, spread = np.array([SEGMENT_SIZE[s] for s in range(3)]).T
    rise = np.where(created >= int(weeks * 0.62), 1.09, 1.0)
    amount = np.exp(rng.normal(mean[segment], spread[segment])) * rise * (1 + 0.04 * created / 52)
    owner = np.empty(n, dtype=int)
    for r in range(4):
        own = np.flatnonzero(team.region == r)
        for w in np.unique(created[region == r]):
            rows = np.flatnonzero((region == r) & (created == w))
            here = own[(team.hired[own] <= w) & (team.left[own] > w + 1)]
            owner[rows] = rng.choice(here if len(here) else own, len(rows))
    return _Deck(
        created=created,
        account=account,
        owner=owner,
        product=rng.choice(len(PRODUCTS), size=n, p=np.array([18, 10, 14, 12, 7, 13, 8, 8, 6, 4]) / 100),
        amount=np.round(amount, -2).clip(1_000),
        kind=np.zeros(n, dtype=int),
        contacts=1 + rng.poisson(1.6, n),
        competitor=np.where(rng.random(n) < 0.42, rng.choice(4, n, p=[0.4, 0.25, 0.2, 0.15]), -1),
        segment=segment,
        region=region,
    )


def _open(deck: _Deck, index: np.ndarray, team: Team, rng: np.random.Generator) -> Pipeline:
    n = len(index)
    zero = np.zeros(n, dtype=int)
    rival = deck.competitor[index]
    return Pipeline(
        index=index,
        stage=zero.copy(),
        age=zero.copy(),
        in_stage=zero.copy(),
        pushes=zero.copy(),
        meetings=np.zeros((n, 8), dtype=int),
        engagement=rng.normal(0, 1, n),
        contacts=deck.contacts[index],
        competitor=(rival >= 0).astype(int),
        beaten=((rival == 0) & (deck.region[index] == 1)).astype(int),
        expansion=(deck.kind[index] > 0).astype(int),
        enterprise=(deck.segment[index] == 2).astype(int),
        skill=team.skill[deck.owner[index]],
        close_in=rng.integers(8, 30, n),
        events={},
    )


def _change(rng: np.random.Generator, deck: _Deck, live: Pipeline, team: Team, week: int) -> np.ndarray:
    """Change some amounts and owners, and return which deals changed in any way."""
    n = len(live.index)
    is_open = live.stage < WON
    resized = is_open & (rng.random(n) < 0.03)
    at = live.index[resized]
    deck.amount[at] = np.round(deck.amount[at] * np.exp(rng.normal(-0.02, 0.22, len(at))), -2).clip(1_000)
    gone = is_open & (team.left[deck.owner[live.index]] <= week)
    moved = gone | (is_open & (rng.random(n) < 0.0015))
    for i in np.flatnonzero(moved):
        own = np.flatnonzero((team.region == deck.region[live.index[i]]) & (team.hired <= week) & (team.left > week))
        if len(own):
            deck.owner[live.index[i]] = rng.choice(own)
            live.skill[i] = team.skill[deck.owner[live.index[i]]]
    e = live.events
    return np.asarray(e["won"] | e["lost"] | e["advanced"] | e["pushed"] | e["pulled"] | resized | moved)


def _rows(deck: _Deck, deals: Pipeline, week: int) -> dict[str, np.ndarray]:
    return {
        "deal": deals.index,
        "week": np.full(len(deals.index), week),
        "stage": deals.stage.copy(),
        "amount": deck.amount[deals.index],
        "close_week": week + np.where(deals.stage >= WON, 0, deals.close_in),
        "owner": deck.owner[deals.index],
        "strength": score(deals, battle=False),
    }


def _history(log: list[dict[str, np.ndarray]], start: date, deck: _Deck, team: Team) -> pl.DataFrame:
    joined = pl.DataFrame({k: np.concatenate([part[k] for part in log]) for k in log[0]})
    day = _weekday(joined["deal"])
    stage = joined["stage"].to_numpy()
    category = CATEGORIES[stage].astype(object)
    category[(stage == 3) & (joined["strength"].to_numpy() < -1.2)] = "pipeline"
    on = pl.lit(start) + pl.duration(days=pl.col("week") * 7 + pl.col("day").cast(pl.Int64))
    close = pl.lit(start) + pl.duration(days=pl.col("close_week") * 7 + pl.col("day").cast(pl.Int64))
    return (
        joined.with_columns(day=day, forecast_category=pl.Series(category, dtype=pl.String))
        .with_columns(valid_from=on.cast(pl.Date), close_on=close.cast(pl.Date))
        .sort("deal", "week")
        .with_columns(
            opportunity_id=pl.format("O{}", pl.col("deal").cast(pl.String).str.zfill(6)),
            valid_to=pl.col("valid_from").shift(-1).over("deal"),
            stage=pl.Series(np.array(STAGES)[joined.sort("deal", "week")["stage"].to_numpy()]),
            owner_id=pl.Series(team.rep_ids[joined.sort("deal", "week")["owner"].to_numpy()]),
            amount=pl.col("amount").cast(pl.Float64),
            is_deleted=pl.lit(False),
        )
        .select(
            "opportunity_id",
            "valid_from",
            "valid_to",
            "stage",
            "forecast_category",
            "amount",
            "close_on",
            "owner_id",
            "is_deleted",
        )
    )


def _weekday(deal: pl.Series) -> pl.Series:
    """Return the day of the week on which a deal's changes are written down: 0 Monday to 4 Friday."""
    return deal.cast(pl.Int64).hash(11) % 5


def _opportunities(
    rng: np.random.Generator, deck: _Deck, history: pl.DataFrame, start: date, team: Team
) -> pl.DataFrame:
    n = len(deck.created)
    last = history.group_by("opportunity_id").agg(
        pl.all().exclude("valid_from").last(), created_on=pl.first("valid_from")
    )
    family = np.array([p[0].split()[0] for p in PRODUCTS])[deck.product]
    kinds = np.array(["new", "expansion", "renewal"])[deck.kind]
    facts = pl.DataFrame(
        {
            "opportunity_id": [f"O{i:06d}" for i in range(n)],
            "opportunity_name": [f"{f} {k}" for f, k in zip(family, kinds, strict=True)],
            "account_id": [f"A{a:05d}" for a in deck.account],
            "product_id": [f"P{p + 1:02d}" for p in deck.product],
            "opportunity_type": kinds,
            "currency": ["USD"] * n,
            "lost_reason": rng.choice(LOST_REASONS, n, p=[0.27, 0.26, 0.25, 0.12, 0.10]),
            "competitor": [COMPETITORS[c] if c >= 0 else None for c in deck.competitor],
            "lead_source": rng.choice(LEAD_SOURCES, n, p=[0.34, 0.28, 0.16, 0.12, 0.10]),
            "next_step": rng.choice(["Send proposal", "Security review", "Call sponsor", "Legal review", ""], n),
            "n_contacts": deck.contacts,
        }
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


def _meetings(rng: np.random.Generator, met: list[np.ndarray], deck: _Deck, start: date) -> pl.DataFrame:
    flat = np.concatenate(met)
    deal, week = np.repeat(flat[:, 0], flat[:, 1]), np.repeat(flat[:, 2], flat[:, 1])
    return pl.DataFrame(
        {
            "deal": deal,
            "account": deck.account[deal],
            "owner": deck.owner[deal],
            "day": week * 7 + rng.integers(0, 5, len(deal)),
        }
    )


def by_horizon(index: np.ndarray, p: np.ndarray) -> dict[int, np.ndarray]:
    """Return each deal's chance within the days of `HORIZON_DAYS`, from its chances by whole weeks.

    A deal's changes are written down on a weekday of its own, so that one more week may lie within the same
    number of days for one deal than for another.
    """
    day = _weekday(pl.Series(index, dtype=pl.Int64)).to_numpy().astype(int)
    weeks = {d: (d + LANDMARK_DAY - day) // 7 for d in HORIZON_DAYS}
    return {d: p[np.arange(len(index)), np.searchsorted(HORIZON_WEEKS, n)] for d, n in weeks.items()}


def _truth_frame(live: Pipeline, p: np.ndarray, as_of: date, battle: bool) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "opportunity_id": [f"O{i:06d}" for i in live.index],
            "as_of": [as_of] * len(live.index),
            "score": score(live, battle),
            **{f"p_win_{d}": chance for d, chance in by_horizon(live.index, p).items()},
        }
    )
