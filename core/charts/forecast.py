"""Charts of the forecast page."""

from __future__ import annotations

import polars as pl

from core.charts.lazy_altair import alt
from core.charts.theme import (
    ACTUAL,
    CONTEXT,
    FORECAST,
    GROUND,
    INK,
    LABEL,
    SERIES,
    finish,
    interval,
    legend,
    mark,
    name_axis,
    named_parts,
)
from core.localization import message

PARTS_RANGE = SERIES[:6]
MONTHS = {"format": "%b %y", "tickCount": 6, "labelOverlap": True}
PARTS = {"closed_amount": "Closed", "open_amount": "From open deals", "new_amount": "Create-and-close"}


def split(frame: pl.DataFrame, currency: str) -> alt.Chart | alt.LayerChart:
    """Stacked bars of closed, open and new per window, the number as a dot on its range, quota as a tick."""
    order = frame["window"].to_list()
    long = frame.unpivot(index="window", on=list(PARTS), variable_name="part", value_name="part_amount")
    long = long.with_columns(rank=pl.col("part").replace_strict({k: i for i, k in enumerate(PARTS)}))
    long = long.with_columns(pl.col("part").replace_strict(PARTS))
    y, hues = alt.Y("window:N", sort=order, title=None), [ACTUAL, FORECAST, CONTEXT]
    bars = (
        alt.Chart(long)
        .mark_bar(height=22, stroke=GROUND, strokeWidth=1)
        .encode(
            y=y,
            x=alt.X(
                "part_amount:Q",
                title=message("{currency} (line: likely range, tick: quota)", currency=currency),
                axis=alt.Axis(format="~s"),
            ),
            color=alt.Color(
                "part:N",
                scale=alt.Scale(domain=list(PARTS.values()), range=hues),
                legend=legend(each=145),
            ),
            order=alt.Order("rank:Q"),
            tooltip=[
                alt.Tooltip("window:N"),
                alt.Tooltip("part:N"),
                alt.Tooltip("part_amount:Q", format=",.2f", title=currency),
            ],
        )
    )
    bars = named_parts(bars, "part", "part_amount", dict(zip(PARTS.values(), hues, strict=True)), "rank")
    base = alt.Chart(frame).encode(y=y)
    reach = interval(base, x=alt.X("lower:Q"), x2=alt.X2("upper:Q"))
    tip = [alt.Tooltip("quota_amount:Q", format=",.2f", title="Quota")]
    number = base.mark_point(filled=True, size=60, color=INK, opacity=1).encode(
        x=alt.X("amount:Q"), tooltip=[alt.Tooltip("window:N"), alt.Tooltip("amount:Q", format=",.2f", title=currency)]
    )
    quota = mark(base, 28, x=alt.X("quota_amount:Q"), tooltip=tip)
    return finish(bars + reach + number + quota, height=34 * frame.height + 26)


def fan(frame: pl.DataFrame, currency: str) -> alt.Chart | alt.LayerChart:
    """Monthly revenue as a line, the forecast dashed within its range."""
    past = frame.filter(~pl.col("is_forecast"))
    joint = past.tail(1).with_columns(lower=pl.col("amount"), upper=pl.col("amount"))
    ahead = pl.concat([joint, frame.filter("is_forecast")], how="diagonal_relaxed")
    x = alt.X("month:T", title=None, axis=MONTHS)
    tip = [alt.Tooltip("month:T", format="%B %Y"), alt.Tooltip("amount:Q", format=",.2f", title=currency)]
    title = message("{currency} revenue a month", currency=currency)
    line = alt.Chart(past.tail(24)).mark_line(color=ACTUAL, point=alt.OverlayMarkDef(color=ACTUAL))
    band = (
        alt.Chart(ahead).mark_area(color=FORECAST, opacity=0.25).encode(x=x, y=alt.Y("lower:Q"), y2=alt.Y2("upper:Q"))
    )
    dashed = alt.Chart(ahead).mark_line(color=FORECAST, strokeDash=[5, 4], point=alt.OverlayMarkDef(color=FORECAST))
    y = alt.Y("amount:Q", title=title, axis=alt.Axis(format="~s"), scale=alt.Scale(zero=False))
    return finish(band + line.encode(x=x, y=y, tooltip=tip) + dashed.encode(x=x, y=y, tooltip=tip), height=170)


