"""Forecast calls: what managers say, what lies below them, and the system's number beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from core import marts
from core.config import Settings
from core.config.calendar import add_quarters, quarter_end, quarter_label, quarter_start
from core.contracts import Dataset
from core.contracts.amount_visibility import needs_amounts
from core.contracts.errors import StoreError
from core.formats import long_day
from core.localization import message
from core.metrics import hierarchy
from core.metrics.measure import money
from core.models import outlook
from core.models.bundle import Bundle
from core.sources import sample_titles

if TYPE_CHECKING:
    from core.store import Store

ACTIONS = (
    "forecast call saved",
    "review of the deal saved",
    "decision on the forecast call saved",
    "reminder of the forecast call queued",
)
AMOUNTS = ("commit_amount", "best_case_amount", "pipeline_amount")
EDITS = {
    "opportunity_id": pl.String,
    "forecast_category": pl.String,
    "call_amount": pl.Float64,
    "note": pl.String,
    "version": pl.Int64,
    "author": pl.String,
}
CALLS = {
    "manager_id": pl.String,
    "period_start_on": pl.Date,
    "called_on": pl.Date,
    "commit_amount": pl.Float64,
    "best_case_amount": pl.Float64,
    "pipeline_amount": pl.Float64,
    "note": pl.String,
    "version": pl.Int64,
    "author": pl.String,
}


def book(data: Dataset) -> str:
    """Return the name under which calls and reviews of this data are kept."""
    return data.source[:200]


def kept(data: Dataset, store: Store) -> pl.DataFrame:
    """Return every call ever submitted for this data, oldest first; nothing is written.

    Parameters
    ----------
    data : Dataset
    store : Store
        An open database.

    Returns
    -------
    pl.DataFrame
        [manager_id, period_start_on, version, called_on, commit_amount, best_case_amount,
        pipeline_amount, note, system_amount, system_lower, system_upper, author, saved_at].
    """
    return store.calls.all(book(data))


def seed_sample(data: Dataset, settings: Settings, store: Store) -> None:
    """Lay down the past calls of the sample company's managers, once, with the author "sample".

    Nothing happens for other data, and where a call is kept already.
    """
    name = book(data)
    if not sample_titles.is_sample(name) or data.is_transient or store.calls.count(name):
        return
    from core.sample.calls import past_calls

    company = replace(data.company, opportunity_history=marts.of(data.company).deal_states)
    store.calls.seed(name, past_calls(company, settings), "sample")


def reviewed(data: Dataset, store: Store) -> pl.DataFrame:
    """Return what reviews of this data say of deals, the newest version of each, from an open database.

    Returns
    -------
    pl.DataFrame
        [opportunity_id, edited_on, forecast_category, call_amount, note, version, author, saved_at].
    """
    return store.deal_edits.newest(book(data))


def publish(data: Dataset, settings: Settings, bundle: Bundle, store: Store) -> int:
    """Keep the system's numbers as those published for the as-of date; the first of a date stay.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    bundle : Bundle
    store : Store
        An open database, which is written to.

    Returns
    -------
    int
        How many numbers were added.
    """
    forecast = outlook.current(data, settings, bundle)
    if data.is_transient or forecast.frame.is_empty():
        return 0
    return store.snapshots.keep(book(data), data.as_of, forecast.frame)


def periods(data: Dataset, settings: Settings) -> list[date]:
    """Return the first days of the quarters that can be called: the running one and the next."""
    return [quarter_start(data.as_of, settings), add_quarters(data.as_of, 1, settings)]


def deadline(period: date, settings: Settings) -> date:
    """Return the last day on which a quarter can be called."""
    return quarter_end(period, settings) - timedelta(days=settings.calls.lock_days_before_end)


def check_open(data: Dataset, settings: Settings, period: date) -> None:
    """Raise when a quarter can no longer, or not yet, be called.

    Raises
    ------
    StoreError
    """
    label = quarter_label(period, settings)
    if period not in periods(data, settings):
        raise StoreError(
            message("{label} cannot be forecast now.", label=label), mend="Choose the running quarter or the next."
        )
    last = deadline(period, settings)
    if data.as_of > last:
        raise StoreError(
            message("Forecasts for {label} closed on {last}.", label=label, last=long_day(last)),
            mend="The forecasts submitted until then stay as they are.",
        )
    check_kept(data)


def check_kept(data: Dataset) -> None:
    """Raise when calls and reviews of this data are not kept.

    Raises
    ------
    StoreError
        For data of one session, and where names are hidden.
    """
    if data.is_transient:
        raise StoreError(
            "This data was uploaded for your session only, so forecasts and reviews of it are not saved.",
            mend="Name the folder in the settings to keep a record.",
        )
    if data.is_masked:
        raise StoreError(
            "Names are hidden, so forecasts and reviews are neither shown nor saved.", mend="Show the names to go on."
        )


def check_values(values: Mapping[str, Any]) -> None:
    """Raise when a call does not hold together.

    Raises
    ------
    StoreError
        Without a commit, or when commit ≤ best case ≤ pipeline does not hold.
    """
    commit, best, whole = (values[name] for name in AMOUNTS)
    if commit is None:
        raise StoreError("A forecast needs a commit.", mend="Enter the amount you commit to.")
    for low, high, names in (
        (commit, best, "best case is below commit"),
        (best or commit, whole, "pipeline is below best case"),
    ):
        if high is not None and high < low:
            raise StoreError(
                message("The {names}.", names=names),
                mend="Each is the whole quarter's amount: commit, best case, pipeline, rising.",
            )


def changes(data: Dataset, audit: pl.DataFrame, most: int = 100) -> pl.DataFrame:
    """Return the newest changes of calls and reviews in the audit log, of this data's people and deals.

    Parameters
    ----------
    data : Dataset
    audit : pl.DataFrame
        As `store.audit.newest` gives it.
    most : int
    """
    mine = pl.concat([data.sales_team["rep_id"], data.opportunities["opportunity_id"]]).unique().implode()
    ours = pl.col("action").is_in(ACTIONS)
    return audit.filter(ours & pl.col("target").str.split(" ").list.first().is_in(mine)).head(most)


def newest(calls: pl.DataFrame, period: date, until: date | None = None) -> pl.DataFrame:
    """Return the last call of each manager for a quarter, as it stood on a day."""
    mine = calls.filter(pl.col("period_start_on") == period)
    if until is not None:
        mine = mine.filter(pl.col("called_on") <= until)
    return mine.sort("version").group_by("manager_id", maintain_order=True).last()


@dataclass(frozen=True)
class Rollup:
    """Calls along the hierarchy.

    Attributes
    ----------
    frame : pl.DataFrame
        [person_id, person_name, role, depth, manager_id, closed_amount, deals_commit_amount,
        deals_best_case_amount, deals_pipeline_amount, commit_amount, best_case_amount,
        pipeline_amount, below_amount, system_amount, note, called_on, version], in the order of an
        outline. Deals of nobody in the team stand in a last row.
    period : date
    label : str
    currency : str
    system : dict
        amount, lower, upper of the system for the whole company; None where it has none.
    """

    frame: pl.DataFrame
    period: date
    label: str
    currency: str
    system: dict[str, float | None]

    @property
    def leaders(self) -> pl.DataFrame:
        """Return the rows of those who lead somebody, and of deals that are nobody's."""
        return self.frame.filter(pl.col("is_leader"))

    def of(self, person: str) -> dict[str, object]:
        """Return the row of one person."""
        rows = self.frame.filter(pl.col("person_id") == person).to_dicts()
        if not rows:
            raise StoreError(
                message("There is nobody with the id {person!r} in the team.", person=person),
                mend="Choose another manager.",
            )
        return rows[0]

    def sentence(self) -> str:
        """Say what is called for the quarter, how that compares with the system, and who has not called."""
        leaders = self.frame.filter(pl.col("is_leader") & (pl.col("person_id") != hierarchy.NOBODY))
        if leaders.is_empty():
            return "Nobody leads a team in this data, so nobody can submit a forecast."
        first = leaders.filter(pl.col("role") == "manager")
        first = first if first.height else leaders
        called = first.filter(pl.col("commit_amount").is_not_null())
        if called.is_empty():
            return message("No manager has submitted a forecast for {label} yet.", label=self.label)
        total = float(called["commit_amount"].sum())
        who = message(
            "{height} of {height_2} managers have submitted for {label}",
            height=called.height,
            height_2=first.height,
            label=self.label,
        )
        text = message("{who}: {total} commit in total", who=who, total=money(total, self.currency))
        system = self.system["amount"]
        if system is None:
            return f"{text}."
        if called.height < first.height:
            return message(
                "{text}; the model forecast for all of them is {system}.",
                text=text,
                system=money(system, self.currency),
            )
        gap = total - system
        side = "above" if gap >= 0 else "below"
        lower, upper = self.system["lower"], self.system["upper"]
        inside = lower is not None and upper is not None and lower <= total <= upper
        return (
            message(
                "{text}, {gap} {side} the model forecast of {system} and inside its likely range of "
                "{lower} to {upper}.",
                text=text,
                gap=money(abs(gap), self.currency),
                side=side,
                system=money(system, self.currency),
                lower=money(lower, self.currency),
                upper=money(upper, self.currency),
            )
            if inside
            else message(
                "{text}, {gap} {side} the model forecast of {system} and outside its likely range of "
                "{lower} to {upper}.",
                text=text,
                gap=money(abs(gap), self.currency),
                side=side,
                system=money(system, self.currency),
                lower=money(lower, self.currency),
                upper=money(upper, self.currency),
            )
        )


