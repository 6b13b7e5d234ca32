"""Charts of the customers page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from core.charts.lazy_altair import alt
from core.charts.theme import (
    ACTUAL,
    CONTEXT,
    FORECAST,
    ON_PALE,
    ROSE,
    SERIES,
    VIOLET,
    finish,
    interval,
    legend,
    name_axis,
)
from core.explain.drivers import plain
from core.localization import message
from core.metrics.customer_health import SCORES

if TYPE_CHECKING:
    Drawn = alt.Chart | alt.LayerChart

GROUPS = [*SERIES[:5], ROSE, CONTEXT]
LONGEST_AGE = 36
_DASHES = [[1, 0], [5, 3], [2, 2]]


def _across() -> alt.Axis:
    return alt.Axis(format="~s")


def _per_cent() -> alt.Axis:
    return alt.Axis(format=".0%")


def _both() -> alt.Scale:
    return alt.Scale(domain=list(SCORES.values()), range=[ACTUAL, FORECAST])


def months(frame: pl.DataFrame, currency: str) -> Drawn:
    """Expected monthly revenue lost and won month by month: [month_ahead, churned, contracted, expanded]."""
    names = {
        "churned_mrr_amount": "Leaving",
        "contracted_mrr_amount": "Contraction",
        "expanded_mrr_amount": "Expansion",
    }
    long = frame.unpivot(list(names), index="month_ahead", variable_name="what", value_name="amount").with_columns(
        pl.col("what").replace_strict(names),
        amount=pl.when(pl.col("what") == "expanded_mrr_amount").then("amount").otherwise(-pl.col("amount")),
    )
    bars = (
        alt.Chart(long)
        .mark_bar(cornerRadius=2)
        .encode(
            x=alt.X("month_ahead:O", title="months ahead", axis=alt.Axis(labelAngle=0)),
            y=alt.Y("amount:Q", title=message("{currency} a month", currency=currency), axis=_across()),
            color=alt.Color(
                "what:N",
                legend=legend(each=240),
                scale=alt.Scale(domain=list(names.values()), range=[FORECAST, VIOLET, ACTUAL]),
            ),
            tooltip=[
                alt.Tooltip("month_ahead:O"),
                alt.Tooltip("what:N"),
                alt.Tooltip("amount:Q", format="+,.0f", title=currency),
            ],
        )
    )
    return finish(bars, height=180)


def staying(frame: pl.DataFrame) -> Drawn:
    """The chance of one account to be still there, month by month, against all: [month_ahead, who, stay_rate]."""
    low = max(float(frame["stay_rate"].min() or 0.0) - 0.1, 0.0)  # type: ignore[arg-type]
    base = alt.Chart(frame).encode(
        x=alt.X("month_ahead:Q", title="months ahead", axis=alt.Axis(tickMinStep=1), scale=alt.Scale(nice=False)),
        y=alt.Y("stay_rate:Q", title="still a customer", axis=_per_cent(), scale=alt.Scale(domain=[low, 1])),
        color=alt.Color(
            "who:N",
            legend=legend(each=240),
            scale=alt.Scale(domain=frame["who"].unique(maintain_order=True).to_list(), range=[ACTUAL, CONTEXT]),
        ),
        tooltip=[alt.Tooltip("who:N"), alt.Tooltip("month_ahead:Q"), alt.Tooltip("stay_rate:Q", format=".1%")],
    )
    return finish(base.mark_line(point=True), height=180)


def lead(frame: pl.DataFrame) -> Drawn:
    """Share of leavers that was red, by months before they left; dashed the share among those that stayed."""
    named = frame.with_columns(pl.col("score").replace_strict(SCORES))
    color = alt.Color("score:N", legend=legend(each=240), scale=_both())
    y = alt.Y("red_rate:Q", title="was red", axis=_per_cent())
    lines = (
        alt.Chart(named.filter(pl.col("months_before") > 0))
        .mark_line(point=True)
        .encode(
            x=alt.X(
                "months_before:Q",
                title="months before churn",
                scale=alt.Scale(reverse=True),
                axis=alt.Axis(tickMinStep=1),
            ),
            y=y,
            color=color,
            tooltip=[
                alt.Tooltip("score:N"),
                alt.Tooltip("months_before:Q"),
                alt.Tooltip("red_rate:Q", format=".1%"),
                alt.Tooltip("n:Q"),
            ],
        )
    )
    stayed = alt.Chart(named.filter(pl.col("months_before") == 0)).mark_rule(strokeDash=[4, 4]).encode(y=y, color=color)
    return finish(lines + stayed, height=190)


def lift(frame: pl.DataFrame) -> Drawn:
    """How much oftener than all each tenth left, worst tenth first."""
    named = frame.with_columns(pl.col("score").replace_strict(SCORES))
    bars = (
        alt.Chart(named)
        .mark_bar(cornerRadius=2)
        .encode(
            x=alt.X("tenth:O", title="tenth by score, worst first", axis=alt.Axis(labelAngle=0)),
            xOffset=alt.XOffset("score:N"),
            y=alt.Y("lift_rate:Q", title="times as often as average"),
            color=alt.Color("score:N", legend=legend(each=240), scale=_both()),
            tooltip=[
                alt.Tooltip("score:N"),
                alt.Tooltip("tenth:O"),
                alt.Tooltip("lift_rate:Q", format=".2f"),
                alt.Tooltip("n_left:Q"),
                alt.Tooltip("n:Q"),
            ],
        )
    )
    line = alt.Chart(pl.DataFrame({"y": [1.0]})).mark_rule(color=CONTEXT, strokeDash=[4, 4]).encode(y=alt.Y("y:Q"))
    return finish(bars + line, height=190)


def cohorts(frame: pl.DataFrame, rate: str) -> Drawn:
    """Heat map of cohorts by age, every third month of three years, in per cent of the base.

    Cohorts of which only those that stayed are on record are left out, unless there are no others.
    """
    whole = frame.filter("is_whole") if frame["is_whole"].any() else frame
    shown = whole.filter((pl.col("age_months") % 3 == 0) & (pl.col("age_months") <= LONGEST_AGE))
    shown = shown.with_columns(percent=(pl.col(rate) * 100).round(0))
    order = shown["label"].unique(maintain_order=True).to_list()
    top = float(shown[rate].max() or 1.0)  # type: ignore[arg-type]
    base = alt.Chart(shown).encode(
        x=alt.X("age_months:O", title="months since start, %", axis=alt.Axis(labelAngle=0)),
        y=alt.Y("label:N", sort=order, title=None, axis=alt.Axis(grid=False)),
    )
    middle = 1.0 if top > 1.05 else 0.8
    ends = [min(0.5, middle), middle, max(top, middle + 0.01)]
    boxes = base.mark_rect().encode(
        color=alt.Color(
            f"{rate}:Q",
            legend=None,
            scale=alt.Scale(domain=ends, range=["#e8b27a", "#e3f1ef", "#5bb8b1"], interpolate="rgb", clamp=True),
        ),
        tooltip=[
            alt.Tooltip("label:N"),
            alt.Tooltip("age_months:O"),
            alt.Tooltip(f"{rate}:Q", format=".1%"),
            alt.Tooltip("n_kept:Q"),
            alt.Tooltip("n_accounts:Q"),
            alt.Tooltip("amount:Q", format=",.0f"),
        ],
    )
    words = base.mark_text(color=ON_PALE).encode(text=alt.Text("percent:Q"))
    return finish(boxes + words, height=20 * len(order) + 30)


def retention(frame: pl.DataFrame) -> Drawn:
    """Net, gross and logo retention over twelve months, month by month."""
    names = {"net_rate": "Net revenue", "gross_rate": "Gross revenue", "logo_rate": "Customers"}
    long = frame.unpivot(list(names), index="month", variable_name="what", value_name="rate").with_columns(
        pl.col("what").replace_strict(names)
    )
    lines = (
        alt.Chart(long)
        .mark_line()
        .encode(
            x=alt.X("month:T", title=None, axis=alt.Axis(format="%b %y", tickCount=6, labelOverlap=True)),
            y=alt.Y("rate:Q", title="of the year before", axis=_per_cent(), scale=alt.Scale(zero=False)),
            color=alt.Color(
                "what:N",
                legend=legend(each=240),
                scale=alt.Scale(domain=list(names.values()), range=[ACTUAL, FORECAST, CONTEXT]),
            ),
            tooltip=[
                alt.Tooltip("month:T", format="%B %Y"),
                alt.Tooltip("what:N"),
                alt.Tooltip("rate:Q", format=".1%"),
            ],
        )
    )
    return finish(lines, height=180)


def worth(frame: pl.DataFrame, currency: str, top: int = 15) -> Drawn:
    """The most valuable customers with the range of each: [account_name, value_amount, lower, upper]."""
    shown = frame.head(top).with_columns(name=pl.coalesce("account_name", "account_id"))
    y = alt.Y("name:N", sort=shown["name"].to_list(), title=None, axis=name_axis(160))
    amounts = ("value_amount", "lower_amount", "upper_amount")
    tip = [alt.Tooltip("name:N"), *(alt.Tooltip(f"{n}:Q", format=",.0f") for n in amounts)]
    base = alt.Chart(shown).encode(y=y, tooltip=tip)
    bars = base.mark_bar(color=ACTUAL, height=10, cornerRadius=2).encode(
        x=alt.X("value_amount:Q", title=message("{currency}, with likely range", currency=currency), axis=_across())
    )
    ranges = interval(base, x=alt.X("lower_amount:Q"), x2=alt.X2("upper_amount:Q"))
    return finish(bars + ranges, height=21 * shown.height + 30)


def curves(frame: pl.DataFrame) -> Drawn:
    """Mean chance to stay by the model and by its two checks: [months, curve, stay_rate]."""
    order = frame["curve"].unique(maintain_order=True).to_list()
    lines = (
        alt.Chart(frame)
        .mark_line()
        .encode(
            x=alt.X("months:Q", title="months ahead", scale=alt.Scale(nice=False)),
            y=alt.Y("stay_rate:Q", title="still a customer", axis=_per_cent(), scale=alt.Scale(domain=[0, 1])),
            color=alt.Color(
                "curve:N", legend=legend(each=240), scale=alt.Scale(domain=order, range=[ACTUAL, FORECAST, CONTEXT])
            ),
            strokeDash=alt.StrokeDash("curve:N", legend=None, scale=alt.Scale(domain=order, range=_DASHES)),
            tooltip=[alt.Tooltip("curve:N"), alt.Tooltip("months:Q"), alt.Tooltip("stay_rate:Q", format=".1%")],
        )
    )
    return finish(lines, height=190)


def groups(frame: pl.DataFrame, axes: tuple[str, str], order: list[str]) -> Drawn:
    """Customers by the two signs that set the groups apart most, one colour per group."""
    step = max(frame.height // 1_500, 1)
    x, y = axes
    shown = frame.drop_nulls(list(axes)).gather_every(step)
    points = (
        alt.Chart(shown)
        .mark_circle(size=42, opacity=0.6)
        .encode(
            x=_sign(alt.X, x, shown),
            y=_sign(alt.Y, y, shown),
            color=alt.Color(
                "group:N",
                scale=alt.Scale(domain=order, range=GROUPS[: len(order)]),
                legend=legend(each=320),
            ),
            tooltip=[
                alt.Tooltip("account_name:N"),
                alt.Tooltip("group:N"),
                alt.Tooltip("kind:N"),
                alt.Tooltip(f"{x}:Q", format=",.2f", title=plain(x)),
                alt.Tooltip(f"{y}:Q", format=",.2f", title=plain(y)),
            ],
        )
    )
    return finish(points, height=300)


def _sign(channel: type, name: str, frame: pl.DataFrame) -> alt.X | alt.Y:
    low = frame[name].min() if frame.height else 0
    wide = name.endswith("_amount") and isinstance(low, (int, float)) and low >= 0
    scale = alt.Scale(type="symlog", constant=1_000) if wide else alt.Scale(zero=False)
    encoding: alt.X | alt.Y = channel(f"{name}:Q", title=plain(name), axis=_across(), scale=scale)
    return encoding


def timeline(frame: pl.DataFrame, kinds: tuple[str, ...]) -> Drawn:
    """What happened with an account, one row per kind; amber to teal is the mood, grey where there is none."""
    order = [kind for kind in kinds if kind in set(frame["kind"])]

    felt = pl.col("sentiment_score").is_not_null()
    mood_scale = alt.Scale(domain=[-0.6, 0, 0.6], range=["#c97a1e", "#8a979b", "#22938b"], clamp=True)
    coloured = _dots(frame.filter(felt), order).encode(
        color=alt.Color("sentiment_score:Q", scale=mood_scale, legend=None)
    )
    layers: alt.LayerChart = alt.layer(_dots(frame.filter(~felt), order), coloured)  # type: ignore[assignment]
    return finish(layers, height=28 * max(len(order), 1) + 30)


def _dots(rows: pl.DataFrame, order: list[str]) -> alt.Chart:
    dots: alt.Chart = (
        alt.Chart(rows)
        .mark_circle(size=80, opacity=0.8, color=CONTEXT)
        .encode(
            x=alt.X("on:T", title=None),
            y=alt.Y("kind:N", sort=order, title=None, scale=alt.Scale(domain=order)),
            tooltip=[
                alt.Tooltip("on:T", format="%d %B %Y"),
                alt.Tooltip("kind:N"),
                alt.Tooltip("what:N"),
                alt.Tooltip("amount:Q", format="+,.0f"),
                alt.Tooltip("sentiment_score:Q", format="+.2f", title="mood"),
            ],
        )
    )
    return dots


def usage(frame: pl.DataFrame) -> Drawn:
    """Usage by month in front, tickets as bars on the ground."""
    return _month(frame, "usage", "usage readings")


def tickets(frame: pl.DataFrame) -> Drawn:
    """Tickets by month."""
    return _month(frame, "n_tickets", "tickets")


def contract(frame: pl.DataFrame, currency: str) -> Drawn:
    """Recurring revenue by month."""
    return _month(frame, "mrr_amount", message("{currency} a month", currency=currency))


def _month(frame: pl.DataFrame, name: str, title: str) -> Drawn:
    bars = (
        alt.Chart(frame)
        .mark_bar(color=ACTUAL, cornerRadius=2)
        .encode(
            x=alt.X("month:O", title=None, timeUnit="yearmonth", axis=alt.Axis(format="%b %y", labelOverlap=True)),
            y=alt.Y(f"{name}:Q", title=title, axis=_across()),
            tooltip=[
                alt.Tooltip("month:T", format="%d %B %Y", title="month to"),
                alt.Tooltip(f"{name}:Q", format=",.1f"),
            ],
        )
    )
    return finish(bars, height=130)


def mood(frame: pl.DataFrame) -> Drawn:
    """Mood in calls and mail and in tickets by month, from −1 to 1."""
    names = {"sentiment": "Calls, mail, meetings", "ticket_sentiment": "Tickets"}
    long = frame.unpivot(list(names), index="month", variable_name="where", value_name="mood").drop_nulls("mood")
    lines = (
        alt.Chart(long.with_columns(pl.col("where").replace_strict(names)))
        .mark_line(point=True)
        .encode(
            x=alt.X("month:T", title=None, axis=alt.Axis(format="%b %y", tickCount=4, labelOverlap=True)),
            y=alt.Y("mood:Q", title="sentiment, −1 to 1", scale=alt.Scale(domain=[-1, 1])),
            color=alt.Color(
                "where:N",
                legend=legend(each=240),
                scale=alt.Scale(domain=list(names.values()), range=[ACTUAL, FORECAST]),
            ),
            tooltip=[
                alt.Tooltip("month:T", format="%d %B %Y", title="month to"),
                alt.Tooltip("where:N"),
                alt.Tooltip("mood:Q", format="+.2f"),
            ],
        )
    )
    zero = alt.Chart(pl.DataFrame({"y": [0.0]})).mark_rule(color=CONTEXT, strokeDash=[4, 4]).encode(y=alt.Y("y:Q"))
    return finish(zero + lines, height=130)


def steadiness(frame: pl.DataFrame) -> Drawn:
    """How often each driver is among the top three."""
    bars = (
        alt.Chart(frame)
        .mark_bar(height=14, cornerRadius=2, color=ACTUAL)
        .encode(
            x=alt.X("top_rate:Q", title="among the top three", axis=_per_cent(), scale=alt.Scale(domain=[0, 1])),
            y=alt.Y("driver:N", sort=frame["driver"].to_list(), title=None, axis=alt.Axis(labelLimit=220)),
            tooltip=[
                alt.Tooltip("driver:N"),
                alt.Tooltip("top_rate:Q", format=".0%"),
                alt.Tooltip("least:Q", format="+.1f"),
                alt.Tooltip("most:Q", format="+.1f"),
            ],
        )
    )
    return finish(bars, height=21 * frame.height + 30)
