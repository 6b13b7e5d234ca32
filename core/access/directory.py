"""Who may sign in and with which rights: what the settings file says, and what administrators wrote in the app."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.access.field_hiding import EXACT, EXACT_AREAS, implied, shortest
from core.access.identity import AREAS, Identity
from core.config.settings import AccessRule, HiddenField, Person, Settings
from core.contracts.errors import AccessError, ConfigError, closest
from core.localization import message

FILE, PAGE = "settings file", "Admin page"
PERSON, GROUP, ROLE = "person", "group", "role"
ACTIONS = ("read", "write")
ALL_RIGHTS = "*"


class RoleRule(BaseModel):
    """What a role may do, and what it does not see."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rights: tuple[str, ...] = Field(min_length=1)
    hidden_fields: tuple[HiddenField, ...] = ()
    mask_names: bool = False


Rule = AccessRule | RoleRule
Entry = tuple[str, str, str, int]
RULES: Mapping[str, type[Rule]] = {PERSON: Person, GROUP: AccessRule, ROLE: RoleRule}


@dataclass(frozen=True)
class Directory:
    """Every rule in force.

    Attributes
    ----------
    people : mapping of Person
        By sign-in name in lower case.
    groups : mapping of AccessRule
        By name, in the order in which they count: those of the settings file, then the app's by name.
    roles : mapping of RoleRule
    everyone_else : tuple of str
        Roles of those whom no rule fits.
    masks_all : bool
        Whether names are hidden from everybody.
    versions : mapping
        (kind, name) to the version of a rule that was written in the app; all others are the settings file's.
    """

    people: Mapping[str, Person]
    groups: Mapping[str, AccessRule]
    roles: Mapping[str, RoleRule]
    everyone_else: tuple[str, ...] = ()
    masks_all: bool = False
    versions: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def source(self, kind: str, name: str) -> str:
        """Return where a rule stands: "settings file" or "Admin page"."""
        return PAGE if (kind, name) in self.versions else FILE

    def rule_of(self, user: str, groups: Iterable[str]) -> tuple[AccessRule | None, str]:
        """Return the rule for a person, and where it comes from; none where no rule fits.

        Parameters
        ----------
        user : str
            In lower case.
        groups : iterable of str
            Groups and app roles of the person, whatever the case.
        """
        if (person := self.people.get(user)) is not None:
            return person, PERSON
        mine = {group.strip().casefold() for group in groups}
        for name, rule in self.groups.items():
            if name.casefold() in mine:
                return rule, name
        return None, ""

    def identify(self, user: str | None, name: str | None, groups: Iterable[str] = ()) -> Identity:
        """Return who a signed-in person is.

        Parameters
        ----------
        user : str or None
            What the sign-in service calls the person, mostly a mail address; upper and lower case are alike.
        name : str or None
            The name to show where no rule gives one.
        groups : iterable of str

        Returns
        -------
        Identity
            With the rights of its roles resolved. A listed person's own entry counts alone, else the first group the
            person is in, else `everyone_else`. A field is hidden where every role of the person hides it.

        Raises
        ------
        AccessError
            When nobody is signed in, or no rule fits.
        """
        login = (user or "").strip().lower()
        if not login:
            raise AccessError("Nobody is signed in.", mend="Sign in and open the page again.")
        rule, _ = self.rule_of(login, groups)
        roles = rule.roles if rule else self.everyone_else
        if not roles:
            raise AccessError(
                message("{user} is signed in and has no role here.", user=user),
                mend="Your administrator sees on the Admin page that you asked, and can let you in there.",
            )
        own_name = rule.name if isinstance(rule, Person) else ""
        shown = own_name or (name or "").strip() or login
        is_masked = self.masks_all or bool(rule and rule.mask_names) or self.masks(roles)
        regions, head = (rule.regions, rule.team_of) if rule else ((), "")
        return Identity(login, shown, roles, regions, head, is_masked, self.rights(roles), self.hidden(roles))

    def rights(self, roles: Iterable[str]) -> tuple[str, ...]:
        """Return the rights some roles give together; a role there is not gives none.

        Who does not see exact amounts writes nothing back into the CRM; every other area stays open, and says where
        an answer would be made of amounts.
        """
        given = {right for role in roles if role in self.roles for right in self.roles[role].rights}
        if EXACT in implied(self.hidden(roles)):
            if ALL_RIGHTS in given:
                given |= {f"{area}:{action}" for area in AREAS for action in ACTIONS}
            given = {right for right in given if right.partition(":")[0] not in (ALL_RIGHTS, *EXACT_AREAS)}
        return tuple(sorted(given))

    def hidden(self, roles: Iterable[str]) -> tuple[str, ...]:
        """Return the fields that every one of some roles hides."""
        each = [implied(self.roles[role].hidden_fields) for role in roles if role in self.roles]
        return shortest(set.intersection(*each)) if each else ()

    def masks(self, roles: Iterable[str]) -> bool:
        """Say whether any of some roles always sees invented names."""
        return any(self.roles[role].mask_names for role in roles if role in self.roles)

    def administrators(self) -> list[str]:
        """Return the people listed by name who may change who may do what."""
        return sorted(
            user for user, person in self.people.items() if {ALL_RIGHTS, "admin:write"} & set(self.rights(person.roles))
        )


