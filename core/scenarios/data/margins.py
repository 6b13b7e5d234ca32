"""What a sale costs, and how far it was discounted."""

from __future__ import annotations

import polars as pl

from core.config import windows
from core.contracts import Dataset


def cost_rates(dataset: Dataset) -> pl.DataFrame:
    """Return [family, cost_rate]: what one unit of a family's bookings costs.

    Formula: cost over amount of last year's bookings; where lines carry no cost, unit cost over list
    price of the family's products.
    """
    families = dataset.products.select("product_id", "family").unique("product_id")
    year = windows.last_months(dataset.as_of)
    lines = dataset.transactions.filter(
        (pl.col("kind") == "booking") & year.holds("booked_on") & (pl.col("amount") > 0)
    ).join(families, on="product_id", how="inner")
    costed = lines.filter(pl.col("cost_amount").is_not_null())
    seen = costed.group_by("family").agg(seen=pl.col("cost_amount").sum() / pl.col("amount").sum())
    priced = dataset.products.filter(pl.col("list_price_amount") > 0)
    listed = priced.group_by("family").agg(listed=(pl.col("unit_cost_amount") / pl.col("list_price_amount")).mean())
    both = seen.join(listed, on="family", how="full", coalesce=True)
    return both.select("family", cost_rate=pl.coalesce("seen", "listed", pl.lit(0.0)).clip(0, 1)).sort("family")


def discount(dataset: Dataset) -> float:
    """Return the mean discount of last year's bookings by list value; 0 where none is known."""
    year = windows.last_months(dataset.as_of)
    lines = dataset.transactions.filter(
        (pl.col("kind") == "booking")
        & year.holds("booked_on")
        & pl.col("discount_rate").is_between(0, 0.95)
        & (pl.col("amount") > 0)
    )
    full = float((lines["amount"] / (1 - lines["discount_rate"])).sum())
    return 1 - float(lines["amount"].sum()) / full if full else 0.0
