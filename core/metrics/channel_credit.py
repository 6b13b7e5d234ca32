"""What each channel is credited with of the won amounts, by seven models that are shown beside each other."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.localization import message
from core.metrics import credit_rules, removal_effect, shapley_values
from core.metrics.largest_remainder import split, split_within
from core.metrics.measure import Measure, counted, left_over, money, percent, ratio
from core.metrics.touchpoints import ACTIVITIES, CAMPAIGNS, MONTHS, Journeys, journeys

MARKOV, SHAPLEY = "markov", "shapley"
MODELS = {
    credit_rules.FIRST: "first touch",
    credit_rules.LAST: "last touch",
    credit_rules.LINEAR: "every touch alike",
    credit_rules.POSITION: message("position"),
    credit_rules.DECAY: "time decay",
    MARKOV: "removal effect",
    SHAPLEY: "Shapley value",
}
UNTOUCHED = "No touch on record"
WORDS = {CAMPAIGNS: message("campaigns"), ACTIVITIES: "the sales team's activities", "both": "campaigns and activities"}
CREDITED = {
    "channel": pl.String,
    "n_deals": pl.Int64,
    "n_won": pl.Int64,
    **{f"{model}_amount": pl.Float64 for model in MODELS},
    "lowest_rate": pl.Float64,
    "highest_rate": pl.Float64,
    "shapley_margin_amount": pl.Float64,
}
RANGES = {f"{model}_{end}_amount": pl.Float64 for model in (MARKOV, SHAPLEY) for end in ("low", "high")}
CREDIT = {**CREDITED, **RANGES}
AMOUNTS = [f"{model}_amount" for model in MODELS]
# Companies as this one might have been, each of its deals drawn with putting back.
DRAWS, DRAWN_PAIRS, SEED = 200, 15, 20
LEAST_DEALS = 20


def by_model(data: Dataset, settings: Settings, touches: str = "", months: int = MONTHS) -> Measure:
    """Won amounts credited to each channel by seven models, and how far the models are apart.

    Formula: first touch, last touch, every touch alike (1/n), position (40 % to the first and to the last, 20 % between
    them) and time decay (half as much for a touch 30 days earlier) share each won deal among its touches. Removal
    effect: the share by which the win rate of a Markov chain over the channels of won and lost deals falls without a
    channel, of the sum of these. Shapley value: the fair division of what the same chain wins with only some of the
    channels; exact up to ten of them, else from 600 drawn orders with a 95 % interval. Every model adds up to the won
    amounts to the cent: what rounding leaves goes to the largest remainders. Won deals no touch is known of stand in a
    row of their own. Of removal effect and Shapley value the 95 % range is given too: the middle of 200 chains, each
    counted over as many deals drawn with putting back (Efron's bootstrap); none under 20 deals. Renewals are left out.

    The value is the share of the touched amount that changes channel between the two models that are furthest apart:
    half the sum of absolute differences of their shares. None where nothing was won that was touched. No model says
    what would have happened without a channel: that takes a group held back.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    touches : str
        "campaigns", "activities" or "both"; empty for campaigns where there are any, else activities.
    months : int
        Length of the window of closed deals that ends on the as-of date.

    Returns
    -------
    Measure
        Unit rate. Frame: channel, n_deals and n_won that it touched, the amount by each model, lowest_rate and
        highest_rate of the touched amount by any model, shapley_margin_amount (null where exact), and the ends of both
        ranges (markov_low_amount, markov_high_amount, shapley_low_amount, shapley_high_amount); the channel with the
        most by all models first, the won deals without a touch last.

    Source: R. Singal, O. Besbes, A. Desir, V. Goyal, G. Iyengar, Shapley meets uniform: an axiomatic framework for
    attribution in online advertising, Management Science 68, 2022.
    """
    trips = journeys(data, touches, months)
    rows = credited(trips)
    if rows.is_empty():
        return Measure("Attribution", None, "rate", pl.DataFrame(schema=CREDIT), _nothing(trips, months))
    total = float(rows.filter(pl.col("channel") != UNTOUCHED)[f"{SHAPLEY}_amount"].sum())
    ends = pl.DataFrame({"channel": trips.channels, **ranges(trips, total)}, schema={"channel": pl.String, **RANGES})
    frame = rows.join(ends, on="channel", how="left", maintain_order="left")
    value, pair = _furthest(frame)
    text = _sentence(trips, frame, value, pair, settings.currency)
    return Measure("Attribution", value, "rate", frame, text)


def cents_by_model(trips: Journeys) -> tuple[dict[str, list[int]], list[float]]:
    """Return each model's cents per channel, in the order of `trips.channels`, and the margin of each Shapley value."""
    channels = trips.channels
    won = trips.touches.join(
        trips.deals.filter("is_won").select("opportunity_id", "cents"), on="opportunity_id", maintain_order="left"
    )
    out = {}
    for rule in credit_rules.RULES:
        shares = won.with_columns(weight=credit_rules.weights(won, rule))
        parts = shares.with_columns(credit=split_within(shares, "opportunity_id", "weight", "cents"))
        sums = dict(parts.group_by("channel").agg(pl.col("credit").sum()).iter_rows())
        out[rule] = [sums.get(channel, 0) for channel in channels]
    total = int(won.unique("opportunity_id")["cents"].sum())
    chain = trips.steps.chain()
    out[MARKOV] = split(total, chain.removal_effects().tolist())
    fair = shapley_values.divide(chain.win_rates, len(channels))
    whole = float(fair.values.sum())
    out[SHAPLEY] = split(total, np.maximum(fair.values, 0.0).tolist())
    return out, [abs(total) * float(margin) / whole / 100 if whole > 0 else 0.0 for margin in fair.margins]


def ranges(trips: Journeys, total: float) -> dict[str, list[float | None]]:
    """Return the ends of the 95 % ranges of removal effect and Shapley value, in the order of `trips.channels`.

    Parameters
    ----------
    trips : Journeys
    total : float
        The amount that is shared; each range is of a channel's share, times this.
    """
    steps = trips.steps
    n = len(trips.channels)
    if steps.n_deals < LEAST_DEALS:
        return {name: [None] * n for name in RANGES}
    rng = np.random.default_rng(SEED)
    chance = np.full(steps.n_deals, 1 / steps.n_deals)
    shares: dict[str, list[removal_effect.Floats]] = {MARKOV: [], SHAPLEY: []}
    for weights in rng.multinomial(steps.n_deals, chance, size=DRAWS):
        chain = steps.chain(weights)
        parts = {
            MARKOV: chain.removal_effects(),
            SHAPLEY: shapley_values.divide(chain.win_rates, n, DRAWN_PAIRS).values,
        }
        for model, values in parts.items():
            positive = np.maximum(values, 0.0)
            if positive.sum() > 0:
                shares[model].append(positive / positive.sum())
    out: dict[str, list[float | None]] = {}
    for model, drawn in shares.items():
        ends = np.quantile(np.array(drawn), (0.025, 0.975), axis=0) * total if drawn else [[None] * n] * 2
        out |= {f"{model}_{end}_amount": list(values) for end, values in zip(("low", "high"), ends, strict=True)}
    return out


def credited(trips: Journeys) -> pl.DataFrame:
    """Return the frame of `by_model` without its ranges; empty where nothing was won that was touched."""
    if trips.touches.is_empty() or not trips.deals["is_won"].any():
        return pl.DataFrame(schema=CREDITED)
    channels = trips.channels
    credit, margins = cents_by_model(trips)
    counts = (
        trips.touches.unique(["opportunity_id", "channel"])
        .join(trips.deals.select("opportunity_id", "is_won"), on="opportunity_id")
        .group_by("channel")
        .agg(n_deals=pl.len().cast(pl.Int64), n_won=pl.col("is_won").sum().cast(pl.Int64))
    )
    amounts = pl.DataFrame({"channel": channels, **{f"{m}_amount": [c / 100 for c in credit[m]] for m in MODELS}})
    total = sum(credit[SHAPLEY]) / 100
    rates = [pl.when(total > 0).then(pl.col(a) / total) for a in AMOUNTS]
    exact = not any(margins)
    rows = amounts.with_columns(
        lowest_rate=pl.min_horizontal(rates),
        highest_rate=pl.max_horizontal(rates),
        shapley_margin_amount=pl.Series([None if exact else m for m in margins], dtype=pl.Float64),
    ).join(counts, on="channel", how="left", maintain_order="left")
    ordered = rows.sort(pl.sum_horizontal(AMOUNTS), "channel", descending=[True, False])
    return pl.concat([ordered.select(list(CREDITED)), _untouched(trips)]).cast(pl.Schema(CREDITED))


def _untouched(trips: Journeys) -> pl.DataFrame:
    bare = trips.deals.join(trips.touches.select("opportunity_id").unique(), on="opportunity_id", how="anti")
    won = bare.filter("is_won")
    cents = int(won["cents"].sum()) / 100
    row = dict.fromkeys(CREDITED) | {"channel": UNTOUCHED, "n_deals": bare.height, "n_won": won.height}
    return pl.DataFrame([row | dict.fromkeys(AMOUNTS, cents)], schema=CREDITED).filter(pl.col("n_deals") > 0)


def _furthest(frame: pl.DataFrame) -> tuple[float | None, tuple[str, str]]:
    """Return how much of the touched amount changes channel between the two models furthest apart, and which these are.

    Of pairs that are as far apart the first counts, in the order of `MODELS`.
    """
    rows = frame.filter(pl.col("lowest_rate").is_not_null())
    apart = [
        (float((rows[f"{a}_amount"] - rows[f"{b}_amount"]).abs().sum()) / 2, a, b) for a, b in combinations(MODELS, 2)
    ]
    gap, a, b = max(apart, key=lambda entry: round(entry[0], 6))
    total = float(rows[AMOUNTS[0]].sum())
    return ratio(gap, total), (a, b)


def _sentence(trips: Journeys, frame: pl.DataFrame, value: float | None, pair: tuple[str, str], currency: str) -> str:
    won, touched = trips.deals.filter("is_won"), frame.filter(pl.col("channel") != UNTOUCHED)
    total = float(won["cents"].sum()) / 100
    reached = float(touched[AMOUNTS[0]].sum())
    coverage = message(
        "{reached} of {total} won were touched by {words} ({check}).",
        reached=money(reached, currency),
        total=money(total, currency),
        words=WORDS[trips.source],
        check=_check(frame, won),
    )
    if value is None:
        return message("{coverage} That is no amount to share.", coverage=coverage)
    if touched.height == 1:
        return message(
            "{coverage} All of it goes to the only channel, {channel}.",
            coverage=coverage,
            channel=touched["channel"][0],
        )
    a, b = pair
    spread = touched.sort(pl.col("highest_rate") - pl.col("lowest_rate"), "channel", descending=[True, False])
    top = spread.row(0, named=True)
    return message(
        "The models disagree about {rate} of the money: that much changes channel between {models} "
        "and {models_2}. {channel} is worth between {lowest_rate} and {highest_rate}. {coverage}",
        rate=percent(value),
        models=MODELS[a],
        models_2=MODELS[b],
        channel=top["channel"],
        lowest_rate=percent(top["lowest_rate"]),
        highest_rate=percent(top["highest_rate"]),
        coverage=coverage,
    )


def _check(frame: pl.DataFrame, won: pl.DataFrame) -> str:
    """Say whether every model adds up to the won amounts."""
    total = int(won["cents"].sum()) / 100
    return left_over(max((float(frame[amount].sum()) - total for amount in AMOUNTS), key=abs))


def _nothing(trips: Journeys, months: int) -> str:
    n = trips.deals.filter("is_won").height
    if not n:
        return message(
            "No deal other than renewals was won in the last {months} months, so there is nothing to credit.",
            months=months,
        )
    return message(
        "Of {wons} in the last {months} months no touch is known, so there is nothing to credit.",
        wons=counted(n, "won deal"),
        months=months,
    )