def arriving(frame: pl.DataFrame, currency: str, top: int = 10) -> alt.Chart | alt.LayerChart:
    """What deals to come add by part: [part, expected_amount, monthly_count, won_rate, mean_amount]."""
    shown = frame.head(top)
    base = alt.Chart(shown).encode(
        y=alt.Y("part:N", sort=shown["part"].to_list(), title=None, axis=name_axis(160)),
        tooltip=[
            alt.Tooltip("part:N"),
            alt.Tooltip("expected_amount:Q", format=",.0f", title=message("adds, {currency}", currency=currency)),
            alt.Tooltip("monthly_count:Q", format=",.1f", title="new deals a month"),
            alt.Tooltip("won_rate:Q", format=".0%", title="won in 180 days"),
            alt.Tooltip("mean_amount:Q", format=",.0f", title="average amount won"),
        ],
    )
    x = alt.X(
        "expected_amount:Q",
        title=message("{currency} from create-and-close", currency=currency),
        axis=alt.Axis(format="~s", tickCount=5),
    )
    bars = base.mark_bar(color=FORECAST, height=18, cornerRadius=2).encode(x=x)
    words = base.mark_text(align="left", dx=5, color=LABEL).encode(x=x, text=alt.Text("monthly_count:Q", format=",.0f"))
    return finish(bars + words, height=22 * shown.height + 30)


def win_curves(frame: pl.DataFrame) -> alt.Chart | alt.LayerChart:
    """The share won by each age, one line per part: [part, age_days, won_rate]."""
    order = frame["part"].unique(maintain_order=True).to_list()
    curves = (
        alt.Chart(frame)
        .mark_line(strokeWidth=2)
        .encode(
            x=alt.X("age_days:Q", title="days since created", axis=alt.Axis(tickCount=6)),
            y=alt.Y("won_rate:Q", title="won so far", axis=alt.Axis(format="%")),
            color=alt.Color(
                "part:N",
                scale=alt.Scale(domain=order, range=(PARTS_RANGE * 3)[: len(order)]),
                legend=legend(each=100),
            ),
            tooltip=[alt.Tooltip("part:N"), alt.Tooltip("age_days:Q"), alt.Tooltip("won_rate:Q", format=".1%")],
        )
    )
    return finish(curves, height=190)


def weeks(frame: pl.DataFrame, currency: str, shown: int = 26) -> alt.Chart | alt.LayerChart:
    """Weekly revenue as bars, weeks to come in amber with their range: [week, amount, lower, upper, is_forecast]."""
    past, ahead = frame.filter(~pl.col("is_forecast")).tail(shown), frame.filter("is_forecast")
    both = pl.concat([past, ahead]).with_columns(
        part=pl.when("is_forecast").then(pl.lit("Expected")).otherwise(pl.lit("Billed"))
    )
    base = alt.Chart(both).encode(
        x=alt.X("week:O", title="week of", timeUnit="yearmonthdate", axis=alt.Axis(format="%d %b", labelOverlap=True)),
        tooltip=[
            alt.Tooltip("week:T", format="%d %B %Y", title="week of"),
            alt.Tooltip("amount:Q", format=",.0f", title=currency),
            alt.Tooltip("billed_amount:Q", format=",.0f", title="invoiced"),
            alt.Tooltip("lower:Q", format=",.0f", title="low"),
            alt.Tooltip("upper:Q", format=",.0f", title="high"),
        ],
    )
    y = alt.Y("amount:Q", title=message("{currency} revenue a week", currency=currency), axis=alt.Axis(format="~s"))
    hues = alt.Scale(domain=["Billed", "Expected"], range=[ACTUAL, FORECAST])
    bars = base.mark_bar(cornerRadius=2).encode(y=y, color=alt.Color("part:N", scale=hues, legend=legend()))
    return finish(bars + interval(base, y=alt.Y("lower:Q"), y2=alt.Y2("upper:Q")), height=170)


def lines(frame: pl.DataFrame, currency: str, top: int = 6, shown: int = 24) -> alt.Chart | alt.LayerChart:
    """Monthly revenue of the largest parts, months to come dashed: [unit, month, amount, is_forecast]."""
    order = frame["unit"].unique(maintain_order=True).to_list()[:top]
    largest = frame.filter(pl.col("unit").is_in(order))
    past = largest.filter(~pl.col("is_forecast")).group_by("unit", maintain_order=True).tail(shown)
    ahead = pl.concat([past.group_by("unit", maintain_order=True).tail(1), largest.filter("is_forecast")])
    color = alt.Color(
        "unit:N",
        scale=alt.Scale(domain=order, range=PARTS_RANGE[: len(order)]),
        legend=legend(each=100),
    )
    x = alt.X("month:T", title=None, axis=MONTHS)
    y = alt.Y("amount:Q", title=message("{currency} revenue a month", currency=currency), axis=alt.Axis(format="~s"))
    tip = [
        alt.Tooltip("unit:N"),
        alt.Tooltip("month:T", format="%B %Y"),
        alt.Tooltip("amount:Q", format=",.0f", title=currency),
        alt.Tooltip("lower:Q", format=",.0f", title="low"),
        alt.Tooltip("upper:Q", format=",.0f", title="high"),
    ]
    drawn = alt.Chart(past).mark_line(strokeWidth=2).encode(x=x, y=y, color=color, tooltip=tip)
    dashed = alt.Chart(ahead).mark_line(strokeWidth=2, strokeDash=[5, 4], point=True)
    return finish(drawn + dashed.encode(x=x, y=y, color=color, tooltip=tip), height=180)
