"""What a sale costs, and how far it was discounted."""

from __future__ import annotations

import polars as pl

from core import marts
from core.config import windows
from core.contracts import Dataset
from core.marts.exact import exact_sum


def cost_rates(dataset: Dataset) -> pl.DataFrame:
    """Return [family, cost_rate]: what one unit of a family's bookings costs.

    Formula: cost over amount of last year's bookings; where lines carry no cost, unit cost over list
    price of the family's products.
    """
    families = dataset.products.select("product_id", "family").unique("product_id")
    year = windows.last_months(dataset.as_of)
    lines = marts.of(dataset).bookings_daily.filter((pl.col("kind") == "booking") & year.holds("booked_on"))
    costed = lines.filter(pl.col("costed_amount") > 0).join(families, on="product_id", how="inner")
    seen = costed.group_by("family").agg(seen=exact_sum("cost_amount") / exact_sum("costed_amount"))
    priced = dataset.products.filter(pl.col("list_price_amount") > 0)
    listed = priced.group_by("family").agg(listed=(pl.col("unit_cost_amount") / pl.col("list_price_amount")).mean())
    both = seen.join(listed, on="family", how="full", coalesce=True)
    return both.select("family", cost_rate=pl.coalesce("seen", "listed", pl.lit(0.0)).clip(0, 1)).sort("family")


def discount(dataset: Dataset) -> float:
    """Return the mean discount of last year's bookings by list value; 0 where none is known."""
    year = windows.last_months(dataset.as_of)
    lines = marts.of(dataset).bookings_daily.filter((pl.col("kind") == "booking") & year.holds("booked_on"))
    full = float(lines["list_amount"].sum())
    return 1 - float(lines["priced_amount"].sum()) / full if full else 0.0
