"""What campaigns cost by channel, what they are credited with for it, and what more money has brought."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np
import polars as pl

from core.config import Settings, windows
from core.contracts import Dataset
from core.contracts.constants import NOT_KNOWN
from core.localization import message
from core.metrics import channel_credit, credit_rules, touchpoints
from core.metrics.confidence_intervals import is_beyond_chance, t_for
from core.metrics.measure import Measure, counted, money, ratio
from core.metrics.touchpoints import CAMPAIGNS, MONTHS, Journeys

FEWEST_CAMPAIGNS, RIPE_DAYS = 8, 120
RETURNS = {
    "channel": pl.String,
    "n_campaigns": pl.Int64,
    "cost_amount": pl.Float64,
    "n_won": pl.Int64,
    "cost_per_deal_amount": pl.Float64,
    "lowest_return": pl.Float64,
    "highest_return": pl.Float64,
    "n_compared": pl.Int64,
    "elasticity": pl.Float64,
    "elasticity_low": pl.Float64,
    "elasticity_high": pl.Float64,
    "marginal_return": pl.Float64,
    "marginal_low": pl.Float64,
    "marginal_high": pl.Float64,
    "is_sure": pl.Boolean,
}


def returns(data: Dataset, settings: Settings, months: int = MONTHS) -> Measure:
    """Cost of each channel, won money credited to it per unit of cost, and the return of the last unit.

    Formula: the cost of the campaigns that began in the last months; the amounts `channel_credit` gives their channel
    by the model that gives least and by the one that gives most, over that cost; cost over won deals it touched.
    What more money brought: the slope of the logarithm of the won deals a campaign is credited with (every touch
    alike) on the logarithm of its cost, over campaigns at least 120 days old, with a t interval widened for the number
    of channels (Bonferroni). 1 means twice the cost went with twice the deals, 0 with no more. The marginal return is
    this slope times the return when every touch counts alike. Under 8 campaigns nothing is said. An association: more
    is spent where more is expected.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    months : int

    Returns
    -------
    Measure
        Unit money. Value: the cost; None where no campaign has one. Frame: channel, n_campaigns, cost_amount, n_won,
        cost_per_deal_amount, lowest_return, highest_return, n_compared (campaigns), elasticity, elasticity_low,
        elasticity_high, marginal_return, marginal_low, marginal_high, is_sure (the slope is beyond chance); the
        dearest channel first.
    """
    window = windows.last_months(data.as_of, months)
    named = pl.col("kind").str.strip_chars().replace("", None).fill_null(NOT_KNOWN)
    spent = data.campaigns.filter(window.holds("started_on"), pl.col("cost_amount") > 0).with_columns(channel=named)
    if spent.is_empty():
        text = message("No campaign of the last {months} months has a cost.", months=months)
        return Measure("Cost of campaigns", None, "money", pl.DataFrame(schema=RETURNS), text)
    trips = touchpoints.journeys(data, CAMPAIGNS, months)
    credit = channel_credit.credited(trips)
    costs = spent.group_by("channel").agg(n_campaigns=pl.len().cast(pl.Int64), cost_amount=pl.col("cost_amount").sum())
    deals = _credited_deals(trips)
    begun = pl.col("started_on") <= data.as_of - pl.duration(days=RIPE_DAYS)
    ripe = spent.filter(begun).join(deals, on="campaign_id", how="inner")
    rows = costs.join(credit, on="channel", how="left").sort("cost_amount", "channel", descending=[True, False])
    frame = pl.DataFrame([_row(row, ripe, rows.height) for row in rows.iter_rows(named=True)], schema=RETURNS)
    total = float(spent["cost_amount"].sum())
    is_part = data.opportunities.height < data.company.opportunities.height
    text = _text(frame, total, months, settings.currency, is_part)
    return Measure("Cost of campaigns", total, "money", frame, text)


def _credited_deals(trips: Journeys) -> pl.DataFrame:
    """Return [campaign_id, n]: the won deals each campaign is credited with where every touch counts alike."""
    won = trips.touches.join(
        trips.deals.filter("is_won").select("opportunity_id"), on="opportunity_id", how="semi", maintain_order="left"
    )
    shares = won.with_columns(weight=credit_rules.weights(won, credit_rules.LINEAR))
    return shares.drop_nulls("campaign_id").group_by("campaign_id").agg(n=pl.col("weight").sum())


def _row(row: dict[str, Any], ripe: pl.DataFrame, n_claims: int) -> dict[str, Any]:
    cost = row["cost_amount"]
    amounts = [row[name] for name in channel_credit.AMOUNTS if row[name] is not None]
    slope = _slope(ripe.filter(pl.col("channel") == row["channel"]).sort("campaign_id"), n_claims)
    alike = ratio(row["linear_amount"] or 0.0, cost)
    low, high = (slope[1], slope[2]) if slope else (None, None)
    out = {
        "channel": row["channel"],
        "n_campaigns": row["n_campaigns"],
        "cost_amount": cost,
        "n_won": row["n_won"] or 0,
        "cost_per_deal_amount": ratio(cost, row["n_won"] or 0),
        "lowest_return": ratio(min(amounts), cost) if amounts else 0.0,
        "highest_return": ratio(max(amounts), cost) if amounts else 0.0,
        "n_compared": ripe.filter(pl.col("channel") == row["channel"]).height,
        "is_sure": slope is not None and is_beyond_chance(slope[1], slope[2]),
    }
    names = ("elasticity", "elasticity_low", "elasticity_high")
    margins = ("marginal_return", "marginal_low", "marginal_high")
    if slope is None or alike is None or low is None or high is None:
        return out | dict.fromkeys((*names, *margins))
    return (
        out
        | dict(zip(names, slope, strict=True))
        | {name: value * alike for name, value in zip(margins, slope, strict=True)}
    )


def _slope(campaigns: pl.DataFrame, n_claims: int) -> tuple[float, float, float] | None:
    """Return the slope of log deals on log cost with its interval; None for few campaigns, or all of one cost."""
    n = campaigns.height
    if n < FEWEST_CAMPAIGNS:
        return None
    x, y = np.log(campaigns["cost_amount"].to_numpy()), np.log(campaigns["n"].to_numpy())
    spread = float(((x - x.mean()) ** 2).sum())
    if spread < 1e-9:
        return None
    slope = float(((x - x.mean()) * (y - y.mean())).sum()) / spread
    rest = y - y.mean() - slope * (x - x.mean())
    reach = t_for(n - 2, n_claims) * sqrt(float((rest**2).sum()) / (n - 2) / spread)
    return slope, slope - reach, slope + reach


def _text(frame: pl.DataFrame, total: float, months: int, currency: str, is_part: bool) -> str:
    head = message(
        "{campaigns} of the last {months} months cost {total}.",
        campaigns=counted(int(frame["n_campaigns"].sum()), "campaign"),
        months=months,
        total=money(total, currency),
    )
    ranked = frame.filter(pl.col("lowest_return") > 0).sort("lowest_return", "channel", descending=[True, False])
    best = ""
    if ranked.height:
        top = ranked.row(0, named=True)
        best = message(
            " Whatever the model, {channel} is credited with at least {lowest_return:.1f} for each 1 "
            "spent (at most {highest_return:.1f}).",
            channel=top["channel"],
            lowest_return=top["lowest_return"],
            highest_return=top["highest_return"],
        )
    sure = frame.filter("is_sure", pl.col("elasticity") > 0)["channel"].to_list()
    if sure:
        more = message(" Dearer campaigns went with more won deals, beyond chance, in {sure}.", sure=", ".join(sure))
    elif frame["elasticity"].null_count() == frame.height:
        more = message(
            " There are too few campaigns to say what more money brought: it takes {fewest_campaigns} of a channel.",
            fewest_campaigns=FEWEST_CAMPAIGNS,
        )
    else:
        more = " In no channel did dearer campaigns go with more won deals beyond chance."
    part = " Costs are the whole company's, deals those shown here." if is_part else ""
    return head + best + more + part
