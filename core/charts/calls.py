"""Charts of forecast calls, of replayed forecasts and of their record."""

from __future__ import annotations

from datetime import date

import polars as pl

from core.charts.lazy_altair import alt
from core.charts.theme import ACTUAL, BLUE, CONTEXT, FORECAST, OLIVE, QUIET, finish, interval, legend
from core.localization import message


def across() -> alt.Axis:
    """Return axis settings shared by charts of this page."""
    return alt.Axis(format="~s")


def people() -> alt.Axis:
    """Return axis settings shared by charts of this page."""
    return alt.Axis(labelLimit=220, labelAlign="left", labelPadding=140, labelOverlap=False)


CATEGORY = "upper(substring(datum.label, 0, 1)) + replace(substring(datum.label, 1), '_', ' ')"
LINES = {
    "commit_amount": "Submitted commit",
    "below_amount": "Team roll-up",
    "system_amount": "System",
    "closed_amount": "Closed",
}
RULES = {
    "wape_rate": "Forecast",
    "weighted_wape_rate": "Stage-weighted pipeline",
    "last_year_wape_rate": "Same quarter last year",
    "commit_wape_rate": "Reps' commit",
    "managers_wape_rate": "Managers' forecasts",
}
LOOKS = {
    "Forecast": (FORECAST, "circle"),
    "Stage-weighted pipeline": (BLUE, "square"),
    "Same quarter last year": (CONTEXT, "triangle-up"),
    "Reps' commit": (OLIVE, "diamond"),
    "Managers' forecasts": (ACTUAL, "cross"),
}


def rollup(frame: pl.DataFrame, currency: str) -> alt.Chart | alt.LayerChart:
    """Per leader the call, what adds up below, the system's number and what is closed, on one line."""
    shown = frame.with_columns(
        person=pl.concat_str(pl.lit("› ").repeat_by("depth").list.join(""), pl.col("person_name")),
        first=pl.min_horizontal(list(LINES)),
        last=pl.max_horizontal(list(LINES)),
    )
    long = shown.unpivot(index=["person", "place"], on=list(LINES), variable_name="line", value_name="line_amount")
    long = long.filter(pl.col("line_amount").is_not_null()).with_columns(pl.col("line").replace_strict(LINES))
    names = list(LINES.values())
    y = alt.Y("person:N", sort=shown["person"].to_list(), title=None, axis=people())
    x = alt.X("line_amount:Q", title=currency, axis=across())
    amount = alt.Tooltip("line_amount:Q", format=",.0f", title=currency)
    base = alt.Chart(long).encode(y=y, x=x, tooltip=[alt.Tooltip("person:N"), alt.Tooltip("line:N"), amount])
    reach = (
        alt.Chart(shown)
        .mark_rule(color=CONTEXT, opacity=0.45)
        .encode(y=alt.Y("person:N", sort=shown["person"].to_list()), x=alt.X("first:Q"), x2=alt.X2("last:Q"))
    )
    marks = base.mark_point(filled=True, size=95, opacity=0.95).encode(
        color=alt.Color(
            "line:N",
            scale=alt.Scale(domain=names, range=[ACTUAL, CONTEXT, FORECAST, BLUE]),
            legend=legend(each=160),
        ),
        shape=alt.Shape("line:N", scale=alt.Scale(domain=names, range=["circle", "square", "diamond", "triangle-up"])),
    )
    return finish(reach + marks, height=22 * frame.height + 26)


