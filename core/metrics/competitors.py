"""How often deals are won against each competitor, beside comparable deals without one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from core.config import Settings, windows
from core.contracts import Dataset
from core.contracts.constants import NOT_KNOWN
from core.localization import message
from core.metrics.confidence_intervals import difference, is_beyond_chance, t_for, wilson
from core.metrics.measure import Measure, counted, money, percent, ratio
from core.metrics.stratified import pooled_difference, third_of
from core.metrics.winrate import closed

MONTHS = 24
FEWEST_DEALS = 10
ALIKE = ("opportunity_type", "segment", "region", "size")
RECORD = {
    "competitor": pl.String,
    "n_deals": pl.Int64,
    "n_won": pl.Int64,
    "win_rate": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "comparable_rate": pl.Float64,
    "difference": pl.Float64,
    "difference_low": pl.Float64,
    "difference_high": pl.Float64,
    "n_compared": pl.Int64,
    "is_sure": pl.Boolean,
    "lost_amount": pl.Float64,
    "open_amount": pl.Float64,
}


def names(data: Dataset, settings: Settings, months: int = MONTHS) -> list[str]:
    """Return the competitors of the deals closed over the last months, the one met most often first."""
    return most_met(ended(data, months).drop_nulls("competitor"))


def most_met(met: pl.DataFrame) -> list[str]:
    """Return the competitors of some rows, the one met most often first."""
    return met.group_by("competitor").len().sort("len", "competitor", descending=[True, False])["competitor"].to_list()


def named(deals: pl.DataFrame) -> pl.DataFrame:
    """Return deals with the names of competitors trimmed; a blank one is none."""
    return deals.with_columns(pl.col("competitor").str.strip_chars().replace("", None))


def ended(data: Dataset, months: int = MONTHS) -> pl.DataFrame:
    """Return the deals closed over the last months, with what makes them comparable.

    Returns
    -------
    pl.DataFrame
        The columns of opportunities, and segment and region of the account, product (its name), and size: the third of
        these deals' amounts a deal lies in. What is not known counts as a part of its own.
    """
    deals = named(closed(data, windows.last_months(data.as_of, months)))
    accounts = data.accounts.select("account_id", "segment", "region")
    products = data.products.select("product_id", product="product_name")
    return (
        deals.join(accounts, on="account_id", how="left")
        .join(products, on="product_id", how="left")
        .with_columns(size=third_of(deals["amount"]))
        .with_columns(pl.col("segment", "region", "product").fill_null(NOT_KNOWN))
    )


def record(data: Dataset, settings: Settings, months: int = MONTHS) -> Measure:
    """Win rate against each competitor, beside comparable deals in which none is named.

    Formula: won over won and lost deals by close date, with Wilson's interval. Comparable are deals without a
    competitor of the same type, segment, region and third of amounts; the difference is pooled over such groups by
    Mantel and Haenszel, its interval widened for the number of competitors (Bonferroni), so that all of them hold
    together in 95 of 100 cases. It is sure where the interval does not hold 0. Under 10 deals on either side nothing
    is compared. The difference is an association: competitors may be met where deals are harder for other reasons, and
    where people name one mostly after losing, a gap shows that is made by writing.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    months : int
        Length of the window that ends on the as-of date.

    Returns
    -------
    Measure
        Unit rate. Value: win rate of all deals with a competitor; None where none was closed. Frame: competitor,
        n_deals, n_won, win_rate, low, high, comparable_rate, difference, difference_low, difference_high, n_compared
        (deals without one that compare), is_sure, lost_amount, open_amount (of open deals in which it is named); the
        one met most often first.
    """
    deals = ended(data, months)
    met, alone = deals.drop_nulls("competitor"), deals.filter(pl.col("competitor").is_null())
    rivals = most_met(met)
    if not rivals:
        text = message("No deal that closed in the last {months} months names a competitor.", months=months)
        return Measure("Win rate against competitors", None, "rate", pl.DataFrame(schema=RECORD), text)
    at_stake = _open_amounts(data)
    rows = [
        _compared(met.filter(pl.col("competitor") == name), alone, len(rivals)) | {"competitor": name}
        for name in rivals
    ]
    frame = pl.DataFrame([row | {"open_amount": at_stake.get(row["competitor"], 0.0)} for row in rows], schema=RECORD)
    rate = ratio(int(met["is_won"].sum()), met.height)
    text = message(
        "{summary} {leading}{written_late}",
        summary=_summary(met, months),
        leading=_leading(frame),
        written_late=_written_late(data, deals),
    )
    return Measure("Win rate against competitors", rate, "rate", frame, text)


def _open_amounts(data: Dataset) -> dict[str, float]:
    still_open = named(data.opportunities.filter(~pl.col("is_closed"))).drop_nulls("competitor")
    sums = still_open.group_by("competitor").agg(pl.col("amount").sum())
    return dict(sums.iter_rows())


def _compared(met: pl.DataFrame, alone: pl.DataFrame, n_claims: int) -> dict[str, Any]:
    """Return one competitor's row: its rate, and that of comparable deals without one, where there are enough."""
    n, won = met.height, int(met["is_won"].sum())
    low, high = wilson(won, n) or (None, None)
    lost_amount = float(met.filter(~pl.col("is_won"))["amount"].sum())
    row = {"n_deals": n, "n_won": won, "win_rate": ratio(won, n), "low": low, "high": high, "lost_amount": lost_amount}
    n_others, gap = comparable(met, alone, n_claims)
    row |= {"n_compared": n_others, "comparable_rate": None, "is_sure": False}
    if gap is None:
        return row | dict.fromkeys(("difference", "difference_low", "difference_high"))
    rise, bottom, top = gap
    return row | {
        "comparable_rate": rate_beside(won / n, rise),
        "difference": rise,
        "difference_low": bottom,
        "difference_high": top,
        "is_sure": is_beyond_chance(bottom, top),
    }


