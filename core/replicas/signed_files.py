"""A file made for somebody, which any server hands to them and to nobody else: by a signed address, for some minutes.

The address has the secret the file was sealed with, the moment it ends, and a signature of both. Who asks must be the
person it was made for, in the same browser, with the right it took to make it, and by a sign-in that still counts.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.artifacts.session_files import SessionFiles
    from core.sealing.vault import Vault
    from core.store.leases import SharedNotes

AGE = timedelta(minutes=10)
NAME, NOTE = "download", "secret of signed addresses"
HEAD_BYTES, SECRET_BYTES, TOKEN_BYTES = 4, 32, 24


@dataclass(frozen=True)
class Grant:
    """For whom a file was made.

    Attributes
    ----------
    user : str
        Sign-in name.
    right : str
        Such as `pipeline:read`; without it the file is not handed out any more.
    browser : str
        What the browser's own cookie is known by; empty where it has none.
    sign_in : str
        The key of the sign-in; empty where nobody signs in.
    file_name, kind : str
        What the file is called, and its media type.
    """

    user: str
    right: str
    browser: str
    sign_in: str
    file_name: str
    kind: str = "application/octet-stream"


def signing_secret(notes: SharedNotes, vault: Vault) -> bytes:
    """Return the secret all servers of an installation sign with; made by the first that asks.

    Raises
    ------
    StoreError
        When the database cannot be reached.
    """
    sealed = notes.ensure(NOTE, vault.seal_text(secrets.token_hex(SECRET_BYTES), NOTE))
    return bytes.fromhex(vault.open_text(sealed, NOTE))


def issue(files: SessionFiles, secret: bytes, grant: Grant, content: bytes, now: datetime) -> str:
    """Keep a file and return the last part of its address.

    Parameters
    ----------
    files : SessionFiles
    secret : bytes
        From `signing_secret`.
    grant : Grant
    content : bytes
    now : datetime
        With a time zone.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    head = json.dumps(asdict(grant)).encode()
    files.keep(token, NAME, len(head).to_bytes(HEAD_BYTES, "big") + head + content, now, AGE)
    until = int((now + AGE).timestamp())
    return f"{token}.{until}.{_signature(secret, token, until)}"


def opened(files: SessionFiles, secret: bytes, address: str, now: datetime) -> tuple[Grant, bytes] | None:
    """Return for whom a file was made, and its content; None where the address is not one of ours, or has ended."""
    token, _, rest = address.partition(".")
    ends, _, signature = rest.partition(".")
    if not (ends.isascii() and ends.isdigit()):
        return None
    if not hmac.compare_digest(signature.encode(), _signature(secret, token, int(ends)).encode()):
        return None
    content = files.read(token, NAME, now) if now.timestamp() < int(ends) else None
    if content is None:
        return None
    length = int.from_bytes(content[:HEAD_BYTES], "big")
    return Grant(**json.loads(content[HEAD_BYTES : HEAD_BYTES + length])), content[HEAD_BYTES + length :]


def _signature(secret: bytes, token: str, until: int) -> str:
    return hmac.new(secret, f"{token} {until}".encode(), hashlib.sha256).hexdigest()
