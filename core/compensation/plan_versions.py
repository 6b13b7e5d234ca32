"""The plans in force: the newest file that was saved, those of the sample company where none was, and earlier ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl

from core.compensation import plan_file
from core.compensation.pay_plan import Plans
from core.contracts import Dataset
from core.contracts.errors import StoreError
from core.forecasts.calls import book
from core.localization import message, message_plural
from core.sources import sample_titles

if TYPE_CHECKING:
    from core.store import Store

FILE = "plans"
NOTHING = Plans()


@dataclass(frozen=True)
class Edition:
    """A file of plans as it counts.

    Attributes
    ----------
    text : str
        YAML; empty where there are no plans.
    version : int
        0 for the sample company's own, and where there is none.
    """

    text: str
    plans: Plans
    version: int = 0

    def sentence(self) -> str:
        """Say how many plans there are, and of which version."""
        if not self.plans.plans:
            return "There are no compensation plans yet."
        names = {plan.name for plan in self.plans.plans}
        count = len(self.plans.plans)
        plans = message_plural(
            "{n:,} plan in {count:,} dated versions", "{n:,} plans in {count:,} dated versions", len(names), count=count
        )
        source = (
            message("version {version} of the file", version=self.version)
            if self.version
            else "the sample company's file"
        )
        return message("{plans}, from {source}.", plans=plans, source=source)


def current(data: Dataset, store: Store, day: date | None = None) -> Edition:
    """Return the plans that count, or that counted at the end of an earlier day.

    Parameters
    ----------
    data : Dataset
        Whose plans; those of the sample company are there from the start.
    store : Store
        An open database.
    day : date, optional
        The version saved last by the end of that day, in UTC.
    """
    rows = saved(data, store)
    if day is not None:
        rows = rows.filter(pl.col("saved_at").dt.date() <= day)
    if rows.height:
        last = rows.row(-1, named=True)
        return Edition(last["content"], plan_file.from_yaml(last["content"]), last["version"])
    if sample_titles.is_sample(book(data.company)):
        text = plan_file.sample_text()
        return Edition(text, plan_file.from_yaml(text))
    return Edition("", NOTHING)


def in_force(data: Dataset, store: Store) -> Plans:
    """Return the plans that count now."""
    return current(data, store).plans


def saved(data: Dataset, store: Store) -> pl.DataFrame:
    """Return every version of the file, oldest first: [file, content, note, version, author, saved_at]."""
    return store.pay_plans.all(book(data.company), file=FILE)


def save(data: Dataset, store: Store, text: str, note: str, author: str, version: int) -> Plans:
    """Save a new version of the file; written to the store and to the audit log.

    Parameters
    ----------
    data : Dataset
    store : Store
    text : str
        YAML; refused with every fault where it cannot be used.
    note : str
        What changed and why.
    author : str
    version : int
        Of the edition it was written over.

    Raises
    ------
    PlanError
        When the file cannot be used.
    ConflictError
        When somebody saved in between.
    StoreError
        For data of one session.
    """
    check_kept(data)
    plans = plan_file.from_yaml(text)
    values: dict[str, Any] = {"content": text, "note": note.strip()}
    store.pay_plans.save(book(data.company), {"file": FILE}, values, author, version)
    return plans


def check_kept(data: Dataset) -> None:
    """Raise where nothing about pay is saved: for data of one session.

    Raises
    ------
    StoreError
    """
    if data.company.is_transient:
        raise StoreError(
            "This data was uploaded for your session only, so nothing about pay is saved.",
            mend="Make it a source of the workspace on the Data page.",
        )
