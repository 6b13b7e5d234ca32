"""Charts of the executive page."""

from __future__ import annotations

import polars as pl

from core.charts.lazy_altair import alt
from core.charts.theme import (
    ACTUAL,
    AXIS_LINE,
    FORECAST,
    GROUND,
    INK,
    LABEL,
    ON_DEEP,
    ON_PALE,
    PALE,
    SEQUENCE,
    finish,
    interval,
    legend,
    mark,
    name_axis,
)
from core.localization import message

MONEY = "~s"


def monthly(frame: pl.DataFrame, currency: str) -> alt.Chart | alt.LayerChart:
    """Bars of a monthly amount; the running month is paler. A click chooses a month.

    Parameters
    ----------
    frame : pl.DataFrame
        Columns month, amount.
    currency : str
        Unit of the axis.
    """
    last = frame["month"].max()
    shown = frame.with_columns(running=pl.col("month") == last, key=pl.col("month").dt.to_string("%Y-%m-%d"))
    chosen = alt.selection_point(name="month", fields=["key"], on="click", clear="dblclick")
    bars = (
        alt.Chart(shown)
        .mark_bar(color=ACTUAL, cornerRadiusTopLeft=2, cornerRadiusTopRight=2, cursor="pointer")
        .encode(
            x=alt.X("yearmonth(month):T", title=None),
            y=alt.Y(
                "amount:Q",
                title=message("{currency} booked", currency=currency),
                axis=alt.Axis(format=MONEY, tickCount=4),
            ),
            opacity=alt.condition(chosen, alt.value(1), alt.value(0.4)),
            color=alt.condition("datum.running", alt.value(PALE), alt.value(ACTUAL)),
            stroke=alt.condition("datum.running", alt.value(ACTUAL), alt.value("transparent")),
            tooltip=[alt.Tooltip("month:T", format="%B %Y"), alt.Tooltip("amount:Q", format=",.2f")],
        )
        .add_params(chosen)
    )
    return finish(bars, height=160)


def heat(frame: pl.DataFrame, currency: str, across: str) -> alt.Chart | alt.LayerChart:
    """Heat table of bookings by region and a second column, the amount in each cell; a click chooses a cell.

    Parameters
    ----------
    frame : pl.DataFrame
        Columns region, amount, n_deals and the one named by `across`, in the order to be shown.
    currency : str
    across : {"quarter", "family"}
    """
    order = frame[across].unique(maintain_order=True).to_list()
    chosen = alt.selection_point(name="cell", fields=["region", across], on="click", clear="dblclick")
    base = alt.Chart(frame).encode(
        x=alt.X(f"{across}:N", sort=order, title=None, axis=alt.Axis(labelAngle=0, labelOverlap=True)),
        y=alt.Y("region:N", title=None),
        tooltip=[
            alt.Tooltip("region:N"),
            alt.Tooltip(f"{across}:N"),
            alt.Tooltip("amount:Q", format=",.2f", title=currency),
            alt.Tooltip("n_deals:Q", format=",", title="deals"),
        ],
    )
    low, high = (float(str(end or 0)) for end in (frame["amount"].min(), frame["amount"].max()))
    middle = (low + high) / 2  # from the third of four colours on
    cells = (
        base.mark_rect(cornerRadius=3, cursor="pointer")
        .encode(
            color=alt.Color(
                "amount:Q",
                scale=alt.Scale(type="quantize", domain=[low, high], nice=False, range=SEQUENCE),
                legend=None,
            ),
            opacity=alt.condition(chosen, alt.value(1), alt.value(0.45)),
        )
        .add_params(chosen)
    )
    words = base.mark_text().encode(
        text=alt.Text("amount:Q", format=".2~s"),
        color=alt.condition(f"datum.amount >= {middle}", alt.value(ON_DEEP), alt.value(ON_PALE)),
    )
    return finish(cells + words, height=30 * frame["region"].n_unique() + 22)


def board(frame: pl.DataFrame, kind: str, unit: str, currency: str) -> alt.Chart | alt.LayerChart:
    """Leaderboard: bars best first, with a tick at the mark or the interval; a click chooses a person.

    Parameters
    ----------
    frame : pl.DataFrame
        As of `leaderboard.board`; the twelve best are drawn.
    kind, unit, currency : str
        The board's name, its unit, and the currency of money.
    """
    top = frame.head(12)
    order = top["rep_name"].to_list()
    form = ".0%" if unit == "rate" else "~s"
    titles = {
        "Attainment": "of quota",
        "Bookings": message("{currency} booked in the quarter (tick: quota)", currency=currency),
        "Win rate": "won in twelve months, with likely range",
        "Activity": "activities in 28 days",
        "Improvement": message("{currency} more than the year before", currency=currency),
    }
    chosen = alt.selection_point(name="person", fields=["rep_id"], on="click", clear="dblclick")
    base = alt.Chart(top).encode(y=alt.Y("rep_name:N", sort=order, title=None, axis=name_axis()))
    exact = ".1%" if unit == "rate" else ",.0f"
    tip = [
        alt.Tooltip("rep_name:N"),
        alt.Tooltip("team:N"),
        alt.Tooltip("value:Q", format=exact, title=kind),
        alt.Tooltip("n:Q", title="from"),
    ]
    layers = [
        base.mark_bar(color=ACTUAL, height=14, cornerRadius=2, cursor="pointer")
        .encode(
            x=alt.X("value:Q", title=titles[kind], axis=alt.Axis(format=form)),
            opacity=alt.condition(chosen, alt.value(1), alt.value(0.45)),
            tooltip=tip,
        )
        .add_params(chosen)
    ]
    if kind == "Bookings":
        layers.append(mark(base, 16, x=alt.X("mark:Q")))
    if kind == "Attainment":
        layers.append(alt.Chart(pl.DataFrame({"full": [1.0]})).mark_rule(color=INK).encode(x=alt.X("full:Q")))
    if kind == "Win rate":
        layers.append(interval(base, x=alt.X("low:Q"), x2=alt.X2("high:Q")))
    return finish(alt.LayerChart(layer=layers), height=20 * top.height + AXIS_LINE)


