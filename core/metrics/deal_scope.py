"""Whose deals: a company, region, team, rep, segment or product family, by the hierarchy of then or of now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import polars as pl

from core.artifacts import remembered
from core.config import Settings
from core.config.calendar import add_quarters, quarter_end, quarter_start
from core.config.windows import last_months
from core.contracts import Dataset
from core.contracts.errors import ContractError, closest
from core.localization import message
from core.metrics.deal_events import NO_OWNER, NO_REGION, NO_TEAM, tracks
from core.scope import narrowing

Level = Literal["company", "region", "team", "rep", "segment", "product family"]
Hierarchy = Literal["then", "now"]
LEVELS: tuple[Level, ...] = ("company", "region", "team", "rep", "segment", "product family")
DUE = ("any date", "this quarter", "next quarter")
COLUMNS = {"region": "region", "team": "team", "rep": "owner_id", "segment": "segment", "product family": "family"}
FIXED = ("segment", "product family")


@dataclass(frozen=True)
class Window:
    """The expected close dates that count; both ends are included and None is open.

    Attributes
    ----------
    begin, end : date or None
    is_any : bool
        True when every open deal counts, with or without an expected close.
    """

    begin: date | None = None
    end: date | None = None
    is_any: bool = False

    def holds(self, column: str) -> pl.Expr:
        """Say whether a date lies in the window; a missing one does only where every deal counts."""
        if self.is_any:
            return pl.lit(value=True)
        is_inside = pl.col(column).is_not_null()
        if self.begin:
            is_inside &= pl.col(column) >= self.begin
        if self.end:
            is_inside &= pl.col(column) <= self.end
        return is_inside


@dataclass(frozen=True)
class Cut:
    """A scope and a window of close dates, as conditions on the rows of `tracks`.

    Attributes
    ----------
    before, after : pl.Expr
        Whether the deal belonged to the scope before a change, and after it.
    dates : Window
    """

    before: pl.Expr
    after: pl.Expr
    dates: Window

    @property
    def is_held(self) -> pl.Expr:
        """Say whether a state counts."""
        return self.after & self.dates.holds("close_on")


def cut(
    data: Dataset,
    settings: Settings,
    day: date,
    level: str = "company",
    name: str | None = None,
    due: str = "any date",
    hierarchy: str = "then",
    with_below: bool = True,
) -> Cut:
    """Return a scope and window as conditions; see `inside` and `window`.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    day : date
        The day the window of close dates is seen from.
    level, name, due, hierarchy, with_below
        As for `flow.flow`.
    """
    sides = [inside(data, settings, level, name, hierarchy, prefix, with_below) for prefix in ("prev_", "")]
    return Cut(sides[0], sides[1], window(due, day, settings))


def window(due: str, day: date, settings: Settings) -> Window:
    """Return the expected close dates a word stands for, seen from a day.

    Parameters
    ----------
    due : str
        "any date"; "this quarter", which is up to the end of the fiscal quarter of the day, overdue
        deals among them; "next quarter", which is the one after.
    day : date
    settings : Settings

    Raises
    ------
    ContractError
        When the word is none of these.
    """
    if due == "any date":
        return Window(is_any=True)
    end = quarter_end(day, settings)
    if due == "this quarter":
        return Window(None, end)
    if due == "next quarter":
        begin = add_quarters(day, 1, settings)
        return Window(begin, quarter_end(begin, settings))
    raise ContractError(
        message("There is no close-date window called {due!r}.", due=due),
        mend=message("Known: {due}.", due=", ".join(DUE)),
    )


def periods(data: Dataset, settings: Settings) -> dict[str, tuple[str, str]]:
    """Return the spans of days a review is held over, each from the end of one day to the end of another.

    Returns
    -------
    dict of str to (str, str)
        Days as YYYY-MM-DD; the latest ends on the as-of date.
    """
    day = data.as_of
    quarter = quarter_start(day, settings)
    eve, eve_before = quarter - timedelta(days=1), add_quarters(quarter, -1, settings) - timedelta(days=1)
    spans = {
        "Last 7 days": (day - timedelta(days=7), day),
        "Last 28 days": (day - timedelta(days=28), day),
        "This quarter so far": (eve, day),
        "Last quarter": (eve_before, eve),
        "Last 12 months": (last_months(day).begin - timedelta(days=1), day),
    }
    return {name: (begin.isoformat(), end.isoformat()) for name, (begin, end) in spans.items()}


def names(data: Dataset, settings: Settings, level: str) -> list[str]:
    """Return the names a level has, in order; none for the whole company. A rep is listed once owning a deal."""
    column = _column(level)
    return [] if level == "company" else list(_names_by_column(data, settings)[column])


@remembered(4)
def _names_by_column(data: Dataset, settings: Settings) -> dict[str, tuple[str, ...]]:
    """Return the names of every level by its column, read off the changes once for a state of the data."""
    track = tracks(data, settings)
    by_column = {c: set(track[c].unique().drop_nulls().cast(pl.String)) for c in COLUMNS.values()}
    for level in ("team", "region"):
        by_column[level] |= set(data.sales_team[level].drop_nulls())
    return {column: tuple(sorted(values)) for column, values in by_column.items()}


def deal_name(row: Mapping[str, Any]) -> str:
    """Return a deal's name with its account, said once; its id where it has no name.

    Examples
    --------
    >>> deal_name({"opportunity_name": "Helm for 8 seats", "account_name": "Acme", "opportunity_id": "O1"})
    'Helm for 8 seats (Acme)'
    >>> deal_name({"opportunity_name": "Acme, Helm", "account_name": "Acme", "opportunity_id": "O1"})
    'Acme, Helm'
    """
    name, account = str(row["opportunity_name"] or row["opportunity_id"]), row["account_name"]
    return message("{name} ({account})", name=name, account=account) if account and account not in name else name


def people(data: Dataset) -> dict[str, str]:
    """Return each rep's latest name."""
    last = data.sales_team.sort("valid_from").group_by("rep_id", maintain_order=True).agg(pl.col("rep_name").last())
    return dict(last.iter_rows())


