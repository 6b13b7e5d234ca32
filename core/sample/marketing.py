"""Campaigns, leads and touches of the sample, written after its deals so that they agree with them.

Nothing here changes a deal. What leads and touches would have done is planted the other way round: among leads that
became deals, and deals that were won, a feature is as much more frequent as its planted effect on the odds says
(Bayes' rule), so that a logistic model of the outcome has exactly these slopes.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import polars as pl

from core.sample import lead_book
from core.sample.word_lists import CHANNELS

# Log odds that a deal is won, by channels that touched it; the others do nothing.
WIN_EFFECTS = {"Event": 0.9, "Partner": 0.6, "Webinar": 0.4, "Paid search": 0.0, "E-mail": 0.0}
HOLDOUT_EFFECTS = {"E-mail": 0.0, "Webinar": 0.7}
HOLDOUT_SHARE, HOLDOUT_DAYS = 0.25, 640
BEFORE, AFTER = 60, 45
CAMPAIGNS_A_QUARTER, MORE_TOUCHES = 2, 0.5
COST_EFFECT = 0.6  # how fast what a campaign reaches grows with its cost
OPEN_AS_IF_WON = 0.3


def build(
    seed: int, deals: pl.DataFrame, accounts: pl.DataFrame, names: lead_book.Namer, start: date, as_of: date
) -> dict[str, pl.DataFrame]:
    """Return campaigns, leads and campaign_touches; nothing lies after `as_of`.

    Parameters
    ----------
    seed : int
        Of the company. A generator of its own draws here, so that everything else stays as it is.
    deals, accounts : pl.DataFrame
        Opportunities and accounts.
    names : callable
        Makes companies' names of industries, regions and countries.
    start, as_of : date
        First and last day of the records.
    """
    rng = np.random.default_rng([seed, 7_731])
    campaigns = _campaigns(rng, start, as_of)
    leads = lead_book.leads(rng, deals, accounts, names, as_of)
    rows = [_deal_touches(rng, deals, as_of), lead_book.touches(rng, leads, as_of)]
    touches = pl.concat(rows, how="diagonal_relaxed").filter(pl.col("touched_at").dt.date().is_between(start, as_of))
    touches = _held_out(rng, _with_campaign(rng, touches, campaigns), deals, leads, as_of)
    ordered = touches.sort("touched_at", "channel", "account_id", "lead_id", nulls_last=True)
    touches = ordered.with_columns(touch_id=pl.format("M{}", pl.int_range(pl.len()).cast(pl.String).str.zfill(7)))
    return {"campaigns": campaigns.drop("quarter"), "leads": leads, "campaign_touches": touches}


def _campaigns(rng: np.random.Generator, start: date, as_of: date) -> pl.DataFrame:
    quarters = pl.date_range(start.replace(day=1), as_of, "3mo", eager=True)
    rows: list[dict[str, Any]] = []
    for day in quarters.to_list():
        for channel, facts in CHANNELS.items():
            for k in range(CAMPAIGNS_A_QUARTER):
                cost = round(float(facts["cost"]) * float(np.exp(rng.normal(-0.1, 0.45))), -2)
                rows.append({"quarter": day, "kind": channel, "number": k + 1, "cost_amount": cost})
    ends = pl.min_horizontal(pl.col("quarter").dt.offset_by("3mo") - pl.duration(days=1), pl.lit(as_of))
    label = pl.format("Q{} {}", pl.col("quarter").dt.quarter(), pl.col("quarter").dt.year())
    return pl.DataFrame(rows).select(
        campaign_id=pl.format("K{}", pl.int_range(pl.len()).cast(pl.String).str.zfill(4)),
        campaign_name=pl.format("{} {} no. {}", "kind", label, "number"),
        kind="kind",
        status=pl.when(ends < as_of).then(pl.lit("Completed")).otherwise(pl.lit("In progress")),
        started_on="quarter",
        ended_on=ends,
        budget_amount=(pl.col("cost_amount") * 0.011).round() * 100,
        cost_amount="cost_amount",
        quarter="quarter",
    )


def _deal_touches(rng: np.random.Generator, deals: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Draw touches of deals that are no renewals; those after a deal's end, which depends on its fate, are dropped."""
    rows = deals.filter(pl.col("opportunity_type") != "renewal").drop_nulls("created_on")
    n = rows.height
    won = np.where(rows["is_closed"], rows["is_won"], rng.random(n) < OPEN_AS_IF_WON).astype(bool)
    end = pl.when("is_closed").then("close_on").otherwise(pl.lit(as_of))
    facts = rows.select("account_id", "opportunity_id", "created_on", end=end)
    parts = []
    for channel, about in CHANNELS.items():
        odds = about["share"] / (1 - about["share"]) * np.exp(WIN_EFFECTS[channel] * won)
        times = np.where(rng.random(n) < odds / (1 + odds), 1 + rng.poisson(MORE_TOUCHES, n), 0)
        which = np.repeat(np.arange(n), times)
        position = rng.beta(6 * about["position"], 6 * (1 - about["position"]), len(which))
        days = np.floor(position * (BEFORE + AFTER)).astype(int) - BEFORE
        parts.append(
            facts[which]
            .with_columns(
                channel=pl.lit(channel),
                touched_on=pl.col("created_on") + pl.duration(days=pl.lit(pl.Series(days))),
            )
            .with_columns(
                touched_at=pl.col("touched_on").cast(pl.Datetime("us"))
                + pl.duration(minutes=pl.lit(pl.Series(rng.integers(480, 1_080, len(which)))))
            )
        )
    drawn = pl.concat(parts).filter(pl.col("touched_on") <= pl.col("end"))
    return drawn.select("account_id", "opportunity_id", "channel", "touched_at")


