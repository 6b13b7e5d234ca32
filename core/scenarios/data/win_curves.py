"""Win curves: the share of deals won within so many days, read off past deals."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl

from core import marts
from core.config import Settings
from core.config.stages import is_open
from core.contracts import Dataset
from core.contracts.spans import is_valid
from core.models import outlook

STEP, KNOTS, LOOK_BACK = 30, 25, 720
DAYS = np.arange(KNOTS) * float(STEP)
FEWEST_STATES, FEWEST_CREATED = 50, 150


def by_stage(dataset: Dataset, deals: pl.DataFrame, settings: Settings) -> dict[str, np.ndarray]:
    """Return per stage the share of past deals won within 0, 30, 60 ... 720 days of standing in it.

    Deals that have not ended count for as long as they were watched. A stage seen fewer than fifty
    times takes the curve of all open deals, which stands under "Open".
    """
    as_of = dataset.as_of
    ends = deals.select("opportunity_id", "created_on", "is_won", ended_on=pl.when("is_closed").then("close_on"))
    states = marts.of(dataset).deal_states.filter(is_open(settings))
    states = states.select("opportunity_id", "valid_from", "valid_to", "stage").join(ends, on="opportunity_id")
    parts = []
    for back in range(STEP, LOOK_BACK, STEP):
        day = as_of - timedelta(days=back)
        running = pl.col("ended_on").is_null() | (pl.col("ended_on") > day)
        parts.append(states.filter(is_valid(day) & running).with_columns(mark=pl.lit(day)))
    seen = pl.concat(parts)
    recent = ends.filter(pl.col("created_on") > as_of - timedelta(days=2 * LOOK_BACK))
    first = curve(seen, as_of) if seen.height else curve(recent.with_columns(mark="created_on"), as_of)
    curves = {"Open": first}
    for stage in settings.stages.open:
        rows = seen.filter(pl.col("stage") == stage)
        curves[stage] = curve(rows, as_of) if rows.height >= FEWEST_STATES else first
    return curves


def from_creation(deals: pl.DataFrame, as_of: date) -> tuple[pl.DataFrame, np.ndarray]:
    """Return the curves of deals from their first day, by type and lead source.

    Returns
    -------
    tuple
        [opportunity_type, lead_source, curve], naming a row of the array [curve, knot]. A type and
        source with fewer than 150 deals takes the curve of its type, a type with fewer that of all.
    """
    recent = deals.filter(pl.col("created_on") > as_of - timedelta(days=2 * LOOK_BACK))
    recent = recent.with_columns(mark="created_on", ended_on=pl.when("is_closed").then("close_on"))
    table = [curve(recent, as_of)]
    index: dict[tuple[str, ...], int] = {}
    for keys in (["opportunity_type"], ["opportunity_type", "lead_source"]):
        for key, rows in recent.group_by(keys, maintain_order=True):
            if rows.height >= FEWEST_CREATED:
                index[tuple(map(str, key))] = len(table)
                table.append(curve(rows, as_of))
    pairs = deals.select("opportunity_type", "lead_source").unique().sort("opportunity_type", "lead_source")
    indices = [index.get((t, s), index.get((t,), 0)) for t, s in pairs.iter_rows()]
    return pairs.with_columns(curve=pl.Series(indices, dtype=pl.Int64)), np.stack(table)


def of_deals(
    open_deals: pl.DataFrame, scores: pl.DataFrame, stages: dict[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Return each open deal's curve: the close model's, or that of its stage.

    Parameters
    ----------
    open_deals : pl.DataFrame
        [opportunity_id, stage, ...].
    scores : pl.DataFrame
        [opportunity_id, p_win_15, ...] of the close model; empty without one.
    stages : dict of str to ndarray
        As `by_stage`.

    Returns
    -------
    days : ndarray, shape (knots,)
        The days ahead at which curves are given: those the model was asked for, then every 30th.
    curves : ndarray, shape (deals, knots)
        The share won by then, on the straight line between two knots; beyond the model's last day in step with past
        deals of the same stage.
    """
    stage = np.array([stages.get(name, stages["Open"]) for name in open_deals["stage"]]).reshape(
        open_deals.height, KNOTS
    )
    if scores.is_empty() or open_deals.is_empty():
        return DAYS, stage
    horizons = outlook.horizons(scores.columns)
    last = float(horizons[-1])
    rows = open_deals.select("opportunity_id").join(scores, on="opportunity_id", how="left", maintain_order="left")
    chances = rows.fill_null(0.0).select([f"p_win_{h}" for h in horizons]).to_numpy()
    beyond = DAYS[last < DAYS]
    usual, later = stage @ hat(DAYS, np.array([last])), stage[:, last < DAYS]
    far = chances[:, -1:] + np.maximum(later - usual, 0.0) * (1 - chances[:, -1:]) / np.maximum(1 - usual, 1e-9)
    near = np.concatenate([np.zeros((len(rows), 1)), chances], axis=1)
    return np.array([0.0, *horizons, *beyond]), np.minimum(np.concatenate([near, far], axis=1), 1.0)


def hat(knots: np.ndarray, days: np.ndarray) -> np.ndarray:
    """Return the matrix [knot, day] that reads curves off the straight line between their knots."""
    interval = np.clip(np.searchsorted(knots, days, side="right") - 1, 0, len(knots) - 2)
    share = np.clip((days - knots[interval]) / (knots[interval + 1] - knots[interval]), 0.0, 1.0)
    out = np.zeros((len(knots), len(days)))
    out[interval, np.arange(len(days))] = 1 - share
    out[interval + 1, np.arange(len(days))] += share
    return out


def curve(rows: pl.DataFrame, as_of: date) -> np.ndarray:
    """Return the share won by each knot: wins over deals still watched, step by step.

    Parameters
    ----------
    rows : pl.DataFrame
        [mark, ended_on, is_won]: a deal, the day it is watched from, and how it ended.
    as_of : date
    """
    day = (pl.col("ended_on") - pl.col("mark")).dt.total_days()
    spans = rows.select(
        end=day.fill_null(10**6).clip(0),
        watched=(pl.lit(as_of) - pl.col("mark")).dt.total_days(),
        won=pl.col("is_won").fill_null(value=False),
    )
    end, watched, won = (spans[c].to_numpy() for c in ("end", "watched", "won"))
    alive, share, out = 1.0, 0.0, [0.0]
    for knot in range(1, KNOTS):
        low, high = (knot - 1) * STEP, knot * STEP
        risk = ((end >= low) if knot == 1 else (end > low)) & (watched >= high)
        ended = risk & (end <= high)
        n = max(int(risk.sum()), 1)
        share += alive * int((ended & won).sum()) / n
        alive *= 1 - int(ended.sum()) / n
        out.append(min(share, 1.0))
    return np.asarray(out)
