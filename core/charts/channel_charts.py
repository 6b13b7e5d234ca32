"""Charts of the attribution page."""

from __future__ import annotations

import polars as pl

from core.charts import name_bars
from core.charts.lazy_altair import alt
from core.charts.theme import ACTUAL, CONTEXT, FORECAST, finish, interval, legend, mark
from core.localization import message
from core.metrics.channel_credit import MODELS, SHAPLEY

Drawn = alt.Chart | alt.LayerChart


def credit(frame: pl.DataFrame) -> Drawn:
    """Share of the touched amount by channel and model, from the least to the most: as `channel_credit.by_model`."""
    rows = frame.filter(pl.col("lowest_rate").is_not_null())
    total = float(rows[f"{SHAPLEY}_amount"].sum())
    amounts = [f"{model}_amount" for model in MODELS]
    names = {f"{model}_amount": words for model, words in MODELS.items()}
    long = rows.unpivot(amounts, index=["channel", "lowest_rate", "highest_rate"], variable_name="model").with_columns(
        share=pl.col("value") / total, model=pl.col("model").replace(names)
    )
    y = name_bars.names("channel", rows["channel"].to_list())
    x = alt.X("share:Q", title="of the touched amount, by model", axis=alt.Axis(format=".0%"))
    tip = [
        alt.Tooltip("channel:N"),
        alt.Tooltip("model:N"),
        alt.Tooltip("share:Q", format=".1%", title="of the touched amount"),
        alt.Tooltip("value:Q", format=",.2f", title="amount"),
    ]
    base = alt.Chart(long).encode(y=y, tooltip=tip)
    spread = (
        alt.Chart(rows)
        .mark_rule(color=CONTEXT, strokeWidth=2)
        .encode(y=y, x=alt.X("lowest_rate:Q"), x2=alt.X2("highest_rate:Q"))
    )
    models = alt.Scale(
        domain=list(MODELS.values()),
        range=["triangle-left", "triangle-right", "circle", "square", "cross", "diamond", "triangle-up"],
    )
    shape = alt.Shape(
        "model:N",
        scale=models,
        legend=legend(),
    )
    dots = base.mark_point(filled=True, size=80, opacity=1).encode(
        x=x,
        shape=shape,
        color=alt.condition(alt.datum.model == MODELS[SHAPLEY], alt.value(ACTUAL), alt.value(FORECAST)),
    )
    return finish(spread + dots, 40 * rows.height + 90)


def differences(frame: pl.DataFrame) -> Drawn:
    """Difference of win rates by channel with its range: as the measures of `channel_effect`."""
    rows = frame.drop_nulls("difference")
    tip = [
        alt.Tooltip("channel:N"),
        alt.Tooltip("difference:Q", format="+.1%"),
        alt.Tooltip("low:Q", format="+.1%", title="range from"),
        alt.Tooltip("high:Q", format="+.1%", title="to"),
        alt.Tooltip("n:Q", format=",", title="touched"),
        alt.Tooltip("n_others:Q", format=",", title="beside"),
    ]
    base = alt.Chart(rows).encode(y=name_bars.names("channel", rows["channel"].to_list()), tooltip=tip)
    bars = name_bars.bars(base, "difference", "win rate above or below, with range", "+.0%")
    return finish(bars + interval(base, x=alt.X("low:Q"), x2=alt.X2("high:Q")), 30 * rows.height + 40)


def returns(frame: pl.DataFrame) -> Drawn:
    """Won money credited for each unit of cost, from the least to the most: as `channel_cost.returns`."""
    tip = [
        alt.Tooltip("channel:N"),
        alt.Tooltip("cost_amount:Q", format=",.0f", title="cost"),
        alt.Tooltip("lowest_return:Q", format=",.1f", title="return by the lowest model"),
        alt.Tooltip("highest_return:Q", format=",.1f", title="by the highest"),
        alt.Tooltip("marginal_return:Q", format=",.1f", title="of the last unit spent"),
    ]
    base = alt.Chart(frame).encode(y=name_bars.names("channel", frame["channel"].to_list()), tooltip=tip)
    bars = base.mark_bar(color=ACTUAL, height=12, cornerRadius=2).encode(
        x=alt.X("lowest_return:Q", title=message("won for each 1 spent (tick: the last 1)")),
        x2=alt.X2("highest_return:Q"),
    )
    return finish(bars + mark(base, 18, x=alt.X("marginal_return:Q")), 30 * frame.height + 40)
