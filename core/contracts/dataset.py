"""The dataset: all seven entities and their histories as of one date."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from functools import cached_property
from pathlib import Path

import polars as pl

from core.contracts.errors import ContractError, closest
from core.contracts.raw_rows import RawRows, Step
from core.localization import message

FRAMES = (
    "accounts",
    "opportunities",
    "opportunity_history",
    "products",
    "transactions",
    "subscriptions",
    "activities",
    "sales_team",
    "quotas",
)
# What a CRM keeps beside them; a source may lack every one of them.
OPTIONAL_FRAMES = (
    "contacts",
    "leads",
    "campaigns",
    "campaign_touches",
    "course_completions",
    "content_uses",
    "users",
    "exchange_rates",
)
# The tables that grow with the business; everything above `core.marts` reads the marts made of them.
RAW_FRAMES = ("opportunity_history", "transactions", "activities")


Rows = pl.DataFrame | pl.LazyFrame | RawRows


def _none_of(name: str) -> pl.DataFrame:
    from core.contracts.schemas import empty

    return empty(name)


@dataclass(frozen=True)
class Dataset:
    """Everything Quarterdeck knows about a company, as of one date.

    Attributes
    ----------
    accounts, opportunities, opportunity_history, products, transactions, subscriptions, \
activities, sales_team, quotas : pl.DataFrame
        One frame per entity, each in the shape of its contract; empty where nothing was loaded. Those of `RAW_FRAMES`
        may be lazy, or rows that nothing has read yet: ask `frame` or `lazy` for them.
    as_of : date
        The last day the data speaks of. Nothing later is known.
    source : str
        Where the data came from, in words for the page.
    rejected : pl.DataFrame
        Rows that were not loaded, with the rule each broke.
    missing : tuple of str
        One sentence for each entity or column the source did not have.
    is_transient : bool
        True for data of one session: nothing worked out from it is written to disk.
    whole : Dataset, optional
        Where these rows are one person's part of a company: the company's, which models learn from.
    unmasked : Dataset, optional
        Where names are hidden: the same rows under their true names, which models learn from.
    contacts, leads, campaigns, campaign_touches, course_completions, content_uses, users, exchange_rates : pl.DataFrame
        What a CRM keeps beside the entities; empty where nothing was loaded.
    emptied : pl.DataFrame
        Cells that could not be read and count as empty, and rows read in part, in the shape of `rejected`.
    open_stages : tuple of str
        The stages a deal of this source can be open in, first to last; empty where the settings name them all.
    currency : str
        The currency the amounts are in; empty for that of the settings.
    origin : Dataset, optional
        The dataset this is an earlier state of, as of `as_of`: its marts are that one's, cut to the day.
    home : Path, optional
        The home folder in which what is worked out of the rows may be kept; None for nowhere.
    counts : mapping of str to int
        Rows per raw table where they were counted before, so that nothing need be read for it.
    codes : tuple of str, optional
        The currencies named in the raw tables, where they were listed before.
    engine : str
        What works the tables of its raw rows out, by the name the settings use; empty for Polars and DuckDB, each where
        it is quicker.
    amounts : str
        How money stands in these rows for whoever looks at them: "" as it is, "rounded" or "hidden", as
        `contracts.amount_visibility` has them.
    """

    accounts: pl.DataFrame
    opportunities: pl.DataFrame
    opportunity_history: Rows
    products: pl.DataFrame
    transactions: Rows
    subscriptions: pl.DataFrame
    activities: Rows
    sales_team: pl.DataFrame
    quotas: pl.DataFrame
    as_of: date
    source: str
    rejected: pl.DataFrame
    missing: tuple[str, ...] = ()
    known_fingerprint: str | None = None
    is_transient: bool = False
    whole: Dataset | None = None
    unmasked: Dataset | None = None
    contacts: pl.DataFrame = field(default_factory=lambda: _none_of("contacts"))
    leads: pl.DataFrame = field(default_factory=lambda: _none_of("leads"))
    campaigns: pl.DataFrame = field(default_factory=lambda: _none_of("campaigns"))
    campaign_touches: pl.DataFrame = field(default_factory=lambda: _none_of("campaign_touches"))
    course_completions: pl.DataFrame = field(default_factory=lambda: _none_of("course_completions"))
    content_uses: pl.DataFrame = field(default_factory=lambda: _none_of("content_uses"))
    users: pl.DataFrame = field(default_factory=lambda: _none_of("users"))
    exchange_rates: pl.DataFrame = field(default_factory=lambda: _none_of("exchange_rates"))
    emptied: pl.DataFrame = field(default_factory=lambda: _none_of("rejections"))
    open_stages: tuple[str, ...] = ()
    currency: str = ""
    origin: Dataset | None = None
    home: Path | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    codes: tuple[str, ...] | None = None
    engine: str = ""
    amounts: str = ""

    @cached_property
    def fingerprint(self) -> str:
        """Return a stable hash of the data, the same for the same rows in the same order."""
        if self.known_fingerprint:
            return self.known_fingerprint
        digest = hashlib.blake2b(digest_size=12)
        digest.update(self.as_of.isoformat().encode())
        for name in FRAMES:
            frame = self.frame(name)
            digest.update(f"{name}:{frame.columns}:{frame.height}".encode())
            if frame.height:
                hashes = frame.hash_rows(seed=7)
                digest.update(hashes.to_numpy().tobytes())
        for name in OPTIONAL_FRAMES:
            frame = self.frame(name)
            if frame.height:
                digest.update(f"{name}:{frame.columns}:{frame.height}".encode())
                digest.update(frame.hash_rows(seed=7).to_numpy().tobytes())
        digest.update("|".join((*self.open_stages, self.currency)).encode())
        return digest.hexdigest()

    @property
    def company(self) -> Dataset:
        """Return the whole company's data under its true names, which models learn from.

        Itself, where no rows are cut and no names are hidden.
        """
        whole = self.whole or self
        return whole.unmasked or whole

    @property
    def is_masked(self) -> bool:
        """Whether names are hidden."""
        return (self.whole or self).unmasked is not None

    def frame(self, name: str) -> pl.DataFrame:
        """Return the frame of one entity.

        Raises
        ------
        ContractError
            When there is no entity of that name; the closest one is named.
        """
        if name not in FRAMES and name not in OPTIONAL_FRAMES:
            near = closest(name, (*FRAMES, *OPTIONAL_FRAMES))
            raise ContractError(
                message("There is no entity called {name!r}.", name=name),
                mend=message("Did you mean {near!r}?", near=near)
                if near
                else message("Known: {frames}.", frames=", ".join(FRAMES)),
            )
        table: pl.DataFrame | pl.LazyFrame | RawRows = getattr(self, name)
        return table.collect() if isinstance(table, pl.LazyFrame | RawRows) else table

    def lazy(self, name: str) -> pl.LazyFrame:
        """Return a raw table as a lazy frame, so that the engine reads no more of it than is asked for."""
        table: Rows = getattr(self, name)
        return table.lazy()

    def later(self, name: str, step: Step) -> RawRows:
        """Return a raw table with one more step to be done when somebody reads it; nothing is read now."""
        table: Rows = getattr(self, name)
        return (table if isinstance(table, RawRows) else RawRows(table)).then(step)

    def has(self, name: str) -> bool:
        """Say whether an entity has any rows."""
        return self._count(name) > 0

    def _count(self, name: str) -> int:
        if name in self.counts:
            return self.counts[name]
        if name in RAW_FRAMES:
            return int(self.lazy(name).select(pl.len()).collect().item())
        return self.frame(name).height

    def with_frames(self, **frames: Rows) -> Dataset:
        """Return a copy with some frames replaced and the fingerprint worked out anew.

        Nothing worked out from the copy is written to disk, unless it is given a home.
        """
        counts = {name: n for name, n in self.counts.items() if name not in frames}
        return replace(self, **frames, known_fingerprint=None, origin=None, home=None, counts=counts, codes=None)  # type: ignore[arg-type]

    def without_people(self) -> Dataset:
        """Return a copy without contacts, leads, users and learners' names, and without rows as they were read.

        For views that hide names or rows: nothing in it is raw.
        """
        hidden = {name: self.frame(name).clear() for name in ("contacts", "leads", "users")}
        hidden["course_completions"] = self.course_completions.with_columns(learner_name=pl.lit(None, pl.String))
        return self.with_frames(**hidden, rejected=self.rejected.clear(), emptied=self.emptied.clear())

    @property
    def row_counts(self) -> dict[str, int]:
        """Return the number of rows per entity."""
        return {f.name: self._count(f.name) for f in fields(self) if f.name in FRAMES}
