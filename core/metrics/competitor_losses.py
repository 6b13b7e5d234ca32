"""What competitors cost beside the deals lost: the price given up in those won, and the reasons of those lost."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np
import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.contracts.amount_visibility import needs_amounts
from core.localization import message
from core.metrics.competitors import FEWEST_DEALS, MONTHS, ended, is_met, most_met, points, same_types
from core.metrics.confidence_intervals import difference, is_beyond_chance, z_for
from core.metrics.deal_events import OPEN, WON, tracks
from core.metrics.measure import Measure, counted, percent

MOST_REASONS, NEAREST = 12, 0.75
NO_COMPETITOR = "No competitor"
PRICE = {
    "competitor": pl.String,
    "n_won": pl.Int64,
    "kept_rate": pl.Float64,
    "difference": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "is_sure": pl.Boolean,
}
REASON: dict[str, Any] = {
    "reason": pl.String,
    "n_lost": pl.Int64,
    "share": pl.Float64,
    "n_others": pl.Int64,
    "others_share": pl.Float64,
    "difference": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "is_sure": pl.Boolean,
    "amount": pl.Float64,
    "examples": pl.List(pl.String),
}


@needs_amounts
def price(data: Dataset, settings: Settings, months: int = MONTHS) -> Measure:
    """Share of a won deal's highest amount that was left when it was signed, by competitor.

    Formula: amount at the close over the highest amount the open deal ever had, at most 1, averaged over won deals;
    deals without a history of amounts are left out. The difference to won deals without a competitor has Welch's
    interval by normal quantiles, widened for the number of competitors (Bonferroni). Only deals of the types in which
    competitors are met count. Deals shrink for other reasons than price as well: fewer seats, a smaller start.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    months : int
        Length of the window that ends on the as-of date.

    Returns
    -------
    Measure
        Unit rate. Value: the share kept over all deals won against a competitor; None without one. Frame: competitor
        (and "No competitor"), n_won, kept_rate, difference, low, high, is_sure; the largest cut first.
    """
    shares = _kept_shares(data, settings, months)
    met, alone = shares.drop_nulls("competitor"), shares.filter(pl.col("competitor").is_null())["share"].to_numpy()
    if met.is_empty():
        text = "No deal won against a named competitor has a history of its amount."
        return Measure("Price kept against competitors", None, "rate", pl.DataFrame(schema=PRICE), text)
    rivals = most_met(met)
    z = z_for(len(rivals))
    rows = [_price(name, met.filter(pl.col("competitor") == name)["share"].to_numpy(), alone, z) for name in rivals]
    if alone.size:
        rows.append((NO_COMPETITOR, alone.size, float(alone.mean()), None, None, None, False))
    frame = pl.DataFrame(rows, schema=PRICE, orient="row").sort("kept_rate", "competitor")
    value = float(met["share"].to_numpy().mean())
    return Measure("Price kept against competitors", value, "rate", frame, _price_text(frame, value, met.height, alone))


def _kept_shares(data: Dataset, settings: Settings, months: int) -> pl.DataFrame:
    """Return [competitor, share] of the won deals whose amount while open is known."""
    track = tracks(data, settings).with_columns(pl.col("opportunity_id").cast(pl.String))
    highest = track.filter(pl.col("state") == OPEN).group_by("opportunity_id").agg(peak=pl.col("cents").max())
    signed = track.filter(pl.col("state") == WON).group_by("opportunity_id").agg(cents=pl.col("cents").last())
    every = ended(data, months).filter("is_won")
    won = same_types(every, every.drop_nulls("competitor")).select("opportunity_id", "competitor")
    joined = won.join(highest, on="opportunity_id").join(signed, on="opportunity_id").filter(pl.col("peak") > 0)
    share = (pl.col("cents") / pl.col("peak")).clip(0.0, 1.0)
    return joined.select("competitor", share=share).drop_nulls("share")


def _price(name: str, own: np.ndarray, others: np.ndarray, z: float) -> tuple[object, ...]:
    start = (name, own.size, float(own.mean()))
    if min(own.size, others.size) < FEWEST_DEALS:
        return (*start, None, None, None, False)
    gap = float(own.mean() - others.mean())
    reach = z * sqrt(own.var(ddof=1) / own.size + others.var(ddof=1) / others.size)
    return (*start, gap, gap - reach, gap + reach, is_beyond_chance(gap - reach, gap + reach))


def _price_text(frame: pl.DataFrame, value: float, n: int, alone: np.ndarray) -> str:
    beside = message(", {mean} without a competitor", mean=percent(float(alone.mean()))) if alone.size else ""
    text = message(
        "{deals} won against a competitor kept {rate} of their highest amount{beside}.",
        deals=counted(n, "deal"),
        rate=percent(value),
        beside=beside,
    )
    cuts = frame.filter(pl.col("is_sure"), pl.col("difference") < 0)
    if cuts.is_empty():
        return message("{text} No competitor lowers it beyond chance.", text=text)
    top = cuts.row(0, named=True)
    return message(
        "{text} {competitor} costs most: {points} points less than without a competitor.",
        text=text,
        competitor=top["competitor"],
        points=points(top["difference"]),
    )


def reasons(data: Dataset, settings: Settings, competitor: str = "", months: int = MONTHS) -> Measure:
    """Why deals against a competitor are lost, beside the reasons of deals lost without one.

    Formula: reasons that are written alike count as one; where there are more than 12, they are texts, and those whose
    words are alike are put together (average linkage over cosines of TF-IDF words, cut at 0.75), each group under the
    text nearest its middle. The share of losses with a reason; the difference to losses of the same types without a
    competitor has Newcombe's interval, widened for the number of reasons (Bonferroni). Deals lost without a reason are
    left out.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    competitor : str
        Empty for all of them.
    months : int

    Returns
    -------
    Measure
        Unit rate. Value: share of the commonest reason; None where no reason was written. Frame: reason, n_lost, share,
        n_others, others_share, difference, low, high, is_sure, amount (lost for it), examples (up to three texts); the
        commonest first.
    """
    lost = ended(data, months).filter(~pl.col("is_won"), pl.col("lost_reason").str.strip_chars() != "")
    lost = lost.with_columns(reason=_grouped(lost["lost_reason"].str.strip_chars()))
    met = lost.filter(is_met(competitor))
    others = same_types(lost.filter(pl.col("competitor").is_null()), met)
    name = competitor or "a competitor"
    if met.is_empty():
        text = message("No deal lost to {name} has a reason written down.", name=name)
        return Measure("Reasons of losses", None, "rate", pl.DataFrame(schema=REASON), text)
    frame = _reasons(met, others)
    return Measure("Reasons of losses", frame["share"][0], "rate", frame, _reasons_text(frame, name, met.height))


def _reasons(met: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    counts = (
        met.group_by("reason")
        .agg(
            n_lost=pl.len().cast(pl.Int64),
            amount=pl.col("amount").sum().cast(pl.Float64),
            examples=pl.col("lost_reason").str.strip_chars().unique().sort().head(3),
        )
        .join(others.group_by("reason").agg(n_others=pl.len().cast(pl.Int64)), on="reason", how="left")
        .with_columns(pl.col("n_others").fill_null(0))
    )
    n, m = met.height, others.height
    z = z_for(counts.height)
    gaps = [_gap(a, n, b, m, z) for a, b in counts.select("n_lost", "n_others").iter_rows()]
    shape = {name: REASON[name] for name in ("difference", "low", "high", "is_sure")}
    rows = counts.with_columns(
        share=pl.col("n_lost") / n, others_share=pl.lit(None, pl.Float64) if m == 0 else pl.col("n_others") / m
    )
    whole = rows.hstack(pl.DataFrame(gaps, schema=shape, orient="row"))
    return whole.select(*REASON).sort("n_lost", "reason", descending=[True, False])


def _gap(a: int, n: int, b: int, m: int, z: float) -> tuple[float | None, float | None, float | None, bool]:
    gap = difference(a, n, b, m, z) if min(n, m) >= FEWEST_DEALS else None
    return (*gap, is_beyond_chance(*gap[1:])) if gap else (None, None, None, False)


def _reasons_text(frame: pl.DataFrame, name: str, n: int) -> str:
    top = frame.row(0, named=True)
    text = message(
        "{share} of the {deals} lost to {name} with a reason: {reason}.",
        share=percent(top["share"]),
        deals=counted(n, "deal"),
        name=name,
        reason=top["reason"],
    )
    more = frame.filter(pl.col("is_sure"), pl.col("difference") > 0).sort(
        "difference", "reason", descending=[True, False]
    )
    if more.is_empty():
        return message(
            "{text} No reason is given more often than in losses without a competitor, beyond chance.", text=text
        )
    row = more.row(0, named=True)
    return message(
        "{text} Given more often than without a competitor: {reason}, {share} against {others_share}.",
        text=text,
        reason=row["reason"],
        share=percent(row["share"]),
        others_share=percent(row["others_share"]),
    )


def _grouped(texts: pl.Series) -> pl.Series:
    """Return each text's group: its commonest spelling where there are few, else the middle one of its cluster."""
    alike = texts.str.to_lowercase().str.replace_all(r"\s+", " ")
    spelt = pl.DataFrame({"alike": alike, "text": texts})
    usual = (
        spelt.group_by("alike", maintain_order=True).agg(pl.col("text").mode().sort().first(), n=pl.len()).sort("alike")
    )
    if usual.height > MOST_REASONS:
        usual = usual.with_columns(text=pl.Series(_clusters(usual["text"].to_list(), usual["n"].to_numpy())))
    return spelt.select("alike").join(usual, on="alike", how="left", maintain_order="left")["text"]


def _clusters(texts: list[str], weights: np.ndarray) -> list[str]:
    """Return for each text the one that stands for its cluster."""
    from sklearn.cluster import AgglomerativeClustering
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(stop_words="english", sublinear_tf=True, token_pattern=r"(?u)\b\w+\b")
    try:
        vectors = words.fit_transform(texts).toarray()
    except ValueError:  # nothing but stop words
        return texts
    named = np.flatnonzero(np.abs(vectors).sum(axis=1) > 0)
    if named.size <= 1:
        return texts
    linkage = AgglomerativeClustering(None, metric="cosine", linkage="average", distance_threshold=NEAREST)
    labels = linkage.fit_predict(vectors[named])
    out = list(texts)
    for label in range(labels.max() + 1):
        members = named[labels == label]
        middle = (vectors[members] * weights[members, None]).sum(axis=0)
        nearest = members[int(np.argmax(vectors[members] @ middle))]
        for k in members:
            out[k] = texts[nearest]
    return out