def concentration(frame: pl.DataFrame, label: str, currency: str) -> alt.Chart | alt.LayerChart:
    """The ten largest as bars, each with its share: [account_id, the label's column, amount, share_rate].

    A click chooses one.
    """
    top = frame.head(10)
    chosen = alt.selection_point(name="account", fields=["account_id"], on="click", clear="dblclick")
    base = alt.Chart(top).encode(y=alt.Y(f"{label}:N", sort=None, title=None, axis=name_axis()))
    bars = (
        base.mark_bar(color=ACTUAL, height=16, cornerRadius=2, cursor="pointer")
        .encode(
            x=alt.X("amount:Q", title=message("{currency}, and the share of all", currency=currency), axis=None),
            opacity=alt.condition(chosen, alt.value(1), alt.value(0.45)),
            tooltip=[
                alt.Tooltip(f"{label}:N"),
                alt.Tooltip("amount:Q", format=",.2f"),
                alt.Tooltip("share_rate:Q", format=".1%"),
            ],
        )
        .add_params(chosen)
    )
    words = base.mark_text(align="left", dx=5, color=LABEL).encode(
        x=alt.X("amount:Q"), text=alt.Text("share_rate:Q", format=".1%")
    )
    return finish(bars + words, height=21 * top.height + AXIS_LINE)


def target(frame: pl.DataFrame, currency: str) -> alt.Chart | alt.LayerChart:
    """The quarter on one bar: booked, forecast with its range, quota. Frame as `outlook.frame`, one row.

    A click chooses a part.
    """
    quota = frame["quota_amount"][0]
    y = alt.Y("window:N", title=None, axis=None)
    x = alt.X(
        "begin:Q",
        title=message("{currency} (line: likely range, tick: quota)", currency=currency),
        axis=alt.Axis(format=MONEY, tickCount=5),
    )
    row = frame.row(0, named=True)
    parts = pl.DataFrame(
        [
            (row["window"], "Booked", 0.0, row["closed_amount"]),
            (row["window"], "Forecast for the rest", row["closed_amount"], row["amount"]),
        ],
        schema=["window", "part", "begin", "end"],
        orient="row",
    )
    chosen = alt.selection_point(name="part", fields=["part"], on="click", clear="dblclick")
    bars = (
        alt.Chart(parts)
        .mark_bar(height=26, cursor="pointer", stroke=GROUND, strokeWidth=1)
        .encode(
            y=y,
            x=x,
            x2=alt.X2("end:Q"),
            opacity=alt.condition(chosen, alt.value(1), alt.value(0.45)),
            color=alt.Color(
                "part:N",
                scale=alt.Scale(domain=["Booked", "Forecast for the rest"], range=[ACTUAL, FORECAST]),
                legend=legend(each=150),
            ),
            tooltip=[alt.Tooltip("part:N"), alt.Tooltip("begin:Q", format=",.0f"), alt.Tooltip("end:Q", format=",.0f")],
        )
        .add_params(chosen)
    )
    base = alt.Chart(frame).encode(y=y)
    layers = bars + interval(base, x=alt.X("lower:Q"), x2=alt.X2("upper:Q"))
    if quota:
        tip = [alt.Tooltip("quota_amount:Q", format=",.0f", title="Quota")]
        layers += mark(base, 40, x=alt.X("quota_amount:Q"), tooltip=tip)
        word = base.mark_text(dy=-29, color=LABEL, text="Quota", align="right", dx=4)
        layers += word.encode(x=alt.X("quota_amount:Q"))
    return finish(layers, height=78)


def teams(frame: pl.DataFrame, currency: str) -> alt.Chart | alt.LayerChart:
    """Bars of bookings per team, with a tick at quota; a click chooses a team."""
    chosen = alt.selection_point(name="team", fields=["team"], on="click", clear="dblclick")
    order = frame["team"].to_list()
    base = alt.Chart(frame).encode(y=alt.Y("team:N", sort=order, title=None, axis=name_axis()))
    bars = (
        base.mark_bar(color=ACTUAL, height=14, cornerRadius=2, cursor="pointer")
        .encode(
            x=alt.X(
                "amount:Q",
                title=message("{currency} booked in the quarter (tick: quota)", currency=currency),
                axis=alt.Axis(format=MONEY),
            ),
            opacity=alt.condition(chosen, alt.value(1), alt.value(0.45)),
            tooltip=[
                alt.Tooltip("team:N"),
                alt.Tooltip("amount:Q", format=",.2f"),
                alt.Tooltip("attainment_rate:Q", format=".0%"),
            ],
        )
        .add_params(chosen)
    )
    return finish(bars + mark(base, 16, x=alt.X("quota_amount:Q")), height=21 * frame.height + 26)
