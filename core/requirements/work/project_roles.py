"""Who may do what in the work on a list: a role in it, on top of the rights a person has in the company."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.access import Identity, can
from core.contracts.errors import AccessError
from core.localization import message
from core.store.projects import Project
from core.store.work_tasks import ROLES

PLAN, WRITE, MOVE, READ = "plan", "write", "move", "read"
MAY: Mapping[str, frozenset[str]] = {
    "lead": frozenset({PLAN, WRITE, MOVE, READ}),
    "writer": frozenset({WRITE, MOVE, READ}),
    "subject expert": frozenset({WRITE, MOVE, READ}),
    "legal": frozenset({MOVE, READ}),
    "viewer": frozenset({READ}),
}
WORDS = {PLAN: "plans the work", WRITE: "writes answers", MOVE: "moves answers to another stage"}
RIGHT = "requirements:write"


@dataclass(frozen=True)
class Standing:
    """What a person is in the work on a list.

    Attributes
    ----------
    user : str
    roles : tuple of str
        Their roles in the project.
    is_open : bool
        Whether the project has no members, so that rights in the company alone count.
    writes, approves, rules : bool
        Whether the company's rights let them write requirements, approve answers, and do everything.
    """

    user: str
    roles: tuple[str, ...]
    is_open: bool
    writes: bool
    approves: bool
    rules: bool

    def may(self, act: str) -> bool:
        """Say whether the person may plan, write, move or read."""
        if act == READ:
            return True
        if not (self.writes or (act == MOVE and self.approves)):
            return False
        return self.is_open or self.rules or any(act in MAY[role] for role in self.roles)

    def need(self, act: str) -> None:
        """Refuse what the person may not do.

        Raises
        ------
        AccessError
            It says who may.
        """
        if not self.may(act):
            able = [role for role in ROLES if act in MAY[role]]
            raise AccessError(
                (
                    message(
                        "In this project {able} and {able_2} may do that: your role ({roles}) is not among "
                        "them, or your rights only read requirements.",
                        able=", ".join(able[:-1]),
                        able_2=able[-1],
                        roles=", ".join(self.roles) or message("none"),
                    )
                    if len(able) > 1
                    else message(
                        "In this project {able}{able_2} may do that: your role ({roles}) is not among them, "
                        "or your rights only read requirements.",
                        able=", ".join(able[:-1]),
                        able_2=able[-1],
                        roles=", ".join(self.roles) or message("none"),
                    )
                )
                if not self.is_open
                else "Your rights read requirements and change nothing in them.",
                mend="Ask who leads the project.",
            )


def standing(
    identity: Identity,
    project: Project,
    rights: Mapping[str, tuple[str, ...]],
    approvers: Iterable[str] = (),
) -> Standing:
    """Return what a person is in the work on a list.

    Parameters
    ----------
    identity : Identity
    project : Project
    rights : mapping
        `settings.roles`.
    approvers : iterable of str
        `settings.requirements.approvers`: the company's roles that approve.
    """
    names = {identity.user.lower(), identity.name.lower()}
    own_roles = {role for person, roles in project.members.items() if person in names for role in roles}
    return Standing(
        identity.user,
        tuple(role for role in ROLES if role in own_roles),
        not project.members,
        can(identity, RIGHT, rights),
        any(role in set(approvers) for role in identity.roles),
        can(identity, "admin:write", rights),
    )
