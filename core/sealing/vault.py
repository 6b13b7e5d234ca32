"""Values sealed with AES-256-GCM: each with a key of its own, and that key sealed with the installation's.

So that changing the installation's key rewrites the small sealed key in front of each value, and not the value. The
number of the key it was sealed with stands beside it. Source: envelope encryption, NIST SP 800-57 part 1, 6.2.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.contracts.errors import ConfigError, StoreError
from core.sealing.sealing_keys import KEY_BYTES, Key, keys_in_force

MAGIC = b"quarterdeck value 1\n"
NUMBER, NONCE, TAG = 8, 12, 16
HEAD = len(MAGIC) + NUMBER + NONCE + KEY_BYTES + TAG
TEXT = "sealed:"


@dataclass
class Vault:
    """Seals and opens values with the keys of an installation; without a key it hands them on as they are.

    Attributes
    ----------
    environ : mapping
        Names the keys, as `keys_in_force` takes them. They are read when the first value is sealed or opened, and
        again when a value names a key that is not among them: keys can be changed while a server runs.
    """

    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    _keys: tuple[Key, ...] | None = field(default=None, repr=False)

    def seal(self, content: bytes, about: str) -> bytes:
        """Return a value sealed; `about` says what it is, and opens nothing else.

        Raises
        ------
        ConfigError
            When the key cannot be read.
        """
        keys = self._read()
        if not keys:
            return content
        own = AESGCM.generate_key(KEY_BYTES * 8)
        nonce = os.urandom(NONCE)
        return _wrapped(own, keys[0], about) + nonce + AESGCM(own).encrypt(nonce, content, MAGIC + about.encode())

    def open(self, sealed: bytes, about: str) -> bytes:
        """Return what was sealed; a value that is not sealed as it is.

        Raises
        ------
        StoreError
            When it was sealed with a key that is not at hand, is about something else, or was changed.
        """
        if not is_sealed(sealed):
            return sealed
        own, rest = self._own_key(sealed, about), sealed[HEAD:]
        try:
            return AESGCM(own).decrypt(rest[:NONCE], rest[NONCE:], MAGIC + about.encode())
        except (InvalidTag, ValueError):
            raise _damaged(about) from None

    def reseal(self, sealed: bytes, about: str) -> bytes:
        """Return a value sealed with the key in force; the very same where it is already.

        Raises
        ------
        StoreError
            As `open`.
        """
        keys = self._read()
        if not keys:
            raise ConfigError("There is no key to seal with.", "QUARTERDECK_KEY_FILE", "Make one: quarterdeck keys new")
        if not is_sealed(sealed):
            return self.seal(sealed, about)
        if number_of(sealed) == keys[0].number:
            return sealed
        return _wrapped(self._own_key(sealed, about), keys[0], about) + sealed[HEAD:]

    def seal_text(self, text: str, about: str) -> str:
        """Return a text sealed as a text."""
        sealed = self.seal(text.encode(), about)
        return TEXT + base64.b64encode(sealed).decode() if is_sealed(sealed) else text

    def open_text(self, text: str, about: str) -> str:
        """Return the text that was sealed; one that is not sealed as it is. Raises as `open`."""
        if not text.startswith(TEXT):
            return text
        try:
            sealed = base64.b64decode(text.removeprefix(TEXT), validate=True)
        except ValueError:
            raise _damaged(about) from None
        return self.open(sealed, about).decode()

    def _read(self, anew: bool = False) -> tuple[Key, ...]:
        if self._keys is None or anew:
            self._keys = keys_in_force(self.environ)
        return self._keys

    def _own_key(self, sealed: bytes, about: str) -> bytes:
        number = number_of(sealed)
        keys = {key.number: key for key in self._read()}
        if number not in keys:
            keys = {key.number: key for key in self._read(anew=True)}
        if number not in keys:
            raise StoreError(
                f"This was sealed with key {number}, which is not at hand.",
                about,
                "Add that key to those of the server; the admin guide shows how.",
            )
        start = len(MAGIC) + NUMBER
        nonce, own = sealed[start : start + NONCE], sealed[start + NONCE : HEAD]
        try:
            return AESGCM(keys[number].secret).decrypt(nonce, own, sealed[:start] + about.encode())
        except (InvalidTag, ValueError):
            raise _damaged(about) from None


def is_sealed(content: bytes) -> bool:
    """Say whether a value begins like a sealed one."""
    return content.startswith(MAGIC)


def number_of(sealed: bytes) -> str:
    """Return the number of the key a value was sealed with."""
    return sealed[len(MAGIC) : len(MAGIC) + NUMBER].decode("ascii", "replace")


def _wrapped(own: bytes, key: Key, about: str) -> bytes:
    front, nonce = MAGIC + key.number.encode(), os.urandom(NONCE)
    return front + nonce + AESGCM(key.secret).encrypt(nonce, own, front + about.encode())


def _damaged(about: str) -> StoreError:
    return StoreError("This was damaged or changed after it was sealed.", about, "Put back a copy of it from a backup.")
