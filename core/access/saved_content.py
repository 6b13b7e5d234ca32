"""What one person may see of what people saved: cut by scope and masking, as the rows of the data are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import polars as pl

from core.access import hidden_lists, masking
from core.access.identity import Identity
from core.config import Settings
from core.contracts import Dataset
from core.contracts.amount_visibility import visible
from core.localization import message

EVERYBODY = "everybody"
HIDDEN, COLLEAGUE = "Hidden", "A colleague"
SIGNED = ("owner", "changed_by", "answered_by", "approved_by")


class SavedList(Protocol):
    """A requirement list as the store gives it."""

    @property
    def id(self) -> int:
        """Return its number in the store."""
        ...

    @property
    def name(self) -> str:
        """Return what it is called."""
        ...

    @property
    def payload(self) -> Mapping[str, Any]:
        """Return what was saved; `opportunity_id` names the deal the list belongs to."""
        ...


L = TypeVar("L", bound=SavedList)
L_co = TypeVar("L_co", bound=SavedList, covariant=True)


class ListStore(Protocol[L_co]):
    """Where requirement lists are saved."""

    def list(self, owner: str) -> Sequence[L_co]:
        """Return the lists of an owner, newest first."""
        ...


@dataclass(frozen=True)
class Reader:
    """Who looks at saved content, and at which rows of the data.

    Attributes
    ----------
    user : str
    data : Dataset
        The rows this person sees.
    is_bound : bool
        Whether the person is bound to regions or a team.
    is_masked : bool
        Whether names of companies and people are hidden.
    """

    user: str
    data: Dataset
    is_bound: bool = False
    is_masked: bool = False

    @staticmethod
    def of(identity: Identity, data: Dataset) -> Reader:
        """Return who reads.

        Parameters
        ----------
        identity : Identity
        data : Dataset
            As the person's page works with it. Names are hidden where they are hidden in it; a person bound to
            regions or a team stays so with data uploaded for a session.
        """
        is_bound = bool(identity.regions or identity.team_of) or data.whole is not None
        return Reader(identity.user, data, is_bound, identity.is_masked or data.unmasked is not None)

    @property
    def key(self) -> tuple[str, ...]:
        """Return what results worked out for this reader are kept under; empty where all is seen."""
        if not (self.is_bound or self.is_masked):
            return ()
        return (self.user, self.data.fingerprint, "bound" if self.is_bound else "", "masked" if self.is_masked else "")

    def _deals(self) -> set[str]:
        # What somebody uploads for a session is no proof of which deals are theirs.
        return set() if self.data.is_transient else set(self.data.opportunities["opportunity_id"])


def lists(reader: Reader, saved: Iterable[L]) -> list[L]:
    """Return the requirement lists a person may see.

    Parameters
    ----------
    reader : Reader
    saved : iterable of saved lists

    Returns
    -------
    list
        All of them without bounds; with bounds those of no deal or of a deal the person sees. Where names are hidden,
        each is called by its buyer's invented name, and the names in its texts are the invented ones.
    """
    out = list(saved)
    if reader.is_masked:
        out = hidden_lists.hidden(out, reader.data)
    if not reader.is_bound:
        return out
    deals = {None, *reader._deals()}
    return [entry for entry in out if entry.payload.get("opportunity_id") in deals]


def list_texts(reader: Reader, saved: SavedList, frame: pl.DataFrame) -> pl.DataFrame:
    """Return rows read from the file of a list with the names in their texts hidden, where names are.

    Parameters
    ----------
    reader : Reader
    saved : saved list
        As the store gives it, under its own name.
    frame : pl.DataFrame
    """
    return hidden_lists.texts(saved, frame, reader.data) if reader.is_masked else frame


def worked_rows(reader: Reader, saved: SavedList, frame: pl.DataFrame) -> pl.DataFrame:
    """Return what people did with the rows of a list; where names are hidden, everybody else is a colleague."""
    if not reader.is_masked:
        return frame
    signed = [name for name in SIGNED if name in frame.columns]
    is_other = [pl.col(name).ne("") & pl.col(name).ne(reader.user) for name in signed]
    hidden = [
        pl.when(other).then(pl.lit(COLLEAGUE)).otherwise(pl.col(name)).alias(name)
        for name, other in zip(signed, is_other, strict=True)
    ]
    return list_texts(reader, saved, frame.with_columns(hidden))


def scenario_name(reader: Reader, number: int, name: str) -> str:
    """Return what a saved scenario is called; where names are hidden by its number alone, for its name is free text."""
    return message("Scenario {number}", number=number) if reader.is_masked else name


def shared_lists(reader: Reader, sets: ListStore[L]) -> list[L]:
    """Return the lists saved for everybody that a person may see, newest first, as `lists` cuts them."""
    return lists(reader, sets.list(EVERYBODY))


def answers(reader: Reader, rows: pl.DataFrame, sources: Collection[str]) -> pl.DataFrame:
    """Return the answers of the library a person may see.

    Parameters
    ----------
    reader : Reader
    rows : pl.DataFrame
        With source (the list it was answered in) and owner.
    sources : collection of str
        Names of the lists the person may see, and of no others.

    Returns
    -------
    pl.DataFrame
        All rows without bounds; with bounds those of these lists and the person's own; none where names are hidden.
    """
    if reader.is_masked:
        return rows.clear()
    if not reader.is_bound:
        return rows
    return rows.filter(pl.col("source").is_in(sorted(sources)) | (pl.col("owner") == reader.user))


def library(reader: Reader, rows: pl.DataFrame, sources: Collection[str]) -> pl.DataFrame:
    """Return the answer library as a person may see it.

    Parameters
    ----------
    reader : Reader
    rows : pl.DataFrame
        As `answer_edition.Library.frame`, or versions of it.
    sources : collection of str
        Names of lists the person may not see, and of no others.

    Returns
    -------
    pl.DataFrame
        With bounds without answers that come from these lists, but for the person's own. Where names are hidden, the
        names in all texts are the invented ones, what the source's name says of a buyer too, and everybody else is
        a colleague.
    """
    if reader.is_bound:
        from_others = pl.col("source").is_in(sorted(sources)).fill_null(value=False)
        rows = rows.filter(~from_others | (pl.col("written_by") == reader.user).fill_null(value=False))
    if not reader.is_masked:
        return rows
    parts = [hidden_lists.answers(part, reader.data) for part in rows.partition_by("source", maintain_order=True)]
    shown = pl.concat(parts) if parts else rows
    named = [name for name in ("owner", "written_by", "approved_by", "author") if name in shown.columns]
    is_other = [pl.col(name).is_not_null() & pl.col(name).ne(reader.user) for name in named]
    return shown.with_columns(
        pl.when(other).then(pl.lit(COLLEAGUE)).otherwise(pl.col(name)).alias(name)
        for name, other in zip(named, is_other, strict=True)
    )


def people(reader: Reader, names: Iterable[str], settings: Settings) -> dict[str, str]:
    """Return the people of a saved record a person may see: the name saved to the name shown.

    Parameters
    ----------
    reader : Reader
    names : iterable of str
        As they were saved.
    settings : Settings
        They hold the key of the invented names.

    Returns
    -------
    dict
        All under their own names without bounds; with bounds those in the person's part of the sales team;
        where names are hidden, under the invented name that stands for them everywhere else.
    """
    if not (reader.is_bound or reader.is_masked):
        return {name: name for name in names}
    shown = dict(reader.data.sales_team.select("rep_id", "rep_name").unique("rep_id").iter_rows())
    raw = reader.data.unmasked
    if not reader.is_masked or raw is None:
        mine = set() if reader.is_masked or reader.data.is_transient else set(shown.values())
        return {name: name for name in names if name in mine}
    ids = dict(raw.sales_team.select("rep_name", "rep_id").unique("rep_name").iter_rows())
    invented = {name: shown.get(masking.person_id(ids[name], raw, settings)) for name in names if name in ids}
    return {name: pseudonym for name, pseudonym in invented.items() if pseudonym is not None}


def calls(reader: Reader, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the forecast calls a person may see: with bounds those of people in their part of the sales team.

    Their amounts are rounded or hidden as those of the data are.
    """
    return _of(reader, rows, "manager_id", set(reader.data.sales_team["rep_id"]))


