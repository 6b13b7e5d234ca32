"""The tables that are published to BI tools, each with the right it takes and the column it is told by."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from core.contracts import Dataset


@dataclass(frozen=True)
class Published:
    """A table that is published.

    Attributes
    ----------
    name : str
        As feeds and views call it.
    table : str
        The frame of `Dataset` it is.
    right : str
        The right it takes.
    key : tuple of str
        The columns one row is told from others by.
    """

    name: str
    table: str
    right: str
    key: tuple[str, ...]


TABLES = (
    Published("Accounts", "accounts", "customers:read", ("account_id",)),
    Published("Deals", "opportunities", "pipeline:read", ("opportunity_id",)),
    Published("Contracts", "subscriptions", "customers:read", ("subscription_id",)),
    Published("Products", "products", "pipeline:read", ("product_id",)),
    Published("Team", "sales_team", "pipeline:read", ("rep_id", "valid_from")),
    Published("Quotas", "quotas", "forecast:read", ("rep_id", "period_start_on")),
)


def rows(data: Dataset, published: Published) -> pl.DataFrame:
    """Return a table's rows in the order of its key, in columns every tool can read.

    Parameters
    ----------
    data : Dataset
        The rows the reader may see.
    published : Published

    Returns
    -------
    pl.DataFrame
        Without columns of bytes, lists or objects; categories as text, what is no number as null.
    """
    frame: pl.DataFrame = getattr(data, published.table)
    plain = [
        pl.col(name).fill_nan(None)
        if kind.is_float()
        else pl.col(name).cast(pl.String)
        if kind in (pl.Categorical, pl.Enum, pl.Null)
        else pl.col(name)
        for name, kind in frame.schema.items()
        if not kind.is_nested() and kind not in (pl.Object, pl.Binary)
    ]
    key = [name for name in published.key if name in frame.columns]
    return frame.select(plain).sort(key, maintain_order=True, nulls_last=True)
