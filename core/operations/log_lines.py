"""Log lines as JSON, each with the request, the session and a pseudonym of the person it belongs to; no names.

The pseudonym of a person is the same in all lines of an installation that has a secret for it, in
`QUARTERDECK_LOG_SECRET`; without that it is the same until the process ends. Nobody can work out whose it is.
"""

from __future__ import annotations

import hmac
import logging
import os
import secrets
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TextIO

import structlog

from core.config.tenant_name import tenant_name
from core.store.person_keys import MAIL

FORMAT, LEVEL, SECRET = "QUARTERDECK_LOG", "QUARTERDECK_LOG_LEVEL", "QUARTERDECK_LOG_SECRET"
PLAIN, JSON = "plain", "json"
_OWN_SECRET = secrets.token_bytes(32)


def pseudonym(user: str, environ: Mapping[str, str] | None = None) -> str:
    """Return what a person is called in log lines: 12 hexadecimal digits, HMAC-SHA-256 of the sign-in name.

    Examples
    --------
    >>> given = {"QUARTERDECK_LOG_SECRET": "a secret"}
    >>> pseudonym("ana@example.com", given) == pseudonym("ANA@example.com", given)
    True
    """
    secret = (os.environ if environ is None else environ).get(SECRET, "").encode() or _OWN_SECRET
    return hmac.new(secret, user.lower().encode(), "sha256").hexdigest()[:12]


@contextmanager
def bound(**values: str) -> Iterator[None]:
    """Let every line written inside carry some values, such as the session's."""
    with structlog.contextvars.bound_contextvars(**values):
        yield


def bind(**values: str) -> None:
    """Let every line that follows in this context carry some values."""
    structlog.contextvars.bind_contextvars(**values)


def without_mail(_: Any, __: str, line: dict[str, Any]) -> dict[str, Any]:
    """Put a pseudonym in place of every mail address in a line's texts.

    Examples
    --------
    >>> line = without_mail(None, "", {"event": "ana@example.com came"})
    >>> "ana" in line["event"], line["event"].endswith(" came")
    (False, True)
    """
    for name, value in line.items():
        if isinstance(value, str) and "@" in value:
            line[name] = MAIL.sub(lambda match: f"person:{pseudonym(match[0])}", value)
    return line


def with_tenant(_: Any, __: str, line: dict[str, Any]) -> dict[str, Any]:
    """Let a line say which of several companies it is of; nothing where there is but one."""
    if name := tenant_name():
        line["tenant"] = name
    return line


def formatter(kind: str) -> logging.Formatter:
    """Return the formatter of a kind of lines, "json" or "plain"; lines of every library go through it."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        without_mail,
        with_tenant,
    ]
    last = structlog.processors.JSONRenderer() if kind == JSON else structlog.dev.ConsoleRenderer(colors=False)
    meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    return structlog.stdlib.ProcessorFormatter(processors=[meta, last], foreign_pre_chain=shared)


def set_up(environ: Mapping[str, str] | None = None, stream: TextIO | None = None) -> logging.Handler | None:
    """Write log lines as the environment asks: `QUARTERDECK_LOG=json` or `plain`; without it nothing changes.

    Parameters
    ----------
    environ : mapping, optional
        Stands in for the process environment; `QUARTERDECK_LOG_LEVEL` is the least level, default INFO.
    stream : text file, optional
        Default the error output.

    Returns
    -------
    logging.Handler or None
        The handler every line goes to.
    """
    env = os.environ if environ is None else environ
    kind = env.get(FORMAT, "").lower()
    if kind not in (PLAIN, JSON):
        return None
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(formatter(kind))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(env.get(LEVEL, "INFO").upper())
    for name in ("streamlit", "uvicorn", "uvicorn.error", "uvicorn.access"):
        other = logging.getLogger(name)
        other.handlers[:], other.propagate = [], True
    return handler
