"""The company's own teams, regions, segments and periods beside each other: each part against the rest."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np
import polars as pl

from core.config import Settings, windows
from core.config.calendar import quarter_label, quarter_start
from core.contracts import Dataset
from core.contracts.constants import NOT_KNOWN
from core.contracts.errors import ContractError, closest
from core.localization import message, message_plural
from core.metrics.confidence_intervals import difference, is_beyond_chance, wilson, z_for
from core.metrics.deal_events import NO_TEAM, OPEN, tracks
from core.metrics.measure import Measure, counted
from core.metrics.winrate import closed

FEWEST = 10
OTHERS = "Others, too small alone"
GROUPS = ("team", "region", "segment", "quarter")
FIGURES = ("win rate", "slip rate", "sales cycle", "deal size")
RATES = FIGURES[:2]
COMPARED: dict[str, Any] = {
    "group": pl.String,
    "figure": pl.String,
    "n_deals": pl.Int64,
    "value": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "rest_value": pl.Float64,
    "difference": pl.Float64,
    "difference_low": pl.Float64,
    "difference_high": pl.Float64,
    "is_sure": pl.Boolean,
}


def compared(data: Dataset, settings: Settings, by: str = "team", months: int = 12) -> Measure:
    """Win rate, slip rate, sales cycle and deal size of each part of the company, beside the rest of it.

    Formula: over deals closed in the window. Win rate: won over closed. Slip rate: closed deals whose expected close
    was put off at least once, over closed deals with a history. Sales cycle: mean days from creation to close of won
    deals. Deal size: mean amount of won deals. Rates have Wilson's interval and differences Newcombe's; means have the
    normal interval and differences Welch's. A difference is to all other parts together, its interval widened for the
    number of comparisons (Bonferroni). Parts under 10 deals are put together; what is still under 10 is not shown.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    by : {"team", "region", "segment", "quarter"}
        Team and region are those of the owner when the deal closed; the segment is the account's.
    months : int
        Length of the window that ends on the as-of date.

    Returns
    -------
    Measure
        Unit count. Value: differences beyond chance; None where nothing can be compared. Frame: group, figure, n_deals,
        value, low, high (95 %), rest_value, difference, difference_low, difference_high, is_sure; by figure and group.
        A rate is a share, a sales cycle in days, a size in the reporting currency.

    Raises
    ------
    ContractError
        When the company cannot be parted so.
    """
    deals = cases(data, settings, by, months)
    pooled = _pooled(deals)
    n_claims = max(pooled["group"].n_unique() * len(FIGURES), 1)
    rows = [
        _row(group, figure, _values(part, figure), _values(pooled.filter(pl.col("group") != group), figure), n_claims)
        for group, part in sorted(
            (str(key[0]), part) for key, part in pooled.partition_by("group", as_dict=True).items()
        )
        for figure in FIGURES
    ]
    frame = pl.DataFrame([row for row in rows if row is not None], schema=COMPARED, orient="row")
    frame = frame.sort(pl.col("figure").replace_strict({name: k for k, name in enumerate(FIGURES)}), "group")
    n_sure = frame["is_sure"].sum()
    can = frame["difference"].drop_nulls().len() > 0
    return Measure("Parts that differ", float(n_sure) if can else None, "count", frame, _text(frame, by, months))


def cases(data: Dataset, settings: Settings, by: str, months: int = 12) -> pl.DataFrame:
    """Return the deals closed in the window with their part of the company.

    Returns
    -------
    pl.DataFrame
        [opportunity_id, account_id, group, is_won, days, amount, is_slipped]; days and amount are null where they are
        not on record, is_slipped where the deal has no history.

    Raises
    ------
    ContractError
        As `compared`.
    """
    if by not in GROUPS:
        mend = message("It can be parted by {groups}.", groups=", ".join(GROUPS))
        raise ContractError(
            message("The company cannot be parted by {by!r}{closest}.", by=by, closest=closest(by, GROUPS) or ""),
            mend=mend,
        )
    deals = closed(data, windows.last_months(data.as_of, months))
    segments = data.accounts.select("account_id", "segment")
    rows = deals.join(segments, on="account_id", how="left").join(
        _histories(data, settings), on="opportunity_id", how="left"
    )
    if by == "quarter":
        begins = {day: quarter_label(quarter_start(day, settings), settings) for day in rows["close_on"].unique()}
        group = pl.col("close_on").replace_strict(begins, default=None, return_dtype=pl.String)
    else:
        group = pl.col(by).cast(pl.String)
    days = (pl.col("close_on") - pl.col("created_on")).dt.total_days().cast(pl.Float64)
    return rows.select(
        "opportunity_id", "account_id", "is_won", "amount", "is_slipped", group=group.fill_null(NOT_KNOWN), days=days
    ).sort("opportunity_id")


def _histories(data: Dataset, settings: Settings) -> pl.DataFrame:
    """Return whether each deal's close was ever put off while open, and the team and region of its owner at the end."""
    moved = (pl.col("state") == OPEN) & (pl.col("prev_state") == OPEN) & (pl.col("close_on") > pl.col("prev_close_on"))
    rows = (
        tracks(data, settings)
        .group_by("opportunity_id", maintain_order=True)
        .agg(
            is_slipped=moved.fill_null(value=False).any(),
            team=pl.col("team").last().cast(pl.String),
            region=pl.col("region").last().cast(pl.String),
        )
    )
    return rows.with_columns(pl.col("opportunity_id").cast(pl.String), pl.col("team").replace(NO_TEAM, None))


