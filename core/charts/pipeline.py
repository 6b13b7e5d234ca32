"""Charts of the pipeline page."""

from __future__ import annotations

import altair as alt
import polars as pl

from core.charts.theme import ACTUAL, CONTEXT, FORECAST, finish

ACROSS = alt.Axis(format="~s")


def weighted(frame: pl.DataFrame, currency: str) -> alt.Chart | alt.LayerChart:
    """Open amount per stage in grey, its weighted worth in front: [stage, amount, weighted_amount]."""
    base = alt.Chart(frame).encode(y=alt.Y("stage:N", sort=frame["stage"].to_list(), title=None))
    tip = [
        "stage:N",
        alt.Tooltip("n_deals:Q", format=",", title="deals"),
        alt.Tooltip("amount:Q", format=",.0f", title=f"open, {currency}"),
        alt.Tooltip("won_rate:Q", format=".0%", title="won from here"),
        alt.Tooltip("weighted_amount:Q", format=",.0f", title=f"weighted, {currency}"),
    ]
    title = f"{currency} open (grey) and weighted (teal)"
    whole = base.mark_bar(color=CONTEXT, opacity=0.45, height=22).encode(
        x=alt.X("amount:Q", title=title, axis=ACROSS), tooltip=tip
    )
    worth = base.mark_bar(color=ACTUAL, height=12).encode(x="weighted_amount:Q", tooltip=tip)
    return finish(whole + worth, height=36 * frame.height + 70)


def conversion(frame: pl.DataFrame) -> alt.Chart | alt.LayerChart:
    """Share of deals that went on from each stage, with the median days in it."""
    words = frame.with_columns(
        word=pl.format(
            "{} %, {} days",
            (pl.col("moved_on_rate") * 100).round(0).cast(pl.Int64),
            pl.col("median_days").fill_null(0).round(0).cast(pl.Int64),
        )
    )
    base = alt.Chart(words).encode(y=alt.Y("stage:N", sort=frame["stage"].to_list(), title=None))
    bars = base.mark_bar(color=ACTUAL, height=20, cornerRadius=2).encode(
        x=alt.X(
            "moved_on_rate:Q",
            title="went on, median days in stage",
            axis=alt.Axis(format=".0%", values=[0, 0.25, 0.5, 0.75, 1]),
            scale=alt.Scale(domain=[0, 1.15]),
        ),
        tooltip=["stage:N", "n_entered:Q", "n_moved_on:Q", alt.Tooltip("won_rate:Q", format=".1%")],
    )
    text = base.mark_text(align="left", dx=5, color=CONTEXT).encode(x="moved_on_rate:Q", text="word:N")
    return finish(bars + text, height=36 * frame.height + 70)


def coverage(frame: pl.DataFrame, currency: str) -> alt.Chart | alt.LayerChart:
    """Bars of quota, booked, still to book and open: [item, amount]."""
    base = alt.Chart(frame).encode(
        y=alt.Y("item:N", sort=frame["item"].to_list(), title=None, axis=alt.Axis(labelLimit=200))
    )
    bars = base.mark_bar(height=20, cornerRadius=2).encode(
        x=alt.X("amount:Q", title=currency, axis=ACROSS),
        color=alt.Color(
            "item:N",
            scale=alt.Scale(domain=frame["item"].to_list(), range=[CONTEXT, ACTUAL, CONTEXT, "#7cc7bf"]),
            legend=None,
        ),
        tooltip=["item:N", alt.Tooltip("amount:Q", format=",.2f", title=currency)],
    )
    text = base.mark_text(align="left", dx=5, color=CONTEXT).encode(
        x="amount:Q", text=alt.Text("amount:Q", format=".3~s")
    )
    return finish(bars + text, height=34 * frame.height + 60)


def trend(frame: pl.DataFrame, currency: str) -> alt.Chart | alt.LayerChart:
    """Open pipeline month by month: [month, amount]."""
    chart = (
        alt.Chart(frame)
        .mark_area(color=ACTUAL, opacity=0.25, line={"color": ACTUAL})
        .encode(
            x=alt.X("month:T", title=None),
            y=alt.Y("amount:Q", title=f"{currency} open", axis=ACROSS),
            tooltip=[alt.Tooltip("month:T", format="%d %B %Y"), alt.Tooltip("amount:Q", format=",.0f")],
        )
    )
    return finish(chart, height=220)


def flow(frame: pl.DataFrame, currency: str) -> alt.Chart | alt.LayerChart:
    """Waterfall of a flow: [step, n_deals, amount]; a click on a bar chooses its step.

    Opening and closing stand on the ground; bars of steps without a deal are left out.
    """
    ends = pl.col("step").is_in(["Opening", "Closing"])
    top = pl.when(pl.col("step") == "Closing").then("amount").otherwise(pl.col("amount").cum_sum())
    way = pl.when(ends).then(pl.lit("Standing")).when(pl.col("amount") < 0).then(pl.lit("Out")).otherwise(pl.lit("In"))
    bars = (
        frame.with_columns(end=top)
        .with_columns(begin=pl.when(ends).then(0.0).otherwise(pl.col("end") - pl.col("amount")), way=way)
        .with_columns(edge=pl.max_horizontal("begin", "end"))
        .filter(ends | (pl.col("n_deals") > 0))
    )
    chosen = alt.selection_point(name="step", fields=["step"], on="click", clear="dblclick")
    hues = alt.Scale(domain=["Standing", "In", "Out"], range=[CONTEXT, ACTUAL, FORECAST])
    base = alt.Chart(bars).encode(
        y=alt.Y("step:N", sort=bars["step"].to_list(), title=None),
        tooltip=[
            "step:N",
            alt.Tooltip("n_deals:Q", format=",", title="deals"),
            alt.Tooltip("amount:Q", format="+,.2f", title=currency),
        ],
    )
    room = float(str(bars["edge"].max() or 1)) * 1.12
    drawn = (
        base.mark_bar(height=20, cornerRadius=2, cursor="pointer")
        .encode(
            x=alt.X("begin:Q", title=f"{currency} open", axis=ACROSS, scale=alt.Scale(domain=[0, room], nice=False)),
            x2="end:Q",
            color=alt.Color("way:N", scale=hues, legend=None),
            opacity=alt.condition(chosen, alt.value(1), alt.value(0.45)),
        )
        .add_params(chosen)
    )
    words = base.mark_text(align="left", dx=5, color=CONTEXT).encode(
        x="edge:Q", text=alt.Text("amount:Q", format=".3~s")
    )
    return finish(drawn + words, height=28 * bars.height + 60)
