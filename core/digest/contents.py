"""What a weekly summary says: the number and its change, deals slipped and lost, commits, accounts, tasks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import polars as pl

from core.charts import deal_page, page_tables
from core.charts.page_tables import PageTable
from core.config import Settings
from core.contracts import Dataset
from core.contracts.amount_visibility import spoken, without_sums
from core.contracts.errors import ContractError, QuarterdeckError
from core.features import accounts
from core.forecasts import quarter_walk
from core.localization import joined, message
from core.metrics import customer_health, flow
from core.metrics.deal_events import DELETED, LOST, WON, at, tracks
from core.metrics.deal_facts import with_people
from core.metrics.deal_scope import people
from core.metrics.measure import counted, money
from core.models import outlook
from core.models.bundle import Bundle

WEEK, MOST = 7, 10
COMMIT = "commit"
ENDS = {WON: "won", LOST: "lost", DELETED: "deleted"}
Task = tuple[str, str, date]
TASKS = {"what": pl.String, "who": pl.String, "due_on": pl.Date}
LABELS = {
    "opportunity_name": "Deal",
    "account_name": "Account",
    "owner": "Owner",
    "reason": "Why",
    "moved_amount": "Moved",
    "change_amount": "Change",
    "day": "On",
    "amount": "Amount",
    "close_on": "Expected close",
    "was": "Before",
    "now": "Now",
    "what": "Task",
    "who": "Who",
    "due_on": "Due",
    "mrr_amount": "A month",
    "by_hand": "Health",
    "next_step": "Next step",
}


@dataclass(frozen=True)
class Plan:
    """How somebody wants to be told.

    Attributes
    ----------
    person : str
        Whom it is for, as a name; empty for everybody.
    scope : str
        What it speaks of, in words.
    limit_amount : float
        Deals slipped or lost count from this amount on; 0 or more.
    days : int
        How far it looks back; 1 to 92.
    """

    person: str = ""
    scope: str = "The whole company"
    limit_amount: float = 50_000.0
    days: int = WEEK

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        Raises
        ------
        ContractError
        """
        if self.limit_amount < 0 or not 1 <= self.days <= 92:
            raise ContractError(
                "A digest looks back 1 to 92 days and its limit is no negative amount.", mend="Correct the set-up."
            )


@dataclass(frozen=True)
class Section:
    """One part: a heading, a sentence, and perhaps a chart and a table."""

    title: str
    text: str
    table: PageTable | None = None
    chart: dict[str, Any] | None = None


@dataclass(frozen=True)
class Digest:
    """A summary as of one day.

    Attributes
    ----------
    plan : Plan
    company, source : str
    as_of, since : date
    sections : tuple of Section
    """

    plan: Plan
    company: str
    source: str
    as_of: date
    since: date
    sections: tuple[Section, ...] = field(default_factory=tuple)

    @property
    def title(self) -> str:
        """Return the subject: the company, what it speaks of and the day."""
        return f"{self.company}: {self.plan.scope}, {self.as_of:%d %B %Y}"

    @property
    def frame(self) -> pl.DataFrame:
        """Return the sections' sentences as a table: [section, text]."""
        rows = [(section.title, section.text) for section in self.sections]
        return pl.DataFrame(rows, schema={"section": pl.String, "text": pl.String}, orient="row")

    def sentence(self) -> str:
        """Return the first section's sentence, which holds the number."""
        return self.sections[0].text


