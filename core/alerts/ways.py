"""The ways messages go, as they are set up: where to, with which secret, and of which events."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from core.alerts import address_guard
from core.contracts.errors import ContractError
from core.localization import message
from core.sealing.vault import Vault
from core.store import Store
from core.store.repositories import Saved

COMPANY = "company"
MAIL, SLACK, TEAMS, WEBHOOK, APPRISE = "mail", "slack", "teams", "webhook", "apprise"
KINDS = {
    MAIL: "Mail server",
    SLACK: "Slack channel",
    TEAMS: "Teams channel",
    WEBHOOK: "Webhook",
    APPRISE: "Another service (Apprise)",
}
SECRET_BYTES, BEGINS = 32, "whsec_"
EVENTS = {
    "forecast.moved": "The forecast moved",
    "call.submitted": "A manager's forecast was submitted",
    "deal.slipped": "A deal slipped out of the quarter",
    "account.turned_red": "An account turned red",
    "list.read": "A requirement list was read",
    "answer.approved": "An answer was approved",
    "sync.failed": "A sync failed",
}


@dataclass(frozen=True)
class Way:
    """One way.

    Attributes
    ----------
    owner : str
        "company" for everybody's, else whose it is.
    name, kind : str
    target : str
        A mail server as host:port, a webhook's address, a Slack channel; empty where the secret is the address.
    secret : str
        The password, token, signing secret, or secret address.
    user, sender : str
        Of a mail server: what it is signed in to as, and the address mail comes from.
    is_encrypted : bool
        Of a mail server: whether STARTTLS is required.
    events : tuple of str
        Of a webhook: which events it gets; none for alerts alone.
    is_masked : bool
        Whether names are left out of what goes this way.
    id, version : int
    """

    owner: str
    name: str
    kind: str
    target: str = ""
    secret: str = ""
    user: str = ""
    sender: str = ""
    is_encrypted: bool = True
    events: tuple[str, ...] = ()
    is_masked: bool = False
    id: int = 0
    version: int = 0

    @property
    def where(self) -> str:
        """Say where it leads without what opens it."""
        if self.target:
            return self.target
        host = urlsplit(self.secret).hostname or ""
        return host if self.kind in (SLACK, TEAMS) else ""


def checked(way: Way, environ: Mapping[str, str] | None = None) -> Way:
    """Return a way as it stands, if it can be.

    Raises
    ------
    ContractError
        When a part of it is not what it can be, or it leads to a private address that is not allowed.
    """
    if way.kind not in KINDS:
        raise ContractError(
            message("No way is called {kind!r}.", kind=way.kind),
            "kind",
            message("Known: {kinds}.", kinds=", ".join(KINDS)),
        )
    if unknown := set(way.events) - set(EVENTS):
        raise ContractError(
            message("No event is called {unknown!r}.", unknown=min(unknown)),
            "events",
            message("Known: {events}.", events=", ".join(EVENTS)),
        )
    if way.kind == MAIL:
        _check_mail(way)
    elif way.kind == APPRISE:
        _need(":" in way.secret, "secret", "Give the address as Apprise writes it.")
    else:
        url = way.target if way.kind == WEBHOOK or way.secret.startswith("xoxb-") else way.secret
        if way.secret.startswith("xoxb-"):
            _need(bool(url.strip()), "target", "Name the channel the bot writes to.")
        else:
            address_guard.check(
                url, os.environ if environ is None else environ, ("slack.com",) if way.kind == SLACK else ()
            )
    return way


def _check_mail(way: Way) -> None:
    host, _, port = way.target.partition(":")
    _need(bool(host) and port.isdigit() and 0 < int(port) < 65_536, "target", "Write the server as host:587.")
    parts = way.sender.partition("@")
    is_plain = way.sender.isprintable() and not set(way.sender) & set(" <>,")
    _need(bool(parts[0] and parts[2] and is_plain), "sender", "Give the address mail comes from.")


def _need(is_fine: bool, name: str, mend: str) -> None:
    if not is_fine:
        raise ContractError(message("The way cannot be set up with this {name}.", name=name), name, mend)


def fresh_secret() -> str:
    """Return a new signing secret of a webhook, as the Standard Webhooks convention writes it."""
    return BEGINS + base64.b64encode(os.urandom(SECRET_BYTES)).decode()


def save(store: Store, way: Way, vault: Vault | None = None) -> Way:
    """Save a way, its secret sealed; over the version it was read in, where it has an id.

    Raises
    ------
    ContractError, StoreError
    """
    return save_as_is(store, checked(way), vault)


def save_as_is(store: Store, way: Way, vault: Vault | None = None) -> Way:
    """Save a way that was checked before, its secret sealed."""
    sealed = (vault or Vault()).seal_text(way.secret, _about(way.owner, way.name))
    payload: dict[str, Any] = {
        "kind": way.kind,
        "target": way.target.strip(),
        "secret": sealed,
        "user": way.user,
        "sender": way.sender,
        "is_encrypted": way.is_encrypted,
        "events": list(way.events),
        "is_masked": way.is_masked,
    }
    return of_saved(store.alert_ways.save(way.name, way.owner, payload, way.version or None), vault)


def reseal(store: Store) -> int:
    """Seal the secrets of all ways with the key in force; return how many ways there are.

    Raises
    ------
    StoreError
        When the key one was sealed with is not at hand, or somebody saved a way in between.
    """
    ways = listed(store)
    for way in ways:
        save_as_is(store, way)
    return len(ways)


def of_saved(saved: Saved, vault: Vault | None = None) -> Way:
    """Return a way as it was saved, its secret opened.

    Raises
    ------
    StoreError
        When the key it was sealed with is not at hand.
    """
    given = dict(saved.payload)
    secret = (vault or Vault()).open_text(str(given.pop("secret", "")), _about(saved.owner, saved.name))
    events = tuple(given.pop("events", ()))
    given |= {"id": saved.id, "version": saved.version}
    return Way(saved.owner, saved.name, str(given.pop("kind")), secret=secret, events=events, **given)


def listed(store: Store, owners: Iterable[str] | None = None) -> list[Way]:
    """Return the ways there are, by name: all, or those of some owners."""
    wanted = None if owners is None else set(owners)
    vault = Vault()
    saved = [entry for entry in store.alert_ways.list() if wanted is None or entry.owner in wanted]
    return sorted((of_saved(entry, vault) for entry in saved), key=lambda way: (way.owner != COMPANY, way.name))


def _about(owner: str, name: str) -> str:
    return f"way {owner} {name.strip()}"
