"""Charts of the pipeline page."""

from __future__ import annotations

import polars as pl

from core.charts.lazy_altair import alt
from core.charts.theme import (
    ACTUAL,
    AXIS_LINE,
    CONTEXT,
    FORECAST,
    GROUND,
    LABEL,
    ON_DEEP,
    ON_PALE,
    PALE,
    QUIET,
    SEQUENCE,
    finish,
    legend,
    mark,
    name_axis,
    named_parts,
    valued_parts,
)
from core.localization import message

ROOM = 1.25  # Behind the longest bar its amount is written, on a phone too.


def across() -> alt.Axis:
    """Return an axis of money in short."""
    return alt.Axis(format="~s")


def weighted(frame: pl.DataFrame, currency: str) -> alt.Chart | alt.LayerChart:
    """Open amount per stage in grey, its weighted worth in front: [stage, amount, weighted_amount]."""
    base = alt.Chart(frame).encode(y=alt.Y("stage:N", sort=frame["stage"].to_list(), title=None, axis=name_axis()))
    tip = [
        alt.Tooltip("stage:N"),
        alt.Tooltip("n_deals:Q", format=",", title="deals"),
        alt.Tooltip("amount:Q", format=",.0f", title=message("open, {currency}", currency=currency)),
        alt.Tooltip("won_rate:Q", format=".0%", title="won from this stage"),
        alt.Tooltip("weighted_amount:Q", format=",.0f", title=message("weighted, {currency}", currency=currency)),
    ]
    title = message("{currency} open (grey) and weighted (teal)", currency=currency)
    whole = base.mark_bar(color=QUIET, height=22).encode(x=alt.X("amount:Q", title=title, axis=across()), tooltip=tip)
    worth = base.mark_bar(color=ACTUAL, height=12).encode(x=alt.X("weighted_amount:Q"), tooltip=tip)
    return finish(whole + worth, height=27 * frame.height + 30)


def conversion(frame: pl.DataFrame) -> alt.Chart | alt.LayerChart:
    """What became of the deals that entered each stage: gone on, still there, lost; the rate beside the bar."""
    order = frame["stage"].to_list()
    fates = {"n_moved_on": "Advanced", "n_pending": "Still open", "n_lost": "Lost"}
    long = frame.select("stage", "n_entered", "moved_on_rate", *fates).unpivot(
        list(fates), index=["stage", "n_entered", "moved_on_rate"], variable_name="fate", value_name="n"
    )
    long = long.with_columns(
        pl.col("fate").replace(fates),
        share=pl.col("n") / pl.col("n_entered"),
        rank=pl.col("fate").replace_strict({k: i for i, k in enumerate(fates)}, return_dtype=pl.Int64),
    )
    percent = pl.format("{} %", (pl.col("moved_on_rate") * 100).round().cast(pl.Int64))
    is_told = (pl.col("fate") == "Advanced") & pl.col("moved_on_rate").is_not_null()
    long = long.with_columns(said=pl.when(is_told).then(percent).otherwise("fate"))
    colours = dict(zip(fates.values(), [ACTUAL, QUIET, FORECAST], strict=True))
    hues = alt.Scale(domain=list(colours), range=list(colours.values()))
    bars = (
        alt.Chart(long)
        .mark_bar(height=20, stroke=GROUND, strokeWidth=1)
        .encode(
            y=alt.Y("stage:N", sort=order, title=None, axis=name_axis()),
            x=alt.X("share:Q", title="of the deals that entered", axis=alt.Axis(format=".0%"), stack="zero"),
            color=alt.Color("fate:N", scale=hues, legend=legend()),
            order=alt.Order("rank:Q"),
            tooltip=[
                alt.Tooltip("stage:N"),
                alt.Tooltip("fate:N"),
                alt.Tooltip("n:Q", format=",", title="deals"),
                alt.Tooltip("share:Q", format=".1%"),
            ],
        )
    )
    named = named_parts(bars, "fate", "share", colours, "rank", "said")
    return finish(named, height=27 * frame.height + 30)


