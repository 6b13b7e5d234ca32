"""Where a rep's deals advance more or less often than those of peers, stage by stage."""

from __future__ import annotations

import polars as pl

from core.config import Settings, windows
from core.contracts import Dataset
from core.localization import message
from core.metrics.confidence_intervals import difference, is_beyond_chance, z_for
from core.metrics.deal_events import tracks
from core.metrics.deal_scope import people
from core.metrics.measure import Measure, counted, percent
from core.metrics.stage_history import journeys

FEWEST_DEALS = 20
SHAPE = {
    "rep_id": pl.String,
    "rep_name": pl.String,
    "stage": pl.String,
    "n_deals": pl.Int64,
    "moved_on_rate": pl.Float64,
    "n_others": pl.Int64,
    "others_rate": pl.Float64,
    "difference": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "is_sure": pl.Boolean,
}


def coaching(data: Dataset, settings: Settings, months: int = 12) -> Measure:
    """Stage conversion of each rep against that of all other reps, with an interval.

    Formula: of the deals that entered a stage in the window and are decided there, the share that advanced, for the
    deals a rep owns today, less the same share of everybody else's. The interval is Newcombe's, widened for the number
    of comparisons (Bonferroni), so that all of them hold together in 95 of 100 cases; a difference is sure where it
    does not hold 0. Under 20 decided deals on either side nothing is compared.

    Parameters
    ----------
    data : Dataset
        Peers are the owners in these data: those of the scope.
    settings : Settings
    months : int
        Length of the window that ends on the as-of date.

    Returns
    -------
    Measure
        Unit count. Value: how many differences are sure; None where nobody can be compared. Frame: rep_id, rep_name,
        stage, n_deals, moved_on_rate, n_others, others_rate, difference, low, high, is_sure; what is sure first, then
        the largest difference.
    """
    counts = _counts(data, settings, months)
    totals = counts.group_by("stage").agg(all_n=pl.col("n").sum(), all_moved=pl.col("n_moved").sum())
    rows = (
        counts.join(totals, on="stage")
        .with_columns(others=pl.col("all_n") - pl.col("n"), others_moved=pl.col("all_moved") - pl.col("n_moved"))
        .filter(pl.min_horizontal("n", "others") >= FEWEST_DEALS)
    )
    if rows.is_empty():
        text = message(
            "No rep has {fewest_deals} decided deals in a stage, so nobody is compared with peers yet.",
            fewest_deals=FEWEST_DEALS,
        )
        return Measure("Coaching", None, "count", pl.DataFrame(schema=SHAPE), text)
    z = z_for(rows.height)
    names = people(data)
    frame = pl.DataFrame(
        [_compared(row, names, z) for row in rows.iter_rows(named=True)], schema=SHAPE, orient="row"
    ).sort("is_sure", pl.col("difference").abs(), "rep_id", "stage", descending=[True, True, False, False])
    sure = frame.filter("is_sure")
    return Measure("Coaching", float(sure.height), "count", frame, _text(frame, sure, months))


def _counts(data: Dataset, settings: Settings, months: int) -> pl.DataFrame:
    """Return rep_id, stage, n (decided deals) and n_moved of the deals that entered each stage in the window."""
    window = windows.last_months(data.as_of, months)
    ids = tracks(data, settings).select("deal", "opportunity_id").unique("deal", maintain_order=True)
    owners = data.opportunities.select("opportunity_id", rep_id="owner_id").drop_nulls("rep_id")
    wide = journeys(data, settings).join(ids, on="deal").with_columns(pl.col("opportunity_id").cast(pl.String))
    owned = wide.join(owners, on="opportunity_id")
    parts = []
    for k, name in enumerate(settings.stages.open):
        moved = pl.col("furthest") > k
        entered = owned.filter(window.holds(f"day_{k}"), moved | ~pl.col("is_open"))
        by_rep = entered.group_by("rep_id").agg(n=pl.len().cast(pl.Int64), n_moved=moved.sum().cast(pl.Int64))
        parts.append(by_rep.with_columns(stage=pl.lit(name)))
    return pl.concat(parts).sort("rep_id", "stage")


def _compared(row: dict[str, object], names: dict[str, str], z: float) -> tuple[object, ...]:
    n, moved, others, others_moved = (int(str(row[name])) for name in ("n", "n_moved", "others", "others_moved"))
    rep = str(row["rep_id"])
    gap, low, high = difference(moved, n, others_moved, others, z) or (0.0, 0.0, 0.0)
    rates = (n, moved / n, others, others_moved / others)
    return (rep, names.get(rep, rep), row["stage"], *rates, gap, low, high, is_beyond_chance(low, high))


def _text(frame: pl.DataFrame, sure: pl.DataFrame, months: int) -> str:
    reps = counted(frame["rep_id"].n_unique(), "rep")
    if sure.is_empty():
        top = frame.row(0, named=True)
        own, peers = percent(top["moved_on_rate"]), percent(top["others_rate"])
        return message(
            "No rep differs from peers beyond chance ({reps}, {months} months). The widest gap, "
            "which chance can explain: {rep_name} in {stage}, {own} against {peers}.",
            reps=reps,
            months=months,
            rep_name=top["rep_name"],
            stage=top["stage"],
            own=own,
            peers=peers,
        )
    top = sure.row(0, named=True)
    word = "more" if top["difference"] > 0 else "less"
    sides = message(
        "{moved_on_rate} of {n_deals:,} against {others_rate} of peers'",
        moved_on_rate=percent(top["moved_on_rate"]),
        n_deals=top["n_deals"],
        others_rate=percent(top["others_rate"]),
    )
    return message(
        "{differences} beyond chance among {reps} over {months} months. Largest: {rep_name}'s deals "
        "advance {word} often from {stage}, {sides}.",
        differences=counted(sure.height, "difference"),
        reps=reps,
        months=months,
        rep_name=top["rep_name"],
        word=word,
        stage=top["stage"],
        sides=sides,
    )
