"""The pipeline's health from 0 to 100, from six named parts, each with its record over past quarters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from core import marts
from core.artifacts import remembered
from core.config import Settings, windows
from core.config.calendar import add_months, add_quarters, quarter_end, quarter_label, quarter_start
from core.contracts import Dataset
from core.contracts.amount_visibility import needs_amounts
from core.localization import joined, message
from core.metrics.attainment import quota_of_reps
from core.metrics.bookings import daily
from core.metrics.concentration import share_of_top
from core.metrics.coverage import open_and_weighted
from core.metrics.deal_events import OPEN, WON, between, due_by, tracks
from core.metrics.measure import counted, percent, ratio
from core.metrics.stage_history import lengths

PARTS = ("Coverage", "Freshness", "Push rate", "Stage age", "Concentration", "Forecast bias")
QUARTERS = 10
PUSHED_DAYS, PACE_MONTHS, BIAS_QUARTERS, FEWEST = 28, 24, 4, 5
# Spearman's rank correlation that chance exceeds in 5 of 100 cases, by the number of pairs
CRITICAL = {5: 1.0, 6: 0.886, 7: 0.786, 8: 0.738, 9: 0.700, 10: 0.648, 11: 0.618, 12: 0.587}


@dataclass(frozen=True)
class Health:
    """The pipeline's health.

    Attributes
    ----------
    value : float or None
        Mean score, 0 to 100, of the parts that told past quarters better than chance; None when none did.
    frame : pl.DataFrame
        [part, score, value, meaning, path, is_proven, record], one row per part; path holds the scores of past
        quarters on the same day and today's, oldest first.
    past : pl.DataFrame
        [quarter, day, attainment_rate, one column per part] of past quarters.
    """

    value: float | None
    frame: pl.DataFrame
    past: pl.DataFrame

    @property
    def shown(self) -> pl.DataFrame:
        """Return the parts that make up the score."""
        return self.frame.filter(pl.col("is_proven") & pl.col("score").is_not_null())

    def sentence(self) -> str:
        """Say the score and what it is made of; without a part that is proven, say so and tell the coverage."""
        scored = self.shown.sort("score")
        if self.value is None or scored.is_empty():
            return self._unproven()
        low, high = scored.row(0, named=True), scored.row(-1, named=True)
        text = message("Pipeline health is {value:.0f} of 100", value=self.value)
        if scored.height == 1:
            text += message(", from {part} alone: {meaning}.", part=low["part"].lower(), meaning=low["meaning"])
        else:
            text += message(
                ": strongest in {part} ({score:.0f}), weakest in {part_2} ({score_2:.0f}: {meaning}).",
                part=high["part"].lower(),
                score=high["score"],
                part_2=low["part"].lower(),
                score_2=low["score"],
                meaning=low["meaning"],
            )
        quarters = counted(self.past["attainment_rate"].drop_nulls().len(), "past quarter")
        return message(
            "{text} Only what has predicted attainment over {quarters} counts.", text=text, quarters=quarters
        )

    def _unproven(self) -> str:
        if self.frame["score"].null_count() == self.frame.height:
            return "Pipeline health is not known yet: no part of it has data."
        n = self.past["attainment_rate"].drop_nulls().len()
        if n < FEWEST:
            text = message(
                "There is no health score: {pasts} cannot show yet what predicts attainment.",
                pasts=counted(n, "past quarter"),
            )
        else:
            text = message(
                "There is no health score: no part of it has predicted attainment over {n} past quarters.", n=n
            )
        covered = self.frame.filter(pl.col("part") == PARTS[0]).row(0, named=True)
        return (
            text
            if covered["score"] is None
            else message("{text} What counts is coverage: {meaning}.", text=text, meaning=joined(covered["meaning"]))
        )


@needs_amounts
def health(data: Dataset, settings: Settings) -> Health:
    """Health of the pipeline due this quarter, 0 to 100: the mean of those of six parts that told past outcomes.

    Formula: each part scores 0 at its bad mark and 100 at its good one, straight in between; the marks
    stand in the settings under `health`. Coverage: open and due ÷ remaining quota. Freshness: share
    of the due amount touched lately
    (within the days of `risk.silent_days`). Push rate: share of due deals pushed in the last 28
    days. Stage age: share of the due amount not longer in its stage than nine of ten won deals were.
    Concentration: share of the ten largest due deals. Forecast bias: weighted forecast on the same day
    of the last four quarters ÷ what came − 1, its size. A part that is not known is left out.

    Only parts that have earned it count: each part's score on the same day of up to ten past quarters, by what was
    known then, against the quota reached in the end; Spearman's rank correlation, above what chance alone would
    give in 5 of 100 cases. Where no part has, there is no score.

    Parameters
    ----------
    data : Dataset
    settings : Settings

    Returns
    -------
    Health
    """
    begin = quarter_start(data.as_of, settings)
    booked = daily(data)
    first = tracks(data, settings)["day"].min()
    starts = [add_quarters(begin, -k, settings) for k in range(QUARTERS, 0, -1)]
    covered = [s for s in starts if isinstance(first, date) and first <= add_quarters(s, -1, settings)]
    days = [windows.same_day_of_quarter(data.as_of, s, settings) for s in covered]
    weights = {s: _forecast(data, settings, s, d, booked) for s, d in zip(covered, days, strict=True)}
    rows = []
    for start, day in zip([*covered, begin], [*days, data.as_of], strict=True):
        values = _values(data, settings, start, day, booked, weights)
        rows.append({"quarter": quarter_label(start, settings), "day": day, "start": start, **values})
    scored = [{part: _score(part, row[part], settings) for part in PARTS} for row in rows]
    reached = [_attained(data, settings, start, booked) for start in covered]
    past = pl.DataFrame(
        [
            {"quarter": row["quarter"], "day": row["day"], "attainment_rate": end, **points}
            for row, end, points in zip(rows[:-1], reached, scored[:-1], strict=True)
        ],
        schema={"quarter": pl.String, "day": pl.Date, "attainment_rate": pl.Float64} | dict.fromkeys(PARTS, pl.Float64),
    )
    frame = _frame(rows[-1], scored, past, settings)
    counting = frame.filter("is_proven")["score"].drop_nulls()
    return Health(float(counting.mean()) if counting.len() else None, frame, past)  # type: ignore[arg-type]


def _frame(
    now: Mapping[str, object], scored: list[dict[str, float | None]], past: pl.DataFrame, settings: Settings
) -> pl.DataFrame:
    rows = [
        (
            part,
            scored[-1][part],
            now[part],
            _meaning(part, now[part], settings),
            [v for s in scored if (v := s[part]) is not None],
            is_proven(past, part),
            _brief(past, part),
        )
        for part in PARTS
    ]
    schema = pl.Schema(
        {
            "part": pl.String(),
            "score": pl.Float64(),
            "value": pl.Float64(),
            "meaning": pl.String(),
            "path": pl.List(pl.Float64),
            "is_proven": pl.Boolean(),
            "record": pl.String(),
        }
    )
    return pl.DataFrame(rows, schema=schema, orient="row")


def _score(part: str, value: object, settings: Settings) -> float | None:
    if not isinstance(value, float):
        return None
    marks = getattr(settings.health, part.lower().replace(" ", "_"))
    size = abs(value) if part == "Forecast bias" else value
    return float(np.clip((size - marks.bad) / (marks.good - marks.bad), 0, 1) * 100)


def _meaning(part: str, value: object, settings: Settings) -> str:
    if not isinstance(value, float):
        return "not known"
    words = {
        "Coverage": message("{value:.1f}x coverage of the quota that is left", value=value),
        "Freshness": message(
            "{rate} of the amount was touched in {silent_days} days",
            rate=percent(value),
            silent_days=settings.risk.silent_days,
        ),
        "Push rate": message(
            "{rate} of due deals were pushed in {pushed_days} days", rate=percent(value), pushed_days=PUSHED_DAYS
        ),
        "Stage age": message("{rate} of the amount moves at the pace of won deals", rate=percent(value)),
        "Concentration": message("the ten largest deals are {rate} of what is due", rate=percent(value)),
        "Forecast bias": message(
            "the weighted forecast was off by {rate} over four quarters", rate=percent(value, sign=True)
        ),
    }
    return words[part]


def _values(
    data: Dataset,
    settings: Settings,
    start: date,
    day: date,
    booked: pl.DataFrame,
    weights: dict[date, tuple[float, float]],
) -> dict[str, float | None]:
    """Return the plain values of all parts on a day, by what was known then."""
    end = quarter_end(start, settings)
    rows = due_by(data, settings, end, day)
    whole = float(rows["cents"].sum()) / 100
    quota = quota_of_reps(data, start)
    left = quota - float(booked.filter(pl.col("day").is_between(start, day))["amount"].sum())
    return {
        "Coverage": ratio(whole, left) if quota else None,
        "Freshness": _fresh(data, settings, end, day),
        "Push rate": _pushed(data, settings, day, end),
        "Stage age": _in_pace(data, settings, end, day),
        "Concentration": share_of_top(rows["cents"]),
        "Forecast bias": _bias(weights, start),
    }


@remembered(32)
def _fresh(data: Dataset, settings: Settings, end: date, day: date) -> float | None:
    """Return the share of the amount due by a date that was touched lately; past days are kept."""
    tables = marts.of(data)
    if not tables.has("activities"):
        return None
    rows = due_by(data, settings, end, day)
    lately = windows.last_days(day, settings.risk.silent_days).holds("on")
    touched = rows.join(tables.deal_activity_days.filter(lately), on="opportunity_id", how="semi")
    return ratio(float(touched["cents"].sum()), float(rows["cents"].sum()))


def _pushed(data: Dataset, settings: Settings, day: date, end: date) -> float | None:
    """Return the share of the deals due at the start of the four weeks that were put off in them."""
    track, since = tracks(data, settings), day - timedelta(days=PUSHED_DAYS)
    was_due = due_by(data, settings, end, since)["deal"]
    was = (pl.col("prev_state") == OPEN) & (pl.col("state") == OPEN)
    late = between(track, since, day).filter(was & (pl.col("close_on") > pl.col("prev_close_on")))
    return ratio(late.filter(pl.col("deal").is_in(was_due.implode()))["deal"].n_unique(), was_due.len())


@remembered(32)
def _in_pace(data: Dataset, settings: Settings, end: date, day: date) -> float | None:
    """Return the share of the amount due by a date that is no slower than won deals were; past days are kept."""
    rows = due_by(data, settings, end, day).select("deal", "cents")
    stays = lengths(data, settings, day)
    recent = (pl.col("state") == WON) & (pl.col("ended_on") > add_months(day, -PACE_MONTHS))
    won = stays.filter(recent).group_by("stage").agg(slow_days=pl.col("days").quantile(0.9, "linear"))
    here = stays.filter("is_here").join(rows, on="deal").join(won, on="stage")
    return ratio(float(here.filter(pl.col("days") <= pl.col("slow_days"))["cents"].sum()), float(here["cents"].sum()))


def _forecast(data: Dataset, settings: Settings, start: date, day: date, booked: pl.DataFrame) -> tuple[float, float]:
    """Return what was booked plus the weighted pipeline due on a day of a quarter, and what the quarter brought."""
    end = quarter_end(start, settings)
    _, weighted = open_and_weighted(data, settings, day, end)
    so_far, whole = (float(booked.filter(pl.col("day").is_between(start, d))["amount"].sum()) for d in (day, end))
    return so_far + weighted, whole


def _bias(weights: dict[date, tuple[float, float]], start: date) -> float | None:
    """Return by how much the weighted forecast missed the four quarters before, taken together."""
    before = [v for s, v in weights.items() if s < start][-BIAS_QUARTERS:]
    if len(before) < BIAS_QUARTERS:
        return None
    off = ratio(sum(f for f, _ in before), sum(a for _, a in before))
    return None if off is None else off - 1


def _attained(data: Dataset, settings: Settings, start: date, booked: pl.DataFrame) -> float | None:
    whole = float(booked.filter(pl.col("day").is_between(start, quarter_end(start, settings)))["amount"].sum())
    return ratio(whole, quota_of_reps(data, start))


def _ranked(past: pl.DataFrame, column: str) -> tuple[int, float | None]:
    """Return how many past quarters are known, and Spearman's rank correlation with the quota reached."""
    both = past.select(column, "attainment_rate").drop_nulls()
    ranks = both.select(pl.all().rank("average"))
    if both.height < FEWEST or ranks[column].n_unique() == 1 or ranks["attainment_rate"].n_unique() == 1:
        return both.height, None
    return both.height, float(np.corrcoef(ranks[column].to_numpy(), ranks["attainment_rate"].to_numpy())[0, 1])


def is_proven(past: pl.DataFrame, column: str) -> bool:
    """Say whether a part told the quota reached in past quarters better than chance would in 95 of 100 cases."""
    n, rho = _ranked(past, column)
    return rho is not None and rho >= CRITICAL[min(n, max(CRITICAL))]


def _brief(past: pl.DataFrame, column: str) -> str:
    """Say in a few words how well a part told the quota reached."""
    n, rho = _ranked(past, column)
    if rho is None:
        return "too few quarters" if n < FEWEST else "never changed"
    return message("yes ({n} quarters)", n=n) if is_proven(past, column) else message("not so far ({n} quarters)", n=n)
