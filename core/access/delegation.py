"""What an administrator may hand on: no right, row or name that is not the administrator's own."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from core.access.directory import ACTIONS, ROLE, Directory, RoleRule, Rule
from core.access.field_hiding import WORDS, implied, shortest
from core.access.identity import AREAS, Identity, can
from core.config.settings import AccessRule
from core.contracts.errors import AccessError
from core.localization import message


@dataclass(frozen=True)
class Delegation:
    """One administrator's bounds.

    Attributes
    ----------
    who : Identity
        The administrator, with the rights in force.
    head : str
        The rep id of the person at the top of the team the administrator is bound to; empty for all.
    team : collection of str
        Ids of the people in that team, the head among them.
    """

    who: Identity
    head: str = ""
    team: Collection[str] = ()

    @property
    def is_bound(self) -> bool:
        """Say whether the administrator sees only regions or a team."""
        return bool(self.who.regions or self.who.team_of)

    def covers(self, rule: AccessRule) -> bool:
        """Say whether the rows of somebody lie within the administrator's own."""
        is_in_regions = not self.who.regions or (bool(rule.regions) and set(rule.regions) <= set(self.who.regions))
        is_in_team = not self.who.team_of or rule.team_of in self.team
        return is_in_regions and is_in_team

    def bounded(self, rule: AccessRule) -> AccessRule:
        """Return a rule with the administrator's own bounds where it has none."""
        return rule.model_copy(
            update={
                "regions": rule.regions or self.who.regions,
                "team_of": rule.team_of or self.head,
                "mask_names": rule.mask_names or self.who.is_masked,
            }
        )

    def check(self, kind: str, before: Rule | None, after: Rule | None, directory: Directory) -> None:
        """Refuse a change that reaches further than the administrator.

        Parameters
        ----------
        kind : str
            "person", "group" or "role".
        before, after : Rule or None
            The rule as it is and as it would be; None where there is none.
        directory : Directory
            The rules in force.

        Raises
        ------
        AccessError
            Saying what is not the administrator's to give or to take.
        """
        if kind == ROLE and self.is_bound:
            raise _refusal("Roles count for the whole company, and you see a part of it.")
        for rule in (before, after):
            if isinstance(rule, AccessRule) and not self.covers(rule):
                raise _refusal(message("This reaches beyond what you see yourself: {scope}.", scope=self.who.scope()))
        if isinstance(after, RoleRule):
            self._check_rights(after.rights)
        if isinstance(after, AccessRule):
            self._check_rights(directory.rights(after.roles))
            if self.who.is_masked and not after.mask_names:
                raise _refusal("Names are hidden from you, so they have to be hidden here too.")
            if missing := implied(self.who.hidden) - implied(directory.hidden(after.roles)):
                raise _refusal(
                    message(
                        "You do not see {shortest}, and these roles would.",
                        shortest=", ".join(WORDS[name] for name in shortest(missing)),
                    )
                )

    def _check_rights(self, rights: Collection[str]) -> None:
        everything = {f"{area}:{action}" for area in AREAS for action in ACTIONS}
        wanted = everything if "*" in rights else set(rights)
        if beyond := sorted(right for right in wanted if not can(self.who, right)):
            raise _refusal(
                message("You cannot give a right that you do not have: {beyond}.", beyond=beyond[0].replace(":", " "))
            )


def viewed_by(actor: Identity, other: Identity) -> Identity:
    """Return somebody's identity as an administrator may look through it: reading, and nothing the actor does not see.

    Parameters
    ----------
    actor, other : Identity
    """
    both = [f"{area}:read" for area in AREAS if can(other, f"{area}:read") and can(actor, f"{area}:read")]
    return replace(
        other,
        user=actor.user,
        name=f"{actor.name} as {other.name}",
        rights=tuple(both),
        is_masked=other.is_masked or actor.is_masked,
        hidden=shortest({*other.hidden, *actor.hidden}),
    )


def _refusal(sentence: str) -> AccessError:
    return AccessError(sentence, mend="Ask an administrator of the whole company.")
