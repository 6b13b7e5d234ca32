"""How long it takes to value many customers by their orders, and how well a real shop's spend is foreseen.

Run: .venv/bin/python benchmarks/lifetime.py [CUSTOMERS] [ORDERS.csv]

Plays CUSTOMERS (default 200,000) shoppers over three years and prints time and memory of fitting and foreseeing
a year. With a file of customer_id, date, amount it prints RMSE, total error and the share of spend in the tenth
expected to spend most, over the later half of the file.
"""

from __future__ import annotations

import resource
import sys
import time
from datetime import date, timedelta

import numpy as np
import polars as pl

from core.config import load
from core.models.customers import bgnbd


def shoppers(n: int) -> pl.DataFrame:
    """Return the orders of n customers who buy at rates drawn from a gamma."""
    rng = np.random.default_rng(1)
    age = rng.uniform(26, 156, n)
    count = rng.poisson(rng.gamma(0.5, 1 / 20, n) * age) + 1
    who = np.repeat(np.arange(n), count)
    begin = np.repeat(156 - age, count)
    week = begin + rng.random(len(who)) * (156 - begin)
    week[np.cumsum(count) - count] = 156 - age
    frame = pl.DataFrame({"who": who, "day": (week * 7).astype(int), "amount": rng.lognormal(3, 1, len(who))})
    on = pl.lit(date(2023, 1, 1)) + pl.duration(days="day")
    return frame.select(customer_id=pl.format("C{}", "who"), ordered_on=on, amount="amount")


def judge(path: str) -> None:
    """Print how each member did on the later half of a file."""
    raw = pl.read_csv(path, infer_schema=False)
    key = "customer_id" if "customer_id" in raw.columns else raw.columns[0]
    orders = raw.select(
        customer_id=key, ordered_on=pl.col("date").str.to_date(), amount=pl.col("amount").cast(pl.Float64)
    )
    first, last = orders["ordered_on"].min(), orders["ordered_on"].max()
    cut = first + timedelta(days=(last - first).days // 2)
    days = (last - cut).days
    predicted = bgnbd.RepeatValue(load(environ={})).fit(orders, cut).predict(days)
    spent = orders.filter(pl.col("ordered_on") > cut).group_by("customer_id").agg(spent=pl.col("amount").sum())
    both = predicted.join(spent, on="customer_id", how="left").with_columns(pl.col("spent").fill_null(0.0))
    for name in ("bgnbd", "tweedie", "amount"):
        print(name, bgnbd.judge(both["spent"].to_numpy(), both[name].to_numpy()))


def main() -> None:
    """Play the shoppers, value them, and judge the file."""
    numbers = [int(a) for a in sys.argv[1:] if a.isdigit()]
    orders = shoppers(numbers[0] if numbers else 200_000)
    begin = time.perf_counter()
    model = bgnbd.RepeatValue(load(environ={})).fit(orders, date(2025, 12, 28))
    fitted = time.perf_counter() - begin
    model.predict(365)
    whole = time.perf_counter() - begin
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{orders.height:,} orders: fitted in {fitted:.1f} s, all in {whole:.1f} s, {memory:.2f} GB at most")
    for path in sys.argv[1:]:
        if not path.isdigit():
            judge(path)


if __name__ == "__main__":
    main()
