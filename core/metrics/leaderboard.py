"""Leaderboards: who is ahead, by a measure that three lucky deals do not top."""

from __future__ import annotations

import polars as pl

from core import marts
from core.config import Settings, windows
from core.config.calendar import quarter_label, quarter_start
from core.contracts import Dataset
from core.contracts.amount_visibility import needs_amounts
from core.contracts.errors import ContractError
from core.contracts.spans import is_valid
from core.localization import message
from core.metrics.bookings import daily, lines
from core.metrics.confidence_intervals import wilson
from core.metrics.measure import Measure, counted, money, percent, ratio, share
from core.metrics.quotas import own_quotas
from core.metrics.winrate import closed

BOARDS = ("Attainment", "Bookings", "Win rate", "Activity", "Improvement")
ACTIVE_DAYS = 28
DONE = ("call", "mail", "meeting")


@needs_amounts
def board(data: Dataset, settings: Settings, kind: str = "Attainment") -> Measure:
    """Leaderboard of reps, best first.

    Formula: attainment is bookings ÷ quota of the running quarter; bookings are those of the quarter;
    win rate is won ÷ closed over twelve months with Wilson's 95 % interval, ranked by its lower end, so
    that few deals do not top the board; activity is calls, mails and meetings of the last 28 days;
    improvement is bookings of the last twelve months less those of the twelve months before, of
    people with both. None without a denominator; people without a value are left out.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    kind : {"Attainment", "Bookings", "Win rate", "Activity", "Improvement"}

    Returns
    -------
    Measure
        Value: that of the whole team. Frame: rep_id, rep_name, team, value, low, high (win rate only),
        mark (quota, or the amount before), n.

    Raises
    ------
    ContractError
        When there is no such board.
    """
    boards = {
        "Attainment": _attainment,
        "Bookings": _bookings,
        "Win rate": _win_rate,
        "Activity": _activity,
        "Improvement": _improvement,
    }
    if kind not in boards:
        raise ContractError(
            message("There is no leaderboard called {kind!r}.", kind=kind),
            mend=message("Known: {boards}.", boards=", ".join(BOARDS)),
        )
    return boards[kind](data, settings)


def behind(data: Dataset, settings: Settings, kind: str, rep_id: str) -> pl.DataFrame:
    """Return the rows behind one person's bar: booking lines, closed deals, or activities by kind and week."""
    begin = quarter_start(data.as_of, settings)
    year = windows.last_months(data.as_of)
    if kind == "Win rate":
        columns = ("opportunity_id", "opportunity_name", "stage", "amount", "close_on", "is_won")
        return closed(data, year).filter(pl.col("owner_id") == rep_id).select(columns).sort("close_on")
    if kind == "Activity":
        mine = _done(data).filter(pl.col("rep_id") == rep_id)
        return (
            mine.group_by("kind", week=pl.col("on").dt.truncate("1w"))
            .agg(n=pl.col("n_activities").sum())
            .sort("week", "kind")
        )
    since = begin if kind in ("Attainment", "Bookings") else windows.months_before(data.as_of).begin
    rows = lines(data, since).filter(pl.col("rep_id") == rep_id)
    names = data.accounts.select("account_id", "account_name")
    shown = ("day", "account_name", "region", "product_id", "amount")
    return rows.join(names, on="account_id", how="left").select(shown).sort("day")


def _people(frame: pl.DataFrame, data: Dataset) -> pl.DataFrame:
    last = (
        data.sales_team.sort("valid_from")
        .group_by("rep_id", maintain_order=True)
        .agg(pl.col("rep_name", "team").last())
    )
    named = frame.filter(pl.col("rep_id").is_not_null()).join(last, on="rep_id", how="left")
    return named.with_columns(rep_name=pl.coalesce("rep_name", "rep_id"))


def _shaped(frame: pl.DataFrame, data: Dataset, by: str = "value") -> pl.DataFrame:
    missing = [pl.lit(None, pl.Float64).alias(c) for c in ("low", "high", "mark") if c not in frame.columns]
    return (
        _people(frame.with_columns(missing), data)
        .filter(pl.col("value").is_not_null())
        .sort(by, "value", "rep_id", descending=[True, True, False])
        .select("rep_id", "rep_name", "team", "value", "low", "high", "mark", pl.col("n").cast(pl.Int64))
    )


def _quarter(data: Dataset, settings: Settings) -> pl.DataFrame:
    window = windows.quarter_to_date(data.as_of, settings)
    rows = daily(data).filter(window.holds())
    booked = rows.group_by("rep_id").agg(pl.col("amount").sum(), n=pl.col("n_lines").sum())
    quota = own_quotas(data, window.begin).select("rep_id", mark="quota_amount")
    both = booked.join(quota, on="rep_id", how="full", coalesce=True)
    return both.with_columns(pl.col("amount").fill_null(0.0), pl.col("n").fill_null(0))


def _attainment(data: Dataset, settings: Settings) -> Measure:
    rows, label = _quarter(data, settings), quarter_label(data.as_of, settings)
    rated = rows.with_columns(value=pl.when(pl.col("mark") > 0).then(pl.col("amount") / pl.col("mark")))
    frame = _shaped(rated, data)
    whole = ratio(float(rows["amount"].sum()), float(rows["mark"].sum()))
    if frame.is_empty():
        return Measure("Attainment", None, "rate", frame, message("Nobody has a quota for {label}.", label=label))
    top, met = frame.row(0, named=True), frame.filter(pl.col("value") >= 1).height
    text = message(
        "{rep_name} leads at {rate} of quota; {met:,} of {height:,} people have met quota in "
        "{label}, and the team is at {whole}.",
        rep_name=top["rep_name"],
        rate=percent(top["value"]),
        met=met,
        height=frame.height,
        label=label,
        whole=percent(whole),
    )
    return Measure("Attainment", whole, "rate", frame, text)


