"""Who a person of Slack or Teams is here: an administrator says so, by the id the service itself sends."""

from __future__ import annotations

from core.contracts.errors import ContractError
from core.store import Store
from core.store.repositories import Saved

NAME = "chat"
SERVICES = ("slack", "teams")
LONGEST = 200


def mark_of(service: str, team: str, person: str) -> str:
    """Return what a person of a service is known by: the workspace or tenant, and the person in it."""
    return f"{service} {team}/{person}"


def user_of(store: Store, mark: str) -> str:
    """Return what somebody signs in as; empty where nobody said so."""
    return next((saved.owner for saved in _saved(store) if mark in saved.payload["marks"]), "")


def listed(store: Store) -> list[tuple[str, str]]:
    """Return every link as what somebody signs in as and the mark, in order."""
    return sorted((saved.owner, mark) for saved in _saved(store) for mark in saved.payload["marks"])


def link(store: Store, mark: str, user: str, by: str) -> None:
    """Write down who somebody is; a link there was goes to the new person.

    Raises
    ------
    ContractError
        When the mark is none.
    """
    service, _, rest = mark.partition(" ")
    if service not in SERVICES or not all(rest.partition("/")) or len(mark) > LONGEST:
        raise ContractError("That is nobody's id.", mark, "Take it as the refusal in the channel shows it.")
    _take(store, mark)
    login = user.strip().lower()
    before = next((saved for saved in _saved(store) if saved.owner == login), None)
    marks = [*(before.payload["marks"] if before else ()), mark]
    store.preferences.save(NAME, login, {"marks": marks}, before.version if before else None)
    store.audit.add(by, "linked a chat account", login, mark)


def unlink(store: Store, mark: str, by: str) -> bool:
    """Forget who somebody is; say whether anybody was."""
    user = _take(store, mark)
    if user:
        store.audit.add(by, "unlinked a chat account", user, mark)
    return bool(user)


def _take(store: Store, mark: str) -> str:
    for saved in _saved(store):
        if mark in saved.payload["marks"]:
            marks = [other for other in saved.payload["marks"] if other != mark]
            store.preferences.save(NAME, saved.owner, {"marks": marks}, saved.version)
            return saved.owner
    return ""


def _saved(store: Store) -> list[Saved]:
    return [saved for saved in store.preferences.list() if saved.name == NAME]
