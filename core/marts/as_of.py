"""The dataset as it was known on an earlier day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.contracts.spans import is_valid
from core.contracts.stage_words import UNKNOWN_STAGE
from core.marts.build import of, past_states

UNDATED = ("n_contacts", "competitor", "next_step", "lost_reason")


def rewind(data: Dataset, day: date, settings: Settings) -> Dataset:
    """Return the dataset as it was known at the end of an earlier day.

    Rows that begin later are left out, what ends later runs on without an end, and a deal stands in
    the stage, with the amount, expected close and owner, that its history holds for the day. A deal
    counts as closed when its history says so on that day or when it closed on or before it.

    Parameters
    ----------
    data : Dataset
    day : date
        Not after the data's own as-of date.
    settings : Settings
        Names the stages that end a deal.

    Returns
    -------
    Dataset
        As of `day`; nothing worked out from it is written to disk. Contacts, competitor, next step
        and reason of loss have no history, so nobody can say what they were: they are null. No raw row
        is read: the marts are those of `data`, cut to the day.
    """
    frames = {
        "opportunities": _deals(data, day, settings),
        "accounts": data.accounts.with_columns(_not_yet("customer_since_on", day)),
        "subscriptions": data.subscriptions.filter(pl.col("started_on") <= day).with_columns(_not_yet("ended_on", day)),
        "sales_team": data.sales_team.filter(pl.col("valid_from") <= day).with_columns(
            _not_yet("valid_to", day), _not_yet("left_on", day)
        ),
        "quotas": data.quotas.filter(pl.col("period_start_on") <= day),
    }
    part = earlier(data, day, "rewound", frames)
    return replace(part, rejected=data.rejected.clear(), whole=None, unmasked=None)


def earlier(data: Dataset, day: date, mark: str, frames: Mapping[str, pl.DataFrame]) -> Dataset:
    """Return a dataset as of an earlier day with some frames replaced, its raw rows cut when somebody reads them.

    Parameters
    ----------
    data : Dataset
        Its marts, cut to the day, are those of the earlier state.
    day : date
    mark : str
        What kind of earlier state it is; part of its fingerprint.
    frames : mapping of str to pl.DataFrame
        The frames that were different then, by entity.
    """
    raw = {
        "opportunity_history": data.later("opportunity_history", lambda rows: past_states(rows, day)),
        "transactions": data.later("transactions", lambda rows: rows.filter(pl.col("booked_on") <= day)),
        "activities": data.later("activities", lambda rows: rows.filter(pl.col("occurred_at").dt.date() <= day)),
    }
    part = data.with_frames(**frames, **raw)
    name = f"{data.fingerprint}-{mark}-{day}"
    return replace(part, as_of=day, is_transient=True, known_fingerprint=name, origin=data)


def _not_yet(column: str, day: date) -> pl.Expr:
    """Return a date column without the dates that had not come yet."""
    return pl.when(pl.col(column) <= day).then(pl.col(column))


def _deals(data: Dataset, day: date, settings: Settings) -> pl.DataFrame:
    states = of(data).deal_states.filter(is_valid(day)).unique("opportunity_id", keep="last", maintain_order=True)
    then = states.select(
        "opportunity_id",
        "is_deleted",
        "valid_from",
        **{f"{name}_then": name for name in ("stage", "forecast_category", "amount", "close_on", "owner_id")},
    )
    deals = data.opportunities.filter(pl.col("created_on") <= day).join(then, on="opportunity_id", how="left")
    deals = deals.filter(~pl.col("is_deleted").fill_null(value=False))
    has = pl.col("stage_then").is_not_null()
    ending = has & pl.col("stage_then").is_in([*settings.stages.won, *settings.stages.lost])
    recorded = (pl.col("is_closed") & (pl.col("close_on") <= day)).fill_null(value=False)
    as_recorded = recorded & ~ending
    columns = {
        name: pl.when(as_recorded).then(name).when(has).then(f"{name}_then").otherwise(None)
        for name in ("amount", "forecast_category")
    }
    stage = pl.when(as_recorded).then("stage").otherwise(pl.coalesce("stage_then", pl.lit(UNKNOWN_STAGE)))
    close = (
        pl.when(as_recorded | (ending & pl.col("close_on_then").is_null() & recorded))
        .then("close_on")
        .when(ending)
        .then(pl.coalesce("close_on_then", "valid_from"))
        .otherwise("close_on_then")
    )
    won = pl.when(as_recorded).then("is_won").otherwise(ending & pl.col("stage_then").is_in(list(settings.stages.won)))
    return deals.with_columns(
        **columns,
        stage=stage,
        close_on=close,
        owner_id=pl.when(has & ~as_recorded).then("owner_id_then").otherwise("owner_id"),
        is_won=won,
        is_closed=recorded | ending,
        **{name: pl.lit(None, dtype=data.opportunities.schema[name]) for name in UNDATED},
    ).select(data.opportunities.columns)
