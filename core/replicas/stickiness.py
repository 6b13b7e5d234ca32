"""Whether what stands before several servers keeps a browser with one of them, asked as a browser would ask."""

from __future__ import annotations

import urllib.request
from dataclasses import dataclass
from http.cookiejar import CookieJar

from core.contracts.errors import ConfigError

HEADER, PATH = "X-Quarterdeck-Server", "/_stcore/health"
N_REQUESTS, PATIENCE_S = 12, 10.0
MEND = "Let the proxy keep a browser with its server by a cookie; deploy/proxies shows how for nginx and HAProxy."


@dataclass(frozen=True)
class ServersSeen:
    """Which servers answered one browser.

    Attributes
    ----------
    servers : tuple of str
        What each answer's server calls itself, in order; empty for one that does not say.
    """

    servers: tuple[str, ...]

    @property
    def is_sticky(self) -> bool:
        """Say whether one server answered all."""
        return len(set(self.servers)) <= 1

    def sentence(self) -> str:
        """Say it, and what helps."""
        n = len(set(self.servers))
        if self.is_sticky:
            return f"One browser's {len(self.servers)} requests were answered by one server."
        return (
            f"One browser's {len(self.servers)} requests were answered by {n} servers in turn, so that uploads fail "
            "now and then."
        )


def answers(address: str, n_requests: int = N_REQUESTS) -> ServersSeen:
    """Ask several times as one browser, with the cookies it is given, and return who answered.

    Parameters
    ----------
    address : str
        What people open, such as `https://sales.example.com`.
    n_requests : int

    Raises
    ------
    ConfigError
        When nobody answers there.
    """
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    seen = []
    if not address.startswith(("http://", "https://")):
        raise ConfigError("The address does not begin with http:// or https://.", address, "Name what people open.")
    try:
        for path in ("/", *[PATH] * n_requests):
            with browser.open(f"{address.rstrip('/')}{path}", timeout=PATIENCE_S) as answer:
                seen.append(str(answer.headers.get(HEADER) or ""))
    except (OSError, ValueError) as error:
        raise ConfigError(f"Nobody answers: {error}", address, "Name the address people open.") from error
    return ServersSeen(tuple(name for name in seen if name))
