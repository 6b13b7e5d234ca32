"""Charts of the models page."""

from __future__ import annotations

import altair as alt
import polars as pl

from core.charts.theme import ACTUAL, CONTEXT, FORECAST, QUIET, finish, legend
from core.features.labels import plain
from core.localization import message

RATE = alt.Axis(format="%")


def lift(frame: pl.DataFrame) -> alt.Chart | alt.LayerChart:
    """Share found by share of the list reached, against drawing at random: [reached_rate, gain_rate, lift]."""
    start = pl.DataFrame({"reached_rate": [0.0], "gain_rate": [0.0]})
    path = pl.concat([start, frame.select("reached_rate", "gain_rate")])
    x = alt.X("reached_rate:Q", axis=RATE, title="of the list, highest chance first")
    random = (
        alt.Chart(pl.DataFrame({"reached_rate": [0.0, 1.0], "gain_rate": [0.0, 1.0]}))
        .mark_line(color=CONTEXT, strokeDash=[4, 4])
        .encode(x=x, y=alt.Y("gain_rate:Q"))
    )
    line = alt.Chart(path).mark_line(color=ACTUAL, strokeWidth=2.5)
    line = line.encode(x=x, y=alt.Y("gain_rate:Q", axis=RATE, title="caught so far"))
    points = (
        alt.Chart(frame)
        .mark_circle(color=ACTUAL, size=60)
        .encode(
            x=x,
            y=alt.Y("gain_rate:Q"),
            tooltip=[
                alt.Tooltip("reached_rate:Q", format=".0%", title="of the list"),
                alt.Tooltip("gain_rate:Q", format=".0%", title="found"),
                alt.Tooltip("lift:Q", format=".2f", title="times a random tenth"),
                alt.Tooltip("n_happened:Q", format=","),
                alt.Tooltip("n:Q", format=","),
            ],
        )
    )
    return finish(random + line + points, height=190)


def cost(frame: pl.DataFrame, at: float, best: float, currency: str) -> alt.Chart | alt.LayerChart:
    """Cost of errors by threshold, with the chosen and the cheapest one: [threshold, cost_amount, n_...]."""
    x = alt.X("threshold:Q", axis=RATE, title="act from this chance up")
    y = alt.Y(
        "cost_amount:Q", axis=alt.Axis(format="~s"), title=message("cost of errors, {currency}", currency=currency)
    )
    line = (
        alt.Chart(frame)
        .mark_line(color=ACTUAL, strokeWidth=2.5)
        .encode(
            x=x,
            y=y,
            tooltip=[
                alt.Tooltip("threshold:Q", format=".0%"),
                alt.Tooltip("cost_amount:Q", format=",.0f", title=message("cost, {currency}", currency=currency)),
                alt.Tooltip("n_hits:Q", format=",", title="met"),
                alt.Tooltip("n_alarms:Q", format=",", title="false alarms"),
                alt.Tooltip("n_misses:Q", format=",", title="missed"),
            ],
        )
    )
    marks = pl.DataFrame({"threshold": [best, at], "name": ["cheapest", "chosen"]}).join(frame, on="threshold")
    marks = marks.head(1) if at == best else marks
    colour = alt.Color("name:N", scale=alt.Scale(domain=["cheapest", "chosen"], range=[ACTUAL, FORECAST]), legend=None)
    dots = alt.Chart(marks).mark_point(filled=True, size=110).encode(x=x, y=y, color=colour)
    words = (
        alt.Chart(marks).mark_text(dy=-14, align="left", dx=4).encode(x=x, y=y, text=alt.Text("name:N"), color=colour)
    )
    return finish(line + dots + words, height=190)


