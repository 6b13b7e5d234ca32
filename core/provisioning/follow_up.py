"""What follows in the app from what a directory says: rules of people, and sign-ins that end."""

from __future__ import annotations

from core.access import directory
from core.access.directory import FILE, PERSON, Directory
from core.config import Settings
from core.config.settings import Person
from core.store import Store
from core.store.provisioned import Resource


def names_of_roles(content: dict[str, object]) -> tuple[str, ...]:
    """Return the roles a person was provisioned with."""
    roles = content.get("roles")
    values = [role.get("value") for role in roles if isinstance(role, dict)] if isinstance(roles, list) else []
    return tuple(dict.fromkeys(value for value in values if isinstance(value, str)))


def follow(store: Store, settings: Settings, before: Resource | None, after: Resource | None, author: str) -> None:
    """Bring rules and sign-ins in line with a person who was provisioned, changed or deleted.

    Roles become the roles of the person's rule on the Admin page, whose regions, team and masking stay; a role there
    is not gives nothing. A person the settings file lists stays as it says. Whoever is deactivated, renamed or deleted
    is signed out at once.

    Parameters
    ----------
    store : Store
    settings : Settings
    before, after : Resource or None
        The person as it was and as it is; None before it was there and after it was deleted.
    author : str
        For the audit log.
    """
    if before is not None and (after is None or after.name != before.name):
        _take_away(store, settings, before, author)
        store.sign_ins.end_all(before.name, author)
    if after is None:
        return
    if not after.is_active:
        store.sign_ins.end_all(after.name, author)
    wanted = names_of_roles(dict(after.content))
    is_same = before is not None and before.name == after.name and names_of_roles(dict(before.content)) == wanted
    if is_same:
        return
    rules = directory.in_force(settings, store.access.current())
    roles = tuple(role for role in wanted if role in rules.roles)
    if unknown := [role for role in wanted if role not in rules.roles]:
        store.audit.add(author, "named unknown roles", after.name, ", ".join(unknown)[:1_000])
    if roles and not _is_ruled_elsewhere(rules, after.name):
        rule = rules.people.get(after.name) or Person(roles=roles)
        shown = str(after.content.get("displayName") or rule.name)[:200]
        changed = rule.model_copy(update={"roles": roles, "name": shown})
        store.access.keep(PERSON, after.name, changed.model_dump_json(), author)
        store.known_people.settle(after.name)
    elif before is not None:
        _take_away(store, settings, before, author)


def _take_away(store: Store, settings: Settings, person: Resource, author: str) -> None:
    """Take the rule of a person away that came from the directory."""
    rules = directory.in_force(settings, store.access.current())
    if names_of_roles(dict(person.content)) and (PERSON, person.name) in rules.versions:
        store.access.remove(PERSON, person.name, author)


def _is_ruled_elsewhere(rules: Directory, user: str) -> bool:
    return user in rules.people and rules.source(PERSON, user) == FILE