def comparable(
    met: pl.DataFrame, alone: pl.DataFrame, n_claims: int = 1, alike: Sequence[str] = ALIKE
) -> tuple[int, tuple[float, float, float] | None]:
    """Return how many deals without a competitor compare with some others, and by how much those are won more often.

    Parameters
    ----------
    met, alone : pl.DataFrame
        Rows of `ended` with and without a competitor.
    n_claims : int
        How many such differences are looked at together: the interval is widened by Bonferroni, with Student's quantile
        for the smaller side, for few deals leave a normal one too narrow (7 false claims of 100 companies, not 5).
    alike : sequence of str
        The columns in which deals must be equal to compare.

    Returns
    -------
    tuple of (int, tuple of float or None)
        Deals without a competitor in the groups that have both; difference, low and high, None under 10 deals on
        either side.
    """
    counts = _strata(met, alike).join(_strata(alone, alike, "others_hits", "others"), on=list(alike))
    n, others = int(counts["n"].sum()), int(counts["others"].sum())
    if min(n, others) < FEWEST_DEALS:
        return others, None
    return others, pooled_difference(counts, t_for(min(n, others) - 1, n_claims))


def rate_beside(rate: float, difference_to_it: float) -> float:
    """Return the rate deals are compared with, from theirs and the pooled difference, which can lead beyond 0 or 1."""
    return min(max(rate - difference_to_it, 0.0), 1.0)


def _strata(deals: pl.DataFrame, alike: Sequence[str], hits: str = "hits", n: str = "n") -> pl.DataFrame:
    return deals.group_by(list(alike)).agg(
        pl.col("is_won").sum().cast(pl.Int64).alias(hits), pl.len().cast(pl.Int64).alias(n)
    )


def _summary(met: pl.DataFrame, months: int) -> str:
    won = int(met["is_won"].sum())
    return message(
        "{won} of the {deals} against a named competitor that closed in the last {months} months were won.",
        won=percent(won / met.height),
        deals=counted(met.height, "deal"),
        months=months,
    )


