"""Identities, and the rights their roles give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.localization import joined, message

AREAS = (
    "executive",
    "pipeline",
    "review",
    "forecast",
    "scenarios",
    "customers",
    "requirements",
    "catalogue",
    "enablement",
    "pay",
    "models",
    "data",
    "crm",
    "embedding",
    "admin",
)
OWN = "own"
EVERYBODY = ""  # the right of a page that takes none: whoever is let in may open it
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
        The rep id of the person at the top of the team this person is bound to; empty for all, "own" for the person
        of the sales team who has this sign-in name.
    is_masked : bool
        Whether names of companies and people are hidden.
    rights : tuple of str or None
        What the roles give; None where the `roles` setting says so.
    hidden : tuple of str
        Fields that are hidden: "amounts", "exact_amounts", "margin", "contacts".
    """

    user: str
    name: str
    roles: tuple[str, ...]
    regions: tuple[str, ...] = ()
    team_of: str = ""
    is_masked: bool = False
    rights: tuple[str, ...] | None = None
    hidden: tuple[str, ...] = ()

    def scope(self, names: Mapping[str, str] | None = None) -> str:
        """Return what this person's rows are cut to, in words; `names` are the people's by their ids."""
        head = (names or {}).get(self.team_of, self.team_of)
        own = message("{head}'s deals", head=head) if "rep" in self.roles else message("{head}'s team", head=head)
        parts = [", ".join(self.regions), own if head else ""]
        return joined(*(part for part in parts if part), by=" and ") or "the whole company"


LOCAL = Identity("local", "You", ("admin",))


def may_open(identity: Identity, right: str, roles: Mapping[str, tuple[str, ...]] = ADMIN_ONLY) -> bool:
    """Say whether a page that takes a right opens to somebody; one that takes none opens to whoever is let in.

    Parameters
    ----------
    identity : Identity
    right : str
        As `can` takes it, or `EVERYBODY`.
    roles : mapping
        As `can` takes them.

    Examples
    --------
    >>> may_open(Identity("ann", "Ann", ("rep",)), EVERYBODY)
    True
    """
    return right == EVERYBODY or can(identity, right, roles)


def can(identity: Identity, right: str, roles: Mapping[str, tuple[str, ...]] = ADMIN_ONLY) -> bool:
    """Say whether a right such as `pipeline:read` is held; `write` includes `read`, a role unknown gives none.

    Parameters
    ----------
    identity : Identity
    right : str
        Area and action with a colon between.
    roles : mapping
        `settings.roles`: the rights of each role, where the identity does not carry its own; `*` stands for all.
    """
    granted = set(identity.rights or ())
    if identity.rights is None:
        granted = {given for role in identity.roles for given in roles.get(role, ())}
    area, _, action = right.partition(":")
    return bool(granted & {"*", right}) or (action == "read" and f"{area}:write" in granted)
