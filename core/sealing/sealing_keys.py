"""The keys that seal: read from the environment, a file or a command, and never written."""

from __future__ import annotations

import hashlib
import secrets
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.contracts.errors import ConfigError

KEY, KEY_FILE, KEY_COMMAND = "QUARTERDECK_KEY", "QUARTERDECK_KEY_FILE", "QUARTERDECK_KEY_COMMAND"
KEY_BYTES = 32
COMMAND_SECONDS = 60


@dataclass(frozen=True)
class Key:
    """A key of AES-256.

    Attributes
    ----------
    secret : bytes
        32 bytes; not part of what is printed.
    """

    secret: bytes = field(repr=False)

    @property
    def number(self) -> str:
        """Return eight digits by which a key is told from others, and which give nothing of it away."""
        return hashlib.sha256(b"quarterdeck key id" + self.secret).hexdigest()[:8]


def fresh() -> str:
    """Return a new key as 64 hexadecimal digits, from the system's source of randomness."""
    return secrets.token_hex(KEY_BYTES)


def key_in_force(environ: Mapping[str, str]) -> Key | None:
    """Return the key that seals in this installation; None where none is set. Raises as `keys_in_force`."""
    return next(iter(keys_in_force(environ)), None)


def keys_in_force(environ: Mapping[str, str]) -> tuple[Key, ...]:
    """Return the keys of this installation: the first seals, all of them open.

    Parameters
    ----------
    environ : mapping
        QUARTERDECK_KEY holds keys of 64 hexadecimal digits with white space between, QUARTERDECK_KEY_FILE names a file
        with one a line, QUARTERDECK_KEY_COMMAND a command that prints them, such as one that asks a key management
        service.

    Raises
    ------
    ConfigError
        When they cannot be read or one is no key. What was read is not repeated.
    """
    if environ.get(KEY):
        return _parsed(environ[KEY], KEY)
    if environ.get(KEY_FILE):
        try:
            return _parsed(Path(environ[KEY_FILE]).read_text(encoding="utf-8"), KEY_FILE)
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError("The key's file cannot be read.", KEY_FILE, "Name a file the server may read.") from error
    if environ.get(KEY_COMMAND):
        return _parsed(_printed(environ[KEY_COMMAND]), KEY_COMMAND)
    return ()


def _printed(command: str) -> str:
    try:
        done = subprocess.run(shlex.split(command), capture_output=True, text=True, timeout=COMMAND_SECONDS, check=True)
    except (OSError, ValueError, subprocess.SubprocessError):
        # The error would show what the command printed.
        raise ConfigError("The command that prints the key failed.", KEY_COMMAND, "Run it by hand.") from None
    return done.stdout


def _parsed(text: str, where: str) -> tuple[Key, ...]:
    try:
        secrets_read = [bytes.fromhex(word) for word in text.split()]
    except ValueError:
        secrets_read = []
    if not secrets_read or any(len(secret) != KEY_BYTES for secret in secrets_read):
        raise ConfigError("The key is not 64 hexadecimal digits.", where, "Make one with: quarterdeck keys new")
    return tuple(Key(secret) for secret in secrets_read)