def history(frame: pl.DataFrame) -> alt.Chart | alt.LayerChart:
    """Said and happened by date: [as_of, mean_rate, happened_rate, n]."""
    both = frame.select(
        "as_of",
        "n",
        "brier",
        "base_brier",
        pl.col("mean_rate").alias("predicted"),
        pl.col("happened_rate").alias("actual"),
    ).unpivot(
        ["predicted", "actual"], index=["as_of", "n", "brier", "base_brier"], variable_name="what", value_name="rate"
    )
    scale = alt.Scale(domain=["predicted", "actual"], range=[FORECAST, ACTUAL])
    lines = (
        alt.Chart(both)
        .mark_line(point=True, strokeWidth=2)
        .encode(
            x=alt.X("as_of:T", title=None, axis=alt.Axis(format="%b %y", tickCount=6)),
            y=alt.Y("rate:Q", axis=RATE, title="share"),
            color=alt.Color("what:N", scale=scale, legend=legend()),
            tooltip=[
                alt.Tooltip("as_of:T"),
                alt.Tooltip("what:N"),
                alt.Tooltip("rate:Q", format=".1%"),
                alt.Tooltip("n:Q", format=","),
                alt.Tooltip("brier:Q", format=".3f"),
                alt.Tooltip("base_brier:Q", format=".3f"),
            ],
        )
    )
    return finish(lines, height=190)


def segments(frame: pl.DataFrame, top: int = 14) -> alt.Chart | alt.LayerChart:
    """Said less happened by group, with what chance alone would give: [group, value, gap, error_rate, is_wrong]."""
    shown = frame.head(top).with_columns(
        name=pl.format("{}: {}", "group", "value"), low=-2 * pl.col("error_rate"), high=2 * pl.col("error_rate")
    )
    y = alt.Y("name:N", sort=shown["name"].to_list(), title=None, axis=alt.Axis(labelLimit=220))
    room = alt.Chart(shown).mark_bar(color=QUIET, height=14).encode(y=y, x=alt.X("low:Q"), x2=alt.X2("high:Q"))
    dots = (
        alt.Chart(shown)
        .mark_point(filled=True, size=80)
        .encode(
            y=y,
            x=alt.X("gap:Q", axis=alt.Axis(format="+%"), title="predicted minus actual (grey: could be luck)"),
            color=alt.condition("datum.is_wrong", alt.value(FORECAST), alt.value(ACTUAL)),
            shape=alt.condition("datum.is_wrong", alt.value("diamond"), alt.value("circle")),
            tooltip=[
                alt.Tooltip("name:N"),
                alt.Tooltip("n:Q", format=","),
                alt.Tooltip("mean_rate:Q", format=".1%", title="predicted"),
                alt.Tooltip("happened_rate:Q", format=".1%", title="actual"),
            ],
        )
    )
    return finish(room + dots, height=21 * shown.height + 30)


def drift(frame: pl.DataFrame, top: int = 12) -> alt.Chart | alt.LayerChart:
    """Stability index by feature with the two marks of the rule: [feature, psi, state]."""
    shown = frame.head(top).with_columns(feature=pl.Series([plain(name) for name in frame["feature"].head(top)]))
    scale = alt.Scale(domain=["steady", "moving", "moved"], range=[ACTUAL, CONTEXT, FORECAST])
    bars = (
        alt.Chart(shown)
        .mark_bar(height=14, cornerRadius=2)
        .encode(
            x=alt.X("psi:Q", title="change since training; above 0.25: clear"),
            y=alt.Y("feature:N", sort="-x", title=None, axis=alt.Axis(labelLimit=220)),
            color=alt.Color("state:N", scale=scale, legend=legend()),
            tooltip=[alt.Tooltip("feature:N"), alt.Tooltip("psi:Q", format=".3f"), alt.Tooltip("state:N")],
        )
    )
    rule = (
        alt.Chart(pl.DataFrame({"psi": [0.25]})).mark_rule(color=FORECAST, strokeDash=[4, 4]).encode(x=alt.X("psi:Q"))
    )
    return finish(bars + rule, height=21 * shown.height + 26)
