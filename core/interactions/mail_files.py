"""Mails as files: EML, and mbox as Thunderbird and Google Takeout write it. Headers alone, unless texts are allowed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from email import message_from_bytes, policy
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import getaddresses, parsedate_to_datetime

from core.interactions.read_interaction import (
    LONGEST_SUBJECT,
    LONGEST_TEXT,
    MOST_PEOPLE,
    ReadFile,
    ReadInteraction,
    hashed,
    in_utc,
    person,
    without_controls,
)
from core.localization import message
from core.store.interaction_records import MAIL, NewPerson

LONGEST_HEADERS, LARGEST_PARSED = 256 * 1024, 25 * 2**20
MOST_MAILS, MOST_PARTS = 200_000, 60
# A line of a text may begin with "From " too: a mail begins where an address, or a dash, and a year follow.
BEGINS = re.compile(rb"^From \S+.*\b(?:19|20)\d\d\b[^\n]*\n", re.MULTILINE)
ATTACHED = re.compile(rb"^content-disposition:\s*attachment", re.IGNORECASE | re.MULTILINE)
BLANK = re.compile(rb"\r?\n\r?\n")
AUTOMATIC = ("bulk", "list", "junk", "auto_reply")
NO_SENDER = "mails without a sender or a date that can be read"
BROADCAST = "automatic and bulk mails"
TOO_MANY = message("mails after the first {most_mails:,}", most_mails=MOST_MAILS)


def is_mbox(content: bytes) -> bool:
    """Say whether a file begins as an mbox does."""
    return BEGINS.match(content.lstrip()[:2_000]) is not None


def mbox(content: bytes, with_text: bool) -> ReadFile:
    """Return the mails of an mbox.

    Parameters
    ----------
    content : bytes
        Not more than its first 200,000 mails are read.
    with_text : bool
        Whether texts are to be read; without, only the headers are parsed.
    """
    out = ReadFile()
    for number, raw in enumerate(_split(content)):
        if number >= MOST_MAILS:
            out.leave_out(TOO_MANY)
        else:
            add(out, raw, with_text)
    return out


def _split(content: bytes) -> Iterator[bytes]:
    begin: int | None = None
    for match in BEGINS.finditer(content):
        if begin is not None:
            yield content[begin : match.start()]
        begin = match.end()
    if begin is not None:
        yield content[begin:]


def add(out: ReadFile, raw: bytes, with_text: bool, size_bytes: int | None = None) -> None:
    """Read one mail into `out`; what is no mail, or was sent by a machine, is counted there and left out.

    Parameters
    ----------
    out : ReadFile
    raw : bytes
        The mail, or its headers alone.
    with_text : bool
    size_bytes : int, optional
        Of the whole mail, where only the headers are given.
    """
    end = BLANK.search(raw[:LONGEST_HEADERS])
    head = raw[: end.end() if end else LONGEST_HEADERS]
    try:
        headers = BytesHeaderParser(policy=policy.compat32).parsebytes(head)
        mail = _mail(headers, raw, with_text, len(raw) if size_bytes is None else size_bytes)
    except (MessageError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        mail = None
    if mail is None:
        out.leave_out(NO_SENDER)
    elif _is_automatic(headers):
        out.leave_out(BROADCAST)
    else:
        out.interactions.append(mail)


def _mail(headers: Message, raw: bytes, with_text: bool, size: int) -> ReadInteraction | None:
    moment = in_utc(_date(headers))
    people = _people(headers)
    if moment is None or not any(entry.role == "from" for entry in people):
        return None
    own = _word(headers, "Message-ID")
    sender = next(entry.address for entry in people if entry.role == "from")
    subject = text(headers, "Subject", LONGEST_SUBJECT)
    reference = own or f"{moment.isoformat()} {sender} {subject}"
    references = _word(headers, "References").split() or _word(headers, "In-Reply-To").split()
    thread = _word(headers, "X-GM-THRID") or _word(headers, "Thread-Index")[:30] or (*references, reference)[0]
    return ReadInteraction(
        MAIL,
        reference,
        moment,
        people,
        thread=hashed(thread),
        subject=subject,
        text=_body(raw) if with_text else "",
        size_bytes=size,
        n_attachments=len(ATTACHED.findall(raw)),
    )


def _date(headers: Message) -> datetime | None:
    value = str(headers.get("Date", ""))[:200]
    try:
        return parsedate_to_datetime(value) if value else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _people(headers: Message) -> tuple[NewPerson, ...]:
    """Return sender and receivers, each once, in the first part they have."""
    out: dict[str, NewPerson] = {}
    for role, names in (("from", ("From", "Sender")), ("to", ("To",)), ("cc", ("Cc", "Bcc"))):
        values = [str(value)[:LONGEST_HEADERS] for name in names for value in headers.get_all(name, [])]
        for name, address in getaddresses(values)[:MOST_PEOPLE]:
            entry = person(address, decoded(name), role)
            # Of two senders the first counts: a mail sent on behalf of somebody is theirs.
            if entry is not None and not (role == "from" and out):
                out.setdefault(entry.address, entry)
    return tuple(list(out.values())[:MOST_PEOPLE])


def decoded(value: str) -> str:
    """Return a header's value with its encoded words in plain letters; as it stands where they are malformed.

    Examples
    --------
    >>> decoded("=?utf-8?b?w4Rubmk=?=")
    'Änni'
    >>> decoded("=?no-such?q?x?=")
    '=?no-such?q?x?='
    """
    try:
        return str(make_header(decode_header(value)))
    except (MessageError, LookupError, ValueError):
        return value


def text(headers: Message, name: str, most: int) -> str:
    """Return a header in plain letters; empty where there is none."""
    return without_controls(decoded(str(headers.get(name, ""))[: 8 * most]), most)


def _word(headers: Message, name: str) -> str:
    return str(headers.get(name, ""))[:4_000].strip()


def _is_automatic(headers: Message) -> bool:
    sent_by = _word(headers, "Auto-Submitted").lower()
    is_list = headers.get("List-Unsubscribe") is not None or headers.get("List-Id") is not None
    return is_list or sent_by not in ("", "no") or _word(headers, "Precedence").lower() in AUTOMATIC


def _body(raw: bytes) -> str:
    """Return the plain text of a mail; empty where it is too large or too deeply nested to be read."""
    if len(raw) > LARGEST_PARSED:
        return ""
    try:
        mail = message_from_bytes(raw, policy=policy.compat32)
        for number, part in enumerate(mail.walk()):
            if number >= MOST_PARTS:
                return ""
            if part.get_content_type() == "text/plain" and not part.get_filename():
                content = part.get_payload(decode=True)
                charset = part.get_content_charset("utf-8")
                return content.decode(charset, "replace")[:LONGEST_TEXT] if isinstance(content, bytes) else ""
    except (RecursionError, LookupError, ValueError, MessageError, AssertionError):
        return ""
    return ""