def times(frame: pl.DataFrame) -> alt.Chart | alt.LayerChart:
    """Days in each stage: won deals' median to 90th percentile as a grey bar, open deals' as two marks."""
    order = frame["stage"].to_list()
    base = alt.Chart(frame).encode(y=alt.Y("stage:N", sort=order, title=None, axis=name_axis()))
    tip = [
        alt.Tooltip("stage:N"),
        alt.Tooltip("won_median_days:Q", format=".0f", title="won, median days"),
        alt.Tooltip("won_p90_days:Q", format=".0f", title="won, 90 % within"),
        alt.Tooltip("open_median_days:Q", format=".0f", title="open, median days"),
        alt.Tooltip("open_p90_days:Q", format=".0f", title="open, 90 % within"),
        alt.Tooltip("n_slow:Q", title="open deals slower"),
    ]
    title = "days in stage: won deals, median to 90 % (grey); open deals, median ● and 90 % ▲"
    won = base.mark_bar(color=QUIET, height=18, cornerRadius=2).encode(
        x=alt.X("won_median_days:Q", title=title), x2=alt.X2("won_p90_days:Q"), tooltip=tip
    )
    middle = base.mark_point(filled=True, size=90, color=ACTUAL, opacity=1).encode(
        x=alt.X("open_median_days:Q"), tooltip=tip
    )
    late = base.mark_point(filled=True, size=90, shape="triangle-up", color=FORECAST, opacity=1).encode(
        x=alt.X("open_p90_days:Q"), tooltip=tip
    )
    return finish(won + middle + late, height=27 * frame.height + 30)


def cohorts(frame: pl.DataFrame) -> alt.Chart | alt.LayerChart:
    """Heat map of the share of each month's deals that reached each stage; months with open deals stand paler."""
    order = frame["stage"].unique(maintain_order=True).to_list()
    shown = frame.with_columns(ripe=1 - 0.6 * pl.col("n_open") / pl.col("n_created"))
    base = alt.Chart(shown).encode(
        x=alt.X(
            "yearmonth(month):O",
            title="created month (paler: more deals still open)",
            axis=alt.Axis(format="%b %y", labelOverlap=True),
        ),
        y=alt.Y("stage:N", sort=order, title=None),
        tooltip=[
            alt.Tooltip("month:T", format="%B %Y"),
            alt.Tooltip("stage:N"),
            alt.Tooltip("n_created:Q", format=",", title="created"),
            alt.Tooltip("n_reached:Q", format=",", title="won so far"),
            alt.Tooltip("n_open:Q", title="still open"),
            alt.Tooltip("reached_rate:Q", format=".1%"),
        ],
    )
    cells = base.mark_rect(cornerRadius=2).encode(
        color=alt.Color("reached_rate:Q", scale=alt.Scale(type="quantize", range=SEQUENCE, domain=[0, 1]), legend=None),
        opacity=alt.Opacity("ripe:Q", scale=None),
    )
    words = base.mark_text().encode(
        text=alt.Text("reached_rate:Q", format=".0%"),
        color=alt.condition("datum.reached_rate >= 0.5", alt.value(ON_DEEP), alt.value(ON_PALE)),
    )
    return finish(cells + words, height=28 * len(order) + 50)


def speed(frame: pl.DataFrame, currency: str) -> alt.Chart | alt.LayerChart:
    """Bars of what each part of velocity added or took: [part, effect_amount, change_rate]."""
    shown = frame.with_columns(
        way=pl.when(pl.col("effect_amount") < 0).then(pl.lit("Slower")).otherwise(pl.lit("Faster")),
        word=pl.format("{} %", (pl.col("change_rate") * 100).round(1)),
    )
    base = alt.Chart(shown).encode(y=alt.Y("part:N", sort=frame["part"].to_list(), title=None, axis=name_axis()))
    bars = base.mark_bar(height=18, cornerRadius=2).encode(
        x=alt.X("effect_amount:Q", title=message("{currency} a day, vs last year", currency=currency), axis=across()),
        color=alt.Color("way:N", scale=alt.Scale(domain=["Faster", "Slower"], range=[ACTUAL, FORECAST]), legend=None),
        tooltip=[
            alt.Tooltip("part:N"),
            alt.Tooltip("now:Q", format=",.2f"),
            alt.Tooltip("earlier:Q", format=",.2f", title="a year ago"),
            alt.Tooltip("change_rate:Q", format="+.1%"),
            alt.Tooltip("effect_amount:Q", format="+,.0f"),
        ],
    )
    x = alt.X("effect_amount:Q").stack(False)
    ahead = base.transform_filter("datum.effect_amount >= 0").mark_text(align="left", dx=6, color=LABEL)
    behind = base.transform_filter("datum.effect_amount < 0").mark_text(align="right", dx=-6, color=LABEL)
    layers = bars + ahead.encode(x=x, text=alt.Text("word:N")) + behind.encode(x=x, text=alt.Text("word:N"))
    return finish(layers, height=27 * frame.height + 30)


