"""The baseline: open deals, deals to come and recurring revenue, read from history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from core.config import Settings
from core.config.calendar import add_months, quarter_end, quarter_label, quarter_start
from core.contracts import Dataset
from core.contracts.spans import is_valid, line_runs
from core.contracts.stages import UNKNOWN_STAGE
from core.metrics.attainment import quota_of_reps
from core.models import outlook, registry

STEP, KNOTS, LOOK_BACK = 30, 25, 720
CREATED = "Just created"


@dataclass(frozen=True)
class Baseline:
    """What a scenario starts from.

    Attributes
    ----------
    closed : pl.DataFrame
        [month, segment, region, amount], already won in the running quarter.
    open_deals : pl.DataFrame
        [opportunity_id, segment, region, stage, amount].
    to_come : pl.DataFrame
        [segment, region, monthly_count, mean_amount, squared_amount].
    recurring : pl.DataFrame
        [segment, region, mrr_amount, churn_rate], churn per month.
    curves : dict of str to np.ndarray
        Per stage the share won within 0, 30, 60 ... 720 days.
    own : np.ndarray or None
        The same per open deal, from the close model; None where there is no model, and the curve of the
        deal's stage serves.
    spread : float
        How many times wider than independent deals the range is, from past forecasts.
    months : tuple of date
        First days, from the running quarter's first month to the end of the fourth quarter after it.
    """

    as_of: date
    currency: str
    quarter: str
    target: float | None
    months: tuple[date, ...]
    closed: pl.DataFrame
    open_deals: pl.DataFrame
    to_come: pl.DataFrame
    recurring: pl.DataFrame
    curves: dict[str, np.ndarray]
    own: np.ndarray | None = None
    spread: float = 1.0

    @property
    def scopes(self) -> list[str]:
        """Return every scope a lever can have here."""
        frames = [self.open_deals, self.to_come, self.recurring]
        found = {f"{k}:{v}" for k in ("segment", "region") for f in frames for v in f[k].to_list()}
        return ["all", *sorted(found)]


def build(dataset: Dataset, settings: Settings) -> Baseline:
    """Read the baseline off the company's own history.

    A deal's chance of a win by a date is the close model's, the same as on the forecast page: on the
    straight line between its horizons, and beyond the last one in step with past deals of the same
    stage. Without a model it is the share of past deals in the same stage won within as many days,
    with deals that have not ended counted for as long as they were watched. Deals to come arrive at
    last year's pace and win like past deals from their first day. Churn is the recurring revenue of
    lines that ended over the last year and were not replaced, by month. An open deal without an
    amount counts with the median of its segment's open deals. Ranges are those of independent deals,
    widened as on the forecast page by how far past forecasts missed.
    """
    as_of, start = dataset.as_of, quarter_start(dataset.as_of, settings)
    places = dataset.accounts.select("account_id", "segment", "region").unique("account_id")
    deals = _placed(dataset.opportunities, places).filter(pl.col("created_on") <= as_of)
    open_deals = deals.filter(~pl.col("is_closed"))
    usual = deals.filter("is_won")["amount"].median()
    middle = pl.col("amount").median().over("segment").fill_null(pl.col("amount").median())
    amount = pl.col("amount").fill_null(middle).fill_null(usual if isinstance(usual, float) else 0.0).clip(0)
    held = open_deals.select("opportunity_id", "segment", "region", "stage", amount=amount).sort("opportunity_id")
    curves = _curves(dataset, deals, settings)
    won = deals.filter(pl.col("is_won") & pl.col("close_on").is_between(start, as_of))
    return Baseline(
        as_of, settings.currency, quarter_label(quarter_end(as_of, settings), settings),
        quota_of_reps(dataset, start) or None,
        tuple(add_months(start, m) for m in range(15)),
        won.group_by(month=pl.col("close_on").dt.truncate("1mo"), segment="segment", region="region")
        .agg(pl.col("amount").sum()).sort("month", "segment", "region"),
        held, _to_come(deals, as_of), _recurring(dataset, places), curves, _own(dataset, settings, held, curves),
        outlook.current(dataset, settings).spread,
    )  # fmt: skip


def _own(dataset: Dataset, settings: Settings, held: pl.DataFrame, curves: dict[str, np.ndarray]) -> np.ndarray | None:
    """Return each open deal's curve from the close model, at the same knots as the stages' curves."""
    scores = registry.load_or_train(dataset, settings).deal_scores
    if scores.is_empty() or held.is_empty():
        return None
    horizons = outlook.horizons(scores.columns)
    rows = held.join(scores, on="opportunity_id", how="left", maintain_order="left").fill_null(0.0)
    chances = rows.select([f"p_win_{h}" for h in horizons]).to_numpy()
    stage = np.stack([curves.get(name, curves["Open"]) for name in rows["stage"]])
    days = np.arange(KNOTS) * float(STEP)
    points = np.concatenate([np.zeros((len(rows), 1)), chances], axis=1)
    near = np.stack([np.interp(days, [0.0, *map(float, horizons)], row) for row in points])
    last = int(np.searchsorted(days, horizons[-1]))
    left = (1 - chances[:, -1:]) / np.maximum(1 - stage[:, [last]], 1e-9)
    far = chances[:, -1:] + np.maximum(stage - stage[:, [last]], 0.0) * left
    return np.asarray(np.minimum(np.where(days > horizons[-1], far, near), 1.0))


def _placed(frame: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    joined = frame.drop("segment", "region", strict=False).join(places, on="account_id", how="left")
    return joined.with_columns(pl.col("segment", "region").fill_null("Not known"))


def _to_come(deals: pl.DataFrame, as_of: date) -> pl.DataFrame:
    year = deals.filter(pl.col("created_on") > as_of - timedelta(days=365))
    amount = pl.when(pl.col("is_won")).then(pl.col("amount")).fill_null(pl.col("amount").mean()).fill_null(0.0).clip(0)
    year = year.with_columns(size=pl.when(pl.col("is_won")).then(amount))
    mean, square = year["size"].mean() or 0.0, (year["size"] ** 2).mean() or 0.0
    cells = year.group_by("segment", "region").agg(
        monthly_count=pl.len() / 12.0, mean_amount=pl.col("size").mean(), squared_amount=(pl.col("size") ** 2).mean()
    )
    filled = cells.with_columns(pl.col("mean_amount").fill_null(mean), pl.col("squared_amount").fill_null(square))
    return filled.sort("segment", "region")


def _recurring(dataset: Dataset, places: pl.DataFrame) -> pl.DataFrame:
    lines = _placed(dataset.subscriptions, places)
    as_of, ago = dataset.as_of, dataset.as_of - timedelta(days=365)

    def running(day: date) -> pl.DataFrame:
        return lines.filter(line_runs(day)).group_by("account_id", "segment", "region").agg(pl.col("mrr_amount").sum())

    now, then = running(as_of), running(ago)
    kept = then.with_columns(lost=~pl.col("account_id").is_in(now["account_id"].implode()))
    loss = kept.group_by("segment").agg(
        rate=pl.col("mrr_amount").filter(pl.col("lost")).sum() / pl.col("mrr_amount").sum()
    )
    cells = now.group_by("segment", "region").agg(pl.col("mrr_amount").sum()).join(loss, on="segment", how="left")
    monthly = 1 - (1 - pl.col("rate").fill_null(0.0).fill_nan(0.0)) ** (1 / 12)
    return cells.select("segment", "region", "mrr_amount", churn_rate=monthly).sort("segment", "region")


def _curves(dataset: Dataset, deals: pl.DataFrame, settings: Settings) -> dict[str, np.ndarray]:
    as_of = dataset.as_of
    ends = deals.select("opportunity_id", "created_on", "is_won", ended_on=pl.when("is_closed").then("close_on"))
    recent = ends.filter(pl.col("created_on") > as_of - timedelta(days=2 * LOOK_BACK))
    curves = {CREATED: _curve(recent.with_columns(mark="created_on"), as_of)}
    states = dataset.opportunity_history.filter(
        pl.col("stage").is_in([*settings.stages.open, UNKNOWN_STAGE]) & ~pl.col("is_deleted")
    )
    states = states.select("opportunity_id", "valid_from", "valid_to", "stage").join(ends, on="opportunity_id")
    parts = []
    for back in range(STEP, LOOK_BACK, STEP):
        day = as_of - timedelta(days=back)
        running = pl.col("ended_on").is_null() | (pl.col("ended_on") > day)
        parts.append(states.filter(is_valid(day) & running).with_columns(mark=pl.lit(day)))
    seen = pl.concat(parts)
    curves["Open"] = _curve(seen, as_of) if seen.height else curves[CREATED]
    for stage in settings.stages.open:
        rows = seen.filter(pl.col("stage") == stage)
        curves[stage] = _curve(rows, as_of) if rows.height >= 50 else curves["Open"]
    return curves


def _curve(rows: pl.DataFrame, as_of: date) -> np.ndarray:
    """Return the share won by each knot: wins over deals still watched, step by step."""
    day = (pl.col("ended_on") - pl.col("mark")).dt.total_days()
    found = rows.select(
        end=day.fill_null(10**6).clip(0), watched=(pl.lit(as_of) - pl.col("mark")).dt.total_days(),
        won=pl.col("is_won").fill_null(value=False),
    )  # fmt: skip
    end, watched, won = (found[c].to_numpy() for c in ("end", "watched", "won"))
    alive, share, curve = 1.0, 0.0, [0.0]
    for knot in range(1, KNOTS):
        low, high = (knot - 1) * STEP, knot * STEP
        risk = ((end >= low) if knot == 1 else (end > low)) & (watched >= high)
        ended = risk & (end <= high)
        n = max(int(risk.sum()), 1)
        share += alive * int((ended & won).sum()) / n
        alive *= 1 - int(ended.sum()) / n
        curve.append(min(share, 1.0))
    return np.asarray(curve)
