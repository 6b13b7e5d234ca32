"""One look at all rules: what they see now, compared with the ledger, and the messages that follow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.access.row_view import WHOLE, View, view
from core.alerts import alert_rule, comparing, watching
from core.alerts.alert_rule import KINDS, Rule
from core.alerts.message import MOST_BARS, Line, Message
from core.alerts.readers import Reader, Readers
from core.alerts.sight import Ground, Seen, Sight
from core.alerts.watched_measures import MEASURES
from core.alerts.ways import MAIL, Way
from core.config import Settings
from core.config.stages import fitted
from core.contracts import Dataset
from core.contracts.errors import QuarterdeckError
from core.models.bundle import Bundle
from core.scope import Scope, applied
from core.store import Store
from core.store.alert_ledger import Changes, Standing
from core.store.deliveries import NewDelivery, key_of

Rows = Mapping[tuple[int, str], Mapping[str, Standing]]


@dataclass
class Look:
    """One look.

    Attributes
    ----------
    settings : Settings
    store : Store
    whole : Dataset
    readers : Readers
    ways : mapping of Way
        By their ids.
    troubles : mapping
        "sync_trouble" and "model_trouble" to what is wrong: name to sentence.
    bundle : callable
        `(data, settings)`; returns the models of some rows, or None while they are not learnt.
    now : datetime
        In UTC.
    problems : dict
        Rule to why it could not be looked at.
    """

    settings: Settings
    store: Store
    whole: Dataset
    readers: Readers
    ways: Mapping[int, Way]
    troubles: Mapping[str, Mapping[str, str]]
    bundle: Callable[[Dataset, Settings], Bundle | None]
    now: datetime
    problems: dict[int, str] = field(default_factory=dict)
    _grounds: dict[tuple[Any, ...], Ground] = field(default_factory=dict)
    _views: dict[View, Dataset] = field(default_factory=dict)

    def changes(self) -> Changes:
        """Return what all rules change in the ledger, and the messages that follow."""
        rules = [alert_rule.of_saved(entry) for entry in self.store.alert_ledger.rules()]
        rows = self.store.alert_ledger.standing()
        out = Changes()
        for rule in rules:
            if not rule.is_on or (rule.quiet_until is not None and rule.quiet_until > self.now):
                continue
            try:
                self._rule(rule, rows, out)
            except QuarterdeckError as error:
                self.problems[rule.id] = str(error)
        return out

    def _rule(self, rule: Rule, rows: Rows, out: Changes) -> None:
        used = [self.ways[number] for number in rule.ways if number in self.ways]
        channels = [way.id for way in used if way.kind != MAIL]
        masked = [way.id for way in used if way.is_masked]
        for reader in self.readers.of(rule, masked, channels):
            seen = self.seen(rule, reader)
            if seen is None:
                continue
            own = rows.get((rule.id, reader.name), {})
            diff = comparing.compare(rule, reader.name, reader.identity.is_masked, seen, own, self.now)
            out.new += diff.new
            out.changed += diff.changed
            if diff.fresh:
                out.deliveries += self._messages(rule, reader, diff.fresh, used)
            if not reader.is_channel and rule.escalate_hours:
                self._escalate(rule, reader.name, {row["id"] for row in diff.changed}, used, rows, out)

    def seen(self, rule: Rule, reader: Reader) -> Seen:
        """Return what a rule sees for a reader; None where it cannot be told, or is not for them."""
        right = MEASURES[rule.measure].right if rule.kind in ("threshold", "change") else KINDS[rule.kind].right
        if not self.readers.may(reader, right):
            return None
        return watching.sights(rule, self.ground(self.readers.view(reader), rule.scope))

    def ground(self, cut: View, scope: str) -> Ground:
        """Return the rows of a view and a scope, and what was worked out on them."""
        key = (cut, scope)
        if key not in self._grounds:
            if cut not in self._views:
                own = self.whole if cut == WHOLE else view(self.whole, self.settings, *cut.fields)
                self._views[cut] = own
            data = self._views[cut]
            chosen = Scope.from_address(scope)
            if chosen.parts or chosen.currency:
                data = applied(data, fitted(self.settings, data), chosen)
            settings = fitted(self.settings, data)
            models = self.bundle(data, settings)
            self._grounds[key] = Ground(data, settings, self.store, models, scope, self.troubles)
        return self._grounds[key]

    def _messages(self, rule: Rule, reader: Reader, fresh: list[Sight], used: Iterable[Way]) -> list[NewDelivery]:
        message = _message(rule, fresh, self.ground(self.readers.view(reader), rule.scope).settings.currency)
        parts = sorted(f"{sight.subject} {sight.state}" for sight in fresh)
        out = []
        for way in used:
            if (way.kind == MAIL) == reader.is_channel or (reader.is_channel and reader.name != f"#{way.id}"):
                continue
            habits = self.readers.habits(reader.name)
            if way.kind == MAIL and (habits.is_mail_off or "@" not in reader.name):
                continue
            owner = rule.owner if reader.is_channel else reader.name
            due_at = self.readers.habits(owner).due(self.now, self.settings.time_zone)
            content = message.content | {"is_masked": reader.identity.is_masked}
            key = key_of("alert", rule.id, reader.name, way.id, self.now.isoformat(), *parts)
            is_batched = due_at > self.now
            out.append(NewDelivery(key, "alert", reader.name, way.id, rule.name, content, due_at, is_batched))
        return out

    def _escalate(
        self, rule: Rule, reader_name: str, moved: set[int], used: list[Way], rows: Rows, out: Changes
    ) -> None:
        """Tell others what nobody answered, as far as they see it themselves."""
        own = self.store.alert_ledger.entries(reader_name, rule.id)
        late = [entry for entry in comparing.overdue(rule, own, self.now) if entry.id not in moved]
        if not late:
            return
        for user in rule.escalate_to:
            who = self.readers.identity(user)
            reader = Reader(user, who) if who is not None else None
            seen = self.seen(rule, reader) if reader is not None else None
            if reader is None or not seen:
                continue
            subjects = {entry.subject for entry in late}
            sights = [sight for sight in seen if sight.subject in subjects]
            theirs = rows.get((rule.id, user), {})
            pending = {row["subject"] for row in out.new if (row["rule_id"], row["reader"]) == (rule.id, user)}
            out.new += [
                comparing.added(rule, user, reader.identity.is_masked, sight, self.now)
                for sight in sights
                if sight.subject not in theirs and sight.subject not in pending
            ]
            if sights:
                out.deliveries += self._messages(rule, reader, sights, used)
        out.changed += [{"id": entry.id, "escalated_at": self.now} for entry in late]


def _message(rule: Rule, sights: list[Sight], currency: str) -> Message:
    bars = [(sight.label, sight.amount) for sight in sights if sight.label and sight.amount is not None]
    is_money = rule.kind != "red_account"
    lines = tuple(Line(sight.sentence, sight.link) for sight in sights)
    return Message(rule.name, lines, tuple(bars[:MOST_BARS]), currency if is_money else "health")