def win_rates(frame: pl.DataFrame) -> alt.Chart | alt.LayerChart:
    """Win rate by closing quarter as a line, by cohort of creation as bars with what is still open on top."""
    order = frame["quarter"].to_list()
    x = alt.X("quarter:N", sort=order, title=None, axis=alt.Axis(labelAngle=0, labelOverlap=True))
    parts = frame.select("quarter", won="cohort_rate", waiting="open_rate").unpivot(
        ["won", "waiting"], index="quarter", variable_name="part", value_name="rate"
    )
    names = {"won": "Created then, won", "waiting": "Created then, still open"}
    parts = parts.with_columns(pl.col("part").replace(names))
    hues = alt.Scale(domain=[*names.values(), "Closed then, won"], range=[ACTUAL, QUIET, FORECAST])
    bars = (
        alt.Chart(parts)
        .mark_bar(stroke=GROUND, strokeWidth=1)
        .encode(
            x=x,
            y=alt.Y("rate:Q", title="share of deals", axis=alt.Axis(format=".0%"), stack="zero"),
            color=alt.Color("part:N", scale=hues, legend=legend(each=180)),
            tooltip=[alt.Tooltip("quarter:N"), alt.Tooltip("part:N"), alt.Tooltip("rate:Q", format=".1%")],
        )
    )
    line = (
        alt.Chart(frame.with_columns(part=pl.lit("Closed then, won")))
        .mark_line(point=True)
        .encode(
            x=x,
            y=alt.Y("closing_rate:Q"),
            color=alt.Color("part:N", scale=hues),
            tooltip=[
                alt.Tooltip("quarter:N"),
                alt.Tooltip("closing_rate:Q", format=".1%"),
                alt.Tooltip("n_closed:Q", format=","),
            ],
        )
    )
    inside = dict(zip(names.values(), (ACTUAL, QUIET), strict=True))
    return finish(valued_parts(bars, "part", "rate", inside) + line, height=160)


def coverage(frame: pl.DataFrame, currency: str) -> alt.Chart | alt.LayerChart:
    """Bars of quota, booked, still to book, open, weighted, needed: [item, amount]."""
    hue = {
        "Booked": ACTUAL,
        "Open and due": PALE,
        "Weighted": PALE,
        "Pipeline still to build": FORECAST,
    }
    items = frame["item"].to_list()
    top = max([0.0, *frame["amount"].drop_nulls().to_list()])
    room = alt.Scale(domain=[0, top * ROOM]) if top else alt.Scale()
    base = alt.Chart(frame).encode(
        y=alt.Y("item:N", sort=items, title=None, axis=name_axis()),
    )
    bars = base.mark_bar(height=20, cornerRadius=2).encode(
        x=alt.X("amount:Q", title=currency, axis=None, scale=room),
        color=alt.Color(
            "item:N", scale=alt.Scale(domain=items, range=[hue.get(i, CONTEXT) for i in items]), legend=None
        ),
        tooltip=[alt.Tooltip("item:N"), alt.Tooltip("amount:Q", format=",.2f", title=currency)],
    )
    text = base.mark_text(align="left", dx=5, color=LABEL).encode(
        x=alt.X("amount:Q"), text=alt.Text("amount:Q", format=".3~s")
    )
    return finish(bars + text, height=25 * frame.height + AXIS_LINE)


def required(frame: pl.DataFrame, now: float | None) -> alt.Chart | alt.LayerChart:
    """What past quarters needed on the same day, as dots, with today's coverage as a line."""
    base = alt.Chart(frame).encode(
        x=alt.X("quarter:N", sort=frame["quarter"].to_list(), title=None, axis=alt.Axis(labelAngle=0))
    )
    bars = base.mark_bar(color=CONTEXT).encode(
        y=alt.Y("required_ratio:Q", title="open and due ÷ booked after"),
        tooltip=[
            alt.Tooltip("quarter:N"),
            alt.Tooltip("required_ratio:Q", format=".2f", title="needed"),
            alt.Tooltip("due_amount:Q", format=",.0f", title="open and due"),
            alt.Tooltip("rest_amount:Q", format=",.0f", title="booked after"),
        ],
    )
    words = base.mark_text(dy=-7, color=LABEL).encode(
        y=alt.Y("required_ratio:Q"), text=alt.Text("required_ratio:Q", format=".1f")
    )
    chart = bars + words
    if now is not None:
        rule = alt.Chart(pl.DataFrame({"now": [now], "word": [message("coverage now: {now:.1f}", now=now)]}))
        chart += rule.mark_rule(color=ACTUAL, strokeWidth=2).encode(y=alt.Y("now:Q"))
        chart += rule.mark_text(align="left", dy=-7, color=ACTUAL, fontWeight="bold").encode(
            y=alt.Y("now:Q"), x=alt.value(4), text=alt.Text("word:N")
        )
    return finish(chart, height=170)


