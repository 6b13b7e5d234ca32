"""The invented mails, meetings and calls of the sample company, read through the doors everybody's files go through."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import polars as pl

from core.artifacts import key, open_cache, remembered
from core.artifacts.kinds import CORRESPONDENCE
from core.config import Settings
from core.contracts import Dataset
from core.interactions import consent_rules, interaction_files
from core.interactions.read_interaction import ReadFile
from core.sample import correspondence
from core.store.interaction_records import INTERACTIONS, PEOPLE, TURNS, NewInteraction


@dataclass(frozen=True)
class Invented:
    """Rows as the store gives them, numbered below zero; the contacts, and the company's own mail domain."""

    interactions: pl.DataFrame
    people: pl.DataFrame
    turns: pl.DataFrame
    contacts: pl.DataFrame
    own_domain: str


@remembered(2)
def files(company: Dataset, settings: Settings) -> dict[str, bytes]:
    """Return the invented files by name: an mbox, a calendar, transcripts, and the contacts as a list."""
    made = correspondence.invented(company.accounts, company.opportunities, company.sales_team, company.as_of)
    return made.files | {"contacts.csv": made.contacts.write_csv().encode()}


@remembered(2)
def of(company: Dataset, settings: Settings) -> Invented:
    """Return what the settings let be kept of the invented files; on disk too, for reading them takes seconds.

    Parameters
    ----------
    company : Dataset
        The sample company, under its true names.
    settings : Settings
        `engagement` and `time_zone`; `home` is where it is kept.
    """
    name = key(CORRESPONDENCE, company, (settings.engagement, settings.time_zone), __name__)
    return open_cache(settings.home).get(
        CORRESPONDENCE, name, lambda: _read(company, settings), keep=not company.is_transient
    )


def _read(company: Dataset, settings: Settings) -> Invented:
    made = files(company, settings)
    reading = interaction_files.Reading(
        ZoneInfo(settings.time_zone), company.as_of, with_text=settings.engagement.texts == consent_rules.TEXTS
    )
    read = ReadFile()
    for name, content in made.items():
        if name != "contacts.csv":
            read.take(interaction_files.read(content, name, reading))
    rows = consent_rules.reduced(read, settings.engagement, datetime.combine(company.as_of, time(), UTC))
    contacts = pl.read_csv(made["contacts.csv"], schema_overrides=dict.fromkeys(("title",), pl.String))
    return Invented(*frames(rows), contacts, correspondence.OWN_DOMAIN)


def frames(rows: tuple[NewInteraction, ...]) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return rows as the store would give them: mails, meetings and calls, who took part, and turns."""
    numbered = [(-number, row) for number, row in enumerate(rows, 1)]
    own = [(number, *(getattr(row, name) for name in INTERACTIONS if name != "id")) for number, row in numbered]
    people = [(number, *vars(person).values()) for number, row in numbered for person in row.people]
    turns = [
        (number, *(getattr(turn, name) for name in list(TURNS)[1:])) for number, row in numbered for turn in row.turns
    ]
    interactions = pl.DataFrame(own, schema=INTERACTIONS, orient="row")
    order = interactions.sort("occurred_at", "id")
    return order, pl.DataFrame(people, schema=PEOPLE, orient="row"), pl.DataFrame(turns, schema=TURNS, orient="row")
