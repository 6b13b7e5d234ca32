"""What people do with their alerts, on the page and by the API: make, change and delete, and try a way out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from core.alerts import delivering, quiet_hours
from core.alerts import ways as ways_of
from core.alerts.alert_rule import Rule, checked, of_saved
from core.alerts.message import Line, Message
from core.alerts.quiet_hours import NAME, Habits
from core.alerts.sending.mail import PLAIN, MailHead
from core.alerts.ways import COMPANY, MAIL, WEBHOOK, Way
from core.contracts.errors import AccessError, StoreError
from core.localization import message
from core.store import Store
from core.store.alert_ledger import BEGUN, Entry
from core.store.deliveries import Delivery, NewDelivery, key_of

HIDDEN = "Something this alert watches has happened; names are hidden, so it is not said of whom."


def rules(store: Store, user: str) -> list[Rule]:
    """Return a person's rules, by name."""
    return sorted((of_saved(entry) for entry in store.alert_rules.list(user)), key=lambda rule: rule.name)


def rule_of(store: Store, user: str, number: int) -> Rule:
    """Return one rule of a person.

    Raises
    ------
    StoreError
        When there is none of that number.
    """
    for entry in rules(store, user):
        if entry.id == number:
            return entry
    raise StoreError(
        message("There is no alert rule number {number}.", number=number), mend="The Alerts page lists yours."
    )


def save_rule(store: Store, given: Rule, is_admin: bool = False) -> Rule:
    """Save a rule: a new one, or over the version it was read in.

    Raises
    ------
    ContractError
        When it cannot be.
    StoreError
        When the name is taken, one of its ways is not the owner's, or somebody saved in between.
    """
    usable = {way.id for way in ways(store, given.owner, is_admin)}
    if unknown := set(given.ways) - usable:
        raise StoreError(
            message("There is no way number {unknown}.", unknown=min(unknown)),
            mend="Choose one of those the Alerts page lists.",
        )
    saved = store.alert_rules.save(given.name, given.owner, checked(given).payload, given.version or None)
    return of_saved(saved)


def delete_rule(store: Store, user: str, number: int) -> None:
    """Delete a rule and what the ledger has of it. Raises as `rule_of`."""
    wanted = rule_of(store, user, number)
    store.alert_rules.delete(wanted.name, user)
    store.alert_ledger.forget([wanted.id])


def ways(store: Store, user: str, is_admin: bool = False) -> list[Way]:
    """Return the ways a person may use: their own and the company's; the company's webhooks are an administrator's."""
    listed = ways_of.listed(store, (COMPANY, user))
    return [way for way in listed if is_admin or way.owner == user or way.kind != WEBHOOK]


def save_way(store: Store, given: Way, is_admin: bool) -> Way:
    """Save a way; a webhook without a secret gets a new one.

    Raises
    ------
    AccessError
        When somebody who is no administrator sets up a way of the company, a mail server, or events.
    ContractError, StoreError
    """
    if not is_admin and (given.owner == COMPANY or given.kind == MAIL or given.events):
        raise AccessError("Mail servers, events and ways of the company are set up by an administrator.")
    if given.kind == WEBHOOK and not given.secret:
        given = replace(given, secret=ways_of.fresh_secret())
    return ways_of.save(store, given)


def own_way(store: Store, user: str, number: int, is_admin: bool) -> Way:
    """Return one way a person may change.

    Raises
    ------
    StoreError
        When there is none of that number.
    """
    for entry in ways(store, user, is_admin):
        if entry.id == number and (is_admin or entry.owner == user):
            return entry
    raise StoreError(
        message("There is no way number {number}.", number=number), mend="The Alerts page lists those there are."
    )


def delete_way(store: Store, user: str, number: int, is_admin: bool) -> None:
    """Delete a way; what waits to go by it is dropped. Raises as `own_way`."""
    wanted = own_way(store, user, number, is_admin)
    store.alert_ways.delete(wanted.name, wanted.owner)


def try_out(store: Store, user: str, number: int, now: datetime, is_admin: bool, head: MailHead = PLAIN) -> Delivery:
    """Send a test message by a way at once, and return what became of it.

    Raises
    ------
    StoreError
        As `ways`: a way of the company may be tried by everybody who may use it.
    """
    wanted = next((entry for entry in ways(store, user, is_admin) if entry.id == number), None)
    if wanted is None:
        raise StoreError(
            message("There is no way number {number}.", number=number), mend="The Alerts page lists those there are."
        )
    trial = Message(
        message("Test from {name}", name=head.letterhead.name),
        (Line("Messages of your alerts arrive here.", "/alerts"),),
    )
    key = key_of("test", wanted.id, user, now.isoformat(), os.urandom(8).hex())
    store.deliveries.add([NewDelivery(key, "test", user, wanted.id, "Test", trial.content)])
    row = next(entry for entry in store.deliveries.recent(50, [user]) if entry.kind == "test")
    delivering.send_now(store, row, wanted, lambda: now, head)
    return store.deliveries.get(row.id)


def habits(store: Store, user: str) -> Habits:
    """Return how a person wants to be told."""
    saved = next((entry for entry in store.preferences.list(user) if entry.name == NAME), None)
    return quiet_hours.of_payload(saved.payload) if saved else Habits()


def save_habits(store: Store, user: str, given: Habits) -> Habits:
    """Save how a person wants to be told.

    Raises
    ------
    ContractError
    """
    saved = next((entry for entry in store.preferences.list(user) if entry.name == NAME), None)
    payload = quiet_hours.checked(given).payload
    store.preferences.save(NAME, user, payload, saved.version if saved else None)
    return given


def alerts(store: Store, user: str, is_masked: bool, most: int = 500) -> list[Entry]:
    """Return what a person was told, newest first; where names are hidden from them now, no sentence that has one."""
    entries = [entry for entry in store.alert_ledger.entries(user) if entry.told_at and entry.subject != BEGUN]
    entries.sort(key=lambda entry: (entry.told_at, entry.id), reverse=True)
    return [shown(entry, is_masked) for entry in entries[:most]]


def shown(entry: Entry, is_masked: bool) -> Entry:
    """Return an alert as somebody may read it who does, or does not, see names."""
    return replace(entry, sentence=HIDDEN, link="/alerts", subject="") if is_masked and not entry.is_masked else entry


def deliveries(store: Store, user: str, is_admin: bool, most: int = 200) -> list[Delivery]:
    """Return what was sent: to a person and by their own ways, or for an administrator everything."""
    if is_admin:
        return store.deliveries.recent(most)
    own = [way.id for way in ways_of.listed(store, (user,))]
    return store.deliveries.recent(most, [user], own)


def delivery(store: Store, user: str, number: int, is_admin: bool) -> Delivery:
    """Return one message that somebody may see in the log.

    Raises
    ------
    StoreError
        When there is none of that number.
    """
    row = store.deliveries.get(number)
    own: Sequence[int] = [way.id for way in ways_of.listed(store, (user,))]
    if not is_admin and row.reader != user and row.way_id not in own:
        raise StoreError(
            message("There is no message number {number}.", number=number),
            mend="The delivery log lists those there are.",
        )
    return row