def _leading(frame: pl.DataFrame) -> str:
    """Say who is sure to cost most, or that nobody is sure to."""
    worse = frame.filter(pl.col("is_sure"), pl.col("difference") < 0).sort("difference", "competitor")
    if worse.is_empty():
        if frame["difference"].null_count() == frame.height:
            return message(
                "None was met in {fewest_deals} deals that can be compared with others.", fewest_deals=FEWEST_DEALS
            )
        return "None of them is beaten less often than chance explains, beside comparable deals without a competitor."
    top = worse.row(0, named=True)
    return message(
        "The hardest is {competitor}: {win_rate} of {n_deals:,} won, {points} points less than "
        "comparable deals without a competitor (range {points_2} to {points_3}).",
        competitor=top["competitor"],
        win_rate=percent(top["win_rate"]),
        n_deals=top["n_deals"],
        points=points(top["difference"]),
        points_2=points(top["difference_high"]),
        points_3=points(top["difference_low"]),
    )


def points(share: float) -> str:
    """Write the size of a difference of two rates in points.

    Examples
    --------
    >>> points(-0.214)
    '21'
    """
    return f"{abs(share) * 100:.0f}"


def is_met(competitor: str) -> pl.Expr:
    """Say whether a deal names the competitor, or any where the name is empty."""
    return pl.col("competitor") == competitor if competitor else pl.col("competitor").is_not_null()


def same_types(deals: pl.DataFrame, met: pl.DataFrame) -> pl.DataFrame:
    """Return the deals of the types some others have: renewals are no measure of new business."""
    return deals.join(met.select("opportunity_type").unique(), on="opportunity_type", how="semi", maintain_order="left")


def _written_late(data: Dataset, deals: pl.DataFrame) -> str:
    """Warn where competitors are named on ended deals surely more often than on open ones: after the end, then."""
    still_open = named(data.opportunities.filter(~pl.col("is_closed")))
    n_named, n_open = (int(rows["competitor"].is_not_null().sum()) for rows in (deals, still_open))
    gap = difference(n_named, deals.height, n_open, still_open.height)
    if gap is None or gap[1] <= 0 or n_named / deals.height < 1.5 * n_open / still_open.height:
        return ""
    return message(
        " A competitor stands on {n_named} of closed deals but on {n_open} of open ones: it is often "
        "written down once a deal is over, which makes a competitor look harder than it is.",
        n_named=percent(n_named / deals.height),
        n_open=percent(n_open / still_open.height),
    )


def deals_against(data: Dataset, settings: Settings, competitor: str = "", months: int = MONTHS) -> Measure:
    """Deals against one competitor, or any: open ones first, then those closed in the window, the latest first.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    competitor : str
        Empty for all of them.
    months : int

    Returns
    -------
    Measure
        Unit money. Value: what is open, deals without an amount left out. Frame: opportunity_id, opportunity_name,
        account_id, owner_id, stage, amount, close_on, is_closed, is_won, lost_reason, competitor.
    """
    columns = ("opportunity_id", "opportunity_name", "account_id", "owner_id", "stage", "amount", "close_on")
    window = windows.last_months(data.as_of, months)
    rows = named(data.opportunities).filter(is_met(competitor), ~pl.col("is_closed") | window.holds("close_on"))
    ordered = rows.select(*columns, "is_closed", "is_won", "lost_reason", "competitor").sort(
        "is_closed", "close_on", "opportunity_id", descending=[False, True, False], nulls_last=True
    )
    is_open, over = ordered.filter(~pl.col("is_closed")), ordered.filter("is_closed")
    worth = float(is_open["amount"].sum())
    text = message(
        "{opens} of {worth}; of {closeds} {sum:,} were won.",
        opens=counted(is_open.height, "open deal"),
        worth=money(worth, settings.currency),
        closeds=counted(over.height, "closed deal"),
        sum=int(over["is_won"].sum()),
    )
    return Measure("Deals against competitors", worth, "money", ordered, text)


def lost_text(frame: pl.DataFrame, currency: str) -> str:
    """Say what was lost to competitors and what is open against them, of a frame of `record`."""
    lost, at_stake = float(frame["lost_amount"].sum()), float(frame["open_amount"].sum())
    return message(
        "{lost} lost to named competitors; {at_stake} open against them.",
        lost=money(lost, currency),
        at_stake=money(at_stake, currency),
    )
