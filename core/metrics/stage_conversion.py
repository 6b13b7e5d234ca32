"""Stages: how many deals go on from each, how long they stay, and how far each month's deals came."""

from __future__ import annotations

from datetime import date

import polars as pl

from core.artifacts import remembered
from core.config import Settings
from core.config.calendar import add_months, month_start
from core.contracts import Dataset
from core.localization import message
from core.metrics.deal_events import at, tracks
from core.metrics.measure import Measure, counted, money, percent
from core.metrics.stage_history import depths, journeys, lengths, pace


def shares(track: pl.DataFrame, settings: Settings, day: date, months: int = 24) -> pl.DataFrame:
    """Count, per stage, what became of the deals that entered it in the months up to a day.

    Returns
    -------
    pl.DataFrame
        stage, n_entered, n_moved_on, n_pending (still there), n_lost (lost or deleted from there),
        n_skipped, n_repeated, n_won and n_closed (of those that did not skip it), moved_on_rate (of
        those not pending), won_rate (of those closed); rates are null where nothing is decided.
        Stages nobody entered are left out.
    """
    return _counted(depths(track, settings, day), settings, day, months)


def _counted(wide: pl.DataFrame, settings: Settings, day: date, months: int = 24) -> pl.DataFrame:
    """Return `shares` from how far each deal had come by the day."""
    begin = add_months(day, -months)
    rows = [
        wide.filter(pl.col(f"day_{k}") > begin).select(pl.lit(name).alias("stage"), *_counts(k))
        for k, name in enumerate(settings.stages.open)
    ]
    counted = pl.concat([row.head(1) for row in rows]).filter(pl.col("n_entered") > 0)
    decided = pl.col("n_entered") - pl.col("n_pending")
    return counted.with_columns(
        moved_on_rate=pl.when(decided > 0).then(pl.col("n_moved_on") / decided),
        won_rate=pl.when(pl.col("n_closed") > 0).then(pl.col("n_won") / pl.col("n_closed")),
    )


def _counts(k: int) -> list[pl.Expr]:
    """Count what became of the deals that reached stage k."""
    moved, is_open, stays = pl.col("furthest") > k, pl.col("is_open"), pl.col(f"stays_{k}")
    counts = {
        "n_entered": pl.len(),
        "n_moved_on": moved.sum(),
        "n_pending": (~moved & is_open).sum(),
        "n_lost": (~moved & ~is_open).sum(),
        "n_skipped": (stays == 0).sum(),
        "n_repeated": (stays > 1).sum(),
        "n_won": (pl.col("is_won") & (stays > 0)).sum(),
        "n_closed": (~is_open & (stays > 0)).sum(),
    }
    return [count.cast(pl.Int64).alias(name) for name, count in counts.items()]


@remembered(48)
def known_shares(data: Dataset, settings: Settings, day: date) -> pl.DataFrame:
    """Return `shares` of a day, kept for the measures that look back on the same days."""
    return _counted(journeys(data, settings, day), settings, day)


def conversion(data: Dataset, settings: Settings, months: int = 24) -> Measure:
    """Stage conversion: of the deals that entered each stage, how many went on, wait there, or were lost.

    Formula: deals that entered stage n in the window; gone on are those that reached stage n+1 or
    beyond, or were won; pending are still open and no further; the rest were lost or deleted. The
    rate is gone on ÷ (entered − pending). None where nothing is decided.

    A deal counts once per stage, however often it comes back to it. A deal that skips a stage counts
    as having entered it and gone on, on the day it reached a later one, so that no stage shows fewer
    deals than the next.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    months : int
        Length of the window that ends on the as-of date.

    Returns
    -------
    Measure
        Value: share won of the deals that entered the first stage and closed. Frame as `shares`.
    """
    frame = _counted(journeys(data, settings), settings, data.as_of, months)
    decided = frame.filter(pl.col("moved_on_rate").is_not_null())
    if decided.is_empty():
        return Measure("Stage conversion", None, "rate", frame, "No deal has moved through the stages yet.")
    worst = decided.sort("moved_on_rate").row(0, named=True)
    first = frame["won_rate"][0]
    text = message(
        "Biggest drop-off: {stage}, where {moved_on_rate} of {deals} advanced; {n_pending:,} are still open.",
        stage=worst["stage"],
        moved_on_rate=percent(worst["moved_on_rate"]),
        deals=counted(worst["n_entered"] - worst["n_pending"], "deal"),
        n_pending=worst["n_pending"],
    )
    if first is not None:
        text += message(
            " Of closed deals that started in {stage}, {first} were won.", stage=frame["stage"][0], first=percent(first)
        )
    skipped, repeated = int(frame["n_skipped"].sum()), int(frame["n_repeated"].sum())
    if skipped or repeated:
        text += message(
            " {stages} skipped and {repeated:,} entered more than once.",
            stages=counted(skipped, "stage was", "stages were"),
            repeated=repeated,
        )
    return Measure("Stage conversion", first, "rate", frame, text)