def inside(
    data: Dataset,
    settings: Settings,
    level: str,
    name: str | None,
    hierarchy: str,
    prefix: str = "",
    with_below: bool = True,
) -> pl.Expr:
    """Say whether a row of `tracks` belongs to a scope, after the change or, with a prefix, before it.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    level : str
        One of `LEVELS`.
    name : str or None
        Which of that level; None for the company.
    hierarchy : {"then", "now"}
        Under "now" a deal belongs to the team its owner is in today, on every past day.
    prefix : str
        "prev_" for the state before the change.
    with_below : bool
        Whether a team counts with all teams below it.

    Raises
    ------
    ContractError
        When there is no such level or name; the nearest is named.
    """
    column = _column(level)
    if level == "company":
        return pl.lit(value=True)
    choices = names(data, settings, level)
    if name not in choices:
        near = closest(str(name), choices)
        mend = message("Did you mean {near!r}?", near=near) if near else "Choose one that is listed."
        raise ContractError(message("There is no {level} called {name!r}.", level=level, name=name), mend=mend)
    if level in FIXED:
        return pl.col(column) == name
    if hierarchy == "now" and level in ("team", "region"):
        here = _members(data, settings, level, str(name), with_below)
        return pl.col(f"{prefix}owner_id").cast(pl.String).is_in(here).fill_null(value=False)
    if level == "team" and name != NO_TEAM and with_below:
        below = narrowing.teams_below(data, str(name))
        return pl.col(f"{prefix}{column}").cast(pl.String).is_in(below).fill_null(value=False)
    return (pl.col(f"{prefix}{column}") == name).fill_null(value=False)


def _column(level: str) -> str:
    if level not in LEVELS:
        near = closest(level, LEVELS)
        raise ContractError(
            message("There is no scope called {level!r}.", level=level),
            mend=message("Did you mean {near!r}?", near=near or LEVELS[0]),
        )
    return COLUMNS.get(level, "owner_id")


def _members(data: Dataset, settings: Settings, level: str, name: str, with_below: bool) -> list[str]:
    """Return who is in a team or region today; who has left counts where they were last."""
    missing = NO_TEAM if level == "team" else NO_REGION
    if level == "team" and name != missing and with_below:
        return sorted(narrowing.members(data, name))
    begun = data.sales_team.filter(pl.col("valid_from") <= data.as_of).sort("valid_from")
    last = begun.group_by("rep_id", maintain_order=True).agg(pl.col(level).last().fill_null(missing))
    here = last.filter(pl.col(level) == name)["rep_id"].to_list()
    if name != missing:
        return here
    placed = set(last["rep_id"].to_list())
    owners = tracks(data, settings)["owner_id"].unique().cast(pl.String).to_list()
    return [*here, NO_OWNER, *(o for o in owners if o not in placed)]
