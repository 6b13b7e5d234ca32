"""How good the leads of each source are, how fast they are answered, and how they go stale."""

from __future__ import annotations

from typing import Any

import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.localization import message
from core.metrics.confidence_intervals import difference, is_beyond_chance, wilson, z_for
from core.metrics.lead_facts import MONTHS, RIPE_DAYS, facts, ripe
from core.metrics.measure import Measure, counted, money, percent, ratio
from core.metrics.stratified import pooled_difference

FEWEST = 10
FAST_HOURS = 4
NEVER = "not answered"
ANSWERS = (("under 1 hour", 1), ("1 to 4 hours", 4), ("4 to 24 hours", 24), ("1 to 3 days", 72), ("later", None))
AGES = ((0, 7), (8, 14), (15, 30), (31, 60), (61, 90), (91, 180))
RATE = {"n": pl.Int64, "n_deals": pl.Int64, "deal_rate": pl.Float64, "low": pl.Float64, "high": pl.Float64}
SOURCES = {
    "lead_source": pl.String,
    **RATE,
    "n_won": pl.Int64,
    "won_rate": pl.Float64,
    "won_low": pl.Float64,
    "won_high": pl.Float64,
    "amount_per_lead": pl.Float64,
    "difference": pl.Float64,
    "difference_low": pl.Float64,
    "difference_high": pl.Float64,
    "is_sure": pl.Boolean,
}
SPEED = {"answer": pl.String, **RATE}
DECAY = {"age": pl.String, **RATE}


def by_source(data: Dataset, settings: Settings, months: int = MONTHS) -> Measure:
    """How many leads of each source became a deal within 90 days, and how many were won so far.

    Formula: leads that came in over the last months and are at least 90 days old; those that became a deal within 90
    days over all, with Wilson's interval; won deals so far over all; won amount so far over all. The difference is to
    the leads of all other sources, with Newcombe's interval widened for the number of sources (Bonferroni). Under 10
    leads on either side nothing is compared.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    months : int

    Returns
    -------
    Measure
        Unit rate. Value: share of all leads that became a deal within 90 days; None without leads of that age. Frame:
        lead_source, n, n_deals, deal_rate, low, high, n_won, won_rate, won_low, won_high, amount_per_lead, difference,
        difference_low, difference_high, is_sure; the best rate first.
    """
    rows = ripe(data, months)
    if rows.is_empty():
        text = message(
            "No lead of the last {months} months is {ripe_days} days old.", months=months, ripe_days=RIPE_DAYS
        )
        return Measure("Leads that became a deal", None, "rate", pl.DataFrame(schema=SOURCES), text)
    counts = rows.group_by("lead_source").agg(
        n=pl.len(),
        n_deals=pl.col("is_deal_90").sum(),
        n_won=pl.col("is_won").sum(),
        amount=pl.col("deal_amount").sum(),
    )
    n, hits = rows.height, int(rows["is_deal_90"].sum())
    z = z_for(counts.height)
    frame = pl.DataFrame([_source(row, n, hits, z) for row in counts.iter_rows(named=True)], schema=SOURCES)
    frame = frame.sort("deal_rate", "lead_source", descending=[True, False])
    text = message(
        "{hits} of {leads} became a deal within {ripe_days} days. {best}",
        hits=percent(hits / n),
        leads=counted(n, "lead"),
        ripe_days=RIPE_DAYS,
        best=_best(frame, settings),
    )
    return Measure("Leads that became a deal", hits / n, "rate", frame, text)


