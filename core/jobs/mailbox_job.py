"""The mailbox of the settings, fetched behind the pages, and what is too old or without consent deleted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from core.config import Settings
from core.localization import joined
from core.store.jobs import JobQueue

KIND, MAILBOX = "mailbox", "mailbox"
Report = Callable[[float, str], None]


def fetch(settings: Settings, report: Report, author: str) -> str:
    """Fetch what is new, delete what may not be kept any more, and say what came of it.

    Raises
    ------
    QuarterdeckError
        When the data cannot be read, no mailbox is set, or the server does not let us in.
    """
    from core.interactions import consent_rules, mailbox_fetch
    from core.sealing.secret_values import Secrets
    from core.sources import load_data
    from core.sources.connectors import connector_files
    from core.sources.source_registry import opened

    with opened(settings) as store:
        keys = Secrets(connector_files.folder_of(settings))
        outcome = mailbox_fetch.fetch(load_data(settings), settings, store, keys, report, author)
        return joined(outcome.sentence(), consent_rules.tidied(settings, store, author))


def is_due(settings: Settings, queue: JobQueue, now: datetime) -> bool:
    """Say whether the mailbox is to be fetched by itself, and was last asked for long enough ago."""
    mailbox = settings.engagement.imap
    if not mailbox.host or not mailbox.every_minutes:
        return False
    last = queue.last(KIND, MAILBOX)
    return last is None or now - last.asked_at >= timedelta(minutes=mailbox.every_minutes)
