"""The weekly review: open deals with what the data says, what the model says, and what the review says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from core.config import Settings
from core.config.calendar import quarter_end, quarter_label
from core.contracts import Dataset
from core.contracts.amount_visibility import HIDDEN, needs_amounts
from core.contracts.opportunities import FORECAST_CATEGORIES
from core.contracts.spans import is_valid
from core.forecasts import calls
from core.localization import message
from core.metrics.measure import Measure, counted, money
from core.models import outlook
from core.models.bundle import Bundle

CATEGORIES = [name for name in FORECAST_CATEGORIES if name != "closed"]
EDITABLE = ("forecast_category", "call_amount", "note")
NO_TEAM = "No team"


@dataclass(frozen=True)
class View:
    """Which deals a review looks at; an empty tuple stands for all.

    Attributes
    ----------
    teams, owners, categories, stages : tuple of str
    is_due_only : bool
        Only deals expected to close by the end of the quarter.
    is_touched_only : bool
        Only deals a review has written to.
    least_amount : float
    """

    teams: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    is_due_only: bool = True
    is_touched_only: bool = False
    least_amount: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return the view as JSON can hold it."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in self.__dict__.items()}

    @staticmethod
    def from_dict(saved: Mapping[str, Any]) -> View:
        """Return the view `to_dict` wrote; what is unknown or of the wrong kind is left out."""
        defaults = View()
        values: dict[str, Any] = {}
        for name, value in saved.items():
            usual = getattr(defaults, name, None)
            if isinstance(usual, tuple) and isinstance(value, list):
                values[name] = tuple(str(v) for v in value)
            elif isinstance(usual, bool) and isinstance(value, bool):
                values[name] = value
            elif isinstance(usual, float) and isinstance(value, int | float) and not isinstance(value, bool):
                values[name] = float(value)
        return View(**values)


@dataclass(frozen=True)
class Choices:
    """What can be chosen in each filter."""

    teams: list[str] = field(default_factory=list)
    owners: dict[str, str] = field(default_factory=dict)
    stages: list[str] = field(default_factory=list)


def grid(data: Dataset, settings: Settings, bundle: Bundle, edits: pl.DataFrame, view: View | None = None) -> Measure:
    """Open deals to review, with what the CRM, the model and the review say of each.

    A review may give a deal another category, an amount it counts with, and a note. They stand beside
    the deal; its own category and amount stay as the data has them and are shown.

    Formula of the value: sum over the listed deals of the reviewed amount, else the deal's own.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    bundle : Bundle
    edits : pl.DataFrame
        As `calls.reviewed` gives them.
    view : View, optional
        Default: deals expected to close by the end of the quarter.

    Returns
    -------
    Measure
        Unit money. Frame: opportunity_id, opportunity_name, account_name, owner_name, team, stage,
        close_on, amount, p_win (chance to be won by the end of the quarter), data_category,
        forecast_category, call_amount, note, version, author; largest first.
    """
    view = view or View()
    whole = _with_chances(_rows(data, edits), data, settings, bundle)
    frame = _cut(whole, view, settings, data)
    worth = pl.coalesce("call_amount", "amount")
    value = float(frame.select(worth.sum()).item()) if frame.height else None
    label = quarter_label(data.as_of, settings)
    if value is None:
        return Measure("Review", None, "money", frame, "No open deal fits this view.")
    commit = frame.filter(pl.col("forecast_category") == "commit")
    moved = frame.filter(pl.col("forecast_category").ne_missing(pl.col("data_category"))).height
    touched = frame.filter(pl.col("version") > 0).height
    due = message(" due in {label}", label=label) if view.is_due_only else ""
    text = (
        message(
            "{opens}{due}, {amount}; {select} of it in commit ({deals}). Changes so far: {touched:,} "
            "edited, {moved:,} moved.",
            opens=counted(frame.height, "open deal"),
            due=due,
            amount=money(value, settings.currency),
            select=money(float(commit.select(worth.sum()).item()), settings.currency),
            deals=counted(commit.height, "deal"),
            touched=touched,
            moved=moved,
        )
        if touched
        else message(
            "{opens}{due}, {amount}; {select} of it in commit ({deals}). No changes yet: {touched:,} "
            "edited, {moved:,} moved.",
            opens=counted(frame.height, "open deal"),
            due=due,
            amount=money(value, settings.currency),
            select=money(float(commit.select(worth.sum()).item()), settings.currency),
            deals=counted(commit.height, "deal"),
            touched=touched,
            moved=moved,
        )
    )
    return Measure("Review", value, "money", frame, text)


def with_drafts(frame: pl.DataFrame, drafts: Mapping[str, Mapping[str, Any]]) -> pl.DataFrame:
    """Lay what was typed and not yet saved over the rows of a grid.

    Parameters
    ----------
    frame : pl.DataFrame
        As `grid` gives it.
    drafts : mapping
        By deal: version, forecast_category, call_amount, note; the version is the one typed over.
    """
    if not drafts:
        return frame
    schema = {name: frame.schema[name] for name in ("opportunity_id", *EDITABLE, "version")}
    rows = [{"opportunity_id": deal, **{n: draft[n] for n in (*EDITABLE, "version")}} for deal, draft in drafts.items()]
    return _laid(frame, pl.DataFrame(rows, schema=schema))


def _laid(frame: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    typed = rows.with_columns(is_typed=pl.lit(value=True))
    both = frame.join(typed, on="opportunity_id", how="left", suffix="_typed", maintain_order="left")
    names = (*EDITABLE, "version")
    return both.with_columns(**{n: pl.when("is_typed").then(f"{n}_typed").otherwise(n) for n in names}).select(
        frame.columns
    )


def choices(data: Dataset, settings: Settings) -> Choices:
    """Return what can be chosen in each filter, from the deals open now."""
    rows = _rows(data, pl.DataFrame(schema=calls.EDITS))
    owners = rows.filter(pl.col("owner_id").is_not_null()).select("owner_id", "owner_name").unique().sort("owner_name")
    stages = [s for s in settings.stages.open if s in set(rows["stage"])]
    return Choices(sorted(set(rows["team"])), dict(owners.iter_rows()), stages)


@needs_amounts
def moves(data: Dataset, settings: Settings, bundle: Bundle, edits: pl.DataFrame) -> Measure:
    """What the review changed in the sum of each category, among deals due this quarter.

    Formula: per category, the sum of the amounts as the data has them, and the sum with the category
    and amount the review gave.

    Returns
    -------
    Measure
        Unit money: what the review adds to commit. Frame: category, amount, reviewed_amount.
    """
    deals = grid(data, settings, bundle, edits).frame
    own = deals.group_by(category="data_category").agg(pl.col("amount").sum())
    reviewed_sums = deals.group_by(category="forecast_category").agg(
        reviewed_amount=pl.coalesce("call_amount", "amount").sum()
    )
    frame = pl.DataFrame({"category": CATEGORIES}).join(own, on="category", how="left")
    frame = frame.join(reviewed_sums, on="category", how="left").with_columns(
        pl.col("amount", "reviewed_amount").fill_null(0.0)
    )
    row = frame.row(CATEGORIES.index("commit"), named=True)
    more = row["reviewed_amount"] - row["amount"]
    label = quarter_label(data.as_of, settings)
    if not more:
        text = message(
            "Commit for {label} is unchanged at {amount}.", label=label, amount=money(row["amount"], settings.currency)
        )
    else:
        side = "adds" if more > 0 else "takes"
        way = "to" if more > 0 else "from"
        text = message(
            "The review {side} {more} {way} commit for {label}: from {amount} to {reviewed_amount}. "
            "The CRM is not changed.",
            side=side,
            more=money(abs(more), settings.currency),
            way=way,
            label=label,
            amount=money(row["amount"], settings.currency),
            reviewed_amount=money(row["reviewed_amount"], settings.currency),
        )
    return Measure("Review moves", more, "money", frame, text)


def _rows(data: Dataset, edits: pl.DataFrame) -> pl.DataFrame:
    people = data.sales_team.filter(is_valid(data.as_of)).unique("rep_id", keep="last", maintain_order=True)
    named = people.select(pl.col("rep_id").alias("owner_id"), pl.col("rep_name").alias("owner_name"), "team")
    accounts = data.accounts.select("account_id", "account_name")
    overrides = edits.select("opportunity_id", *(pl.col(n).alias(f"said_{n}") for n in EDITABLE), "version", "author")
    return (
        data.opportunities.filter(~pl.col("is_closed"))
        .join(named, on="owner_id", how="left")
        .join(accounts, on="account_id", how="left")
        .join(overrides, on="opportunity_id", how="left")
        .select(
            "opportunity_id",
            "opportunity_name",
            "account_name",
            "owner_id",
            pl.col("owner_name").fill_null(pl.col("owner_id")),
            pl.col("team").fill_null(NO_TEAM),
            "stage",
            "close_on",
            "amount",
            data_category="forecast_category",
            forecast_category=pl.coalesce("said_forecast_category", "forecast_category"),
            call_amount="said_call_amount",
            note=pl.col("said_note").fill_null(""),
            version=pl.col("version").fill_null(0),
            author="author",
        )
        .sort("amount", "opportunity_id", descending=[True, False], nulls_last=True)
    )


def _with_chances(rows: pl.DataFrame, data: Dataset, settings: Settings, bundle: Bundle) -> pl.DataFrame:
    """Put each deal's chance to be won by the end of the quarter behind its amount."""
    if data.amounts == HIDDEN:
        both = rows.join(_scored(data, settings, bundle), on="opportunity_id", how="left", maintain_order="left")
        return _behind_amount(rows, both)
    forecast = outlook.current(data, settings, bundle)
    # Before anything was won every chance would read 0 %, which nobody can know.
    chances = forecast.behind().frame if forecast.is_known else pl.DataFrame()
    chances = chances.select("opportunity_id", "p_win") if chances.height else pl.DataFrame(schema=_CHANCES)
    both = rows.join(chances, on="opportunity_id", how="left", maintain_order="left")
    return _behind_amount(rows, both)