def _source(row: dict[str, Any], n: int, hits: int, z: float) -> dict[str, Any]:
    own, deals = row["n"], row["n_deals"]
    won_low, won_high = wilson(row["n_won"], own) or (None, None)
    gap = difference(deals, own, hits - deals, n - own, z) if min(own, n - own) >= FEWEST else None
    rise, bottom, top = gap or (None, None, None)
    return {
        "lead_source": row["lead_source"],
        **_rate(own, deals),
        "n_won": row["n_won"],
        "won_rate": ratio(row["n_won"], own),
        "won_low": won_low,
        "won_high": won_high,
        "amount_per_lead": ratio(row["amount"], own),
        "difference": rise,
        "difference_low": bottom,
        "difference_high": top,
        "is_sure": gap is not None and is_beyond_chance(gap[1], gap[2]),
    }


def _rate(n: int, hits: int) -> dict[str, Any]:
    low, high = wilson(hits, n) or (None, None)
    return {"n": n, "n_deals": hits, "deal_rate": ratio(hits, n), "low": low, "high": high}


def _best(frame: pl.DataFrame, settings: Settings) -> str:
    better = frame.filter("is_sure", pl.col("difference") > 0)
    if better.is_empty():
        return "No source is better than the others beyond chance."
    top = better.row(0, named=True)
    return message(
        "{lead_source} is best: {deal_rate} (range {low} to {high}), beyond chance; {won_rate} of "
        "its leads were won so far, {amount_per_lead} a lead.",
        lead_source=top["lead_source"],
        deal_rate=percent(top["deal_rate"]),
        low=percent(top["low"]),
        high=percent(top["high"]),
        won_rate=percent(top["won_rate"]),
        amount_per_lead=money(top["amount_per_lead"], settings.currency),
    )


def by_answer(data: Dataset, settings: Settings, months: int = MONTHS) -> Measure:
    """How many leads became a deal within 90 days, by how long they waited for the first answer.

    Formula: the leads of `by_source`; hours from when a lead came in to the first answer of somebody of the company; an
    answer after the lead became a deal is none. The difference between leads answered within four hours and later ones
    is pooled over sources by Mantel and Haenszel. It is an association: promising leads may be answered first. Where
    moments are known to the day only, hours are those between two midnights.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    months : int

    Returns
    -------
    Measure
        Unit rate. Value: difference of the rates of leads answered within four hours and later, pooled over sources;
        None where there are under ten of either, or no answers are known. Frame: answer, n, n_deals, deal_rate, low,
        high.
    """
    rows = ripe(data, months).filter(pl.col("created_at").is_not_null())
    before = pl.col("became_on").is_null() | (pl.col("answered_at").dt.date() <= pl.col("became_on"))
    hours = (pl.col("answered_at") - pl.col("created_at")).dt.total_minutes() / 60
    rows = rows.with_columns(hours=pl.when(before & (hours >= 0)).then(hours))
    if rows["hours"].null_count() == rows.height:
        text = "Nobody wrote down when leads were first answered."
        return Measure("Speed of the first answer", None, "rate", pl.DataFrame(schema=SPEED), text)
    labelled = rows.with_columns(answer=_waited())
    counts = labelled.group_by("answer").agg(n=pl.len(), hits=pl.col("is_deal_90").sum())
    by_name = {name: (n, hits) for name, n, hits in counts.iter_rows()}
    order = [*(name for name, _ in ANSWERS), NEVER]
    frame = pl.DataFrame([{"answer": a, **_rate(*by_name[a])} for a in order if a in by_name], schema=SPEED)
    gap = _fast(labelled)
    median = float(labelled["hours"].drop_nulls().median())  # type: ignore[arg-type]
    text = message(
        "Half of the leads that were answered waited up to {median:,.1f} hours. {fast_text}",
        median=median,
        fast_text=_fast_text(gap),
    )
    return Measure("Speed of the first answer", None if gap is None else gap[0], "rate", frame, text)


def _waited() -> pl.Expr:
    waited = pl.when(pl.col("hours").is_null()).then(pl.lit(NEVER))
    for name, limit in ANSWERS[:-1]:
        waited = waited.when(pl.col("hours") < limit).then(pl.lit(name))  # type: ignore[assignment]
    return waited.otherwise(pl.lit(ANSWERS[-1][0]))


