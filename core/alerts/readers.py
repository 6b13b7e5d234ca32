"""Who is told: people with the rows, names and rights they have on the pages, and channels with their owner's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from core.access import LOCAL, Identity, can, masking
from core.access.directory import Directory, in_force
from core.access.identity import OWN
from core.access.row_scope import own_head
from core.access.row_view import View
from core.alerts.alert_rule import LIST, TEAM, Rule
from core.alerts.quiet_hours import NAME, Habits, of_payload
from core.config import Settings
from core.contracts import Dataset
from core.contracts.errors import AccessError
from core.metrics import hierarchy
from core.scope import own_scopes
from core.store import Store

CHANNEL = "#"


@dataclass(frozen=True)
class Reader:
    """Whom a rule tells.

    Attributes
    ----------
    name : str
        What a person signs in as; of a channel a # and the number of its way.
    identity : Identity
        Whose rows, names and rights count.
    """

    name: str
    identity: Identity

    @property
    def is_channel(self) -> bool:
        """Say whether it is a channel and no person."""
        return self.name.startswith(CHANNEL)


class Readers:
    """The people of an installation as they stand now, each looked up once."""

    def __init__(self, settings: Settings, store: Store, data: Dataset) -> None:
        self.settings, self.store, self.data = settings, store, data
        self.directory: Directory = in_force(settings, store.access.current())
        self._identities: dict[str, Identity | None] = {}
        self._views: dict[tuple[str, bool], View] = {}
        self._teams: dict[str, tuple[str, ...]] = {}
        self._habits = {
            entry.owner: of_payload(entry.payload) for entry in store.preferences.list() if entry.name == NAME
        }

    def identity(self, user: str) -> Identity | None:
        """Return who a person is; None who has no role any more or was shut out."""
        if user not in self._identities:
            self._identities[user] = self._identified(user)
        return self._identities[user]

    def _identified(self, user: str) -> Identity | None:
        if self.settings.access.sign_in == "none":
            return replace(LOCAL, is_masked=self.settings.access.mask_names) if user == LOCAL.user else None
        if self.store.provisioned.is_shut_out(user):
            return None
        groups: tuple[str, ...] = ()
        if user not in self.directory.people:
            groups = (*self.store.known_people.groups(user), *self.store.provisioned.groups(user))
        try:
            return self.directory.identify(user, None, groups)
        except AccessError:
            return None

    def view(self, reader: Reader) -> View:
        """Return what a reader's rows are cut to."""
        who = reader.identity
        key = (who.user, who.is_masked)
        if key not in self._views:
            head = own_head(self.data.company, who.user) if who.team_of == OWN else who.team_of
            amounts = masking.amounts_of(self.settings, "") if who.is_masked else ""
            self._views[key] = View(who.regions, head, who.is_masked, who.hidden, amounts)
        return self._views[key]

    def may(self, reader: Reader, right: str) -> bool:
        """Say whether a reader holds a right."""
        return can(reader.identity, right, self.settings.roles)

    def habits(self, user: str) -> Habits:
        """Return how a person wants to be told."""
        return self._habits.get(user, Habits())

    def with_summary(self) -> list[str]:
        """Return the people who want the weekly summary."""
        return sorted(user for user, habits in self._habits.items() if habits.wants_summary and not habits.is_mail_off)

    def of(self, rule: Rule, masked_ways: Iterable[int] = (), channels: Iterable[int] = ()) -> list[Reader]:
        """Return whom a rule tells: people, and the channels it sends to with its owner's eyes.

        Parameters
        ----------
        rule : Rule
        masked_ways : iterable of int
            Channels that never get a name.
        channels : iterable of int
            Those of the rule's ways that are channels.
        """
        users = rule.people if rule.audience == LIST else (rule.owner,)
        if rule.audience == TEAM:
            users = (rule.owner, *self._team(rule.owner))
        people = [(user, self.identity(user)) for user in dict.fromkeys(users)]
        readers = [Reader(user, who) for user, who in people if who is not None]
        owner = self.identity(rule.owner)
        if owner is None:
            return []  # Who is no longer let in tells nobody anything.
        hidden = set(masked_ways)
        for number in channels:
            eyes = replace(owner, is_masked=owner.is_masked or number in hidden)
            readers.append(Reader(f"{CHANNEL}{number}", eyes))
        return readers

    def _team(self, user: str) -> tuple[str, ...]:
        """Return who else of the people with a rule is in somebody's team, by the outline of the sales team."""
        if user not in self._teams:
            who = self.identity(user)
            head = own_scopes.person_of(self.data, self.settings, who) if who else ""
            below = self._below(head) if head else set()
            others = [(other, self.identity(other)) for other in self.directory.people if other != user]
            reps = {
                other: own_scopes.person_of(self.data, self.settings, identity)
                for other, identity in others
                if identity
            }
            self._teams[user] = tuple(other for other, rep in reps.items() if rep in below)
        return self._teams[user]

    def _below(self, head: str) -> set[str]:
        team = hierarchy.people(self.data, self.data.as_of)
        above = dict(team.select("person_id", "manager_id").iter_rows())
        below = {head}
        while more := {person for person, manager in above.items() if manager in below} - below:
            below |= more
        return below - {head}
