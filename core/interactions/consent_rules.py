"""What of a mail, meeting or call is kept: consent, retention and the settings decide before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from core.config import Settings
from core.config.settings import EngagementSettings
from core.interactions import call_notes, sentence_mood
from core.interactions.read_interaction import ReadFile, ReadInteraction
from core.localization import joined, message
from core.store import Store
from core.store.expiry import INTERACTIONS
from core.store.interaction_records import NewInteraction, NewTurn

NO_CONSENT = "somebody took part of whom nothing is to be kept"
TOO_OLD = "older than mails, meetings and calls are kept"
SUBJECTS, TEXTS = "subjects", "texts"


def is_excluded(address: str, settings: EngagementSettings) -> bool:
    """Say whether nothing is to be kept of an address: it, its domain, or a domain above that is listed.

    Examples
    --------
    >>> rules = EngagementSettings(no_consent=("works-council.example", "ana@example.com"))
    >>> [is_excluded(a, rules) for a in ("bo@eu.works-council.example", "ana@example.com", "bo@example.com")]
    [True, True, False]
    """
    domain = address.rpartition("@")[2]
    return any(entry in (address, domain) or domain.endswith(f".{entry}") for entry in settings.no_consent)


def reduced(read: ReadFile, settings: EngagementSettings, now: datetime) -> tuple[NewInteraction, ...]:
    """Return what may be kept of what was read; what may not is counted in `read` and gone.

    Parameters
    ----------
    read : ReadFile
    settings : EngagementSettings
    now : datetime
        In UTC; what is older than `retention_days` is not kept.

    Returns
    -------
    tuple of NewInteraction
        Without subject and text, unless `texts` allows them. Of transcripts each turn is counted; its words stay only
        with `texts: texts`.
    """
    oldest = now - timedelta(days=settings.retention_days) if settings.retention_days else None
    out = []
    for row in read.interactions:
        if any(is_excluded(entry.address, settings) for entry in row.people):
            read.leave_out(NO_CONSENT)
        elif oldest is not None and row.occurred_at < oldest:
            read.leave_out(TOO_OLD)
        else:
            out.append(row)
    moods = sentence_mood.counts([call_notes.sentences(turn.text) for row in out for turn in row.turns])
    begin, rows = 0, []
    for row in out:
        rows.append(_of_row(row, settings, moods[begin : begin + len(row.turns)]))
        begin += len(row.turns)
    return tuple(rows)


def tidied(settings: Settings, store: Store, author: str) -> str:
    """Delete what may not be kept any more: of people without consent, and what is too old; say how much it was."""
    listed = settings.engagement.no_consent
    addresses, domains = [e for e in listed if "@" in e], [e for e in listed if "@" not in e]
    n_people = store.interactions.forget_excluded(addresses, domains, author)
    days = settings.engagement.retention_days
    n_old = store.retention.apply({INTERACTIONS: days}).get(INTERACTIONS, 0)
    return message(
        "{n_people:,} deleted for want of consent, {n_old:,} because they were too old.", n_people=n_people, n_old=n_old
    )


def _of_row(row: ReadInteraction, settings: EngagementSettings, moods: Sequence[tuple[int, int]]) -> NewInteraction:
    addresses = {person.name.lower(): person.address for person in row.people}
    turns = tuple(_turn(number, row, addresses, mood, settings.texts == TEXTS) for number, mood in enumerate(moods))
    return NewInteraction(
        row.key,
        row.kind,
        row.occurred_at,
        row.people,
        ended_at=row.ended_at,
        thread=row.thread,
        opportunity_id=row.opportunity_id,
        subject=row.subject if settings.texts in (SUBJECTS, TEXTS) else "",
        text=row.text if settings.texts == TEXTS else "",
        size_bytes=row.size_bytes,
        n_attachments=row.n_attachments,
        is_cancelled=row.is_cancelled,
        turns=turns,
    )


def _turn(
    number: int, row: ReadInteraction, addresses: dict[str, str], mood: tuple[int, int], with_text: bool
) -> NewTurn:
    turn = row.turns[number]
    step = call_notes.next_step(turn.text, row.occurred_at.date())
    has_span = turn.started_s is not None and turn.ended_s is not None
    return NewTurn(
        number,
        addresses.get(turn.speaker.lower(), turn.speaker.lower())[:320],
        turn.ended_s - turn.started_s if has_span else None,  # type: ignore[operator]
        call_notes.n_words(turn.text),
        call_notes.n_questions(turn.text),
        topics=joined(*call_notes.topics(turn.text), by=", "),
        step=step.kind if step else "",
        step_due_on=step.due_on if step else None,
        n_sentences=len(call_notes.sentences(turn.text)),
        n_positive=mood[0],
        n_negative=mood[1],
        text=turn.text if with_text else "",
    )