@needs_amounts
def rollup(
    data: Dataset,
    settings: Settings,
    bundle: Bundle,
    calls: pl.DataFrame,
    edits: pl.DataFrame,
    period: date | None = None,
    seen: outlook.Outlook | None = None,
) -> Rollup:
    """Managers' forecasts rolled up along the hierarchy, beside the deals and the model forecast.

    Each leader has three numbers that never overwrite each other: the own call; the roll-up, which
    adds the calls of those who report to the leader (a rep, and a leader without a call, counts with
    what lies below); and the system's, the part of the forecast that the deals under the leader make
    up. Deals count closed + commit, + best case, + pipeline, for those due by the end of the running
    quarter or in the next, in the category a review gave them and with the amount it called; the
    deals themselves stay as they are. Deals not yet created, and what past forecasts missed by, are shared out like the
    open ones, so that all of the model's parts add up to its forecast.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    bundle : Bundle
    calls : pl.DataFrame
        As `kept` gives them.
    edits : pl.DataFrame
        [opportunity_id, forecast_category, call_amount]: what reviews said of deals, as `reviewed` gives it.
    period : date, optional
        First day of the quarter; default the running one.
    seen : Outlook, optional
        The system's outlook of the data's day, where it is not that of the bundle.

    Returns
    -------
    Rollup
    """
    begin = period or quarter_start(data.as_of, settings)
    team = hierarchy.people(data, data.as_of)
    runs = begin == quarter_start(data.as_of, settings)
    forecast = (seen or outlook.current(data, settings, bundle)) if runs else None
    own = _own(data, settings, team, edits, begin)
    own = own.join(_expected(data, own, forecast), on="person_id", how="left").with_columns(
        system_amount=pl.lit(None, pl.Float64)
        if forecast is None
        else pl.col("closed_amount") + pl.col("ahead_amount").fill_null(0.0)
    )
    sums = ("closed_amount", *(f"deals_{name}" for name in AMOUNTS), "system_amount")
    under = hierarchy.chains(team).join(own, on="person_id").group_by("leader_id").agg(pl.col(sums).sum())
    if forecast is None:
        under = under.with_columns(system_amount=pl.lit(None, pl.Float64))
    latest = newest(calls, begin).select(
        pl.col("manager_id").alias("person_id"), *AMOUNTS, "note", "called_on", "version", "author"
    )
    frame = (
        team.join(under, left_on="person_id", right_on="leader_id", how="left")
        .join(latest, on="person_id", how="left")
        .with_columns(
            is_leader=is_leader(team),
            version=pl.col("version").fill_null(0),
        )
        .sort("place")
    )
    frame = frame.with_columns(_below(frame, own))
    stray = own.filter(pl.col("person_id") == hierarchy.NOBODY)
    if stray.select(pl.sum_horizontal(pl.col(sums)).abs().sum()).item():
        frame = pl.concat([frame, _nobody(stray, frame.height)], how="diagonal_relaxed")
    return Rollup(frame, begin, quarter_label(begin, settings), settings.currency, _system(forecast))


