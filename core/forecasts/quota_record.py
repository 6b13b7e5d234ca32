"""How often quota was reached when past forecasts had given it a chance, on every week of past quarters."""

from __future__ import annotations

import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.contracts.amount_visibility import needs_amounts
from core.forecasts import backtest
from core.forecasts.backtest import Replays
from core.localization import message
from core.metrics.measure import Measure, counted, likely, percent
from core.models import outlook
from core.models.bundle import Bundle

FIFTHS = ("under 20 %", "20-40 %", "40-60 %", "60-80 %", "over 80 %")
SHAPE = {
    "group": pl.String,
    "n": pl.UInt32,
    "n_quarters": pl.UInt32,
    "n_reached": pl.UInt32,
    "mean_rate": pl.Float64,
    "happened_rate": pl.Float64,
}


@needs_amounts
def quota_record(data: Dataset, settings: Settings, bundle: Bundle, replays: Replays) -> Measure:
    """How often quota was reached on the past days on which the forecast gave it such a chance.

    Every week of the past quarters counts, by the chance the forecast gave then: from the number and range that the
    quarters before it had put right. The Brier score is the mean squared distance of chance and outcome (0 is
    perfect); beside it that of always giving the share of days whose quarter reached its quota.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    bundle : Bundle
    replays : Replays

    Returns
    -------
    Measure
        Value: the Brier score over all days of finished quarters, None without any. Frame: group, n, n_quarters,
        n_reached, mean_rate (chance given), happened_rate, one row per fifth of chance in which there were days.
    """
    days = backtest.record(replays).filter(pl.col("quota_chance").is_not_null())
    if days.is_empty():
        text = "No past quarter with a quota can be replayed yet, so the chance of quota has no record."
        return Measure("Record of the chance of quota", None, "rate", pl.DataFrame(schema=SHAPE), text)
    judged = days.select(
        "period_start_on",
        "quota_chance",
        is_reached=pl.col("actual_amount") >= pl.col("quota_amount"),
        fifth=_fifth(pl.col("quota_chance")),
    )
    frame = _by_fifth(judged)
    reached = pl.col("is_reached").cast(pl.Float64)
    brier = float(judged.select(((pl.col("quota_chance") - reached) ** 2).mean()).item())
    usual = float(judged.select(reached.mean()).item())
    text = f"{_today(data, settings, bundle, frame)}{_whole(judged, brier, usual)}"
    return Measure("Record of the chance of quota", brier, "rate", frame, text)


def _fifth(chance: pl.Expr) -> pl.Expr:
    return (chance * len(FIFTHS)).floor().clip(0, len(FIFTHS) - 1).cast(pl.Int64)


def _by_fifth(judged: pl.DataFrame) -> pl.DataFrame:
    counts = judged.group_by("fifth").agg(
        n=pl.len(),
        n_quarters=pl.col("period_start_on").n_unique(),
        n_reached=pl.col("is_reached").sum(),
        mean_rate=pl.col("quota_chance").mean(),
        happened_rate=pl.col("is_reached").mean(),
    )
    names = pl.col("fifth").replace_strict(dict(enumerate(FIFTHS)), return_dtype=pl.String)
    return counts.sort("fifth").with_columns(group=names).select(list(SHAPE)).cast(SHAPE)  # type: ignore[arg-type]


def _today(data: Dataset, settings: Settings, bundle: Bundle, frame: pl.DataFrame) -> str:
    """Say what became of past days with a chance like today's."""
    current = outlook.current(data, settings, bundle).frame
    chance = current["quota_chance"][-1] if current.height else None
    if chance is None:
        return ""
    group = FIFTHS[min(int(chance * len(FIFTHS)), len(FIFTHS) - 1)]
    rows = frame.filter(pl.col("group") == group)
    text = message("Today the chance of quota is {chance}. ", chance=likely(chance))
    if rows.is_empty():
        return message("{text}On no past day was it {group}, so that has no record. ", text=text, group=group)
    row = rows.row(0, named=True)
    quarters = counted(row["n_quarters"], "quarter")
    return message(
        "{text}Of {pasts} in {quarters} when we said {group}, quota was reached on {n_reached:,}. ",
        text=text,
        pasts=counted(row["n"], "past day"),
        quarters=quarters,
        group=group,
        n_reached=row["n_reached"],
    )


def _whole(judged: pl.DataFrame, brier: float, usual: float) -> str:
    """Say how the chances compare with always giving the usual share, which comes first where it was better."""
    n, quarters = counted(judged.height, "past day"), counted(judged["period_start_on"].n_unique(), "quarter")
    constant = usual * (1 - usual)
    beside = message(
        "over {n} of {quarters} (mean squared miss {brier:.3f} against {constant:.3f})",
        n=n,
        quarters=quarters,
        brier=brier,
        constant=constant,
    )
    if brier < constant:
        return message(
            "The chances were better than always saying {usual}, the share reached, {beside}.",
            usual=percent(usual),
            beside=beside,
        )
    return message(
        "Always saying {usual}, the share reached, would have done as well or better {beside}.",
        usual=percent(usual),
        beside=beside,
    )