def _pooled(deals: pl.DataFrame) -> pl.DataFrame:
    """Put parts with too few deals together, and leave them out where they are too few even so."""
    sizes = deals.group_by("group").len()
    small = sizes.filter(pl.col("len") < FEWEST)["group"].to_list()
    if deals.filter(pl.col("group").is_in(small)).height < FEWEST:
        return deals.filter(~pl.col("group").is_in(small))
    return deals.with_columns(group=pl.when(pl.col("group").is_in(small)).then(pl.lit(OTHERS)).otherwise("group"))


def _values(deals: pl.DataFrame, figure: str) -> np.ndarray:
    """Return one number per deal that a figure is the mean of."""
    won = deals.filter("is_won")
    columns = {
        "win rate": deals["is_won"],
        "slip rate": deals["is_slipped"],
        "sales cycle": won["days"],
        "deal size": won["amount"],
    }
    return columns[figure].drop_nulls().cast(pl.Float64).to_numpy()


def _row(group: str, figure: str, own: np.ndarray, rest: np.ndarray, n_claims: int) -> tuple[Any, ...] | None:
    if own.size < FEWEST:
        return None
    z = z_for(n_claims)
    start = (group, figure, own.size, float(own.mean()), *_interval(figure, own))
    if rest.size < FEWEST:
        return (*start, None, None, None, None, False)
    if figure in RATES:
        gap = difference(int(own.sum()), own.size, int(rest.sum()), rest.size, z)
    else:
        middle = float(own.mean() - rest.mean())
        reach = z * sqrt(own.var(ddof=1) / own.size + rest.var(ddof=1) / rest.size)
        gap = middle, middle - reach, middle + reach
    return (*start, float(rest.mean()), *gap, is_beyond_chance(*gap[1:])) if gap else None


def _interval(figure: str, own: np.ndarray) -> tuple[float | None, float | None]:
    if figure in RATES:
        return wilson(int(own.sum()), own.size) or (None, None)
    reach = z_for(1) * sqrt(own.var(ddof=1) / own.size)
    return float(own.mean()) - reach, float(own.mean()) + reach


def _text(frame: pl.DataFrame, by: str, months: int) -> str:
    if frame["difference"].drop_nulls().is_empty():
        return message(
            "Too few deals closed in the last {months} months to compare one {by} with another.", months=months, by=by
        )
    sure = frame.filter("is_sure")
    n = frame["group"].n_unique()
    start = message_plural(
        "{things} is compared over the last {months} months",
        "{things} are compared over the last {months} months",
        n,
        things=counted(n, by),
        months=months,
    )
    if sure.is_empty():
        return message("{start}: no figure of any {by} differs from the rest beyond chance.", start=start, by=by)
    named = [
        message("{group} in {figure}", group=row["group"], figure=row["figure"]) for row in sure.iter_rows(named=True)
    ]
    more = message(" and {n_named:,} more", n_named=len(named) - 4) if len(named) > 4 else ""
    return message(
        "{start}. Beyond chance differ from the rest: {named}{more}.",
        start=start,
        named=", ".join(named[:4]),
        more=more,
    )
