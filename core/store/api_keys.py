"""Keys of the API: made once, shown once, kept as a hash, looked up by a prefix."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.contracts.errors import AccessError, StoreError
from core.localization import message
from core.store.audit_chain import write_down
from core.store.repositories import Clock, in_utc
from core.store.sessions import Sessions
from core.store.tables import LONGEST_NAME, ApiKeyRow

BEGINS, N_PREFIX, N_SECRET = "qd_", 10, 32
ALL = "*"
NOTED_EVERY = timedelta(minutes=1)
REFUSED = "The key is not known, has ended or was revoked."


@dataclass(frozen=True)
class ApiKey:
    """What is kept of a key.

    Attributes
    ----------
    id : int
    prefix : str
        The part of the key that may be shown.
    name, owner : str
        What it is for, and whose rows and rights it has.
    rights : tuple of str
        What it may do of what its owner may; "*" for all of that.
    roles : tuple of str
        Of a key that belongs to no person: the roles it has itself; empty for a person's.
    made_at : datetime
        This and the other times in UTC.
    expires_at, used_at, revoked_at : datetime, optional
    """

    id: int
    prefix: str
    name: str
    owner: str
    rights: tuple[str, ...]
    roles: tuple[str, ...]
    made_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    revoked_at: datetime | None

    def is_good(self, now: datetime) -> bool:
        """Say whether it opens anything at a time."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


class ApiKeys:
    """The keys of an installation."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions, self._clock = sessions, clock

    def make(
        self,
        name: str,
        owner: str,
        by: str,
        rights: Sequence[str] = (ALL,),
        roles: Sequence[str] = (),
        days: int = 0,
    ) -> tuple[str, ApiKey]:
        """Make a key; it is returned once and cannot be shown again.

        Parameters
        ----------
        name : str
            What it is for, 1 to 120 characters.
        owner : str
            Whose rows, masking and rights it has.
        by : str
            Who makes it.
        rights : sequence of str
            What it may do of what the owner may.
        roles : sequence of str
            For a key of a service, which belongs to no person: its roles.
        days : int
            How long it is good; 0 for no end.

        Raises
        ------
        StoreError
            When the name is empty or too long.
        """
        title = name.strip()
        if not 0 < len(title) <= LONGEST_NAME:
            raise StoreError(
                message("A key needs a name of 1 to {longest_name} characters.", longest_name=LONGEST_NAME),
                mend="Say what it is for.",
            )
        prefix, secret, now = secrets.token_hex(N_PREFIX // 2), secrets.token_urlsafe(N_SECRET), self._clock()
        row = ApiKeyRow(
            prefix=prefix,
            hash=_hash(secret),
            name=title,
            owner=owner[:200],
            rights=list(rights),
            roles=list(roles),
            made_at=now,
            expires_at=now + timedelta(days=days) if days else None,
        )
        with self._sessions.begin() as session:
            session.add(row)
            self._audit(
                session,
                by,
                "made an API key",
                prefix,
                message("{title}, for {owner}: {rights}", title=title, owner=owner, rights=", ".join(rights)),
            )
        return f"{BEGINS}{prefix}_{secret}", _key(row)

    def check(self, token: str) -> ApiKey:
        """Return whose key a token is, and note that it was used.

        Raises
        ------
        AccessError
            When it is none, has ended or was revoked; which of them is not told.
        """
        prefix, _, secret = token.removeprefix(BEGINS).partition("_")
        with self._sessions() as session:
            row = session.scalars(select(ApiKeyRow).where(ApiKeyRow.prefix == prefix[:12])).first()
        expected = row.hash if row is not None else _hash("")
        is_same = hmac.compare_digest(expected, _hash(secret))
        now = self._clock()
        if row is None or not token.startswith(BEGINS) or not is_same or not _key(row).is_good(now):
            raise AccessError(REFUSED, mend="Make a new one on the Admin page or by `quarterdeck api-key make`.")
        if row.used_at is None or now - in_utc(row.used_at) >= NOTED_EVERY:
            with self._sessions.begin() as session:
                session.execute(update(ApiKeyRow).where(ApiKeyRow.id == row.id).values(used_at=now))
        return _key(row)

    def list(self, owner: str | None = None) -> list[ApiKey]:
        """Return the keys, newest first; of one owner, or all."""
        asked = select(ApiKeyRow).order_by(ApiKeyRow.id.desc())
        if owner is not None:
            asked = asked.where(ApiKeyRow.owner == owner)
        with self._sessions() as session:
            return [_key(row) for row in session.scalars(asked)]

    def revoke(self, prefix: str, by: str) -> None:
        """End a key at once.

        Raises
        ------
        StoreError
            When there is none with that prefix that still opens anything.
        """
        with self._sessions.begin() as session:
            asked = select(ApiKeyRow).where(ApiKeyRow.prefix == prefix, ApiKeyRow.revoked_at.is_(None))
            row = session.scalars(asked).first()
            if row is None:
                raise StoreError(
                    message("There is no key {prefix!r}.", prefix=prefix),
                    mend="`quarterdeck api-key list` shows those there are.",
                )
            row.revoked_at = self._clock()
            self._audit(session, by, "revoked an API key", prefix, row.name)

    def _audit(self, session: Session, user: str, action: str, target: str, detail: str) -> None:
        entry = {"at": self._clock(), "user": user, "action": action, "target": target, "detail": detail}
        write_down(session, [entry])


def _hash(secret: str) -> str:
    # 32 random bytes: nothing to be guessed, so a quick hash does.
    return hashlib.sha256(secret.encode()).hexdigest()


def _key(row: ApiKeyRow) -> ApiKey:
    times = (row.expires_at, row.used_at, row.revoked_at)
    expires_at, used_at, revoked_at = (None if at is None else in_utc(at) for at in times)
    return ApiKey(
        row.id,
        row.prefix,
        row.name,
        row.owner,
        tuple(row.rights),
        tuple(row.roles),
        in_utc(row.made_at),
        expires_at,
        used_at,
        revoked_at,
    )
