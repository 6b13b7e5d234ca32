"""Charts of the page on plans and pay."""

from __future__ import annotations

import polars as pl

from core.charts import name_bars
from core.charts.lazy_altair import alt
from core.charts.theme import ACTUAL, CONTEXT, FORECAST, finish, interval, mark
from core.localization import message

Drawn = alt.Chart | alt.LayerChart
MOST = 16


def chances(frame: pl.DataFrame, currency: str) -> Drawn:
    """What each person may book with its range, and a tick for quota: as `quota_chances.chances`, at most sixteen.

    Of more than that, those whose chance is lowest and highest are drawn.
    """
    rows = frame if frame.height <= MOST else pl.concat([frame.head(MOST // 2), frame.tail(MOST // 2)])
    y = name_bars.names("rep_name", rows["rep_name"].to_list())
    tip = [
        alt.Tooltip("rep_name:N", title="person"),
        alt.Tooltip("chance:Q", format=".0%", title="chance of quota"),
        alt.Tooltip("expected_amount:Q", format=",.0f", title="expected"),
        alt.Tooltip("low_amount:Q", format=",.0f", title="range from"),
        alt.Tooltip("high_amount:Q", format=",.0f", title="to"),
        alt.Tooltip("won_amount:Q", format=",.0f", title="won so far"),
        alt.Tooltip("quota_amount:Q", format=",.0f", title="quota"),
    ]
    base = alt.Chart(rows).encode(y=y, tooltip=tip)
    title = message("bookings expected, with range, in {currency} (tick: quota)", currency=currency)
    bars = name_bars.bars(base, "expected_amount", title, "~s", FORECAST)
    ranges = interval(base, x=alt.X("low_amount:Q"), x2=alt.X2("high_amount:Q"))
    return finish(bars + ranges + mark(base, 18, x=alt.X("quota_amount:Q")), 26 * rows.height + 30)


def earnings(frame: pl.DataFrame, more: float, currency: str) -> Drawn:
    """Pay of a quarter by what somebody still sells, as `pay_outlook.earnings_curve`; a dot where the slider stands."""
    tip = [
        alt.Tooltip("more_amount:Q", format=",.0f", title="sold on top"),
        alt.Tooltip("attainment_rate:Q", format=".0%", title="of quota"),
        alt.Tooltip("amount:Q", format=",.2f", title="pay"),
    ]
    base = alt.Chart(frame).encode(
        x=alt.X(
            "more_amount:Q",
            title=message("sold on top of today, in {currency}", currency=currency),
            axis=alt.Axis(format="~s"),
        ),
        tooltip=tip,
    )
    y = alt.Y(
        "amount:Q", title=message("pay of the quarter, in {currency}", currency=currency), axis=alt.Axis(format="~s")
    )
    near = frame.sort((pl.col("more_amount") - more).abs()).head(1)
    dot = (
        alt.Chart(near)
        .mark_point(color=ACTUAL, filled=True, size=110, opacity=1)
        .encode(x=alt.X("more_amount:Q"), y=alt.Y("amount:Q"), tooltip=tip)
    )
    return finish(base.mark_line(color=ACTUAL).encode(y=y) + dot, 220)


def costs(frame: pl.DataFrame, currency: str) -> Drawn:
    """Variable pay by how much of what is expected everybody books: as `pay_outlook.Costs.sensitivity`."""
    tip = [
        alt.Tooltip("level:Q", format=".0%", title="of expected bookings"),
        alt.Tooltip("amount:Q", format=",.0f", title="variable pay"),
        alt.Tooltip("rate:Q", format=".1%", title="of bookings"),
    ]
    base = alt.Chart(frame).encode(
        x=alt.X("level:O", title="bookings, as a share of what is expected", axis=alt.Axis(format=".0%")), tooltip=tip
    )
    bars = base.mark_bar(color=FORECAST, cornerRadius=2, size=26).encode(
        y=alt.Y(
            "amount:Q", title=message("variable pay, in {currency}", currency=currency), axis=alt.Axis(format="~s")
        ),
        color=alt.condition("datum.level == 1", alt.value(FORECAST), alt.value(CONTEXT)),
    )
    return finish(bars, 200)
