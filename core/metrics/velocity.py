"""Velocity: what the pipeline brings a day, its four parts, and how each moved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import log

import polars as pl

from core.config import Settings, windows
from core.config.calendar import add_quarters, quarter_label, quarter_start
from core.contracts import Dataset
from core.contracts.amount_visibility import needs_amounts
from core.localization import message
from core.metrics.deal_events import at, tracks
from core.metrics.measure import Measure, growth_rate, money, percent, ratio
from core.metrics.stage_history import journeys
from core.metrics.winrate import closed

PARTS = ("Open deals", "Win rate", "Average deal", "Days to win")


@dataclass(frozen=True)
class Velocity:
    """What the pipeline brings a day and how that came about.

    Attributes
    ----------
    frame : pl.DataFrame
        [part, now, earlier, change_rate, effect_amount]; the effects add up to the change of velocity.
    value, earlier : float or None
        Money a day, now and a year earlier; None when a part is missing.
    """

    frame: pl.DataFrame
    value: float | None
    earlier: float | None
    text: str

    def sentence(self) -> str:
        """Say the velocity with its parts, and which part moved it most."""
        return self.text


@needs_amounts
def velocity(data: Dataset, settings: Settings, months: int = 12) -> Velocity:
    """Sales velocity: what the pipeline brings per day, and what changed it.

    Formula: open deals × win rate by count × average amount won ÷ median days from creation to win,
    the last three over the deals closed in the months up to the day; held against the same a year
    earlier, by what was known then. The effect of a part is its logarithmic change × the logarithmic
    mean of both velocities, so effects add up to the change. None when a part is missing.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    months : int
        Length of the window.

    Returns
    -------
    Velocity
        Money a day.
    """
    past = windows.year_ago_of(data.as_of)
    now, then = (_parts(data, settings, day, months) for day in (data.as_of, past))
    value, earlier = _brings(now), _brings(then)
    rows = []
    for part in PARTS:
        after, before = now[part], then[part]
        moved = growth_rate(after, before)
        effect = None
        if value and earlier and after and before and min(value, earlier, after, before) > 0:
            mean = value if value == earlier else (value - earlier) / log(value / earlier)
            effect = mean * log(after / before) * (-1 if part == "Days to win" else 1)
        rows.append((part, after, before, moved, effect))
    schema = {
        "part": pl.String,
        "now": pl.Float64,
        "earlier": pl.Float64,
        "change_rate": pl.Float64,
        "effect_amount": pl.Float64,
    }
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return Velocity(frame, value, earlier, _text(frame, now, value, earlier, settings))


def _text(
    frame: pl.DataFrame, now: dict[str, float | None], value: float | None, earlier: float | None, settings: Settings
) -> str:
    if value is None:
        return "There is no sales velocity without won deals."
    text = message(
        "Sales velocity is {amount} a day: {open_deals:,.0f} open deals × {win_rate} won × "
        "{average_deal} ÷ {days_to_win:.0f} days.",
        amount=money(value, settings.currency),
        open_deals=now["Open deals"] or 0,
        win_rate=percent(now["Win rate"]),
        average_deal=money(now["Average deal"], settings.currency),
        days_to_win=now["Days to win"] or 0,
    )
    if earlier is None:
        return text
    moved = frame.filter(pl.col("effect_amount").is_not_null()).sort(pl.col("effect_amount").abs(), descending=True)
    if moved.is_empty():
        return message("{text} A year ago it was {earlier}.", text=text, earlier=money(earlier, settings.currency))
    top = moved.row(0, named=True)
    return message(
        "{text} A year ago it was {earlier}; the biggest change is in {part} ({change_rate}), worth "
        "{effect_amount} a day.",
        text=text,
        earlier=money(earlier, settings.currency),
        part=top["part"].lower(),
        change_rate=percent(top["change_rate"], sign=True),
        effect_amount=money(top["effect_amount"], settings.currency),
    )


def _parts(data: Dataset, settings: Settings, day: date, months: int) -> dict[str, float | None]:
    ended = closed(data, windows.last_months(day, months))
    won = ended.filter("is_won")
    days = (won["close_on"] - won["created_on"]).dt.total_days().drop_nulls()
    size, length = won["amount"].drop_nulls().mean(), days.median()
    return {
        "Open deals": float(at(tracks(data, settings), day).height),
        "Win rate": ratio(won.height, ended.height),
        "Average deal": float(str(size)) if size is not None else None,
        "Days to win": float(str(length)) if length is not None else None,
    }


def _brings(parts: dict[str, float | None]) -> float | None:
    n, rate, size, days = (parts[part] for part in PARTS)
    return n * rate * size / days if n and rate and size and days else None


def win_rates(data: Dataset, settings: Settings, quarters: int = 12) -> Measure:
    """Win rate by cohort of creation beside win rate by closing date.

    Formula: by closing date, won ÷ closed of the deals closed in the quarter. By cohort, won ÷ all deals
    created in the quarter, with the share still open beside it. The first flatters when losses are not
    closed out: a deal nobody closes is in no closing-date rate, but stays in its cohort.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    quarters : int
        How many quarters are shown, the running one among them.

    Returns
    -------
    Measure
        Value: cohort win rate of the deals created in the twelve months that ended a year ago. Frame:
        quarter_start_on, quarter, n_created, n_open, cohort_rate, open_rate, n_closed, closing_rate.
    """
    born = journeys(data, settings).select("is_open", "is_won", created_on="known_on")
    begin = add_quarters(data.as_of, 1 - quarters, settings)
    made = _by_quarter(born.filter(pl.col("created_on") >= begin), "created_on", settings).agg(
        n_created=pl.len().cast(pl.Int64),
        n_open=pl.col("is_open").sum().cast(pl.Int64),
        cohort_rate=pl.col("is_won").mean(),
    )
    ended = _by_quarter(closed(data, windows.through(begin, data.as_of)), "close_on", settings).agg(
        n_closed=pl.len().cast(pl.Int64), closing_rate=pl.col("is_won").mean()
    )
    frame = made.join(ended, on="quarter_start_on", how="full", coalesce=True).sort("quarter_start_on")
    labels = {d: quarter_label(d, settings) for d in frame["quarter_start_on"]}
    frame = frame.select(
        "quarter_start_on",
        "n_created",
        "n_open",
        "cohort_rate",
        "n_closed",
        "closing_rate",
        quarter=pl.col("quarter_start_on").replace_strict(labels, return_dtype=pl.String),
        open_rate=pl.col("n_open") / pl.col("n_created"),
    )
    return _cohort(data, born, frame)


def _cohort(data: Dataset, born: pl.DataFrame, frame: pl.DataFrame) -> Measure:
    ripe = born.filter(windows.months_before(data.as_of).holds("created_on"))
    ended = closed(data, windows.last_months(data.as_of))
    won, waiting = ripe.filter("is_won").height, ripe.filter("is_open").height
    rate, by_close = ratio(won, ripe.height), ratio(ended.filter("is_won").height, ended.height)
    if rate is None or by_close is None:
        return Measure("Cohort win rate", rate, "rate", frame, "No deal is old enough for a win rate by created date.")
    text = message(
        "By created date the win rate is {rate} ({height:,} deals created one to two years ago, "
        "{waiting:,} of them still open); by close date it is {by_close} (last twelve months).",
        rate=percent(rate),
        height=ripe.height,
        waiting=waiting,
        by_close=percent(by_close),
    )
    gap = by_close - rate
    if gap > 0.02:
        text += message(" Counting by close date flatters by {gap:.0f} points.", gap=gap * 100)
    return Measure("Cohort win rate", rate, "rate", frame, text)


def _by_quarter(rows: pl.DataFrame, column: str, settings: Settings) -> pl.dataframe.group_by.GroupBy:
    starts = {d: quarter_start(d, settings) for d in rows[column].drop_nulls().unique()}
    return rows.group_by(quarter_start_on=pl.col(column).replace_strict(starts, return_dtype=pl.Date))
