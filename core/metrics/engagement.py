"""What happens with one account: its usage, tickets, mood and contract by month, and its timeline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from core import marts
from core.config import Settings
from core.config.calendar import add_months
from core.contracts import Dataset
from core.contracts.errors import QuarterdeckError, closest
from core.contracts.spans import line_runs
from core.localization import joined, message, message_plural
from core.marts.exact import exact_sum
from core.metrics.deal_scope import people
from core.metrics.measure import counted, growth_rate, money, percent

MONTHS = 24
CLEAR_MOOD = 0.15
KINDS = ("Deal", "Contract", "Meeting", "Call", "Mail", "Ticket")
_EVENTS = {"on": pl.Date, "kind": pl.String, "what": pl.String, "amount": pl.Float64, "sentiment_score": pl.Float64}


@dataclass(frozen=True)
class Account:
    """One account, all round.

    Attributes
    ----------
    account_id, name : str
    facts : dict of str to str
        What is known of it, in words.
    events : pl.DataFrame
        [on, kind, what, amount, sentiment_score], latest first: deals opened, won and lost, contract lines
        begun and ended, and the latest 5,000 meetings, calls, mails and tickets.
    months : pl.DataFrame
        [month, mrr_amount, usage, n_tickets, n_meetings, sentiment, ticket_sentiment] of the last 24
        months, each named by its last day; usage and moods null in a month without readings.
    deals : pl.DataFrame
        Its deals, latest first.
    contract : pl.DataFrame
        Its contract lines that run, with the product.
    currency : str
    """

    account_id: str
    name: str
    facts: dict[str, str]
    events: pl.DataFrame
    months: pl.DataFrame
    deals: pl.DataFrame
    contract: pl.DataFrame
    currency: str

    @property
    def frame(self) -> pl.DataFrame:
        """Return the timeline."""
        return self.events

    def of(self, kinds: list[str]) -> pl.DataFrame:
        """Return the events of some kinds; of all where none is named."""
        return self.events.filter(pl.col("kind").is_in(kinds)) if kinds else self.events

    def sentence(self) -> str:
        """Say what it pays, what is open, and how the last quarter went."""
        paid = float(self.contract["mrr_amount"].sum())
        live = self.deals.filter(~pl.col("is_closed"))
        parts = [
            message(
                "pays {paid} a month on {contracts}",
                paid=money(paid, self.currency),
                contracts=counted(self.contract.height, "contract line"),
            )
            if paid
            else "pays nothing today"
        ]
        if live.height:
            worth = money(float(live["amount"].sum()), self.currency)
            parts.append(
                message_plural(
                    "has {n} open deal of {worth}", "has {n} open deals of {worth}", live.height, worth=worth
                )
            )
        late = self.months.tail(3)
        parts.append(
            message(
                "had {meetings} and {supports} in three months",
                meetings=counted(int(late["n_meetings"].sum()), "meeting"),
                supports=counted(int(late["n_tickets"].sum()), "support ticket"),
            )
        )
        return message("{name} {parts}.", name=self.name, parts=joined(*parts, by=", "))

    def fact_table(self) -> pl.DataFrame:
        """Return the facts as a table: [Fact, Value]."""
        return pl.DataFrame({"Fact": list(self.facts), "Value": list(self.facts.values())}, schema=_FACTS)

    def deal_sentence(self) -> str:
        """Say how many deals there are, how many were won, and what is open."""
        if self.deals.is_empty():
            return "No deal with this account is on record."
        live, won = self.deals.filter(~pl.col("is_closed")), self.deals.filter("is_won")
        return message(
            "{deals}: {height:,} won with {sum}, {height_2:,} open with {sum_2}.",
            deals=counted(self.deals.height, "deal"),
            height=won.height,
            sum=money(float(won["amount"].sum()), self.currency),
            height_2=live.height,
            sum_2=money(float(live["amount"].sum()), self.currency),
        )

    def latest(self) -> str:
        """Say what happened last."""
        if self.events.is_empty():
            return "Nothing is on record for this account."
        last = self.events.row(0, named=True)
        what = f": {last['what']}" if last["what"] else ""
        return message(
            "Last, on {on:%d %B %Y}, {kind}{what}; {events}.",
            on=last["on"],
            kind=last["kind"].lower(),
            what=what,
            events=counted(self.events.height, "event"),
        )

    def trend(self) -> str:
        """Compare the last three months with the three before."""
        late, before = self.months.tail(3), self.months.slice(-6, 3)
        used, was = (float(part["usage"].sum()) for part in (late, before))
        moved = growth_rate(used, was)
        usage = (
            "no usage readings to compare"
            if moved is None
            else message("usage {moved}", moved=percent(moved, sign=True))
        )
        tickets = [int(part["n_tickets"].sum()) for part in (late, before)]
        moods = [_mean(part["ticket_sentiment"]) for part in (late, before)]
        words = [sentiment_word(mood) for mood in moods]
        mood = (
            message(", ticket sentiment {words} (was {words_2})", words=words[0], words_2=words[1])
            if None not in moods
            else ""
        )
        return message(
            "Last three months vs the three before: {usage}, tickets {tickets} (was {tickets_2}){mood}.",
            usage=usage,
            tickets=tickets[0],
            tickets_2=tickets[1],
            mood=mood,
        )


def sentiment_word(mood: float | None) -> str:
    """Name a mean sentiment of tickets in [-1, 1].

    Examples
    --------
    >>> sentiment_word(-0.27), sentiment_word(0.05), sentiment_word(0.4), sentiment_word(None)
    ('negative', 'neutral', 'positive', 'not known')
    """
    if mood is None:
        return "not known"
    return "negative" if mood <= -CLEAR_MOOD else "positive" if mood >= CLEAR_MOOD else "neutral"


def _mean(values: pl.Series) -> float | None:
    filled = values.drop_nulls()
    return float(filled.sum()) / filled.len() if filled.len() else None


def names(data: Dataset, settings: Settings) -> dict[str, str]:
    """Return the name of every account by its id, those that pay most first."""
    paid = data.subscriptions.filter(line_runs(data.as_of)).group_by("account_id").agg(pl.col("mrr_amount").sum())
    rows = data.accounts.join(paid, on="account_id", how="left").sort(
        "mrr_amount", "account_id", descending=[True, False], nulls_last=True
    )
    return dict(rows.select("account_id", "account_name").iter_rows())


_FACTS = {"Fact": pl.String, "Value": pl.String}


def account(data: Dataset, settings: Settings, account_id: str) -> Account:
    """Everything known about one account up to the as-of date.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    account_id : str

    Raises
    ------
    QuarterdeckError
        When there is no such account; the closest one is named.
    """
    row = data.accounts.filter(pl.col("account_id") == account_id)
    if row.is_empty():
        near = closest(account_id, data.accounts["account_id"])
        mend = message("Did you mean {near}?", near=near) if near else "Choose one from a list on this page."
        raise QuarterdeckError(message("There is no account {account_id}.", account_id=account_id), mend=mend)
    own = pl.col("account_id") == account_id
    record = row.to_dicts()[0]
    deals = data.opportunities.filter(own & ((pl.col("created_on") <= data.as_of) | pl.col("created_on").is_null()))
    lines = data.subscriptions.filter(own).join(
        data.products.select("product_id", "product_name"), on="product_id", how="left"
    )
    days = marts.of(data).account_activity_days.filter(own)
    until = pl.col("occurred_at").dt.date() <= data.as_of
    done = marts.raw_page(data, "activities", own & until & (pl.col("kind") != "usage"), "occurred_at")
    running = lines.filter(line_runs(data.as_of)).sort("mrr_amount", descending=True)
    owner = pl.col("owner_id").replace(people(data))
    shown = ["opportunity_id", "opportunity_name", "stage", "amount", "created_on", "close_on", "is_closed", "is_won"]
    return Account(
        account_id,
        str(record["account_name"] or account_id),
        _facts(record, data),
        _events(deals, lines, done, data.as_of),
        _months(data, account_id, days),
        deals.sort("created_on", descending=True, nulls_last=True).select(*shown, owner=owner),
        running.select("subscription_id", "product_name", "mrr_amount", "started_on", "renewal_on"),
        settings.currency,
    )


def _mood(which: pl.Expr) -> pl.Expr:
    n_sentiments = pl.col("n_sentiments").filter(which).sum()
    return pl.when(n_sentiments > 0).then(exact_sum(pl.col("sentiment_sum").filter(which)) / n_sentiments)


def _facts(record: dict[str, Any], data: Dataset) -> dict[str, str]:
    owner = data.sales_team.filter(pl.col("rep_id").eq_missing(pl.lit(record["owner_id"], pl.String)))["rep_name"]
    people = f"{record['employee_count']:,}" if record["employee_count"] is not None else None
    since = f"{record['customer_since_on']:%B %Y}" if record["customer_since_on"] else None
    facts = {
        "Segment": record["segment"],
        "Region": record["region"],
        "Industry": record["industry"],
        "People": people,
        "Owner": owner[0] if owner.len() else record["owner_id"],
        "Customer since": since,
    }
    return {k: str(v) for k, v in facts.items() if v is not None}


def _events(deals: pl.DataFrame, lines: pl.DataFrame, done: pl.DataFrame, as_of: date) -> pl.DataFrame:
    title = pl.coalesce("opportunity_name", "opportunity_id")
    product = pl.coalesce("product_name", pl.lit("Contract"))
    ended = pl.when("is_won").then(pl.format("Won: {}", title)).otherwise(pl.format("Lost: {}", title))
    outcome = pl.when(pl.col("outcome").is_not_null()).then(pl.format("{}", "outcome")).otherwise(pl.lit(""))
    opened, begins, ends = (
        pl.format("Opened: {}", title),
        pl.format("Begins: {}", product),
        pl.format("Ends: {}", product),
    )

    def rows(frame: pl.DataFrame, on: str, kind: str, what: pl.Expr, amount: pl.Expr) -> pl.DataFrame:
        return frame.select(
            on=on, kind=pl.lit(kind), what=what, amount=amount, sentiment_score=pl.lit(None, pl.Float64)
        )

    paid = pl.col("mrr_amount")
    parts = [
        rows(deals, "created_on", "Deal", opened, pl.col("amount")),
        rows(deals.filter("is_closed"), "close_on", "Deal", ended, pl.col("amount")),
        rows(lines, "started_on", "Contract", begins, paid),
        rows(lines, "ended_on", "Contract", ends, -paid),
        done.select(
            on=pl.col("occurred_at").dt.date(),
            kind=pl.col("kind").str.to_titlecase(),
            what=outcome,
            amount=pl.lit(None, pl.Float64),
            sentiment_score="sentiment_score",
        ),
    ]
    events = pl.concat([p.cast(_EVENTS) for p in parts]).filter(pl.col("on") <= as_of)  # type: ignore[arg-type]
    return events.sort("on", "kind", "what", descending=[True, False, False])


def _months(data: Dataset, account_id: str, days: pl.DataFrame) -> pl.DataFrame:
    """Return sums and means over months that end on the as-of day of each month, so that none is cut off."""
    ends = [add_months(data.as_of, -m) for m in range(MONTHS, -1, -1)]
    months = pl.DataFrame({"month": ends[1:]}).set_sorted("month")
    rows = days.filter(pl.col("on") > ends[0]).sort("on")
    ticket, met, used = (pl.col("kind") == k for k in ("ticket", "meeting", "usage"))
    sums = (
        rows.join_asof(months.with_columns(end="month"), left_on="on", right_on="end", strategy="forward")
        .group_by("month")
        .agg(
            usage=exact_sum(pl.col("quantity_sum").filter(used)),
            n_usage=used.sum(),
            n_tickets=pl.col("n_activities").filter(ticket).sum().cast(pl.Int64),
            n_meetings=pl.col("n_activities").filter(met).sum().cast(pl.Int64),
            sentiment=_mood(~ticket & ~used),
            ticket_sentiment=_mood(ticket),
        )
    )
    lines = data.subscriptions.filter(pl.col("account_id") == account_id)
    mrr = [float(lines.filter(line_runs(end))["mrr_amount"].sum()) for end in ends[1:]]
    joined = months.with_columns(mrr_amount=pl.Series(mrr, dtype=pl.Float64)).join(sums, on="month", how="left")
    return joined.sort("month").select(
        "month",
        "mrr_amount",
        usage=pl.when(pl.col("n_usage") > 0).then("usage"),
        n_tickets=pl.col("n_tickets").fill_null(0),
        n_meetings=pl.col("n_meetings").fill_null(0),
        sentiment="sentiment",
        ticket_sentiment="ticket_sentiment",
    )