def _bookings(data: Dataset, settings: Settings) -> Measure:
    rows = _quarter(data, settings)
    frame = _shaped(rows.with_columns(value="amount"), data)
    if frame.is_empty() or not frame["value"].abs().sum():
        label = quarter_label(data.as_of, settings)
        return Measure("Bookings", None, "money", frame, message("Nobody has booked anything in {label}.", label=label))
    whole, best = float(rows["amount"].sum()), frame.head(5)
    part, unit = float(best["value"].sum()), settings.currency
    rate = share(part, whole)
    brought = money(part, unit) if rate is None else percent(rate)
    text = message(
        "{rep_name} leads with {amount}; the top five bring {brought} of {whole}.",
        rep_name=best["rep_name"][0],
        amount=money(best["value"][0], unit),
        brought=brought,
        whole=money(whole, unit),
    )
    return Measure("Bookings", whole, "money", frame, text)


def _win_rate(data: Dataset, settings: Settings) -> Measure:
    rows = closed(data, windows.last_months(data.as_of))
    each = rows.group_by(rep_id="owner_id").agg(n=pl.len(), value=pl.col("is_won").mean(), hits=pl.col("is_won").sum())
    reach = [wilson(hits, n) or (None, None) for hits, n in each.select("hits", "n").iter_rows()]
    each = each.with_columns(
        low=pl.Series([r[0] for r in reach], dtype=pl.Float64), high=pl.Series([r[1] for r in reach], dtype=pl.Float64)
    )
    frame = _shaped(each, data, by="low")
    whole = ratio(rows.filter("is_won").height, rows.height)
    if frame.is_empty():
        return Measure("Win rate", None, "rate", frame, "No deal was closed in the last twelve months.")
    top, high = frame.row(0, named=True), frame.sort("value", "n", descending=True).row(0, named=True)
    text = message(
        "{rep_name} has the most reliable win rate: {rate} of {deals}, at least {low} allowing for "
        "luck; the team wins {whole}.",
        rep_name=top["rep_name"],
        rate=percent(top["value"]),
        deals=counted(top["n"], "deal"),
        low=percent(top["low"]),
        whole=percent(whole),
    )
    if high["rep_id"] != top["rep_id"]:
        few = counted(high["n"], "deal")
        text += message(
            " {rep_name} has the highest win rate, {rate}, from only {few}.",
            rep_name=high["rep_name"],
            rate=percent(high["value"]),
            few=few,
        )
    return Measure("Win rate", whole, "rate", frame, text)


def _done(data: Dataset) -> pl.DataFrame:
    done = marts.of(data).rep_activity_days.filter(pl.col("kind").is_in(DONE))
    return done.filter(windows.last_days(data.as_of, ACTIVE_DAYS).holds("on"))


def _activity(data: Dataset, settings: Settings) -> Measure:
    done = _done(data).group_by("rep_id").agg(n=pl.col("n_activities").sum())
    frame = _shaped(done.with_columns(value=pl.col("n").cast(pl.Float64)), data)
    if frame.is_empty():
        return Measure(
            "Activity",
            None,
            "count",
            frame,
            message("No activity of the last {active_days} days was loaded.", active_days=ACTIVE_DAYS),
        )
    whole, middle = float(frame["value"].sum()), float(str(frame["value"].median()))
    text = message(
        "{rep_name} was busiest with {value:,.0f} calls, mails and meetings in {active_days} days; "
        "half the team had {middle:,.0f} or more.",
        rep_name=frame["rep_name"][0],
        value=frame["value"][0],
        active_days=ACTIVE_DAYS,
        middle=middle,
    )
    return Measure("Activity", whole, "count", frame, text)


def _improvement(data: Dataset, settings: Settings) -> Measure:
    rows = daily(data)

    def summed(window: windows.Days, name: str) -> pl.DataFrame:
        return (
            rows.filter(window.holds())
            .group_by("rep_id")
            .agg(pl.col("amount").sum().alias(name), pl.col("n_lines").sum().alias(f"n_{name}"))
        )

    both = summed(windows.last_months(data.as_of), "now").join(
        summed(windows.months_before(data.as_of), "mark"), on="rep_id"
    )
    frame = _shaped(both.with_columns(value=pl.col("now") - pl.col("mark"), n="n_now"), data)
    still = data.sales_team.filter(is_valid(data.as_of))["rep_id"].implode()
    frame = frame.filter(pl.col("rep_id").is_in(still))
    if frame.is_empty():
        return Measure("Improvement", None, "money", frame, "Nobody has booked in both of the last two years.")
    top, up = frame.row(0, named=True), frame.filter(pl.col("value") > 0).height
    text = message(
        "{rep_name} improved most: {amount} more than in the twelve months before; {up:,} of "
        "{height:,} people improved.",
        rep_name=top["rep_name"],
        amount=money(top["value"], settings.currency),
        up=up,
        height=frame.height,
    )
    if not up:
        text = "Nobody booked more in the last twelve months than in the twelve before."
    return Measure("Improvement", float(frame["value"].sum()), "money", frame, text)