def in_force(settings: Settings, entries: Iterable[Entry] = ()) -> Directory:
    """Return every rule in force: where the settings file has one of the same name, that one counts.

    Parameters
    ----------
    settings : Settings
    entries : iterable of (str, str, str, int)
        The newest of each rule written in the app, those taken away left out: "person", "group" or "role", its name,
        the rule as JSON, and its version.

    Raises
    ------
    ConfigError
        When an entry is not one that Quarterdeck wrote.
    """
    access = settings.access
    people: dict[str, Any] = {name.strip().lower(): person for name, person in access.people.items()}
    groups: dict[str, Any] = dict(access.groups)
    roles: dict[str, Any] = {
        name: RoleRule.model_construct(
            rights=rights, hidden_fields=access.hidden_fields.get(name, ()), mask_names=name in access.masked_roles
        )
        for name, rights in settings.roles.items()
    }
    tables = {PERSON: people, GROUP: groups, ROLE: roles}
    versions = {}
    for kind, name, content, version in sorted(entries):
        if name not in tables[kind]:
            tables[kind][name] = parsed(kind, json.loads(content))
            versions[kind, name] = version
    return Directory(people, groups, roles, access.everyone_else, access.mask_names, versions)


def identify(user: str | None, name: str | None, settings: Settings, groups: Iterable[str] = ()) -> Identity:
    """Return who a signed-in person is by the settings file alone; see `Directory.identify`."""
    return in_force(settings).identify(user, name, groups)


def parsed(kind: str, values: Mapping[str, Any]) -> Rule:
    """Return a rule made of plain values.

    Raises
    ------
    ConfigError
        When a value is wrong; it names which.
    """
    try:
        return RULES[kind].model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        raise ConfigError(
            message("The {kind}'s {name} is not valid: {msg}.", kind=kind, name=name, msg=first["msg"]),
            mend="Correct it and save again.",
        ) from None


def checked(kind: str, name: str, rule: Rule, directory: Directory) -> str:
    """Return the name under which a rule is kept, once it is known to make sense.

    Parameters
    ----------
    kind, name : str
    rule : Rule
    directory : Directory
        The rules in force.

    Raises
    ------
    ConfigError
        When the name is empty or the settings file rules it, or the rule names a role, an area or an action that
        there is not.
    """
    title = name.strip().lower() if kind == PERSON else name.strip()
    if not title or len(title) > 200:
        raise ConfigError(message("A {kind} needs a name of 1 to 200 characters.", kind=kind), mend="Write one.")
    names = {PERSON: set(directory.people), GROUP: set(directory.groups), ROLE: set(directory.roles)}[kind]
    if title in names and directory.source(kind, title) == FILE:
        raise ConfigError(
            message("The settings file says what holds for {title}.", title=title),
            f"access, {kind}",
            "Change it there, or choose another name.",
        )
    for role in () if isinstance(rule, RoleRule) else rule.roles:
        _known(role, directory.roles, "role")
    for right in rule.rights if isinstance(rule, RoleRule) else ():
        if right != ALL_RIGHTS:
            area, _, action = right.partition(":")
            _known(area, AREAS, "area")
            _known(action, ACTIONS, "right")
    return title


def _known(name: str, among: Iterable[str], noun: str) -> None:
    names = list(among)
    if name not in names:
        near = closest(name, names)
        raise ConfigError(
            message("There is no {noun} called {name!r}.", noun=noun, name=name),
            mend=message("Did you mean {near!r}?", near=near)
            if near
            else message("There are {names}.", names=", ".join(names)),
        )