def deal_edits(reader: Reader, rows: pl.DataFrame) -> pl.DataFrame:
    """Return what reviews say of the deals a person sees."""
    return _of(reader, rows, "opportunity_id", set(reader.data.opportunities["opportunity_id"]))


def _of(reader: Reader, rows: pl.DataFrame, column: str, mine: set[str]) -> pl.DataFrame:
    seen = visible(rows, reader.data.amounts)
    if not (reader.is_bound or reader.is_masked):
        return seen
    return seen.filter(pl.col(column).is_in(sorted(mine)))


def trail(reader: Reader, rows: pl.DataFrame) -> pl.DataFrame:
    """Return an audit log as a person may see it: where names are hidden, what was done and when.

    Details, which may name an amount, are hidden where amounts are.

    Parameters
    ----------
    reader : Reader
    rows : pl.DataFrame
        [at, user, action, target, detail].
    """
    if not reader.is_masked:
        bare = pl.when(pl.col("detail").str.contains(r"\d")).then(pl.lit(HIDDEN)).otherwise("detail").alias("detail")
        return rows.with_columns(bare) if reader.data.amounts else rows
    named = pl.col("user", "target", "detail")
    return rows.with_columns(pl.when(named != "").then(pl.lit(HIDDEN)).otherwise(named).name.keep())


def log(reader: Reader, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the audit log as a person may see it: as `trail`, and with bounds what they did themselves."""
    if reader.is_bound:
        rows = rows.filter(pl.col("user") == reader.user)
    return trail(reader, rows)


def author(reader: Reader, user: str) -> str:
    """Return who saved something, as the person may see it."""
    return COLLEAGUE if reader.is_masked and user != reader.user else user