def _fast(rows: pl.DataFrame) -> tuple[float, float, float] | None:
    answered = rows.drop_nulls("hours").with_columns(fast=pl.col("hours") < FAST_HOURS)
    if min(answered["fast"].sum(), answered.height - answered["fast"].sum()) < FEWEST:
        return None
    hit = pl.col("is_deal_90")
    counts = answered.group_by("lead_source").agg(
        hits=(hit & pl.col("fast")).sum(),
        n=pl.col("fast").sum(),
        others_hits=(hit & ~pl.col("fast")).sum(),
        others=(~pl.col("fast")).sum(),
    )
    return pooled_difference(counts)


def _fast_text(gap: tuple[float, float, float] | None) -> str:
    if gap is None:
        return message("Too few were answered within {fast_hours} hours, or later, to compare.", fast_hours=FAST_HOURS)
    rise, low, high = gap
    between = message("(range {low:+.0f} to {high:+.0f} points)", low=low * 100, high=high * 100)
    if not is_beyond_chance(low, high):
        return message(
            "Answering within {fast_hours} hours makes no difference beyond chance {between}.",
            fast_hours=FAST_HOURS,
            between=between,
        )
    return (
        message(
            "Of leads of the same source, those answered within {fast_hours} hours became a deal "
            "{rise:.0f} points more often than later ones {between}.",
            fast_hours=FAST_HOURS,
            rise=abs(rise) * 100,
            between=between,
        )
        if rise > 0
        else message(
            "Of leads of the same source, those answered within {fast_hours} hours became a deal "
            "{rise:.0f} points less often than later ones {between}.",
            fast_hours=FAST_HOURS,
            rise=abs(rise) * 100,
            between=between,
        )
    )


def by_age(data: Dataset, settings: Settings, months: int = MONTHS) -> Measure:
    """How many leads that were no deal yet became one within the next 30 days, by how old they were.

    Formula: for each span of days, leads that were no deal when it began and that began it at least 30 days before the
    as-of date; those that became a deal within 30 days of that day over all of them, with Wilson's interval.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    months : int

    Returns
    -------
    Measure
        Unit rate. Value: rate of the oldest span with ten leads over that of the newest; None where there is no such
        pair. Frame: age (days), n, n_deals, deal_rate, low, high.
    """
    first = pl.lit(data.as_of).dt.offset_by(f"-{months}mo")
    rows = facts(data).filter(pl.col("created_on") > first)
    dated = rows.filter(~pl.col("is_deal") | pl.col("became_on").is_not_null())
    age = (pl.lit(data.as_of) - pl.col("created_on")).dt.total_days()
    days = (pl.col("became_on") - pl.col("created_on")).dt.total_days()
    spans = []
    for begin, end in AGES:
        there = dated.filter(age >= begin + 30, days.is_null() | (days >= begin))
        hits = int(there.select((days <= begin + 30).fill_null(value=False).sum()).item())
        spans.append({"age": message("{begin} to {end} days", begin=begin, end=end), **_rate(there.height, hits)})
    frame = pl.DataFrame(spans, schema=DECAY).filter(pl.col("n") > 0)
    enough = frame.filter(pl.col("n") >= FEWEST)
    if enough.height < 2:
        return Measure("Decay of leads", None, "rate", frame, "There are too few leads to say how they go stale.")
    newest, oldest = enough.row(0, named=True), enough.row(-1, named=True)
    value = ratio(oldest["deal_rate"], newest["deal_rate"])
    text = message(
        "Of leads that came in today {deal_rate} become a deal within 30 days; of those that are "
        "still none after {split} days, {deal_rate_2} do.",
        deal_rate=percent(newest["deal_rate"]),
        split=oldest["age"].split(" ")[0],
        deal_rate_2=percent(oldest["deal_rate"]),
    )
    return Measure("Decay of leads", value, "rate", frame, text)
