"""Views of a dataset in another currency, or at the rates of one day, and which there are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from core.config import Settings
from core.contracts import RAW_FRAMES, Dataset
from core.sources import currencies


@dataclass(frozen=True)
class Choices:
    """The currencies a dataset can be shown in.

    Attributes
    ----------
    currencies : tuple of str
        ISO codes, the one the amounts are reported in first; empty where there is nothing to choose.
    rates_on : date, optional
        The day whose rates a constant-currency view takes: the as-of date; None where rates never change.
    """

    currencies: tuple[str, ...] = ()
    rates_on: date | None = None


def choices(data: Dataset, settings: Settings) -> Choices:
    """Return the currencies a dataset can be shown in: those of its amounts and those with a rate.

    Parameters
    ----------
    data : Dataset
    settings : Settings

    Returns
    -------
    Choices
        Empty for a dataset in one currency without rates.
    """
    base = data.currency or settings.currency
    used = {code for name in currencies.AMOUNTS if name not in RAW_FRAMES for code in _codes(data.frame(name))}
    used |= set(raw_codes(data) if data.codes is None else data.codes)
    rates = data.exchange_rates
    rated = set(rates["currency"].drop_nulls().to_list())
    others = sorted((used | rated) - {base})
    if not others:
        return Choices()
    does_change = rates.height > 0 and bool(rates.select(pl.col("currency").is_duplicated().any()).item())
    return Choices((base, *others), data.as_of if does_change else None)


def _codes(frame: pl.DataFrame) -> set[str]:
    if "currency" not in frame.columns or frame.schema["currency"] != pl.String:
        return set()
    return set(frame["currency"].drop_nulls().unique().to_list())


def raw_codes(data: Dataset) -> tuple[str, ...]:
    """Return the currencies named in the raw tables of a dataset, sorted; only that column is read."""
    named = {code for name in RAW_FRAMES if name in currencies.AMOUNTS for code in _named(data.lazy(name))}
    return tuple(sorted(named))


def _named(rows: pl.LazyFrame) -> set[str]:
    if "currency" not in rows.collect_schema().names():
        return set()
    return _codes(rows.select("currency").collect())


def shown(data: Dataset, settings: Settings, currency: str, on: date | None = None) -> Dataset:
    """Return a dataset with its amounts in another currency, whose models are those of the data as they were reported.

    Parameters
    ----------
    data : Dataset
        A company's, or one person's part of it.
    settings : Settings
    currency : str
        ISO code.
    on : date, optional
        The day whose rates hold for all rows (constant currency); default each row's own day.

    Returns
    -------
    Dataset
        Amounts without a rate are null, and a sentence of `missing` says how many. The amount of a deal in its history
        moves as the deal's own does, so that both agree. The data itself, where it is in that currency already.
    """
    viewed = currencies.viewed(data, settings, currency, on)
    if viewed is data:
        return data
    history = _as_their_deals(data, viewed)
    return replace(viewed.with_frames(opportunity_history=history), whole=data.whole or data)


def _as_their_deals(data: Dataset, viewed: Dataset) -> pl.DataFrame:
    """Return the history with amounts that moved by the same factor as those of its deals."""
    before = data.opportunities.select("opportunity_id", _before="amount")
    now = viewed.opportunities.select("opportunity_id", _now="amount")
    factors = before.join(now, on="opportunity_id").select(
        "opportunity_id", _times=pl.when(pl.col("_before") != 0).then(pl.col("_now") / pl.col("_before"))
    )
    converted = viewed.frame("opportunity_history")["amount"]
    joined = data.frame("opportunity_history").join(factors, on="opportunity_id", how="left", maintain_order="left")
    amount = pl.coalesce(pl.col("amount") * pl.col("_times"), converted)
    return joined.with_columns(amount.alias("amount")).drop("_times")


def told(data: Dataset, viewed: Dataset) -> tuple[str, ...]:
    """Return what a view leaves out of sums, in sentences."""
    return viewed.missing[len(data.missing) :] if viewed is not data else ()
