"""What content is used in won deals, and whether deals it is used in early are won more often than comparable ones."""

from __future__ import annotations

from typing import Any

import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.localization import joined, message
from core.metrics import channel_effect, competitors
from core.metrics.channel_effect import LANDMARK_DAYS
from core.metrics.competitors import FEWEST_DEALS
from core.metrics.measure import Measure, counted, percent, ratio

MONTHS = 24
CONTENT: dict[str, Any] = {
    "content": pl.String,
    "content_kind": pl.String,
    "n_uses": pl.Int64,
    "n_deals": pl.Int64,
    "n_won": pl.Int64,
    "won_rate": pl.Float64,
    "won_amount": pl.Float64,
    "n": pl.Int64,
    "win_rate": pl.Float64,
    "n_others": pl.Int64,
    "others_rate": pl.Float64,
    "difference": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "is_sure": pl.Boolean,
}


def by_content(data: Dataset, settings: Settings, months: int = MONTHS) -> Measure:
    """Documents used in deals that ended, and the win rate of deals with each beside comparable ones without.

    Formula: uses until the day a deal closed count, renewals left out. For the comparison only deals that were still
    open 30 days after they began count, and only uses until then, for a deal that lives longer sees more documents.
    Comparable are deals of the same type, segment, region and third of amounts in which this document was not used by
    then; the difference is pooled by Mantel and Haenszel, its interval widened for the number of documents compared
    (Bonferroni), so that all hold together in 95 of 100 cases. Under ten deals on either side nothing is compared. It
    is an association: people send more to buyers who are keen.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    months : int
        Length of the window of closing days that ends on the as-of date.

    Returns
    -------
    Measure
        Unit rate. Value: share of the won deals in which any document was used; None where none was won. Frame:
        content, content_kind, n_uses, n_deals, n_won, won_rate (of the won deals, in how many it was used), won_amount,
        n (deals with an early use that compare), win_rate, n_others, others_rate, difference, low, high, is_sure; the
        one used in most won deals first.
    """
    ended = competitors.ended(data, months).filter(pl.col("opportunity_type") != "renewal")
    deals = ended.with_columns(until=pl.col("created_on") + pl.duration(days=LANDMARK_DAYS))
    uses = _uses(data, deals)
    n_won = int(deals["is_won"].sum())
    value = ratio(uses.filter("is_won")["opportunity_id"].n_unique(), n_won)
    frame = _compared(deals, uses, n_won)
    return Measure("Content in won deals", value, "rate", frame, _text(data, frame, uses, value, n_won, months))


def _uses(data: Dataset, deals: pl.DataFrame) -> pl.DataFrame:
    """Return uses in these deals, up to the day each closed."""
    about = deals.select("opportunity_id", "close_on", "until", "is_won", "amount")
    named = data.content_uses.with_columns(content=pl.col("content_name").str.strip_chars())
    rows = named.select("content", "content_kind", "opportunity_id", "used_on").join(about, on="opportunity_id")
    return rows.filter(pl.col("used_on") <= pl.col("close_on"))


def _compared(deals: pl.DataFrame, uses: pl.DataFrame, n_won: int) -> pl.DataFrame:
    per_deal = uses.unique(["content", "opportunity_id"])
    sums = per_deal.group_by("content").agg(
        n_deals=pl.len(),
        n_won=pl.col("is_won").sum(),
        won_amount=pl.col("amount").filter(pl.col("is_won")).sum(),
    )
    kinds = uses.group_by("content").agg(n_uses=pl.len(), content_kind=pl.col("content_kind").drop_nulls().mode().min())
    lasting = deals.filter(pl.col("close_on") > pl.col("until"))
    early = uses.filter(pl.col("used_on") <= pl.col("until"), pl.col("close_on") > pl.col("until"))
    users = {c: rows["opportunity_id"].unique().implode() for (c,), rows in early.group_by("content")}
    enough = [c for c, ids in users.items() if len(ids[0]) >= FEWEST_DEALS]
    compared = [
        {"content": c} | channel_effect.beside_others(lasting, users[c], max(len(enough), 1)) for c in sorted(users)
    ]
    effects = pl.DataFrame(compared, schema={"content": pl.String, **channel_effect.COMPARISON})
    joined = sums.join(kinds, on="content").join(effects, on="content", how="left")
    filled = joined.with_columns(
        pl.col("is_sure").fill_null(value=False),
        pl.col("n", "n_others").fill_null(0),
        won_rate=pl.col("n_won") / n_won if n_won else pl.lit(None, pl.Float64),
    )
    chosen = filled.select(pl.col(name).cast(dtype) for name, dtype in CONTENT.items())
    return chosen.sort("n_won", "n_deals", "content", descending=[True, True, False])


def _text(data: Dataset, frame: pl.DataFrame, uses: pl.DataFrame, value: float | None, n_won: int, months: int) -> str:
    if data.content_uses.is_empty():
        return "No use of content in deals is loaded."
    if value is None or frame.is_empty():
        return message("No document was used in a deal that closed in the last {months} months.", months=months)
    top = frame.row(0, named=True)
    start = message(
        "In {rate} of the {deals} won in the last {months} months a document was used; {content} in "
        "most of them ({n_won:,}).",
        rate=percent(value),
        deals=counted(n_won, "deal"),
        months=months,
        content=top["content"],
        n_won=top["n_won"],
    )
    return joined(start, _effect_text(frame))


def _effect_text(frame: pl.DataFrame) -> str:
    judged = frame.drop_nulls("difference")
    if judged.is_empty():
        return message(
            "None was used early in {fewest_deals} deals that can be compared with others.", fewest_deals=FEWEST_DEALS
        )
    sure = judged.filter("is_sure").sort("difference", descending=True)
    warning = "People send more to buyers who are keen."
    if sure.is_empty():
        return message(
            "No document used early goes with a difference beyond chance beside comparable deals "
            "without it; {documents} can be judged.",
            documents=counted(judged.height, "document"),
        )
    named = joined(
        *(
            (
                message(
                    "{content} +{points} points (range {low:+.0f} to {high:+.0f}, {deals})",
                    content=row["content"],
                    points=competitors.points(row["difference"]),
                    low=row["low"] * 100,
                    high=row["high"] * 100,
                    deals=counted(row["n"], "deal"),
                )
                if row["difference"] > 0
                else message(
                    "{content} −{points} points (range {low:+.0f} to {high:+.0f}, {deals})",
                    content=row["content"],
                    points=competitors.points(row["difference"]),
                    low=row["low"] * 100,
                    high=row["high"] * 100,
                    deals=counted(row["n"], "deal"),
                )
            )
            for row in sure.iter_rows(named=True)
        ),
        by="; ",
    )
    return message(
        "Used early, beyond chance beside comparable deals without: {named}. {warning}", named=named, warning=warning
    )
