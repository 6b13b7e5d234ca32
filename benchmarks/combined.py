"""Whether a forecast of the monthly series of won amounts, mixed into the deals' forecast, would have helped.

Every replayed week of past quarters: the forecast from the deals as it was, beside closed months + ETS, Theta, CES and
boosted trees on the months before the day, each known then. The mix weighs them by inverse squared misses of earlier
quarters within two weeks of the same week, drawn to one half as by twenty dates.

Run: .venv/bin/python benchmarks/combined.py
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from core.config import Settings, load
from core.config.calendar import add_months
from core.forecasts import backtest_archive
from core.forecasts.backtest import QUARTER
from core.models.close.pipeline_creation import tracks
from core.models.revenue.panel_forecaster import RevenueForecaster
from core.sources import load_sample

ROOT = Path(__file__).resolve().parents[1]
PRIOR_DATES, NEAR_WEEKS = 20, 2


def by_series(won: pl.DataFrame, period: date, day: date, settings: Settings) -> float:
    """Return the quarter's amount as its monthly series says on a day: closed months, running month, months after."""
    month = day.replace(day=1)
    complete = won.filter(pl.col("on") < month)
    last = pl.DataFrame({"on": [add_months(month, -1)], "amount": [0.0]})
    sums = pl.concat([complete, last]).group_by(month=pl.col("on").dt.truncate("1mo")).agg(pl.col("amount").sum())
    left = sum(add_months(period, i) >= month for i in range(3))
    ahead = RevenueForecaster(settings).fit(sums.with_columns(unit=pl.lit("All")))._mixed(left, 0)[0]
    closed = complete.filter(pl.col("on") >= period)["amount"].sum()
    running = won.filter(pl.col("on").is_between(month, day))["amount"].sum()
    return float(closed + max(running, ahead[0]) + ahead[1:].sum())


def mixed(rows: pl.DataFrame) -> list[float]:
    """Mix both, each week by what was known of earlier quarters."""
    out = []
    for row in rows.iter_rows(named=True):
        near = (pl.col("week") - row["week"]).abs() <= NEAR_WEEKS
        past = rows.filter((pl.col("period_start_on") < row["period_start_on"]) & near)
        deals, series = (float(((past[n] - past["actual_amount"]) ** 2).mean() or 1.0) for n in ("amount", "series"))
        share = (past.height * series / (deals + series) + PRIOR_DATES / 2) / (past.height + PRIOR_DATES)
        out.append(share * row["amount"] + (1 - share) * row["series"])
    return out


def main() -> None:
    """Print how far each missed, over all past dates and from the second quarter on."""
    settings = load(environ={"QUARTERDECK_HOME": str(ROOT / ".quarterdeck")})
    data = load_sample(settings)
    rows = backtest_archive.load_or_run(data, settings).forecasts.filter(pl.col("window") == QUARTER)
    rows = rows.drop_nulls("actual_amount").sort("day")
    won = tracks(data, settings).filter("is_won").unique("opportunity_id", keep="last")
    won = won.select(on="ended_on", amount=pl.col("end_amount").fill_null(0.0))
    days = rows.select("period_start_on", "day").iter_rows()
    rows = rows.with_columns(series=pl.Series([by_series(won, period, day, settings) for period, day in days]))
    rows = rows.with_columns(mix=pl.Series(mixed(rows)))
    later = rows.filter(pl.col("period_start_on") > pl.col("period_start_on").min())
    for name in ("amount", "series", "mix"):
        miss = later[name] - later["actual_amount"]
        print(f"{name}: mean miss {miss.abs().mean():,.0f}, root of the mean square {(miss**2).mean() ** 0.5:,.0f}")
    print(f"{later.height} dates in {later['period_start_on'].n_unique()} quarters")


if __name__ == "__main__":
    main()