def path(frame: pl.DataFrame, chosen: date, currency: str) -> alt.Chart | alt.LayerChart:
    """The quarter's forecast week by week within its range, the outcome as a line, the chosen day marked."""
    base = alt.Chart(frame).encode(x=alt.X("day:T", title=None, axis=alt.Axis(format="%d %b", labelOverlap=True)))
    tip = [
        alt.Tooltip("day:T", format="%d %B %Y"),
        alt.Tooltip("amount:Q", format=",.0f", title="forecast"),
        alt.Tooltip("lower:Q", format=",.0f"),
        alt.Tooltip("upper:Q", format=",.0f"),
        alt.Tooltip("commit_amount:Q", format=",.0f", title="closed and commit"),
    ]
    y = alt.Y(
        "amount:Q",
        title=message("{currency}, whole quarter", currency=currency),
        axis=across(),
        scale=alt.Scale(zero=True),
    )
    band = base.mark_area(color=FORECAST, opacity=0.22).encode(y=alt.Y("lower:Q"), y2=alt.Y2("upper:Q"))
    line = base.mark_line(color=FORECAST, point=alt.OverlayMarkDef(color=FORECAST)).encode(y=y, tooltip=tip)
    commit = base.mark_line(color=CONTEXT, strokeDash=[4, 3]).encode(y=alt.Y("commit_amount:Q"), tooltip=tip)
    mark = alt.Chart(pl.DataFrame({"day": [chosen]})).mark_rule(color=CONTEXT, strokeWidth=1.5).encode(x=alt.X("day:T"))
    words = _ends(frame)
    color = alt.Color(
        "end:N",
        legend=None,
        scale=alt.Scale(domain=["Forecast", "Closed and commit", "Outcome"], range=[FORECAST, CONTEXT, ACTUAL]),
    )
    named = alt.Chart(words).encode(x=alt.X("day:T"), y=alt.Y("end_amount:Q"), text=alt.Text("end:N"), color=color)
    begins = named.transform_filter("datum.end !== 'Outcome'").mark_text(align="left", dx=4, dy=-9, fontWeight=600)
    ends = named.transform_filter("datum.end === 'Outcome'").mark_text(align="right", dx=-4, dy=13, fontWeight=600)
    text = begins + ends
    layers = band + commit + line + mark + text
    outcome = frame.filter(pl.col("actual_amount").is_not_null()).head(1)
    if outcome.height:
        came = (
            alt.Chart(outcome)
            .mark_rule(color=ACTUAL, strokeWidth=2.5)
            .encode(
                y=alt.Y("actual_amount:Q"), tooltip=[alt.Tooltip("actual_amount:Q", format=",.0f", title="outcome")]
            )
        )
        layers += came
    return finish(layers, height=220)


