"""The map of regions as tiles, and the months behind and ahead."""

from __future__ import annotations

import polars as pl

from core.charts.lazy_altair import alt
from core.charts.theme import ACTUAL, FORECAST, INK, ON_DEEP, ON_PALE, finish, interval, legend
from core.localization import message

STEPS = ["#a85a0c", "#e0a878", "#d5dadd", "#86bdb8", "#0b7670"]  # worse, even, better
EDGES = [-0.6, -0.2, 0.2, 0.6]
NOTHING = "#b4bdc4"
REACH = 0.5
TALL, WIDE_NAMES = 76, 13


def tiles(frame: pl.DataFrame, measure: str, currency: str) -> alt.Chart | alt.LayerChart:
    """One tile per region where it lies: its name, its amount, and its change or attainment as number and colour.

    Teal is better and amber worse than a year ago; for attainment teal is the full quota and amber none of it.
    A click chooses a tile.

    Parameters
    ----------
    frame : pl.DataFrame
        As of `regions.regions`.
    measure, currency : str
    """
    is_share = measure == "Attainment"
    middle, reach = (0.5, 0.5) if is_share else (0.0, REACH)
    hue = ((pl.col("rate") - middle) / reach).clip(-1, 1)
    sign = pl.when(pl.col("rate") < 0).then(pl.lit("▼")).otherwise(pl.lit("▲"))
    number = pl.format("{} %", (pl.col("rate").abs() * 100).round(0).cast(pl.Int64, strict=False))
    none = "no quota" if is_share else "nothing a year ago"
    word = (number if is_share else pl.format("{} {}", sign, number)).fill_null(none)
    long = pl.col("region").str.len_chars() > WIDE_NAMES
    short = pl.when(long).then(pl.col("region").str.head(WIDE_NAMES - 1) + "…").otherwise("region")
    shown = frame.drop("members").with_columns(
        hue=hue, word=word, name=short, is_dark=((hue < EDGES[0]) | (hue >= EDGES[-1])).fill_null(value=False)
    )
    chosen = alt.selection_point(name="tile", fields=["region"], on="click", clear="dblclick")
    beside = "quota" if is_share else "a year ago"
    base = alt.Chart(shown).encode(
        x=alt.X("column:O", axis=None, scale=alt.Scale(paddingInner=0.05, paddingOuter=0)),
        y=alt.Y("row:O", axis=None, scale=alt.Scale(paddingInner=0.06, paddingOuter=0)),
        tooltip=[
            alt.Tooltip("region:N"),
            alt.Tooltip("amount:Q", format=",.2f", title=f"{measure}, {currency}"),
            alt.Tooltip("earlier_amount:Q", format=",.2f", title=beside),
            alt.Tooltip("rate:Q", format=".1%" if is_share else "+.1%", title="of quota" if is_share else "change"),
        ],
    )
    scale = alt.Scale(type="threshold", domain=EDGES, range=STEPS)
    squares = (
        base.mark_rect(cornerRadius=6, cursor="pointer", invalid=None)
        .encode(
            color=alt.condition("isValid(datum.hue)", alt.Color("hue:Q", scale=scale, legend=None), alt.value(NOTHING)),
            opacity=alt.condition(chosen, alt.value(1), alt.value(0.45)),
        )
        .add_params(chosen)
    )
    ink = alt.condition("datum.is_dark", alt.value(ON_DEEP), alt.value(ON_PALE))
    lines = [
        ("name:N", -21, 13, "bold", ""),
        ("amount:Q", 0, 15, "normal", ".3~s"),
        ("word:N", 20, 13, "bold", None),
    ]
    layers = [squares] + [
        base.mark_text(dy=dy, fontSize=size, fontWeight=weight, cursor="pointer").encode(  # type: ignore[arg-type]
            text=alt.Text(field, format=form) if form else alt.Text(field), color=ink
        )
        for field, dy, size, weight, form in lines
    ]
    return finish(alt.LayerChart(layer=layers), height=TALL * frame["row"].n_unique())


def trend(frame: pl.DataFrame, measure: str, currency: str) -> alt.Chart | alt.LayerChart:
    """Bars of past months, the months ahead paler within their range, target as a tick; a click chooses a month.

    Parameters
    ----------
    frame : pl.DataFrame
        As of `trend.trend`.
    measure, currency : str
    """
    kinds = {"Booked" if measure == "Bookings" else "Invoiced": ACTUAL, "Forecast": FORECAST}
    done = next(iter(kinds))
    shown = frame.with_columns(
        key=pl.col("month").dt.to_string("%Y-%m-%d"),
        label=pl.col("month").dt.to_string("%b %Y"),
        kind=pl.when("is_forecast").then(pl.lit("Forecast")).otherwise(pl.lit(done)),
    )
    chosen = alt.selection_point(name="month", fields=["key"], on="click", clear="dblclick")
    order = shown["label"].to_list()
    tip = [
        alt.Tooltip("label:N", title="month"),
        alt.Tooltip("kind:N"),
        alt.Tooltip("amount:Q", format=",.0f", title=currency),
        alt.Tooltip("lower:Q", format=",.0f", title="range from"),
        alt.Tooltip("upper:Q", format=",.0f", title="to"),
        alt.Tooltip("so_far_amount:Q", format=",.0f", title="in so far"),
        alt.Tooltip("target_amount:Q", format=",.0f", title="target"),
    ]
    base = alt.Chart(shown).encode(
        x=alt.X("label:O", sort=order, title=None, axis=alt.Axis(labelOverlap=True, labelSeparation=8)), tooltip=tip
    )
    hues = alt.Scale(domain=list(kinds), range=list(kinds.values()))
    has_target = frame["target_amount"].drop_nulls().len() > 0
    title = (
        message("{currency} a month (line: likely range, tick: target)", currency=currency)
        if has_target
        else message("{currency} a month (line: likely range)", currency=currency)
    )
    y = alt.Y("amount:Q", title=title, axis=alt.Axis(format="~s", tickCount=5))
    bars = (
        base.mark_bar(cornerRadiusTopLeft=2, cornerRadiusTopRight=2, cursor="pointer")
        .encode(
            y=y,
            color=alt.Color("kind:N", scale=hues, legend=legend()),
            opacity=alt.condition(chosen, alt.value(1), alt.value(0.4)),
        )
        .add_params(chosen)
    )
    layers = [
        bars,
        base.transform_filter("isValid(datum.so_far_amount)")
        .mark_bar(color=ACTUAL, cursor="pointer")
        .encode(y=alt.Y("so_far_amount:Q")),
        interval(base.transform_filter("isValid(datum.lower)"), y=alt.Y("lower:Q"), y2=alt.Y2("upper:Q")),
    ]
    if has_target:
        layers.append(base.mark_tick(color=INK, thickness=2, width={"band": 0.9}).encode(y=alt.Y("target_amount:Q")))
    return finish(alt.LayerChart(layer=layers), height=170)
