"""Takes files of mails, meetings and calls into the store: what may be kept of them, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from core.config import Settings
from core.contracts import Dataset
from core.contracts.errors import AccessError
from core.forecasts.calls import book as book_of
from core.interactions import address_book, consent_rules, interaction_files
from core.interactions.address_book import US, AddressBook
from core.interactions.read_interaction import ReadFile
from core.localization import message
from core.metrics.measure import counted
from core.sources import sample_titles
from core.store import Store
from core.store.interaction_records import Added

AMONG_US = "among yourselves, without a customer"


@dataclass(frozen=True)
class Intake:
    """What came of taking files in.

    Attributes
    ----------
    added : Added
    left_out : tuple of str
        Why things were not kept, the most frequent reason first.
    """

    added: Added
    left_out: tuple[str, ...]

    def sentence(self) -> str:
        """Say how many came in new."""
        changed = message(", {n_changed:,} changed", n_changed=self.added.n_changed) if self.added.n_changed else ""
        new = counted(self.added.n_new, "mail, meeting or call", "mails, meetings and calls")
        return message(
            "{new} new{changed}; {n_there:,} there before.", new=new, changed=changed, n_there=self.added.n_there
        )


def reading_of(
    data: Dataset, settings: Settings, occurred_at: datetime | None = None, opportunity_id: str = ""
) -> interaction_files.Reading:
    """Return how files are read for a company; `occurred_at` without a zone is in the company's time."""
    zone = ZoneInfo(settings.time_zone)
    if occurred_at is not None:
        occurred_at = (occurred_at if occurred_at.tzinfo else occurred_at.replace(tzinfo=zone)).astimezone(UTC)
    with_text = settings.engagement.texts == consent_rules.TEXTS
    return interaction_files.Reading(zone, data.as_of, with_text, occurred_at, opportunity_id)


def take_files(
    files: Sequence[tuple[str, bytes]],
    data: Dataset,
    settings: Settings,
    store: Store,
    author: str,
    occurred_at: datetime | None = None,
    opportunity_id: str = "",
) -> Intake:
    """Read files and keep what may be kept.

    Parameters
    ----------
    files : sequence of (name, content)
    data : Dataset
        The whole company under its true names, whose mails these are.
    settings : Settings
    store : Store
    author : str
        For the audit log.
    occurred_at : datetime, optional
        When a call was whose transcript does not say.
    opportunity_id : str
        The deal a transcript is about.

    Raises
    ------
    SourceError
        When one of the files cannot be read; nothing is kept then.
    AccessError
        When the data are a part of the company, bear invented names, or were uploaded for a session.
    """
    reading = reading_of(data, settings, occurred_at, opportunity_id)
    read = ReadFile()
    for name, content in files:
        read.take(interaction_files.read(content, name, reading))
    return take(read, data, settings, store, author, ", ".join(name for name, _ in files))


def take(read: ReadFile, data: Dataset, settings: Settings, store: Store, author: str, source: str) -> Intake:
    """Keep what may be kept of what was read; arguments and errors as `take_files`."""
    if data.is_transient or data.is_masked or data.whole is not None:
        raise AccessError("Mails, meetings and calls are taken in for the whole company, under true names.")
    who = book_for(data, settings)
    if who.own_domains or who.reps:
        among = [row for row in read.interactions if row.turns == () and _is_among_us(row.people, who)]
        if among:
            read.leave_out(AMONG_US, len(among))
            aside = {id(row) for row in among}
            read.interactions = [row for row in read.interactions if id(row) not in aside]
    rows = consent_rules.reduced(read, settings.engagement, store.interactions.clock())
    return Intake(store.interactions.add(book_of(data), rows, author, source), tuple(read.reasons()))


def book_for(data: Dataset, settings: Settings) -> AddressBook:
    """Return who is who in a company; in the sample company the invented contacts and domain too."""
    if not sample_titles.is_sample(data.source):
        return address_book.of(data, settings.engagement)
    from core.interactions import sample_interactions

    invented = sample_interactions.of(data, settings)
    own = (*settings.engagement.own_domains, invented.own_domain)
    return address_book.of(data, settings.engagement.model_copy(update={"own_domains": own}), invented.contacts)


def _is_among_us(people: Sequence[object], who: AddressBook) -> bool:
    return all(who.side(str(getattr(entry, "address", ""))) == US for entry in people)