def _with_campaign(rng: np.random.Generator, touches: pl.DataFrame, campaigns: pl.DataFrame) -> pl.DataFrame:
    """Give each touch one of the channel's two campaigns of its quarter, the dearer one more often."""
    weight = pl.col("cost_amount") ** COST_EFFECT
    listed = (
        campaigns.sort("quarter", "kind", "campaign_id")
        .group_by("quarter", "kind", maintain_order=True)
        .agg("campaign_id", share=weight.first() / weight.sum())
        .sort("quarter")
    )
    dated = touches.with_columns(_on=pl.col("touched_at").dt.date()).sort("_on", maintain_order=True)
    joined = dated.join_asof(
        listed, left_on="_on", right_on="quarter", by_left="channel", by_right="kind", check_sortedness=False
    )
    turn = (pl.Series(rng.random(touches.height)) >= joined["share"]).cast(pl.Int64)
    named = pl.col("campaign_id").list.get(pl.lit(turn), null_on_oob=True)
    return joined.with_columns(campaign_id=named).drop("_on", "quarter", "share")


def _held_out(
    rng: np.random.Generator, touches: pl.DataFrame, deals: pl.DataFrame, leads: pl.DataFrame, as_of: date
) -> pl.DataFrame:
    """Turn some late touches into people held out, rarer among the won by the planted effect."""
    won = deals.filter("is_won").select("opportunity_id", _won=pl.lit(value=True))
    of_lead = leads.select("lead_id", _deal="opportunity_id")
    joined = touches.join(of_lead, on="lead_id", how="left", maintain_order="left").with_columns(
        opportunity_id=pl.coalesce("opportunity_id", "_deal")
    )
    is_won = joined.join(won, on="opportunity_id", how="left", maintain_order="left")["_won"].fill_null(value=False)
    effect = joined["channel"].replace_strict(HOLDOUT_EFFECTS, default=None, return_dtype=pl.Float64)
    odds = HOLDOUT_SHARE / (1 - HOLDOUT_SHARE) * np.exp(-effect.fill_null(0.0).to_numpy() * is_won.to_numpy())
    recent = (pl.lit(as_of) - pl.col("touched_at").dt.date()).dt.total_days() <= HOLDOUT_DAYS
    drawn = pl.Series(rng.random(touches.height) < odds / (1 + odds))
    out = touches.with_columns(is_holdout=drawn & effect.is_not_null() & recent)
    return out.with_columns(
        has_responded=pl.when("is_holdout").then(pl.lit(None, pl.Boolean)).otherwise(pl.lit(value=True))
    )
