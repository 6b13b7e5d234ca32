"""One deal as its page shows it: who, how much, what comes next, what was done last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from core import marts
from core.config import Settings
from core.contracts import Dataset
from core.contracts.errors import ContractError, closest
from core.localization import message
from core.metrics.deal_scope import people
from core.metrics.measure import counted, money

LAST_ACTIVITIES = 200
OPEN, WON, LOST = "open", "won", "lost"


@dataclass(frozen=True)
class DealFacts:
    """One deal.

    Attributes
    ----------
    opportunity_id, name : str
    account_id : str or None
    account_name : str or None
    state : {"open", "won", "lost"}
    facts : dict of str to str
        What is on record of it, in words; what is not is left out.
    activities : pl.DataFrame
        [on, kind, who, what, quantity, sentiment_score], latest first, at most 200.
    siblings : pl.DataFrame
        The account's other deals: [opportunity_id, opportunity_name, stage, amount, close_on, is_closed, owner].
    """

    opportunity_id: str
    name: str
    account_id: str | None
    account_name: str | None
    state: str
    facts: dict[str, str]
    amount: float | None
    close_on: date | None
    activities: pl.DataFrame
    siblings: pl.DataFrame
    as_of: date
    currency: str

    @property
    def frame(self) -> pl.DataFrame:
        """Return the facts as a table: [Fact, Value]."""
        return pl.DataFrame({"Fact": list(self.facts), "Value": list(self.facts.values())})

    def sentence(self) -> str:
        """Say where the deal stands: with whom, its amount, its stage, when it is due, and when it was last touched."""
        worth = money(self.amount, self.currency) if self.amount is not None else "no amount yet"
        who = message(" with {account_name}", account_name=self.account_name) if self.account_name else ""
        if self.state != OPEN:
            when = message(" on {close_on:%d %B %Y}", close_on=self.close_on) if self.close_on else ""
            return message(
                "{name}{who} was {state}{when}: {worth}.",
                name=self.name,
                who=who,
                state=self.state,
                when=when,
                worth=worth,
            )
        due = _due(self.close_on, self.as_of)
        touched = "no activity is on record"
        if not self.activities.is_empty():
            last = self.activities.row(0, named=True)
            touched = message(
                "last touched {ago} ({kind})", ago=_ago((self.as_of - last["on"]).days), kind=last["kind"].lower()
            )
        return message(
            "{name}{who} stands at {stage} with {worth}, {due}; {touched}.",
            name=self.name,
            who=who,
            stage=self.facts["Stage"],
            worth=worth,
            due=due,
            touched=touched,
        )

    def others(self) -> str:
        """Say how many other deals the account has, and how many of them are open."""
        n_open = self.siblings.filter(~pl.col("is_closed")).height
        if self.siblings.is_empty():
            return "No other deal with this account is on record."
        who = self.account_name or "this account"
        return message(
            "{others} with {who}, {n_open:,} open.",
            others=counted(self.siblings.height, "other deal"),
            who=who,
            n_open=n_open,
        )


def deal(data: Dataset, settings: Settings, opportunity_id: str) -> DealFacts:
    """Gather what is on record of one deal up to the as-of date.

    Parameters
    ----------
    data : Dataset
        The rows the reader may see; a deal outside them is not there.
    settings : Settings
    opportunity_id : str

    Raises
    ------
    ContractError
        When there is no such deal among these rows; the nearest id is named.
    """
    row = data.opportunities.filter(pl.col("opportunity_id") == opportunity_id)
    if row.is_empty():
        raise ContractError(
            message("There is no deal {opportunity_id!r} among those you see.", opportunity_id=opportunity_id),
            mend=_nearest(opportunity_id, data),
        )
    record = row.to_dicts()[0]
    account = data.accounts.filter(pl.col("account_id").eq_missing(pl.lit(record["account_id"], pl.String)))
    account_name = account["account_name"][0] if account.height else None
    state = WON if record["is_won"] else LOST if record["is_closed"] else OPEN
    return DealFacts(
        opportunity_id,
        str(record["opportunity_name"] or opportunity_id),
        record["account_id"],
        account_name,
        state,
        _facts(record, account_name, data, settings),
        record["amount"],
        record["close_on"],
        _activities(data, opportunity_id),
        _siblings(data, record),
        data.as_of,
        settings.currency,
    )


def with_people(data: Dataset, settings: Settings, frame: pl.DataFrame) -> pl.DataFrame:
    """Return a list of deals with the name of the account and of the owner, where it lacks them.

    Parameters
    ----------
    data : Dataset
    settings : Settings
        Not used; every call behind a page takes data and settings.
    frame : pl.DataFrame
        With opportunity_id; one without it comes back as it is.

    Returns
    -------
    pl.DataFrame
        The same rows in the same order; account_name and owner are null where the data do not name them.
    """
    lacking = [name for name in ("account_name", "owner") if name not in frame.columns]
    if "owner" in lacking and {"owner_name", "owner_before"} & set(frame.columns):
        lacking.remove("owner")
    if "opportunity_id" not in frame.columns or not lacking:
        return frame
    about = data.opportunities.select("opportunity_id", "account_id", owner=_named("owner_id", data)).join(
        data.accounts.select("account_id", "account_name"), on="account_id", how="left"
    )
    return frame.join(about.select("opportunity_id", *lacking), on="opportunity_id", how="left", maintain_order="left")


def _facts(record: dict[str, Any], account_name: str | None, data: Dataset, settings: Settings) -> dict[str, str]:
    product = data.products.filter(pl.col("product_id").eq_missing(pl.lit(record["product_id"], pl.String)))
    owner = _latest(data, record["owner_id"])
    age = (data.as_of - record["created_on"]).days if record["created_on"] else None
    facts = {
        "Account": account_name or record["account_id"],
        "Owner": owner.get("rep_name") or record["owner_id"],
        "Team": owner.get("team"),
        "Manager": _latest(data, owner.get("manager_id")).get("rep_name"),
        "Amount": money(record["amount"], settings.currency) if record["amount"] is not None else None,
        "Stage": record["stage"],
        "Forecast category": _words(record["forecast_category"]),
        "Closed" if record["is_closed"] else "Expected close": _day(record["close_on"]),
        "Next step": record["next_step"],
        "Type": _words(record["opportunity_type"]),
        "Product": product["product_name"][0] if product.height else record["product_id"],
        "Pipeline": record.get("pipeline"),
        "Contacts": f"{record['n_contacts']:,}" if record["n_contacts"] is not None else None,
        "Competitor": record["competitor"],
        "Lead source": record["lead_source"],
        "Lost because": record["lost_reason"],
        "Created": message(
            "{created_on:%d %B %Y}, {days} ago", created_on=record["created_on"], days=counted(age, "day")
        )
        if age is not None
        else None,
        "Id": record["opportunity_id"],
    }
    return {name: str(value) for name, value in facts.items() if value not in (None, "")}


def _activities(data: Dataset, opportunity_id: str) -> pl.DataFrame:
    day = pl.col("occurred_at").dt.date()
    own = (pl.col("opportunity_id") == opportunity_id) & (day <= data.as_of)
    latest = marts.raw_page(data, "activities", own, "occurred_at", limit=LAST_ACTIVITIES)
    return latest.select(
        on=day,
        kind=pl.col("kind").str.to_titlecase(),
        who=_named("rep_id", data),
        what="outcome",
        quantity="quantity",
        sentiment_score="sentiment_score",
    )


def _siblings(data: Dataset, record: dict[str, Any]) -> pl.DataFrame:
    account = pl.lit(record["account_id"], pl.String)
    rows = data.opportunities.filter(
        (pl.col("account_id") == account) & (pl.col("opportunity_id") != record["opportunity_id"])
    )
    shown = ("opportunity_id", "opportunity_name", "stage", "amount", "close_on", "is_closed")
    return rows.sort("is_closed", "close_on", descending=[False, True], nulls_last=True).select(
        *shown, owner=_named("owner_id", data)
    )


def _named(column: str, data: Dataset) -> pl.Expr:
    return pl.col(column).replace(people(data))


def _latest(data: Dataset, rep_id: str | None) -> dict[str, Any]:
    """Return a person's latest row of the sales team; nothing for nobody."""
    rows = data.sales_team.filter(pl.col("rep_id") == rep_id) if rep_id else data.sales_team.clear()
    return rows.sort("valid_from").row(-1, named=True) if rows.height else {}


def _nearest(opportunity_id: str, data: Dataset) -> str:
    near = closest(opportunity_id, data.opportunities["opportunity_id"].head(50_000)) if opportunity_id else None
    return message("Did you mean {near}?", near=near) if near else "Search for it by its name or its account's."


def _words(text: str | None) -> str | None:
    return text.replace("_", " ").capitalize() if text else None


def _day(day: date | None) -> str | None:
    return f"{day:%d %B %Y}" if day else None


def _due(close_on: date | None, as_of: date) -> str:
    if close_on is None:
        return "with no expected close"
    late = (as_of - close_on).days
    return message("due {close_on:%d %B %Y}", close_on=close_on) + (
        message(" and {days} overdue", days=counted(late, "day")) if late > 0 else ""
    )


def _ago(days: int) -> str:
    return "today" if days == 0 else message("{days} ago", days=counted(days, "day"))
