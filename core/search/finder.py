"""Searching by words: which accounts, deals, people and other things hold all of them, the nearest first."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from core.artifacts import remembered
from core.config import Settings
from core.contracts import Dataset
from core.contracts.constants import NOT_KNOWN
from core.localization import message

KINDS = {
    "page": "Pages",
    "question": "Questions",
    "account": "Accounts",
    "deal": "Deals",
    "person": "People",
    "list": "Requirement lists",
    "capability": "Capabilities",
}
MOST_OF_A_KIND = 6
LONGEST_QUERY = 120
SHAPE = {"kind": pl.String, "key": pl.String, "title": pl.String, "detail": pl.String, "weight": pl.Float64}
EXACT, BEGINS, WORD = 3, 2, 1


@dataclass(frozen=True)
class Entry:
    """Something that can be searched for beside the data: a page, a question, a requirement list, a capability.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    key : str
        What it is opened by.
    title, detail : str
        Both are searched; the title counts more.
    """

    kind: str
    key: str
    title: str
    detail: str = ""


@dataclass(frozen=True)
class Hit:
    """One thing that fits: its kind, what it is opened by, and what is written of it."""

    kind: str
    key: str
    title: str
    detail: str


@dataclass(frozen=True)
class Results:
    """What fits a search.

    Attributes
    ----------
    query : str
    hits : tuple of Hit
        By kind in the order of `KINDS`, at most six of each, the nearest first.
    counts : dict of str to int
        How many of each kind fit in all.
    """

    query: str
    hits: tuple[Hit, ...]
    counts: dict[str, int]

    def of(self, kind: str) -> list[Hit]:
        """Return the hits of one kind."""
        return [hit for hit in self.hits if hit.kind == kind]

    def sentence(self) -> str:
        """Say how much fits, by kind."""
        if not self.hits:
            return (
                message("Nothing fits “{query}”.", query=self.query) if self.query else "Write a name, an id or a word."
            )
        parts = [f"{number:,} {KINDS[kind].lower()}" for kind, number in self.counts.items()]
        return f"“{self.query}”: {', '.join(parts)}."


def search(data: Dataset, settings: Settings, query: str, others: Sequence[Entry] = ()) -> Results:
    """Return what holds all words of a query, the nearest first.

    A title that is the query comes first, then one that begins with it, then one in which every word begins a word,
    then the rest; among equals the one with more money, then in the order of the alphabet. Case and accents do not
    count. Ids are searched too.

    Parameters
    ----------
    data : Dataset
        The rows the reader may see.
    settings : Settings
    query : str
        At most its first 120 letters count.
    others : sequence of Entry
        What is searched beside the data.

    Returns
    -------
    Results
    """
    text = folded(query[:LONGEST_QUERY])
    words = text.split()
    if not words:
        return Results(query.strip(), (), {})
    rows = pl.concat([entries(data, settings), _of(others)])
    for word in words:
        rows = rows.filter(pl.col("text").str.contains(word, literal=True))
    title, key = pl.col("folded"), pl.col("key").str.to_lowercase()
    begun = [title.str.starts_with(word) | title.str.contains(f" {word}", literal=True) for word in words]
    rank = (
        pl.when((title == text) | (key == text))
        .then(EXACT)
        .when(title.str.starts_with(text))
        .then(BEGINS)
        .when(pl.all_horizontal(begun))
        .then(WORD)
        .otherwise(0)
    )
    ranked = rows.with_columns(rank=rank).sort("rank", "weight", "title", descending=[True, True, False])
    counts = dict(ranked.group_by("kind").len().iter_rows())
    hits = [
        Hit(*row)
        for kind in KINDS
        if kind in counts
        for row in ranked.filter(pl.col("kind") == kind).head(MOST_OF_A_KIND).select(*list(SHAPE)[:4]).iter_rows()
    ]
    return Results(query.strip(), tuple(hits), {kind: counts[kind] for kind in KINDS if kind in counts})


@remembered(4)
def entries(data: Dataset, settings: Settings) -> pl.DataFrame:
    """Return accounts, deals and people as rows to search: kind, key, title, detail, weight, folded, text."""
    accounts = data.accounts.select(
        kind=pl.lit("account"),
        key="account_id",
        title="account_name",
        detail=pl.concat_str("segment", "region", separator=", ", ignore_nulls=True),
        weight=pl.lit(0.0),
    )
    named = data.opportunities.join(data.accounts.select("account_id", "account_name"), on="account_id", how="left")
    deals = named.select(
        kind=pl.lit("deal"),
        key="opportunity_id",
        title=pl.coalesce("opportunity_name", "opportunity_id"),
        detail=pl.concat_str("account_name", "stage", separator=", ", ignore_nulls=True),
        weight=pl.col("amount").fill_null(0.0) * pl.when("is_closed").then(1e-6).otherwise(1.0),
    )
    team = data.sales_team.sort("valid_from").unique("rep_id", keep="last", maintain_order=True)
    people = team.select(
        kind=pl.lit("person"),
        key="rep_id",
        title="rep_name",
        detail=pl.concat_str(pl.col("role").str.to_titlecase(), "team", separator=", ", ignore_nulls=True),
        weight=pl.lit(0.0),
    )
    return _searchable(pl.concat([part.cast(SHAPE) for part in (accounts, deals, people)]))  # type: ignore[arg-type]


def _of(others: Sequence[Entry]) -> pl.DataFrame:
    rows = [(entry.kind, entry.key, entry.title, entry.detail, 0.0) for entry in others]
    return _searchable(pl.DataFrame(rows, schema=SHAPE, orient="row"))


def _searchable(rows: pl.DataFrame) -> pl.DataFrame:
    titled = rows.with_columns(pl.col("title").fill_null(NOT_KNOWN), pl.col("detail").fill_null(""))
    folded_title = titled["title"].map_elements(folded, return_dtype=pl.String)
    text = titled.select(pl.concat_str("title", "key", "detail", separator=" ")).to_series()
    return titled.with_columns(folded=folded_title, text=text.map_elements(folded, return_dtype=pl.String))


def folded(text: str) -> str:
    """Return a text in small letters without accents and with single blanks.

    Examples
    --------
    >>> folded("  Åsa  Müller-GRAF ")
    'asa muller-graf'
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(letter for letter in plain if not unicodedata.combining(letter)).split())