def _scored(data: Dataset, settings: Settings, bundle: Bundle) -> pl.DataFrame:
    """Return the chances that the forecast counts with, where it cannot be made for want of amounts."""
    scores = bundle.deal_scores
    if scores.is_empty():
        return pl.DataFrame(schema=_CHANCES)
    days = (quarter_end(data.as_of, settings) - data.as_of).days
    weights = outlook.knots(scores.columns, days).items()
    chance = pl.sum_horizontal(pl.col(f"p_win_{horizon}") * weight for horizon, weight in weights)
    return scores.select("opportunity_id", p_win=chance.clip(0, 1))


def _behind_amount(rows: pl.DataFrame, both: pl.DataFrame) -> pl.DataFrame:
    before = rows.columns[: rows.columns.index("amount") + 1]
    return both.select(*before, "p_win", *rows.columns[len(before) :])


_CHANCES = {"opportunity_id": pl.String, "p_win": pl.Float64}


def _cut(rows: pl.DataFrame, view: View, settings: Settings, data: Dataset) -> pl.DataFrame:
    tests = [
        pl.col(column).is_in(list(chosen))
        for column, chosen in (
            ("team", view.teams),
            ("owner_id", view.owners),
            ("forecast_category", view.categories),
            ("stage", view.stages),
        )
        if chosen
    ]
    if view.is_due_only:
        tests.append(pl.col("close_on") <= quarter_end(data.as_of, settings))
    if view.is_touched_only:
        tests.append(pl.col("version") > 0)
    if view.least_amount > 0:
        tests.append(pl.col("amount") >= view.least_amount)
    return rows.filter(*tests) if tests else rows