def is_leader(team: pl.DataFrame) -> pl.Expr:
    """Return whether somebody of a team leads others, or is no rep: such people submit forecasts."""
    return pl.col("person_id").is_in(team["manager_id"].drop_nulls().implode()) | (pl.col("role") != "rep")


def _nobody(stray: pl.DataFrame, position: int) -> pl.DataFrame:
    return stray.with_columns(
        person_name=pl.lit("Deals of nobody in the team"),
        role=pl.lit("rep"),
        depth=pl.lit(0, pl.Int64),
        place=pl.lit(position, pl.Int64),
        is_leader=pl.lit(value=True),
        version=pl.lit(0, pl.Int64),
        below_amount=pl.col("deals_commit_amount"),
    )


def _below(frame: pl.DataFrame, own: pl.DataFrame) -> pl.Series:
    """Return what adds up below each person, own deals in, from the last row of the outline to the first."""
    deals = dict(own.select("person_id", "deals_commit_amount").iter_rows())
    sums: dict[str, float] = {}
    out: list[float] = []
    for person, boss, call in frame.select("person_id", "manager_id", "commit_amount").reverse().iter_rows():
        value = sums.get(person, 0.0) + float(deals[person])
        out.append(value)
        if boss is not None:
            sums[boss] = sums.get(boss, 0.0) + (value if call is None else float(call))
    return pl.Series("below_amount", out[::-1], dtype=pl.Float64)


