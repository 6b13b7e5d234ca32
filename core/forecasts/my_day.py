"""A rep's day: how the quarter stands, which deals come next, what each needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from core import marts
from core.config import Settings
from core.config.calendar import quarter_end, quarter_label, quarter_start
from core.contracts import Dataset
from core.contracts.amount_visibility import needs_amounts
from core.localization import message
from core.metrics.deal_scope import people
from core.metrics.measure import counted, money, percent, ratio
from core.metrics.signals import SIGNALS, open_marks, words
from core.models import outlook
from core.models.bundle import Bundle

SOON = 14


@dataclass(frozen=True)
class MyDay:
    """One person's quarter and deals.

    Attributes
    ----------
    name : str
    deals : pl.DataFrame
        The open deals: [opportunity_id, opportunity_name, account_name, stage, amount, close_on, next_step, p_win,
        last_on, signals], the one due first first; p_win is the chance to be won in the quarter, null without a model.
    closed_amount : float
        Won in the quarter so far.
    quota_amount : float or None
    expected_amount, lower, upper : float or None
        Of the quarter, as the model sees the person's deals; null without anything to expect.
    """

    name: str
    deals: pl.DataFrame
    closed_amount: float
    quota_amount: float | None
    expected_amount: float | None
    lower: float | None
    upper: float | None
    label: str
    n_soon: int
    n_late: int
    currency: str

    @property
    def frame(self) -> pl.DataFrame:
        """Return the open deals."""
        return self.deals

    def sentence(self) -> str:
        """Say what is won against the quota, what the model expects, and what is due soon."""
        text = message(
            "{name} has won {closed_amount} in {label}",
            name=self.name,
            closed_amount=money(self.closed_amount, self.currency),
            label=self.label,
        )
        rate = ratio(self.closed_amount, self.quota_amount or 0.0)
        text += (
            message(
                ", {rate} of the quota of {quota_amount}.",
                rate=percent(rate),
                quota_amount=money(self.quota_amount, self.currency),
            )
            if rate is not None
            else "."
        )
        if self.expected_amount is not None:
            low, high = money(self.lower, self.currency), money(self.upper, self.currency)
            text += message(
                " Forecast: {expected_amount}, likely range {low} to {high}.",
                expected_amount=money(self.expected_amount, self.currency),
                low=low,
                high=high,
            )
        return text

    def next(self) -> str:
        """Say how many deals are open, due within two weeks, and overdue."""
        if self.deals.is_empty():
            return "No deal is open."
        return message(
            "{deals} of {sum} open; {n_soon:,} due within {soon} days, {n_late:,} overdue.",
            deals=counted(self.deals.height, "deal"),
            sum=money(float(self.deals["amount"].sum()), self.currency),
            n_soon=self.n_soon,
            soon=SOON,
            n_late=self.n_late,
        )


@needs_amounts
def my_day(data: Dataset, settings: Settings, bundle: Bundle, rep_id: str) -> MyDay:
    """Gather one person's quarter and open deals.

    Parameters
    ----------
    data : Dataset
        Cut to the person's own deals, as a scope of that rep leaves them.
    settings : Settings
    bundle : Bundle
    rep_id : str

    Returns
    -------
    MyDay
    """
    begin, end = quarter_start(data.as_of, settings), quarter_end(data.as_of, settings)
    is_own = pl.col("owner_id") == rep_id
    won = data.opportunities.filter(is_own, "is_won", pl.col("close_on").is_between(begin, min(end, data.as_of)))
    quota = data.quotas.filter(pl.col("rep_id") == rep_id, pl.col("period_start_on") == begin)["quota_amount"]
    seen = outlook.current(data, settings, bundle)
    row = seen.frame.row(-1, named=True) if seen.is_known else {}
    deals = _deals(data.opportunities.filter(is_own, ~pl.col("is_closed")), data, settings, seen)
    due = pl.col("close_on")
    return MyDay(
        people(data).get(rep_id, rep_id),
        deals,
        float(won["amount"].sum()),
        float(quota[0]) if quota.len() else None,
        row.get("amount"),
        row.get("lower"),
        row.get("upper"),
        quarter_label(data.as_of, settings),
        deals.filter(due.is_between(data.as_of, data.as_of + timedelta(days=SOON))).height,
        deals.filter(due < data.as_of).height,
        settings.currency,
    )


def _deals(rows: pl.DataFrame, data: Dataset, settings: Settings, seen: outlook.Outlook) -> pl.DataFrame:
    chances = seen.behind().frame if seen.is_known else pl.DataFrame()
    chance = chances.select("opportunity_id", "p_win") if chances.width else _none("p_win", pl.Float64)
    touched = marts.of(data).deal_activity_days.group_by("opportunity_id").agg(last_on=pl.col("on").max())
    labels = words(settings)
    marks = open_marks(data, settings)
    flags = [pl.when(pl.col(name)).then(pl.lit(labels[name])) for name in SIGNALS]
    against = marks.select("opportunity_id", signals=pl.concat_list(flags).list.drop_nulls().list.join("; "))
    return (
        rows.join(data.accounts.select("account_id", "account_name"), on="account_id", how="left")
        .join(chance, on="opportunity_id", how="left")
        .join(touched, on="opportunity_id", how="left")
        .join(against, on="opportunity_id", how="left")
        .sort("close_on", "opportunity_id", nulls_last=True)
        .select(
            "opportunity_id",
            "opportunity_name",
            "account_name",
            "stage",
            "amount",
            "close_on",
            "next_step",
            "p_win",
            "last_on",
            "signals",
        )
    )


def _none(name: str, kind: type[pl.DataType]) -> pl.DataFrame:
    return pl.DataFrame(schema={"opportunity_id": pl.String, name: kind})
