"""Whether deals a channel touched are won more often than comparable ones, and what held-back groups say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.localization import joined, message
from core.metrics import competitors, touchpoints
from core.metrics.confidence_intervals import difference, is_beyond_chance, z_for
from core.metrics.measure import Measure, counted, percent, ratio
from core.metrics.touchpoints import MONTHS

LANDMARK_DAYS, FOLLOW_UP_DAYS = 30, 180
FEWEST_UNITS = 30
COMPARISON = {
    "n": pl.Int64,
    "win_rate": pl.Float64,
    "n_others": pl.Int64,
    "others_rate": pl.Float64,
    "difference": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "is_sure": pl.Boolean,
}
RATES = {"channel": pl.String} | COMPARISON


def beside_comparable(data: Dataset, settings: Settings, touches: str = "", months: int = MONTHS) -> Measure:
    """Win rate of deals each channel touched early, beside comparable deals it did not.

    Formula: only deals that were still open 30 days after they began count, and only touches until then, for a deal
    that lives longer is touched more often. Comparable are deals of the same type, segment, region and third of
    amounts; the difference is pooled by Mantel and Haenszel, its interval widened for the number of channels
    (Bonferroni), so that all hold together in 95 of 100 cases. Under 10 deals on either side nothing is compared. It
    is an association: channels may be used where deals are good anyway.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    touches : str
        As in `channel_credit.by_model`.
    months : int

    Returns
    -------
    Measure
        Unit rate. Value: the largest difference that is beyond chance; None where none is. Frame: channel, n touched,
        win_rate, n_others that compare, others_rate, difference, low, high, is_sure; the largest difference first.
    """
    trips = touchpoints.journeys(data, touches, months)
    begun = trips.deals.select("opportunity_id", until=pl.col("created_on") + pl.duration(days=LANDMARK_DAYS))
    deals = (
        competitors.ended(data, months).filter(pl.col("opportunity_type") != "renewal").join(begun, on="opportunity_id")
    )
    lasting = deals.filter(pl.col("close_on") > pl.col("until"))
    early = trips.touches.join(begun, on="opportunity_id").filter(pl.col("touched_at").dt.date() <= pl.col("until"))
    by_channel = {c: early.filter(pl.col("channel") == c)["opportunity_id"].unique().implode() for c in trips.channels}
    rows = [{"channel": name} | beside_others(lasting, ids, len(by_channel)) for name, ids in by_channel.items()]
    frame = pl.DataFrame(rows, schema=RATES).sort("difference", "channel", descending=[True, False], nulls_last=True)
    return Measure("Win rate by channel", _largest(frame), "rate", frame, _compared_text(frame, "comparable deals"))


def beside_others(deals: pl.DataFrame, ids: pl.Series, n_claims: int) -> dict[str, Any]:
    """Return the win rate of some deals beside that of comparable ones: the columns of `COMPARISON`.

    Parameters
    ----------
    deals : pl.DataFrame
        Of `competitors.ended`.
    ids : pl.Series
        Those of some of them, imploded.
    n_claims : int
        How many such differences are looked at together.
    """
    is_met = pl.col("opportunity_id").is_in(ids)
    met, alone = deals.filter(is_met), deals.filter(~is_met)
    n_others, gap = competitors.comparable(met, alone, n_claims)
    rate = ratio(int(met["is_won"].sum()), met.height)
    row: dict[str, Any] = dict.fromkeys(COMPARISON) | {"n": met.height, "win_rate": rate, "is_sure": False}
    row["n_others"] = n_others
    if gap is None or rate is None:
        return row
    rise, low, high = gap
    beside = competitors.rate_beside(rate, rise)
    sure = is_beyond_chance(low, high)
    return row | {"others_rate": beside, "difference": rise, "low": low, "high": high, "is_sure": sure}


def _largest(frame: pl.DataFrame) -> float | None:
    """Return the largest difference that is beyond chance, of either sign."""
    sure = frame.filter("is_sure").sort(pl.col("difference").abs(), descending=True)
    return None if sure.is_empty() else float(sure["difference"][0])


def _compared_text(frame: pl.DataFrame, beside: str) -> str:
    if frame.is_empty() or frame["difference"].null_count() == frame.height:
        return message("No channel touched enough deals to set them beside {beside}.", beside=beside)
    sure = frame.filter("is_sure")
    n = frame.height - frame["difference"].null_count()
    if sure.is_empty():
        return message(
            "Of {channels} none makes a difference beyond chance beside {beside}.",
            channels=counted(n, "channel"),
            beside=beside,
        )
    named = joined(
        *(
            (
                message(
                    "{channel} +{points} points ({win_rate} against {others_rate})",
                    channel=row["channel"],
                    points=competitors.points(row["difference"]),
                    win_rate=percent(row["win_rate"]),
                    others_rate=percent(row["others_rate"]),
                )
                if row["difference"] > 0
                else message(
                    "{channel} −{points} points ({win_rate} against {others_rate})",
                    channel=row["channel"],
                    points=competitors.points(row["difference"]),
                    win_rate=percent(row["win_rate"]),
                    others_rate=percent(row["others_rate"]),
                )
            )
            for row in sure.iter_rows(named=True)
        ),
        by="; ",
    )
    others = n - sure.height
    rest = message(
        " The other {words} cannot be told from chance.",
        words=message("channel") if others == 1 else message("{others} channels", others=others),
    )
    return message(
        "Beyond chance beside {beside}: {named}.{rest}", beside=beside, named=named, rest=rest if others else ""
    )


def holdout(data: Dataset, settings: Settings) -> Measure:
    """Win rate of people campaigns reached, beside those held back on purpose.

    Formula: of campaigns in which somebody was held back, each deal, lead, contact or account counts in the group of
    its first row, reached or held back, whether it answered or not. It counts as won where its deal was won within 180
    days; rows younger than that are left out. The interval of the difference is Newcombe's, widened for the number of
    channels (Bonferroni). Under 30 in either group nothing is said. Where chance decided who was held back, this is
    an effect and no mere association.

    Parameters
    ----------
    data : Dataset
    settings : Settings

    Returns
    -------
    Measure
        Unit rate. Value: the largest difference beyond chance; None where none is. Frame: channel, n reached,
        win_rate, n_others held back, others_rate, difference, low, high, is_sure.
    """
    units = _units(data)
    if units.is_empty():
        text = "Nobody was held back from a campaign long enough ago, so nothing is known but associations."
        return Measure("Held-back groups", None, "rate", pl.DataFrame(schema=RATES), text)
    counts = units.group_by("channel").agg(
        n=(~pl.col("is_holdout")).sum(),
        won=(~pl.col("is_holdout") & pl.col("is_won")).sum(),
        n_others=pl.col("is_holdout").sum(),
        others_won=(pl.col("is_holdout") & pl.col("is_won")).sum(),
    )
    z = z_for(counts.height)
    rows = [_arm(row, z) for row in counts.sort("channel").iter_rows(named=True)]
    frame = pl.DataFrame(rows, schema=RATES).sort("difference", "channel", descending=[True, False], nulls_last=True)
    return Measure("Held-back groups", _largest(frame), "rate", frame, _compared_text(frame, "those held back"))


def _arm(row: dict[str, Any], z: float) -> dict[str, Any]:
    n, others = row["n"], row["n_others"]
    rates = {"win_rate": ratio(row["won"], n), "others_rate": ratio(row["others_won"], others)}
    out = dict.fromkeys(RATES) | {"channel": row["channel"], "n": n, "n_others": others, "is_sure": False, **rates}
    gap = difference(row["won"], n, row["others_won"], others, z) if min(n, others) >= FEWEST_UNITS else None
    if gap is None:
        return out
    rise, low, high = gap
    return out | {"difference": rise, "low": low, "high": high, "is_sure": is_beyond_chance(low, high)}


def _units(data: Dataset) -> pl.DataFrame:
    """Return [channel, unit, is_holdout, is_won], one row per channel and unit of campaigns with a held-back group."""
    rows = touchpoints.sent(data).with_columns(
        is_holdout=pl.col("is_holdout").fill_null(value=False),
        unit=pl.coalesce("opportunity_id", "lead_id", "contact_id", "account_id"),
        on=pl.col("touched_at").dt.date(),
    )
    tested = rows.filter("is_holdout").select("campaign_id", "channel").unique()
    old = pl.col("on") <= data.as_of - timedelta(days=FOLLOW_UP_DAYS)
    first = (
        rows.join(tested, on=["campaign_id", "channel"], how="semi", nulls_equal=True)
        .filter(old, pl.col("unit").is_not_null())
        .sort("touched_at", "touch_id")
        .unique(["channel", "unit"], keep="first", maintain_order=True)
    )
    won = data.opportunities.filter("is_won").select("opportunity_id", "account_id", "close_on")
    by_deal = first.join(won.drop("account_id"), on="opportunity_id")
    bare = first.filter(pl.col("opportunity_id").is_null())
    by_account = bare.join(won.drop("opportunity_id"), on="account_id")
    days = (pl.col("close_on") - pl.col("on")).dt.total_days()
    hits = pl.concat([rows.select("channel", "unit", "close_on", "on") for rows in (by_deal, by_account)])
    wins = hits.filter(days.is_between(0, FOLLOW_UP_DAYS)).select("channel", "unit", is_won=pl.lit(value=True)).unique()
    joined = first.join(wins, on=["channel", "unit"], how="left", maintain_order="left")
    return joined.select("channel", "unit", "is_holdout", pl.col("is_won").fill_null(value=False))