def _ends(frame: pl.DataFrame) -> pl.DataFrame:
    """Return where each line is named: at its begin, the outcome at its end, so that no two words meet."""
    spot, last = frame.row(0, named=True), frame.row(-1, named=True)
    rows = [
        (spot["day"], spot["amount"], "Forecast"),
        (spot["day"], spot["commit_amount"], "Closed and commit"),
        (last["day"], spot["actual_amount"], "Outcome"),
    ]
    schema = {"day": pl.Date, "end_amount": pl.Float64, "end": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row").drop_nulls()


def beside(frame: pl.DataFrame, actual: float | None, currency: str) -> alt.Chart | alt.LayerChart:
    """What each voice said of the quarter on the day, beside the outcome."""
    order = frame["who"].to_list()
    y = alt.Y("who:N", sort=order, title=None, axis=alt.Axis(labelLimit=200))
    base = alt.Chart(frame).encode(y=y)
    bars = base.mark_bar(height=16, cornerRadius=2).encode(
        x=alt.X(
            "amount:Q",
            title=message("{currency} (line: outcome)", currency=currency) if actual is not None else currency,
            axis=across(),
        ),
        color=alt.condition(alt.datum.who == "System", alt.value(FORECAST), alt.value(CONTEXT)),
        tooltip=[
            alt.Tooltip("who:N"),
            alt.Tooltip("amount:Q", format=",.0f"),
            alt.Tooltip("error_amount:Q", format="+,.0f"),
        ],
    )
    reach = interval(base, x=alt.X("lower:Q"), x2=alt.X2("upper:Q"))
    layers = bars + reach
    if actual is not None:
        layers += (
            alt.Chart(pl.DataFrame({"actual": [actual]}))
            .mark_rule(color=ACTUAL, strokeWidth=2.5)
            .encode(x=alt.X("actual:Q"), tooltip=[alt.Tooltip("actual:Q", format=",.0f", title="outcome")])
        )
    return finish(layers, height=24 * frame.height + 30)


def parts(frame: pl.DataFrame, currency: str) -> alt.Chart | alt.LayerChart:
    """Deals by what each adds to the difference: to the right the forecast was too high."""
    hues = alt.Scale(domain=["too high", "too low"], range=[FORECAST, ACTUAL])
    way = pl.when(pl.col("error_amount") > 0).then(pl.lit("too high")).otherwise(pl.lit("too low"))
    bars = (
        alt.Chart(frame.with_columns(way=way))
        .mark_bar(height=16, cornerRadius=2)
        .encode(
            y=alt.Y(
                "deal:N", sort=frame["deal"].to_list(), title=None, axis=alt.Axis(labelLimit=180, labelOverlap=False)
            ),
            x=alt.X(
                "error_amount:Q", title=message("{currency}: forecast minus won", currency=currency), axis=across()
            ),
            color=alt.Color("way:N", legend=legend("Forecast"), scale=hues),
            tooltip=[
                alt.Tooltip("deal:N"),
                alt.Tooltip("expected_amount:Q", format=",.0f"),
                alt.Tooltip("actual_amount:Q", format=",.0f", title="won"),
                alt.Tooltip("error_amount:Q", format="+,.0f"),
            ],
        )
    )
    return finish(bars, height=22 * frame.height + 26)


def record(frame: pl.DataFrame) -> alt.Chart | alt.LayerChart:
    """Error of the forecast and of simpler rules in each group; further left is better."""
    rules = {n: label for n, label in RULES.items() if n in frame.columns and frame[n].null_count() < frame.height}
    long = frame.unpivot(index="group", on=list(rules), variable_name="rule", value_name="miss_rate")
    long = long.drop_nulls().with_columns(pl.col("rule").replace_strict(rules))
    names = list(rules.values())
    hues = alt.Scale(domain=names, range=[LOOKS[name][0] for name in names])
    shapes = alt.Scale(domain=names, range=[LOOKS[name][1] for name in names])
    y = alt.Y("group:N", sort=frame["group"].to_list(), title=None, axis=alt.Axis(labelLimit=200))
    x = alt.X("miss_rate:Q", title="average miss (left is better)", axis=alt.Axis(format=".0%"))
    marks = (
        alt.Chart(long)
        .mark_point(filled=True, size=85, opacity=1)
        .encode(
            y=y,
            x=x,
            color=alt.Color("rule:N", scale=hues, legend=legend(each=175)),
            shape=alt.Shape("rule:N", scale=shapes),
            tooltip=[
                alt.Tooltip("group:N"),
                alt.Tooltip("rule:N"),
                alt.Tooltip("miss_rate:Q", format=".1%", title="error"),
            ],
        )
    )
    return finish(marks, height=24 * frame.height + 30)


def moves(frame: pl.DataFrame, currency: str) -> alt.Chart | alt.LayerChart:
    """Sum per category as the data has it, in grey, and with the review, in front."""
    base = alt.Chart(frame).encode(
        y=alt.Y("category:N", sort=frame["category"].to_list(), title=None, axis=alt.Axis(labelExpr=CATEGORY))
    )
    tip = [
        alt.Tooltip("category:N"),
        alt.Tooltip("amount:Q", format=",.0f", title="CRM"),
        alt.Tooltip("reviewed_amount:Q", format=",.0f", title="reviewed"),
    ]
    own = base.mark_bar(color=QUIET, height=22).encode(
        x=alt.X("amount:Q", title=message("{currency} (grey: CRM, teal: reviewed)", currency=currency), axis=across()),
        tooltip=tip,
    )
    reviewed = base.mark_bar(color=ACTUAL, height=12).encode(x=alt.X("reviewed_amount:Q"), tooltip=tip)
    return finish(own + reviewed, height=26 * frame.height + 30)