def _own(data: Dataset, settings: Settings, team: pl.DataFrame, edits: pl.DataFrame, begin: date) -> pl.DataFrame:
    """Return what each person's own deals bring: closed, and closed with each category added."""
    end = quarter_end(begin, settings)
    deals = data.opportunities.with_columns(person_id=_person(team))
    closed = deals.filter("is_won", pl.col("close_on").is_between(begin, min(end, data.as_of)))
    overrides = edits.select("opportunity_id", said="forecast_category", called="call_amount")
    first = begin if begin > data.as_of else date.min
    due = deals.filter(~pl.col("is_closed"), pl.col("close_on").is_between(first, end))
    due = due.join(overrides, on="opportunity_id", how="left")
    category, worth = pl.coalesce("said", "forecast_category"), pl.coalesce("called", "amount").fill_null(0.0)
    part = {k: worth.filter(category == k).sum() for k in ("commit", "best_case", "pipeline")}
    everybody = pl.DataFrame({"person_id": [*team["person_id"], hierarchy.NOBODY]})
    whole = (
        everybody.join(
            closed.group_by("person_id").agg(closed_amount=pl.col("amount").sum()), on="person_id", how="left"
        )
        .join(due.group_by("person_id").agg(**part), on="person_id", how="left")
        .with_columns(pl.all().exclude("person_id").fill_null(0.0))
    )
    commit = pl.col("closed_amount") + pl.col("commit")
    return whole.select(
        "person_id",
        "closed_amount",
        deals_commit_amount=commit,
        deals_best_case_amount=commit + pl.col("best_case"),
        deals_pipeline_amount=commit + pl.col("best_case") + pl.col("pipeline"),
    )


def _person(team: pl.DataFrame) -> pl.Expr:
    """Return a deal's owner, or nobody where the owner is not in the team."""
    return (
        pl.when(pl.col("owner_id").is_in(team["person_id"].implode()))
        .then("owner_id")
        .otherwise(pl.lit(hierarchy.NOBODY))
    )


def _expected(data: Dataset, own: pl.DataFrame, forecast: outlook.Outlook | None) -> pl.DataFrame:
    """Return what the system expects of each person's open deals, with their share of what no deal makes up."""
    if forecast is None or forecast.frame.is_empty():
        return pl.DataFrame(schema={"person_id": pl.String, "ahead_amount": pl.Float64})
    row = forecast.frame.row(-1, named=True)
    more = row["new_amount"] + row["correction_amount"]
    lift = 1 + more / row["open_amount"] if row["open_amount"] else 1.0
    owners = data.opportunities.select("opportunity_id", "owner_id")
    rows = forecast.behind().frame.join(owners, on="opportunity_id").with_columns(person_id=_person(own))
    return rows.group_by("person_id").agg(ahead_amount=pl.col("expected_amount").sum() * lift)


def _system(forecast: outlook.Outlook | None) -> dict[str, float | None]:
    """Return the system's number and range of the quarter; None where it has none."""
    if forecast is None or forecast.frame.is_empty():
        return {"amount": None, "lower": None, "upper": None}
    row = forecast.frame.row(-1, named=True)
    return {name: float(row[name]) for name in ("amount", "lower", "upper")}


def outcomes(data: Dataset, settings: Settings, calls: pl.DataFrame) -> pl.DataFrame:
    """Put what came of it beside every call of a quarter that is over.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    calls : pl.DataFrame
        As `kept` gives it.

    Returns
    -------
    pl.DataFrame
        [group, manager_id, period_start_on, called_on, amount, actual_amount]: the commit call, and
        what those below the manager on the day of the call won in the quarter.
    """
    shape = {
        "group": pl.String,
        "manager_id": pl.String,
        "period_start_on": pl.Date,
        "called_on": pl.Date,
        "amount": pl.Float64,
        "actual_amount": pl.Float64,
    }
    done = calls.filter(
        pl.col("period_start_on").map_elements(lambda d: quarter_end(d, settings), pl.Date) <= data.as_of
    )
    rows = []
    for (begin, day), mine in done.group_by("period_start_on", "called_on", maintain_order=True):
        assert isinstance(begin, date)
        assert isinstance(day, date)
        team = hierarchy.people(data, day)
        won = (
            data.opportunities.filter("is_won", pl.col("close_on").is_between(begin, quarter_end(begin, settings)))
            .group_by(person_id="owner_id")
            .agg(actual_amount=pl.col("amount").sum())
        )
        under = hierarchy.chains(team).join(won, on="person_id", how="left").group_by("leader_id")
        sums = under.agg(pl.col("actual_amount").sum())
        named = team.select(pl.col("person_id").alias("leader_id"), group="person_name")
        rows.append(
            mine.select("manager_id", "period_start_on", "called_on", amount="commit_amount")
            .join(sums.join(named, on="leader_id"), left_on="manager_id", right_on="leader_id")
            .select(list(shape))
        )
    return pl.concat([pl.DataFrame(schema=shape), *rows])
