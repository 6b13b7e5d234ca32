"""Identities, and the rights their roles give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ADMIN_ONLY: Mapping[str, tuple[str, ...]] = {"admin": ("*",)}


@dataclass(frozen=True)
class Identity:
    """One person at the door.

    Attributes
    ----------
    user, name : str
    roles : tuple of str
        Names from the `roles` setting.
    scope : tuple of str
        Regions this person is bound to; empty for all.
    """

    user: str
    name: str
    roles: tuple[str, ...]
    scope: tuple[str, ...] = ()


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
    held = {given for role in identity.roles for given in roles.get(role, ())}
    area, _, action = right.partition(":")
    return bool(held & {"*", right}) or (action == "read" and f"{area}:write" in held)
