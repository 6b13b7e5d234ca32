"""What tells whose certificates are trusted, read once in a thread: reading it takes longer than most requests."""

from __future__ import annotations

import os
import ssl
import threading
from pathlib import Path

import httpx

OF_ENVIRONMENT = ("SSL_CERT_FILE", "SSL_CERT_DIR")


class _Contexts(threading.local):
    """One for every source certificates are read from; OpenSSL is not meant for two threads that set up one at once."""

    def __init__(self) -> None:
        self.by_source: dict[str, tuple[int, ssl.SSLContext]] = {}


_CONTEXTS = _Contexts()


def shared(*, trust_env: bool = True) -> ssl.SSLContext:
    """Return what `httpx` trusts by default, as `verify` of a client; read anew when the certificates have changed.

    Parameters
    ----------
    trust_env : bool
        Whether `SSL_CERT_FILE` and `SSL_CERT_DIR` name the certificates; as that of the client.

    Returns
    -------
    ssl.SSLContext
        For this thread, and for clients that bring no certificate of their own.
    """
    named = [os.environ[name] for name in OF_ENVIRONMENT if os.environ.get(name)] if trust_env else []
    source = named[0] if named else ""
    changed_at = Path(source).stat().st_mtime_ns if named and Path(source).exists() else 0
    before = _CONTEXTS.by_source.get(source)
    if before is None or before[0] != changed_at:
        before = _CONTEXTS.by_source[source] = changed_at, httpx.create_ssl_context(trust_env=trust_env)
    return before[1]
