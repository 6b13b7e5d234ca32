"""The key this installation signs its answers with: Ed25519, made once, sealed where the installation has a key."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from core.contracts.errors import SourceError
from core.sealing.vault import Vault

FILE, ABOUT = "signing.key", "the key of signed answers"


def private_key(home: Path, vault: Vault | None = None) -> Ed25519PrivateKey:
    """Return the key of an installation, made where there is none yet.

    Parameters
    ----------
    home : Path
        Quarterdeck's folder; the file in it is readable by its owner alone.
    vault : Vault, optional
        Seals the file with the installation's key, where there is one.

    Raises
    ------
    SourceError
        When the file cannot be read or written, or holds no key.
    """
    safe, file = vault or Vault(), home / FILE
    try:
        if not file.exists():
            _write(file, safe.seal(Ed25519PrivateKey.generate().private_bytes_raw(), ABOUT))
        return Ed25519PrivateKey.from_private_bytes(safe.open(file.read_bytes(), ABOUT))
    except (OSError, ValueError) as error:
        raise SourceError(
            "The key of signed answers cannot be read.", str(file), "Restore it, or remove it."
        ) from error


def _write(file: Path, content: bytes) -> None:
    """Write a new file at once; where another process was quicker, its file stays."""
    file.parent.mkdir(parents=True, exist_ok=True)
    own = file.with_name(f"{FILE}.{os.getpid()}")
    with os.fdopen(os.open(own, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as target:
        target.write(content)
    try:
        os.link(own, file)
    except FileExistsError:
        pass
    finally:
        own.unlink()


def public_text(key: Ed25519PublicKey) -> str:
    """Return a public key as 64 hexadecimal digits."""
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw).hex()