def digest(
    data: Dataset, settings: Settings, bundle: Bundle, plan: Plan | None = None, tasks: tuple[Task, ...] = ()
) -> Digest:
    """Put a weekly summary together.

    Parameters
    ----------
    data : Dataset
        Already cut to what the reader may see and to the scope it speaks of.
    settings : Settings
    bundle : Bundle
    plan : Plan, optional
    tasks : tuple of (str, str, date)
        What is due, whose it is, and when, from what people saved.

    Returns
    -------
    Digest
        A part that cannot be worked out says why in its own place, and the others stand.
    """
    plan = plan or Plan()
    since = data.as_of - timedelta(days=plan.days)
    parts = [
        ("The number", lambda: _number(data, settings, bundle, plan)),
        ("Slipped and lost", lambda: _slipped(data, settings, plan, since)),
        ("Commits that moved", lambda: _commits(data, settings, since)),
        ("Accounts that turned red", lambda: _red(data, settings, since)),
        ("Due next", lambda: _due(data, tasks)),
    ]
    sections = tuple(_told(title, make, data.amounts) for title, make in parts)
    return Digest(plan, settings.company, data.source, data.as_of, since, sections)


def _told(title: str, make: Any, amounts: str) -> Section:
    try:
        text, frame, names, currency, chart = make()
    except QuarterdeckError as error:
        return Section(title, str(error))
    text, frame = spoken(text, amounts), without_sums(frame, amounts)
    shown = page_tables.shown(frame.head(MOST), LABELS, list(names), currency) if frame.height else None
    more = message(" The {most} largest are listed.", most=MOST) if frame.height > MOST else ""
    return Section(title, f"{text}{more}", shown, chart)


def _number(data: Dataset, settings: Settings, bundle: Bundle, plan: Plan) -> Any:
    now = outlook.current(data, settings, bundle)
    walk = quarter_walk.walk(data, settings, bundle, plan.days)
    names = ("opportunity_name", "account_name", "owner", "reason", "change_amount")
    chart = deal_page.moves(walk.frame, settings.currency).to_dict()
    return joined(now.sentence(), walk.sentence()), walk.deals, names, settings.currency, chart


def _slipped(data: Dataset, settings: Settings, plan: Plan, since: date) -> Any:
    window = (since, data.as_of, "company", None, "this quarter")
    parts = [flow.deals(data, settings, step, *window).frame.with_columns(reason=pl.lit(step)) for step in _ways()]
    rows = pl.concat(parts, how="diagonal_relaxed").filter(pl.col("moved_amount").abs() >= plan.limit_amount)
    rows = with_people(data, settings, rows.rename({"owner_after": "owner"}, strict=False))
    rows = rows.sort(pl.col("moved_amount").abs(), "opportunity_id", descending=[True, False])
    limit = money(plan.limit_amount, settings.currency)
    if rows.is_empty():
        text = message(
            "No deal of {limit} or more was lost or put off beyond the quarter since {since:%d %B}.",
            limit=limit,
            since=since,
        )
    else:
        worth = money(float(rows["moved_amount"].abs().sum()), settings.currency)
        many = "was" if rows.height == 1 else "were"
        deals = counted(rows.height, "deal")
        text = message(
            "{deals} of {limit} or more {many} lost or put off beyond the quarter since {since:%d %B}: {worth}.",
            deals=deals,
            limit=limit,
            many=many,
            since=since,
            worth=worth,
        )
    return text, rows, ("opportunity_name", "account_name", "owner", "reason", "moved_amount"), settings.currency, None


def _ways() -> Iterator[str]:
    yield from ("Lost", "Pushed out")