def times(data: Dataset, settings: Settings, months: int = 24) -> Measure:
    """Time in stage: how long won deals took, next to how long open deals have been there.

    Formula: days a deal spent in the stage, all its stays together; median and 90th percentile over
    the deals won in the window, and over the deals now open in the stage. Slow are open deals
    that have been there longer than nine of ten won deals were.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    months : int
        Length of the window that ends on the as-of date.

    Returns
    -------
    Measure
        Value: open amount of slow deals; None where no deal was won. Frame: stage, n_won,
        won_median_days, won_p90_days, n_open, open_median_days, open_p90_days, n_slow, slow_amount.
    """
    track, stays = tracks(data, settings), lengths(data, settings)
    won, here = pace(stays, data.as_of, months), stays.filter("is_here")
    open_stays = here.join(at(track, data.as_of).select("deal", "cents"), on="deal").join(won, on="stage", how="left")
    slow = pl.col("days") > pl.col("won_p90_days")
    now = open_stays.group_by("stage").agg(
        n_open=pl.len().cast(pl.Int64),
        open_median_days=pl.col("days").median(),
        open_p90_days=pl.col("days").quantile(0.9, "linear"),
        n_slow=slow.sum().cast(pl.Int64),
        slow_amount=pl.col("cents").filter(slow).sum() / 100,
    )
    order = {name: k for k, name in enumerate(settings.stages.open)}
    frame = won.join(now, on="stage", how="full", coalesce=True).sort(
        pl.col("stage").replace_strict(order, return_dtype=pl.Int64)
    )
    compared = frame.filter(pl.col("n_won") > 0, pl.col("n_open") > 0)
    if compared.is_empty():
        return Measure("Time in stage", None, "money", frame, "No deal has been won yet to compare open ones with.")
    amount, n = float(compared["slow_amount"].sum()), int(compared["n_slow"].sum())
    worst = compared.sort("slow_amount", descending=True).row(0, named=True)
    if not n:
        return Measure(
            "Time in stage", 0.0, "money", frame, "No open deal is stuck: none is slower than 90 % of won deals."
        )
    text = message(
        "{open} stuck ({amount}): longer in stage than 90 % of won deals. Most of it is in {stage}, "
        "with {deals} past {won_p90_days:.0f} days.",
        open=counted(n, "open deal is", "open deals are"),
        amount=money(amount, settings.currency),
        stage=worst["stage"],
        deals=counted(worst["n_slow"], "deal"),
        won_p90_days=worst["won_p90_days"],
    )
    return Measure("Time in stage", amount, "money", frame, text)


def cohorts(data: Dataset, settings: Settings, months: int = 18) -> Measure:
    """Funnel by month of creation: how far the deals of each month have come.

    Formula: of the deals first open in the month, the share that has reached each stage or beyond
    by now, and the share won. Deals still open may yet go further, so young months look worse; their
    number is in the frame.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    months : int
        How many months are shown, the running one among them.

    Returns
    -------
    Measure
        Value: share won of the deals created in the shown months. Frame: month, stage (the last is
        Won), n_created, n_reached, n_open, reached_rate.
    """
    begin, names = add_months(month_start(data.as_of), 1 - months), settings.stages.open
    month, last = pl.col("opened_on").dt.truncate("1mo"), len(names)
    came = journeys(data, settings).filter(pl.col("day_0").is_not_null(), month >= begin)
    counts = {f"reached_{k}": pl.col(f"day_{k}").count() for k in range(last)}
    counts |= {"n_created": pl.len(), "n_open": pl.col("is_open").sum(), "n_won": pl.col("is_won").sum()}
    sizes = came.group_by(month=month).agg(count.cast(pl.Int64).alias(name) for name, count in counts.items())
    reached = [*((name, f"reached_{k}") for k, name in enumerate(names)), ("Won", "n_won")]
    frame = (
        pl.concat(
            sizes.select("month", "n_created", "n_open", rank=pl.lit(k), stage=pl.lit(name), n_reached=column)
            for k, (name, column) in enumerate(reached)
        )
        .filter((pl.col("n_reached") > 0) | (pl.col("rank") == last))
        .sort("month", "rank")
        .select(
            "month", "stage", "n_created", "n_reached", "n_open", reached_rate=pl.col("n_reached") / pl.col("n_created")
        )
    )
    if frame.is_empty():
        return Measure("Funnel by month", None, "rate", frame, "No deal was created in these months.")
    n, n_won, n_open = (int(sizes[c].sum()) for c in ("n_created", "n_won", "n_open"))
    text = message(
        "Of {deals} created since {begin:%B %Y}, {are} won and ",
        deals=counted(n, "deal"),
        begin=begin,
        are=counted(n_won, "is", "are"),
    )
    text += message("{are} still open.", are=counted(n_open, "is", "are"))
    ripe = sizes.filter(pl.col("n_open") * 10 <= pl.col("n_created")).with_columns(
        rate=pl.col("n_won") / pl.col("n_created")
    )
    if ripe.height > 1:
        best = ripe.sort("rate", "month", descending=True).row(0, named=True)
        text += message(
            " Best month so far: {month:%B %Y}, when {rate} of {n_created:,} deals were won.",
            month=best["month"],
            rate=percent(best["rate"]),
            n_created=best["n_created"],
        )
    return Measure("Funnel by month", n_won / n, "rate", frame, text)
