"""Fetches mails from a mailbox by IMAP over TLS: headers alone, unless the settings allow texts."""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from core.config import Settings
from core.config.settings import MailboxSettings
from core.contracts import Dataset
from core.contracts.errors import ConfigError, SourceError
from core.interactions import consent_rules, intake, mail_files
from core.interactions.intake import Intake
from core.interactions.read_interaction import ReadFile
from core.sealing.secret_values import Secrets
from core.store import Store

PATIENCE_S, AT_ONCE = 60, 200
FIRST_DAYS, OVERLAP = 365, timedelta(days=3)
# By this beginning a reset of the sample company forgets it, with what was fetched.
FETCHED = "events: engagement fetched"
LARGEST_FETCHED = mail_files.LARGEST_PARSED
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
UID = re.compile(rb"UID (\d+)")
Connect = Callable[[str, int], imaplib.IMAP4]
Report = Callable[[float, str], None]


def connected(host: str, port: int) -> imaplib.IMAP4:
    """Return a connection to a mail server that has shown by its certificate who it is."""
    return imaplib.IMAP4_SSL(host, port, ssl_context=ssl.create_default_context(), timeout=PATIENCE_S)


def fetch(
    data: Dataset,
    settings: Settings,
    store: Store,
    keys: Secrets,
    report: Report,
    author: str,
    connect: Connect = connected,
) -> Intake:
    """Fetch what is new in the mailbox of the settings, and keep what may be kept of it.

    Parameters
    ----------
    data : Dataset
        The whole company under its true names.
    settings : Settings
    store : Store
    keys : Secrets
        Hold the mailbox's password.
    report : callable
        Takes the share that is done, from 0 to 1, and what is being done.
    author : str
        For the audit log.
    connect : callable
        Opens the connection.

    Raises
    ------
    ConfigError
        When no mailbox is set.
    SourceError
        When the server does not answer, shows no certificate that is trusted, does not let us in, or a folder is not
        there. What was kept before stays.
    """
    mailbox = settings.engagement.imap
    if not mailbox.host:
        raise ConfigError("No mailbox is set.", "engagement.imap", "Name host, user and password in quarterdeck.yaml.")
    now = store.interactions.clock()
    since = _since(settings, store, now)
    read = ReadFile()
    try:
        server = connect(mailbox.host, mailbox.port)
    except ssl.SSLCertVerificationError as error:
        raise SourceError(
            "The mail server does not show a certificate that is trusted, so no password was sent.",
            f"{mailbox.host}:{mailbox.port}",
            f"Name the host as its certificate does, or let this machine trust its signer: {error.verify_message}.",
        ) from error
    except (OSError, imaplib.IMAP4.error) as error:
        raise SourceError("The mail server does not answer.", f"{mailbox.host}:{mailbox.port}", str(error)) from error
    try:
        _log_in(server, mailbox, keys)
        with_text = settings.engagement.texts == consent_rules.TEXTS
        for number, folder in enumerate(mailbox.folders):
            report(number / len(mailbox.folders), folder)
            _read_folder(server, folder, since, mailbox.most_messages, with_text, read)
    except (OSError, imaplib.IMAP4.error) as error:
        raise SourceError("The mail server broke off.", mailbox.host, str(error)[:200]) from error
    finally:
        _leave(server)
    outcome = intake.take(read, data, settings, store, author, f"{mailbox.user} at {mailbox.host}")
    store.alert_ledger.set_bookmarks({FETCHED: now.isoformat()})
    return outcome


def _since(settings: Settings, store: Store, now: datetime) -> datetime:
    """Return from which day on mails are asked for: a little before the last fetch, else as far back as is kept."""
    noted = store.alert_ledger.bookmarks([FETCHED]).get(FETCHED)
    last = datetime.fromisoformat(noted) if noted else None
    days = settings.engagement.retention_days or FIRST_DAYS
    return max(last - OVERLAP, now - timedelta(days=days)) if last else now - timedelta(days=min(days, FIRST_DAYS))


def _log_in(server: imaplib.IMAP4, mailbox: MailboxSettings, keys: Secrets) -> None:
    password = keys.filled(mailbox.password)
    try:
        server.login(mailbox.user, password)
    except imaplib.IMAP4.error as error:
        # What the server says may repeat what it was given.
        raise SourceError(
            "The mail server does not let us in.", mailbox.host, "Check engagement.imap.user and its password."
        ) from error


def _read_folder(
    server: imaplib.IMAP4, folder: str, since: datetime, most: int, with_text: bool, read: ReadFile
) -> None:
    state, _ = server.select(_quoted(folder), readonly=True)
    if state != "OK":
        raise SourceError("The mailbox has no such folder.", folder, "Correct engagement.imap.folders.")
    day = f"{since.day:02}-{MONTHS[since.month - 1]}-{since.year}"
    state, answer = server.uid("SEARCH", f"SINCE {day}")
    if state != "OK":
        raise SourceError("The mail server does not search the folder.", folder)
    uids = (answer[0] or b"").split()
    if len(uids) > most:
        read.leave_out("older mails than the newest of a folder that are asked for at once", len(uids) - most)
        uids = uids[-most:]
    for begin in range(0, len(uids), AT_ONCE):
        part = uids[begin : begin + AT_ONCE]
        sizes = {uid: size for uid, size, _ in _parts(server, part, "(UID RFC822.SIZE)")}
        small = [uid for uid in part if with_text and sizes.get(uid, LARGEST_FETCHED + 1) <= LARGEST_FETCHED]
        heads = [uid for uid in part if uid not in set(small)]
        for wanted, item in ((heads, "(UID BODY.PEEK[HEADER])"), (small, "(UID BODY.PEEK[])")):
            for uid, _, content in _parts(server, wanted, item):
                mail_files.add(read, content, with_text, sizes.get(uid, len(content)))


def _parts(server: imaplib.IMAP4, uids: list[bytes], item: str) -> Iterator[tuple[bytes, int, bytes]]:
    """Yield for each mail its number, its size where it was asked for, and its content where that was."""
    if not uids:
        return
    state, rows = server.uid("FETCH", b",".join(uids).decode("ascii"), item)
    if state != "OK":
        raise SourceError("The mail server does not hand mails out.", item)
    for row in rows:
        head, content = row if isinstance(row, tuple) else (row, b"")
        uid = UID.search(head or b"")
        if uid is not None:
            size = SIZE.search(head)
            yield uid[1], int(size[1]) if size else 0, content


def _quoted(folder: str) -> str:
    escaped = folder.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _leave(server: imaplib.IMAP4) -> None:
    try:
        server.logout()
    except (OSError, imaplib.IMAP4.error):
        server.shutdown()
