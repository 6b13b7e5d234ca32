"""Identities, and the rights their roles give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.config.settings import Settings
from core.contracts.errors import AccessError

ADMIN_ONLY: Mapping[str, tuple[str, ...]] = {"admin": ("*",)}


@dataclass(frozen=True)
class Identity:
    """One person at the door.

    Attributes
    ----------
    user, name : str
        The sign-in name, in lower case, and the name shown.
    roles : tuple of str
        Names from the `roles` setting.
    regions : tuple of str
        Regions this person is bound to; empty for all.
    team_of : str
        The rep id of the person at the top of the team this person is bound to; empty for all.
    is_masked : bool
        Whether names of companies and people are hidden.
    """

    user: str
    name: str
    roles: tuple[str, ...]
    regions: tuple[str, ...] = ()
    team_of: str = ""
    is_masked: bool = False

    def scope(self, names: Mapping[str, str] | None = None) -> str:
        """Return what this person's rows are cut to, in words; `names` are the people's by their ids."""
        head = (names or {}).get(self.team_of, self.team_of)
        own = f"{head}'s deals" if "rep" in self.roles else f"{head}'s team"
        parts = [", ".join(self.regions), own if head else ""]
        return " and ".join(part for part in parts if part) or "the whole company"


LOCAL = Identity("local", "You", ("admin",))


def can(identity: Identity, right: str, roles: Mapping[str, tuple[str, ...]] = ADMIN_ONLY) -> bool:
    """Say whether a right such as `pipeline:read` is held; `write` includes `read`, a role unknown gives none.

    Parameters
    ----------
    identity : Identity
    right : str
        Area and action with a colon between.
    roles : mapping
        `settings.roles`: the rights of each role; `*` stands for all.
    """
    granted = {given for role in identity.roles for given in roles.get(role, ())}
    area, _, action = right.partition(":")
    return bool(granted & {"*", right}) or (action == "read" and f"{area}:write" in granted)


def identify(user: str | None, name: str | None, settings: Settings) -> Identity:
    """Return who a signed-in person is.

    Parameters
    ----------
    user : str or None
        What the sign-in service calls the person, mostly a mail address; upper and lower case are alike.
    name : str or None
        The name to show where the settings give none.
    settings : Settings
        `access.people` lists the people, `access.everyone_else` the roles of those not listed.

    Raises
    ------
    AccessError
        When nobody is signed in, or the person is not listed and others are not let in.
    """
    access = settings.access
    login = (user or "").strip().lower()
    if not login:
        raise AccessError("Nobody is signed in.", mend="Sign in and open the page again.")
    entry = {address.lower(): person for address, person in access.people.items()}.get(login)
    roles = entry.roles if entry else access.everyone_else
    if not roles:
        raise AccessError(
            f"{user} is signed in and has no role here.", mend="Ask the administrator to add you under access.people."
        )
    shown = (entry.name if entry else "") or (name or "").strip() or login
    masked = access.mask_names or (entry.mask_names if entry else False)
    if entry is None:
        return Identity(login, shown, roles, is_masked=masked)
    return Identity(login, shown, roles, entry.regions, entry.team_of, masked)