def _commits(data: Dataset, settings: Settings, since: date) -> Any:
    track = tracks(data, settings)
    shown = ("opportunity_id", "category", "cents", "close_on", "state")
    before = at(track, since).filter(pl.col("category").cast(pl.String) == COMMIT).select(shown)
    now = track.filter(pl.col("day") <= data.as_of).unique("opportunity_id", keep="last", maintain_order=True)
    both = before.join(now.select(shown), on="opportunity_id", suffix="_now")
    moved = both.filter(
        pl.col("category").cast(pl.String).ne_missing(pl.col("category_now").cast(pl.String))
        | pl.col("cents").ne_missing(pl.col("cents_now"))
        | pl.col("close_on").ne_missing(pl.col("close_on_now"))
        | (pl.col("state") != pl.col("state_now"))
    )
    named = moved.join(data.opportunities.select("opportunity_id", "opportunity_name"), on="opportunity_id")
    rows = with_people(data, settings, named).with_columns(
        amount=pl.col("cents_now") / 100, was=_state(""), now=_state("_now")
    )
    rows = rows.sort("amount", "opportunity_id", descending=[True, False], nulls_last=True)
    n = before.height
    text = message(
        "Of {deals} in commit on {since:%d %B}, {height:,} moved or closed.",
        deals=counted(n, "deal"),
        since=since,
        height=rows.height,
    )
    names = ("opportunity_name", "account_name", "owner", "amount", "was", "now")
    return text, rows, names, settings.currency, None


def _state(side: str) -> pl.Expr:
    """Return a deal's state in words: won, lost, or its category, amount and expected close."""
    ended = pl.col(f"state{side}").replace_strict(
        {1: "won", 2: "lost", 3: "deleted"}, default=None, return_dtype=pl.String
    )
    category = pl.col(f"category{side}").cast(pl.String).fill_null("no category").str.replace("_", " ")
    due = pl.col(f"close_on{side}").dt.strftime("%d %b").fill_null("no date")
    amount = (pl.col(f"cents{side}") / 100).round(0).cast(pl.Int64).cast(pl.String).fill_null("no amount")
    return ended.fill_null(pl.format("{}, {}, {}", category, amount, due))


def _red(data: Dataset, settings: Settings, since: date) -> Any:
    now, then = (customer_health.by_hand(accounts.build(data, day, settings), settings) for day in (data.as_of, since))
    red = now.filter(pl.col("band") == "red").join(
        then.filter(pl.col("band") == "red").select("account_id"), on="account_id", how="anti"
    )
    paid = data.subscriptions.filter(pl.col("ended_on").is_null() | (pl.col("ended_on") > data.as_of))
    rows = (
        red.join(data.accounts.select("account_id", "account_name", owner=_owner(data)), on="account_id")
        .join(paid.group_by("account_id").agg(pl.col("mrr_amount").sum()), on="account_id", how="left")
        .sort("mrr_amount", "account_id", descending=[True, False], nulls_last=True)
    )
    worth = money(float(rows["mrr_amount"].sum()), settings.currency)
    text = message(
        "{accounts} turned red since {since:%d %B}, with {worth} a month.",
        accounts=counted(rows.height, "account"),
        since=since,
        worth=worth,
    )
    if rows.is_empty():
        text = message("No account has turned red since {since:%d %B}.", since=since)
    return text, rows, ("account_name", "owner", "by_hand", "mrr_amount"), settings.currency, None


def _owner(data: Dataset) -> pl.Expr:
    return pl.col("owner_id").replace(people(data))


def _due(data: Dataset, tasks: tuple[Task, ...]) -> Any:
    end = data.as_of + timedelta(days=WEEK)
    title = pl.coalesce("opportunity_name", "opportunity_id")
    deals = data.opportunities.filter(~pl.col("is_closed"), pl.col("close_on") <= end).select(
        what=pl.when(pl.col("next_step").is_not_null()).then(pl.format("{}: {}", title, "next_step")).otherwise(title),
        who=_owner(data),
        due_on="close_on",
    )
    saved = pl.DataFrame(tasks, schema=TASKS, orient="row").filter(pl.col("due_on") <= end)
    rows = pl.concat([saved, deals.cast(TASKS)]).sort("due_on", "what")  # type: ignore[arg-type]
    late = rows.filter(pl.col("due_on") < data.as_of).height
    text = message(
        "{things} to do by {end:%d %B}, {late:,} of them overdue: deals due and tasks.",
        things=counted(rows.height, "thing"),
        end=end,
        late=late,
    )
    return text, rows, ("what", "who", "due_on"), "", None
