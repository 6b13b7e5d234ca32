"""What the open pipeline is worth, whether it is enough, and how fast it moves."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from core.config import Settings
from core.config.calendar import add_months, quarter_end, quarter_label, quarter_start
from core.contracts import Dataset
from core.marts import stage_intervals
from core.metrics.attainment import quota_of_reps
from core.metrics.bookings import total
from core.metrics.measure import Measure, money, percent, ratio
from core.metrics.pipeline import open_deals
from core.metrics.winrate import cycle_days, deal_size, win_rate

STALE_DAYS, SILENT_DAYS, MANY_PUSHES = 60, 14, 2


def stages(data: Dataset, settings: Settings, months: int = 24) -> Measure:
    """Stage conversion: of the deals that entered each stage, how many moved on and how many were won.

    Formula: deals that entered the stage in the window and have since left it or closed; moved on are
    those that later entered a further stage or were won; won are those won in the end. Days are the
    median time in the stage of stays that have ended. None where no deal has left the stage.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    months : int
        Length of the window that ends on the as-of date.

    Returns
    -------
    Measure
        Value: share won of the deals that entered the first stage. Frame: stage, n_entered, n_moved_on,
        n_won, moved_on_rate, won_rate, median_days.
    """
    order = {name: k for k, name in enumerate(settings.stages.order)}
    stays = stage_intervals(data.opportunity_history, data.as_of).filter(pl.col("stage").is_in(list(order)))
    ranked = stays.with_columns(rank=pl.col("stage").replace_strict(order, return_dtype=pl.Int64))
    ends = data.opportunities.select("opportunity_id", "is_closed", "is_won")
    furthest = ranked.filter(~pl.col("stage").is_in(list(settings.stages.lost)))
    reached = furthest.group_by("opportunity_id").agg(furthest=pl.col("rank").max())
    inside = pl.col("entered_on") > add_months(data.as_of, -months)
    entered = ranked.filter(inside & pl.col("stage").is_in(list(settings.stages.open)))
    deals = (
        entered.group_by("opportunity_id", "stage", "rank")
        .agg(days=(pl.col("left_on") - pl.col("entered_on")).dt.total_days().sum(), left=pl.col("left_on").max())
        .join(ends, on="opportunity_id")
        .join(reached, on="opportunity_id", how="left")
        .filter(pl.col("is_closed") | (pl.col("furthest") > pl.col("rank")))
    )
    moved = (pl.col("furthest") > pl.col("rank")) | pl.col("is_won")
    frame = (
        deals.group_by("stage", "rank")
        .agg(
            n_entered=pl.len(),
            n_moved_on=moved.sum(),
            n_won=pl.col("is_won").sum(),
            median_days=pl.col("days").filter(pl.col("left").is_not_null()).median(),
            n_closed=pl.col("is_closed").sum(),
        )
        .sort("rank")
        .with_columns(
            moved_on_rate=pl.col("n_moved_on") / pl.col("n_entered"),
            won_rate=pl.col("n_won") / pl.when(pl.col("n_closed") > 0).then("n_closed"),
        )
        .drop("rank", "n_closed")
    )
    if frame.is_empty():
        return Measure("Stage conversion", None, "rate", frame, "No deal has moved through the stages yet.")
    worst = frame.sort("moved_on_rate").row(0, named=True)
    first = frame["won_rate"][0]
    text = (
        f"The leakiest stage is {worst['stage']}: {percent(worst['moved_on_rate'])} of {worst['n_entered']:,} deals "
        f"went on from there. Of those that entered {frame['stage'][0]} and closed, {percent(first)} were won."
    )
    return Measure("Stage conversion", first, "rate", frame, text)


def weighted_pipeline(data: Dataset, settings: Settings) -> Measure:
    """Open pipeline weighted by the share of past deals that were won from the same stage.

    Formula: sum over stages of open amount × won share; the share is that of `stages` over the last
    24 months, so it is the company's own and not a table of wishes. Deals without an amount are left
    out; so are stages nothing has closed from.

    Returns
    -------
    Measure
        Unit money. Frame: stage, n_deals, amount, won_rate, weighted_amount.
    """
    shares = stages(data, settings).frame
    now = open_deals(data, data.as_of, settings)
    order = {name: k for k, name in enumerate(settings.stages.order)}
    known = shares.select("stage", "won_rate")
    frame = (
        now.group_by("stage")
        .agg(n_deals=pl.len(), amount=pl.col("amount").sum())
        .join(known, on="stage", how="left")
        .with_columns(weighted_amount=pl.col("amount") * pl.col("won_rate"))
        .sort(pl.col("stage").replace_strict(order, default=99, return_dtype=pl.Int64))
    )
    if frame["weighted_amount"].null_count() == frame.height:
        return Measure("Weighted pipeline", None, "money", frame, "There is no open deal with a known chance.")
    value, amount = float(frame["weighted_amount"].sum()), float(frame["amount"].sum())
    text = (
        f"{money(amount, settings.currency)} open is worth {money(value, settings.currency)} at the share of past "
        "deals won from the same stage."
    )
    return Measure("Weighted pipeline", value, "money", frame, text)


def coverage(data: Dataset, settings: Settings) -> Measure:
    """Coverage of the remaining quota: open pipeline due this quarter over quota less bookings so far.

    Formula: amounts of open deals expected to close by the end of the fiscal quarter ÷ (sum of the
    reps' quotas − bookings of the quarter to date). None without a quota, and when it is already met.

    Returns
    -------
    Measure
        Unit rate (2.5 means two and a half times). Frame: item, amount.
    """
    begin, end = quarter_start(data.as_of, settings), quarter_end(data.as_of, settings)
    now = open_deals(data, data.as_of, settings)
    due = float(now.filter(pl.col("close_on") <= end)["amount"].sum())
    quota = quota_of_reps(data, begin)
    booked = total(data, begin, data.as_of)
    left = max(quota - booked, 0.0)
    rows = [("Quota", quota), ("Booked so far", booked), ("Still to book", left), ("Open and due this quarter", due)]
    frame = pl.DataFrame(rows, schema={"item": pl.String, "amount": pl.Float64}, orient="row")
    label = quarter_label(data.as_of, settings)
    if not quota:
        return Measure("Coverage", None, "rate", frame, f"There is no quota for {label} to cover.")
    if not left:
        met = percent(booked / quota)
        return Measure("Coverage", None, "rate", frame, f"The quota of {label} is met already: {met} is booked.")
    value, goal = due / left, settings.targets.coverage_ratio
    enough = "enough by" if value >= goal else "short of"
    still, ready = money(left, settings.currency), money(due, settings.currency)
    text = (
        f"{still} of the {label} quota is still to book; {ready} is open and due by {end:%d %B}: "
        f"{value:.1f} times, {enough} the rule of {goal:.0f} times."
    )
    return Measure("Coverage", value, "rate", frame, text)


def velocity(data: Dataset, settings: Settings) -> Measure:
    """Sales velocity: what the pipeline brings per day at the present pace.

    Formula: open deals × win rate by count × average amount won ÷ mean days from creation to win, the
    last three over the last twelve months. None when one of them is missing.

    Returns
    -------
    Measure
        Unit money per day. Frame: item, value.
    """
    n = float(open_deals(data, data.as_of, settings).height)
    rate, size = win_rate(data, settings).value, deal_size(data, settings).value
    days = cycle_days(data).value
    rows = [("Open deals", n), ("Win rate", rate), ("Average deal", size), ("Days to win", days)]
    frame = pl.DataFrame(rows, schema={"item": pl.String, "value": pl.Float64}, orient="row")
    if not (rate and size and days):
        return Measure("Velocity", None, "money", frame, "Without won deals there is no velocity.")
    value = n * rate * size / days
    text = (
        f"The pipeline brings {money(value, settings.currency)} a day: {n:,.0f} open deals × {percent(rate)} won × "
        f"{money(size, settings.currency)} ÷ {days:.0f} days."
    )
    return Measure("Velocity", value, "money", frame, text)


def at_risk(data: Dataset, settings: Settings) -> Measure:
    """Open deals with something against them, and what it is.

    A deal is at risk when its expected close lies in the past, when it was pushed at least twice, when
    nothing happened on it for 14 days (only where activities are loaded), or when it has been in its
    stage for more than 60 days.

    Returns
    -------
    Measure
        Unit money: open amount at risk. Frame: opportunity_id, opportunity_name, stage, owner_id,
        close_on, amount, n_reasons, reasons; most reasons and largest first.
    """
    now = open_deals(data, data.as_of, settings)
    moves = data.opportunity_history.filter(pl.col("valid_from") <= data.as_of).sort("opportunity_id", "valid_from")
    later = pl.col("close_on") > pl.col("close_on").shift(1).over("opportunity_id")
    pushes = moves.with_columns(later=later).group_by("opportunity_id").agg(n_pushes=pl.col("later").sum())
    last = data.activities.filter(pl.col("occurred_at").dt.date() <= data.as_of).group_by("opportunity_id")
    touched = last.agg(last_on=pl.col("occurred_at").max().dt.date())
    here = stage_intervals(data.opportunity_history, data.as_of).filter(pl.col("left_on").is_null())
    names = data.opportunities.select("opportunity_id", "opportunity_name")
    rows = (
        now.join(pushes, on="opportunity_id", how="left")
        .join(touched, on="opportunity_id", how="left")
        .join(here.select("opportunity_id", "entered_on"), on="opportunity_id", how="left")
        .join(names, on="opportunity_id", how="left")
    )
    silent = pl.col("last_on").is_null() | (pl.col("last_on") < data.as_of - timedelta(days=SILENT_DAYS))
    told = {
        "expected close has passed": pl.col("close_on") < data.as_of,
        "pushed twice or more": pl.col("n_pushes") >= MANY_PUSHES,
        f"nothing happened for {SILENT_DAYS} days": silent if data.has("activities") else pl.lit(value=False),
        f"more than {STALE_DAYS} days in its stage": pl.col("entered_on") < data.as_of - timedelta(days=STALE_DAYS),
    }
    flags = [pl.when(test.fill_null(value=False)).then(pl.lit(text)) for text, test in told.items()]
    frame = (
        rows.with_columns(reasons=pl.concat_list(flags).list.drop_nulls())
        .with_columns(n_reasons=pl.col("reasons").list.len().cast(pl.Int64), reasons=pl.col("reasons").list.join(", "))
        .filter(pl.col("n_reasons") > 0)
        .select("opportunity_id", "opportunity_name", "stage", "owner_id", "close_on", "amount", "n_reasons", "reasons")
        .sort("n_reasons", "amount", "opportunity_id", descending=[True, True, False], nulls_last=True)
    )
    amount, whole = float(frame["amount"].sum()), float(now["amount"].sum())
    share = ratio(amount, whole)
    if share is None:
        return Measure("At risk", None, "money", frame, "No open deal has an amount.")
    serious = frame.filter(pl.col("n_reasons") > 1).height
    text = (
        f"{frame.height:,} open deals with {money(amount, settings.currency)} have something against them, "
        f"{percent(share)} of the pipeline; {serious:,} have two reasons or more."
    )
    return Measure("At risk", amount, "money", frame, text)