def trend(frame: pl.DataFrame, currency: str) -> alt.Chart | alt.LayerChart:
    """Open pipeline month by month: [month, amount]."""
    chart = (
        alt.Chart(frame)
        .mark_area(color=ACTUAL, opacity=0.25, line={"color": ACTUAL})
        .encode(
            x=alt.X("month:T", title=None, axis=alt.Axis(format="%b %y", tickCount=6, labelOverlap=True)),
            y=alt.Y(
                "amount:Q", title=message("{currency} open", currency=currency), axis=alt.Axis(format="~s", tickCount=4)
            ),
            tooltip=[alt.Tooltip("month:T", format="%d %B %Y"), alt.Tooltip("amount:Q", format=",.0f")],
        )
    )
    return finish(chart, height=150)


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
        y=alt.Y("step:N", sort=bars["step"].to_list(), title=None, axis=name_axis()),
        tooltip=[
            alt.Tooltip("step:N"),
            alt.Tooltip("n_deals:Q", format=",", title="deals"),
            alt.Tooltip("amount:Q", format="+,.2f", title=currency),
        ],
    )
    room = float(str(bars["edge"].max() or 1)) * 1.12
    drawn = (
        base.mark_bar(height=20, cornerRadius=2, cursor="pointer")
        .encode(
            x=alt.X(
                "begin:Q",
                title=message("{currency} open", currency=currency),
                axis=alt.Axis(format="~s", tickCount=5),
                scale=alt.Scale(domain=[0, room], nice=False),
            ),
            x2=alt.X2("end:Q"),
            color=alt.Color("way:N", scale=hues, legend=None),
            opacity=alt.condition(chosen, alt.value(1), alt.value(0.45)),
        )
        .add_params(chosen)
    )
    words = base.mark_text(align="left", dx=5, color=LABEL).encode(
        x=alt.X("edge:Q"), text=alt.Text("amount:Q", format=".3~s")
    )
    return finish(drawn + words, height=23 * bars.height + 32)


def ways(frame: pl.DataFrame, currency: str) -> alt.Chart | alt.LayerChart:
    """Every move as it happened as a bar, and as the two ends alone would show it as a tick.

    Parameters
    ----------
    frame : pl.DataFrame
        As of `paths.Path.steps`; steps that nobody made are left out.
    currency : str
    """
    shown = frame.filter((pl.col("n_deals") > 0) | (pl.col("ends_n_deals") > 0)).with_columns(
        way=pl.when(pl.col("amount") < 0).then(pl.lit("Out")).otherwise(pl.lit("In"))
    )
    base = alt.Chart(shown).encode(
        y=alt.Y("step:N", sort=shown["step"].to_list(), title=None, axis=name_axis()),
        tooltip=[
            alt.Tooltip("step:N"),
            alt.Tooltip("n_deals:Q", format=",", title="deals that did"),
            alt.Tooltip("amount:Q", format="+,.2f", title=currency),
            alt.Tooltip("ends_n_deals:Q", format=",", title="deals, net change"),
            alt.Tooltip("ends_amount:Q", format="+,.2f", title="net change"),
        ],
    )
    title = message("{currency} moved (tick: net change)", currency=currency)
    hues = alt.Scale(domain=["In", "Out"], range=[ACTUAL, FORECAST])
    bars = base.mark_bar(height=18, cornerRadius=2).encode(
        x=alt.X("amount:Q", title=title, axis=across()), color=alt.Color("way:N", scale=hues, legend=None)
    )
    return finish(bars + mark(base, 22, x=alt.X("ends_amount:Q")), height=23 * max(shown.height, 1) + 32)
