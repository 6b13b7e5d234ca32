"""Ten signals against an open deal, on any day, by what was known on that day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from core import marts
from core.artifacts import remembered
from core.config import Settings
from core.config.calendar import add_months
from core.contracts import Dataset
from core.contracts.constants import NOT_KNOWN
from core.localization import message
from core.metrics.confidence_intervals import wilson
from core.metrics.deal_events import OPEN, WON, at, tracks
from core.metrics.stage_history import lengths

SIGNALS = (
    "stalled",
    "pushed",
    "overdue",
    "silent",
    "no_next_step",
    "single_contact",
    "odd_amount",
    "poor_competitor",
    "too_early",
    "new_owner",
)
FEWEST_ALIKE = 20
PACE_MONTHS = 24


def words(settings: Settings) -> dict[str, str]:
    """Return each signal in words, with its threshold."""
    risk = settings.risk
    outside = 2 * risk.amount_quantile - 1
    return {
        "stalled": message(
            "stuck: longer in stage than {stage_quantile:.0f} % of won deals", stage_quantile=risk.stage_quantile * 100
        ),
        "pushed": message("pushed {pushes} times or more", pushes=risk.pushes),
        "overdue": "close date has passed",
        "silent": message("no activity for {silent_days} days", silent_days=risk.silent_days),
        "no_next_step": "no next step",
        "single_contact": "only one contact"
        if risk.contacts == 1
        else message("{contacts} contacts or fewer", contacts=risk.contacts),
        "odd_amount": message(
            "amount unusual for its segment ({outside:.0f} % of won deals were in range)", outside=outside * 100
        ),
        "poor_competitor": "competitor we usually lose to",
        "too_early": "would close faster than any similar deal",
        "new_owner": message("new owner in the last {owner_days} days", owner_days=risk.owner_days),
    }


@remembered(2)
def open_marks(data: Dataset, settings: Settings) -> pl.DataFrame:
    """Return `marks` of the deals open at the as-of date, kept for those that read them."""
    return marks(data, settings, [data.as_of])


def marks(data: Dataset, settings: Settings, days: Sequence[date]) -> pl.DataFrame:
    """Tell, for every deal open on each of some days, which signals spoke against it then.

    Stage, amount, expected close and owner are those of the day; thresholds come from deals closed by
    then; activities count up to then. Contacts and competitor have no history in a CRM, so their present
    value is taken. The next step of a past day is not known: past days never show that signal.

    Parameters
    ----------
    data : Dataset
    settings : Settings
        `risk` holds the thresholds.
    days : sequence of date

    Returns
    -------
    pl.DataFrame
        day, opportunity_id, deal, stage, segment, close_on, owner_id, cents, opened_on and one boolean
        per signal in `SIGNALS`; one row per open deal and day.
    """
    track, risk = _carried(tracks(data, settings)), settings.risk
    rows = pl.concat([at(track, day).with_columns(on=pl.lit(day)) for day in days])
    rows = rows.drop("day").rename({"on": "day"}).with_columns(pl.col("stage", "segment").cast(pl.String))
    facts = data.opportunities.select(
        "opportunity_id", "opportunity_type", "n_contacts", "competitor", "next_step", "created_on"
    )
    rows = rows.join(facts, on="opportunity_id", how="left")
    rows = rows.join(_touched(data, days), on=["opportunity_id", "day"], how="left")
    for table, keys in _thresholds(data, settings, days):
        rows = rows.join(table, on=keys, how="left")
    since = pl.max_horizontal("last_on", "opened_on")
    today, is_watched = pl.col("day") == data.as_of, marts.of(data).has("activities")
    tests = {
        "stalled": (pl.col("day") - pl.col("stage_since")).dt.total_days() > pl.col("slow_days"),
        "pushed": pl.col("n_pushes") >= risk.pushes,
        "overdue": pl.col("close_on") < pl.col("day"),
        "silent": pl.lit(is_watched) & ((pl.col("day") - since).dt.total_days() > risk.silent_days),
        "no_next_step": today & pl.col("next_step").is_null() & pl.lit(facts["next_step"].null_count() < facts.height),
        "single_contact": pl.col("n_contacts") <= risk.contacts,
        "odd_amount": (pl.col("cents") > pl.col("high_cents")) | (pl.col("cents") < pl.col("low_cents")),
        "poor_competitor": pl.col("is_poor"),
        "too_early": (pl.col("close_on") >= pl.col("day"))
        & ((pl.col("close_on") - pl.col("opened_on")).dt.total_days() < pl.col("fastest_days")),
        "new_owner": (pl.col("day") - pl.col("owner_since")).dt.total_days() <= risk.owner_days,
    }
    return rows.select(
        "day",
        "opportunity_id",
        "deal",
        "stage",
        "segment",
        "close_on",
        "owner_id",
        "cents",
        "opened_on",
        *(test.fill_null(value=False).alias(name) for name, test in tests.items()),
    )


def _carried(track: pl.DataFrame) -> pl.DataFrame:
    """Add what a state carries from before: pushes so far, since when this stage and this owner."""
    was = pl.col("prev_state").eq_missing(OPEN)
    put_off = (was & (pl.col("state") == OPEN) & (pl.col("close_on") > pl.col("prev_close_on"))).fill_null(value=False)
    fresh = ~was | (pl.col("stage") != pl.col("prev_stage"))
    handed = was & (pl.col("owner_id") != pl.col("prev_owner_id"))
    return track.with_columns(
        n_pushes=put_off.cast(pl.Int32).cum_sum().over("deal"),
        stage_since=pl.when(fresh).then("day").forward_fill().over("deal"),
        owner_since=pl.when(handed).then("day").forward_fill().over("deal"),
        opened_on=pl.col("day").min().over("deal"),
    )


def _touched(data: Dataset, days: Sequence[date]) -> pl.DataFrame:
    """Return the last day something was done on each deal, up to each of some days."""
    done = marts.of(data).deal_activity_days.select("opportunity_id", last_on="on")
    parts = [
        done.filter(pl.col("last_on") <= day)
        .group_by("opportunity_id")
        .agg(pl.col("last_on").max())
        .with_columns(day=pl.lit(day))
        for day in days
    ]
    return pl.concat(parts)


def _thresholds(data: Dataset, settings: Settings, days: Sequence[date]) -> list[tuple[pl.DataFrame, list[str]]]:
    """Return the tables of thresholds with their keys, each row by what had closed by its day."""
    risk = settings.risk
    paces = lengths(data, settings).filter(pl.col("state") == WON)
    accounts = data.accounts.select("account_id", pl.col("segment").fill_null(NOT_KNOWN))
    ended = (
        data.opportunities.filter("is_closed")
        .join(accounts, on="account_id", how="left")
        .with_columns(
            pl.col("segment").fill_null(NOT_KNOWN),
            days=(pl.col("close_on") - pl.col("created_on")).dt.total_days(),
            cents=(pl.col("amount") * 100).round().cast(pl.Int64),
        )
    )
    slow, sizes, fastest, rivals = [], [], [], []
    for day in days:
        stamp = pl.lit(day).alias("day")
        recent = paces.filter((pl.col("ended_on") <= day) & (pl.col("ended_on") > add_months(day, -PACE_MONTHS)))
        pace = recent.group_by("stage").agg(slow_days=pl.col("days").quantile(risk.stage_quantile, "linear"))
        slow.append(pace.with_columns(stamp))
        closed = ended.filter(pl.col("close_on") <= day)
        won = closed.filter("is_won")
        sizes.append(
            won.group_by("segment")
            .agg(
                low_cents=pl.col("cents").quantile(1 - risk.amount_quantile, "linear"),
                high_cents=pl.col("cents").quantile(risk.amount_quantile, "linear"),
                n=pl.len(),
            )
            .filter(pl.col("n") >= FEWEST_ALIKE)
            .drop("n")
            .with_columns(stamp)
        )
        fastest.append(
            won.group_by("segment", "opportunity_type")
            .agg(fastest_days=pl.col("days").min(), n=pl.len())
            .filter(pl.col("n") >= FEWEST_ALIKE)
            .drop("n")
            .with_columns(stamp)
        )
        rivals.append(_rivals(closed, risk.fewest_deals).with_columns(stamp))
    return [
        (pl.concat(slow), ["stage", "day"]),
        (pl.concat(sizes), ["segment", "day"]),
        (pl.concat(fastest), ["segment", "opportunity_type", "day"]),
        (pl.concat(rivals), ["competitor", "day"]),
    ]


def _rivals(closed: pl.DataFrame, fewest: int) -> pl.DataFrame:
    """Return the competitors surely beaten less often than the rest: competitor, is_poor."""
    met = (
        closed.filter(pl.col("competitor").is_not_null())
        .group_by("competitor")
        .agg(n=pl.len(), n_won=pl.col("is_won").sum())
    )
    usual = closed.filter("is_won").height / closed.height if closed.height else 0.0
    poor = [
        name
        for name, n, n_won in met.sort("competitor").iter_rows()
        if n >= fewest and (wilson(n_won, n) or (0.0, 1.0))[1] < usual
    ]
    shape = {"competitor": pl.String, "is_poor": pl.Boolean}
    return pl.DataFrame({"competitor": poor, "is_poor": [True] * len(poor)}, schema=shape)


def landmarks(data: Dataset, settings: Settings, most: int = 12) -> list[date]:
    """Return past days a horizon apart whose outcomes are known, latest first.

    Windows that do not overlap keep past cases nearly independent.
    """
    step = settings.risk.horizon_days
    first = tracks(data, settings)["day"].min()
    days = [data.as_of - timedelta(days=step * k) for k in range(1, most + 1)]
    return [d for d in days if isinstance(first, date) and d > first + timedelta(days=step)]
