"""Charts of the territories page."""

from __future__ import annotations

import polars as pl

from core.charts import name_bars
from core.charts.lazy_altair import alt
from core.charts.theme import FORECAST, finish, mark
from core.localization import message

Drawn = alt.Chart | alt.LayerChart
MOST = 18


def balance(frame: pl.DataFrame, currency: str) -> Drawn:
    """Last year's bookings by territory with a tick where even would be: as `metrics.territories.balance`."""
    rows = frame if frame.height <= MOST else pl.concat([frame.head(MOST // 2), frame.tail(MOST // 2)])
    tip = [
        alt.Tooltip("rep_name:N", title="rep"),
        alt.Tooltip("region:N"),
        alt.Tooltip("n_accounts:Q", format=",", title="accounts"),
        alt.Tooltip("booked_amount:Q", format=",.0f", title="booked last year"),
        alt.Tooltip("even_amount:Q", format=",.0f", title="even within the region"),
        alt.Tooltip("open_amount:Q", format=",.0f", title="open pipeline"),
    ]
    y = name_bars.names("rep_name", rows["rep_name"].to_list())
    base = alt.Chart(rows).encode(y=y, tooltip=tip)
    title = message("booked last year, in {currency} (tick: even)", currency=currency)
    bars = name_bars.bars(base, "booked_amount", title, "~s")
    return finish(bars + mark(base, 18, x=alt.X("even_amount:Q")), 26 * rows.height + 30)


def proposal(frame: pl.DataFrame, currency: str) -> Drawn:
    """Potential by territory under a proposal, and a tick where it is today: as `territory_plan.Proposal.frame`."""
    rows = frame if frame.height <= 2 * MOST else pl.concat([frame.head(MOST), frame.tail(MOST)])
    tip = [
        alt.Tooltip("rep_name:N", title="rep"),
        alt.Tooltip("potential_amount:Q", format=",.0f", title="potential today"),
        alt.Tooltip("new_potential_amount:Q", format=",.0f", title="proposed"),
        alt.Tooltip("n_accounts:Q", format=",", title="accounts today"),
        alt.Tooltip("new_n_accounts:Q", format=",", title="proposed"),
    ]
    y = name_bars.names("rep_name", rows["rep_name"].to_list())
    base = alt.Chart(rows).encode(y=y, tooltip=tip)
    title = message("potential as proposed, in {currency} (tick: today)", currency=currency)
    bars = name_bars.bars(base, "new_potential_amount", title, "~s", FORECAST)
    return finish(bars + mark(base, 18, x=alt.X("potential_amount:Q")), 26 * rows.height + 30)
