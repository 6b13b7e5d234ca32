"""What belongs to one session, kept so that another server can take it over: sealed with the session's own secret.

Only a hash of the secret is kept; the browser alone has it. Where the installation has a key, that is needed too. So
neither a copy of the store nor the installation's key opens what somebody uploaded. Source: HKDF, RFC 5869.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from core.artifacts.cache import ArtifactCache
from core.artifacts.codecs import BytesCodec
from core.artifacts.kinds import UPLOADS, Kind
from core.artifacts.tiers import Entry
from core.contracts.errors import SourceError
from core.localization import message

if TYPE_CHECKING:
    from core.sealing.sealing_keys import Key

SEALED, EXPIRES = BytesCodec("content.sealed"), "expires_at"
STAMP_BYTES = 8
MOST_BYTES = 4_000_000_000


@dataclass(frozen=True)
class SessionFiles:
    """Files of sessions in a cache of artefacts.

    Attributes
    ----------
    cache : ArtifactCache
    kind : Kind
    most_bytes : int
        Of all sessions together; the oldest go first.
    environ : mapping
        Names the installation's keys, as `sealing_keys.keys_in_force` takes them.
    """

    cache: ArtifactCache
    kind: Kind = UPLOADS
    most_bytes: int = MOST_BYTES
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)

    def keep(self, secret: str, name: str, content: bytes, now: datetime, age: timedelta) -> None:
        """Keep something under a session's secret, in place of what is there under that name.

        Parameters
        ----------
        secret : str
            At least 128 random bits that the session's browser keeps.
        name : str
        content : bytes
        now : datetime
            With a time zone.
        age : timedelta
            After which it is not handed out any more.
        """
        self.change(secret, name, lambda _: content, now, age)

    def change(
        self, secret: str, name: str, change: Callable[[bytes | None], bytes], now: datetime, age: timedelta
    ) -> None:
        """Keep what `change` makes of what is there, while no other server touches it; see `keep`.

        Parameters
        ----------
        secret, name : str
        change : callable
            Given the content, None where there is none, it has expired or cannot be opened.
        now : datetime
            With a time zone.
        age : timedelta
        """
        until = now.astimezone(UTC) + age

        def sealed_anew(old: bytes | None) -> bytes:
            before = self._unsealed(old, secret, name, now) if old is not None else None
            return self._sealed(change(before), secret, name, until)

        about = {EXPIRES: until.isoformat(timespec="seconds")}
        self.cache.update(self.kind, _key(secret, name), sealed_anew, SEALED, about=about)
        self._bound()

    def read(self, secret: str, name: str, now: datetime) -> bytes | None:
        """Return what is kept; None where nothing is, where it has expired or cannot be opened."""
        sealed = self.cache.read(self.kind, _key(secret, name), SEALED)
        return self._unsealed(sealed, secret, name, now) if sealed is not None else None

    def _sealed(self, content: bytes, secret: str, name: str, until: datetime) -> bytes:
        from core.sealing.sealed_files import seal

        target = io.BytesIO()
        stamp = int(until.timestamp()).to_bytes(STAMP_BYTES, "big")
        seal(io.BytesIO(stamp + content), target, self._keys(secret, name)[0])
        return target.getvalue()

    def _unsealed(self, sealed: bytes, secret: str, name: str, now: datetime) -> bytes | None:
        from core.sealing.sealed_files import unseal

        opened = io.BytesIO()
        with suppress(SourceError):
            unseal(io.BytesIO(sealed), opened, self._keys(secret, name))
            content = opened.getvalue()
            until = int.from_bytes(content[:STAMP_BYTES], "big")
            return content[STAMP_BYTES:] if now.timestamp() < until else None
        return None

    def drop(self, secret: str, name: str) -> None:
        """Delete what is kept; nothing happens where nothing is."""
        with suppress(OSError):
            self.cache.tier.delete(self.kind.name, _key(secret, name))

    def tidy(self, now: datetime) -> int:
        """Delete what has expired; return how many there were."""
        expired = [entry for entry in self.cache.entries(self.kind) if _is_over(entry, now)]
        return sum(self.cache.tier.delete(self.kind.name, entry.key) for entry in expired)

    def _bound(self) -> None:
        """Delete the oldest beyond the bytes all sessions may take; never the one kept last."""
        with suppress(OSError):
            entries = self.cache.entries(self.kind)
            n_bytes = sum(entry.n_bytes for entry in entries)
            for entry in entries[:-1]:
                if n_bytes <= self.most_bytes:
                    return
                n_bytes -= entry.n_bytes if self.cache.tier.delete(self.kind.name, entry.key) else 0

    def _keys(self, secret: str, name: str) -> tuple[Key, ...]:
        """Return the keys that may seal: one per key of the installation, or one of the secret alone."""
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        from core.sealing.sealing_keys import KEY_BYTES, Key, keys_in_force

        salts: list[bytes | None] = [key.secret for key in keys_in_force(self.environ)]
        return tuple(
            Key(
                HKDF(SHA256(), KEY_BYTES, salt, message("quarterdeck session {name}", name=name).encode()).derive(
                    secret.encode()
                )
            )
            for salt in salts or [None]
        )


def _key(secret: str, name: str) -> str:
    return hashlib.blake2b(f"{name} {secret}".encode(), digest_size=16, person=b"session file").hexdigest()


def _is_over(entry: Entry, now: datetime) -> bool:
    try:
        return datetime.fromisoformat(str(entry.about[EXPIRES])) <= now
    except (KeyError, ValueError):
        return True  # Damaged, or of nobody.
