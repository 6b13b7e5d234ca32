"""`quarterdeck tick`: looks at the rules and events, writes down what is new, and sends what is due."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.access.row_view import WHOLE
from core.alerts import company_events, delivering, summaries, task_reminders
from core.alerts import ways as ways_of
from core.alerts.delivering import Sent
from core.alerts.readers import Readers
from core.alerts.telling import Look
from core.config import Settings
from core.config.stages import fitted
from core.contracts import Dataset
from core.contracts.errors import QuarterdeckError
from core.forecasts import backtest_archive
from core.localization import message
from core.models import registry
from core.models.bundle import Bundle
from core.plays import play_start
from core.plays.play_start import Started
from core.sources.connectors import sync_run
from core.store import Store
from core.store.alert_ledger import LapsedError
from core.store.jobs import FAILED

LEASE, LEASE_SECONDS = "alerts", 600.0
SEEN = "events: data"
LEARN, MODELS = "learn", "models"
Clock = Callable[[], datetime]


@dataclass
class Outcome:
    """What a tick came to.

    Attributes
    ----------
    n_told, n_events : int
        Messages and events that are new.
    sent : Sent
    plays : Started
        The plays that were started, and stopped.
    problems : dict
        Rule to why it could not be looked at.
    is_elsewhere : bool
        Somebody else looked in the same moment, so nothing was looked at here.
    """

    n_told: int = 0
    n_events: int = 0
    sent: Sent = field(default_factory=Sent)
    plays: Started = field(default_factory=Started)
    problems: dict[int, str] = field(default_factory=dict)
    is_elsewhere: bool = False

    def sentence(self) -> str:
        """Say it."""
        if self.is_elsewhere:
            return message("Somebody else looks at the alerts. {sent}", sent=self.sent.sentence())
        faults = (
            message(" {n_problems:,} rules could not be looked at.", n_problems=len(self.problems))
            if self.problems
            else ""
        )
        news = message("{n_told:,} new messages, {n_events:,} new events.", n_told=self.n_told, n_events=self.n_events)
        return message(
            "{news} {sent}{plays}{faults}",
            news=news,
            sent=self.sent.sentence(),
            plays=self.plays.sentence(),
            faults=faults,
        )


def tick(settings: Settings, store: Store, data: Dataset, clock: Clock, holder: str) -> Outcome:
    """Look once, and send what is due.

    Parameters
    ----------
    settings : Settings
    store : Store
    data : Dataset
        The whole company.
    clock : callable
        Returns the present time in UTC.
    holder : str
        Who looks; of two that look at once one does, the other only sends.
    """
    out = Outcome()
    readers = Readers(settings, store, data)
    if store.alert_ledger.take_lease(LEASE, holder, LEASE_SECONDS):
        try:
            _look(settings, store, data, readers, clock, holder, out)
        except LapsedError:
            out.is_elsewhere = True
        finally:
            store.alert_ledger.drop_lease(LEASE, holder)
    else:
        out.is_elsewhere = True
    out.sent = delivering.deliver(store, readers, clock)
    return out


def tell_events(settings: Settings, store: Store, data: Dataset, clock: Clock, holder: str) -> Outcome:
    """Look at what people, syncs and the models did, not at the alerts, and send what is due.

    Parameters
    ----------
    settings, store, data, clock, holder
        As `tick` takes them.
    """
    out = Outcome()
    if store.alert_ledger.take_lease(LEASE, holder, LEASE_SECONDS):
        try:
            happened = company_events.look(store, None, clock(), (data, settings))
            out.n_told = store.deliveries.add(company_events.deliveries(happened, ways_of.listed(store)))
            out.n_events = len(happened)
        finally:
            store.alert_ledger.drop_lease(LEASE, holder)
    else:
        out.is_elsewhere = True
    out.sent = delivering.deliver(store, Readers(settings, store, data), clock)
    return out


def _look(
    settings: Settings, store: Store, data: Dataset, readers: Readers, clock: Clock, holder: str, out: Outcome
) -> None:
    now = clock()
    out.plays = play_start.look(data, fitted(settings, data), store)
    ways = {way.id: way for way in ways_of.listed(store)}
    look = Look(settings, store, data, readers, ways, troubles(settings, store, clock), models_of, now)
    changes = look.changes()
    store.alert_ledger.apply(changes, holder, LEASE)
    out.n_told, out.problems = len(changes.deliveries), look.problems
    is_changed = store.alert_ledger.bookmarks([SEEN]).get(SEEN) != data.fingerprint
    events = company_events.look(store, look.ground(WHOLE, "") if is_changed else None, now, (data, settings))
    store.deliveries.add(company_events.deliveries(events, ways.values()))
    store.alert_ledger.set_bookmarks({SEEN: data.fingerprint})
    out.n_events = len(events)
    out.n_told += store.deliveries.add([*summaries.due(look), *task_reminders.due(look)])
    store.deliveries.tidy()


def models_of(data: Dataset, settings: Settings) -> Bundle | None:
    """Return the models of some rows, with the record of past forecasts; None while they are not learnt."""
    if not registry.is_trained(data, settings):
        return None
    try:
        return backtest_archive.with_record(data, settings, registry.load_or_train(data, settings))
    except QuarterdeckError:
        return None


def troubles(settings: Settings, store: Store, clock: Clock) -> dict[str, dict[str, str]]:
    """Return what is wrong with connected systems and with the models: name to sentence."""
    syncs = {}
    for entry in sync_run.freshness(settings, clock):
        if entry.last is not None and entry.last.message:
            syncs[entry.name] = message(
                "{name} could not be synced: {message}", name=entry.name, message=entry.last.message
            )
    models: dict[str, Any] = {}
    last = store.jobs.last(LEARN, MODELS)
    if last is not None and last.state == FAILED:
        models[MODELS] = message("The models could not be learnt: {message}", message=last.message)
    return {"sync_trouble": syncs, "model_trouble": models}
