"""Mail addresses and names of people in the audit log stand there under keys; without its key a word names nobody.

The chain of the log is worked out over the keys, so that it stays whole when a person's keys are destroyed.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping

from sqlalchemy import delete, insert, literal, select
from sqlalchemy.orm import Session

from core.store.tables import KnownPersonRow, PersonKeyRow

MAIL = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
KEY = re.compile(r"person:[0-9a-f]{16}")
ERASED = "an erased person"


def with_keys(session: Session, texts: Iterable[str]) -> list[str]:
    """Return texts with a key in place of each mail address and each full name of a known person.

    Parameters
    ----------
    session : sqlalchemy session
        Of the transaction the texts are written in; a word without a key gets one.
    texts : iterable of str
    """
    given = list(texts)
    together = "\n".join(given)
    mails = {mail.lower() for mail in MAIL.findall(together)}
    # A first name alone would be found in the middle of sentences about others.
    is_full = KnownPersonRow.name.contains(" ")
    names = set(
        session.scalars(select(KnownPersonRow.name).where(is_full, literal(together).contains(KnownPersonRow.name)))
    )
    words = sorted(mails | names)
    if not words:
        return given
    asked = select(PersonKeyRow.word, PersonKeyRow.key).where(PersonKeyRow.word.in_(words))
    keys = {row.word: row.key for row in session.execute(asked)}
    fresh = [{"word": word, "key": f"person:{secrets.token_hex(8)}"} for word in words if word not in keys]
    if fresh:
        session.execute(insert(PersonKeyRow), fresh)
        keys |= {row["word"]: row["key"] for row in fresh}
    out = [MAIL.sub(lambda match: keys[match[0].lower()], text) for text in given]
    for name in sorted(names, key=len, reverse=True):
        out = [text.replace(name, keys[name]) for text in out]
    return out


def named(text: str, words: Mapping[str, str]) -> str:
    """Return a text with the word in place of each key; one that was destroyed names nobody.

    Examples
    --------
    >>> named("ended a sign-in of person:00112233445566aa", {"person:00112233445566aa": "bo@example.com"})
    'ended a sign-in of bo@example.com'
    >>> named("person:00112233445566aa", {})
    'an erased person'
    """
    return KEY.sub(lambda match: words.get(match[0], ERASED), text) if "person:" in text else text


def words_by_key(session: Session) -> dict[str, str]:
    """Return every mail address and name by its key."""
    return {row.key: row.word for row in session.execute(select(PersonKeyRow.key, PersonKeyRow.word))}


def keys_of(session: Session, part: str) -> list[str]:
    """Return the keys of words that contain a part, upper and lower case alike."""
    return list(session.scalars(select(PersonKeyRow.key).where(PersonKeyRow.word.icontains(part, autoescape=True))))


def destroy(session: Session, words: Iterable[str]) -> None:
    """Destroy the keys of a person's words, so that the audit log names them no more."""
    lowered = {word.lower() for word in words}
    mine = [word for word in session.scalars(select(PersonKeyRow.word)) if word.lower() in lowered]
    session.execute(delete(PersonKeyRow).where(PersonKeyRow.word.in_(mine)))
