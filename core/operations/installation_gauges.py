"""How the installation stands, read when somebody asks: work that waits, syncs, models, disk, the audit log.

One collector for a process; what it read is given again for ten seconds, so that no scraper loads the database.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import polars as pl
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from core.artifacts.memory import MEMORY
from core.config import Settings
from core.contracts.errors import QuarterdeckError
from core.models import versions
from core.operations import instruments
from core.operations.readiness import Readiness
from core.sources import loading, source_registry, usage_report
from core.sources.connectors import connector_files, sync_run
from core.store import Store
from core.store.audit_chain import HEAD
from core.store.jobs import FAILED
from core.store.tables import ACTIVE, QUEUED, AuditHeadRow, JobRow

FRESH_SECONDS = 10.0
DAY = timedelta(days=1)
Family = GaugeMetricFamily


class InstallationGauges(Collector):
    """Prometheus collector of what is the same for the whole installation, and of this replica's memory and disk.

    Parameters
    ----------
    settings : Settings
    readiness : Readiness
    opened : callable
        Returns the open database.
    clock : callable
        Returns the present time in UTC.
    monotonic : callable
        Counts seconds, for how long figures serve.
    """

    def __init__(
        self,
        settings: Settings,
        readiness: Readiness,
        opened: Callable[[], Store],
        clock: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings, self._readiness, self._opened = settings, readiness, opened
        self._clock, self._monotonic = clock, monotonic
        self._families: list[Family] = []
        self._read_at: float | None = None

    def describe(self) -> list[Family]:
        """Return nothing: what there is shows only when it is read."""
        return []

    def collect(self) -> Iterator[Family]:
        """Give the figures; those that cannot be read now are left out."""
        now = self._monotonic()
        if self._read_at is None or now - self._read_at >= FRESH_SECONDS:
            parts = (self._checks, self._memory, self._models, self._syncs, self._queue, self._audit, self._usage)
            families: list[Family] = []
            for part in parts:
                with suppress(QuarterdeckError, SQLAlchemyError, OSError, ValueError):
                    families += part()
            self._families, self._read_at = families, now
        yield from self._families

    def _checks(self) -> list[Family]:
        checks = self._readiness.checks()
        ready = _family("quarterdeck_ready", "Whether a check of /readyz is good.", "check")
        for check in checks:
            ready.add_metric([check.name], float(check.is_good))
        free = _family("quarterdeck_disk_free_bytes", "Free bytes where the home folder lies.")
        free.add_metric([], float(self._readiness.free_bytes()))
        return [ready, free]

    def _memory(self) -> list[Family]:
        n_bytes = _family("quarterdeck_cache_bytes", "About how many bytes of memory results take.", "kind")
        entries = _family("quarterdeck_cache_entries", "How many results are in memory.", "kind")
        totals: dict[str, list[int]] = {}
        for shelf in MEMORY.shelves():
            both = totals.setdefault(shelf.name.partition(":")[0], [0, 0])
            both[0] += shelf.total_bytes
            both[1] += len(shelf)
        for name, (size, n) in totals.items():
            n_bytes.add_metric([name], float(size))
            entries.add_metric([name], float(n))
        return [n_bytes, entries]

    def _models(self) -> list[Family]:
        title = loading.title_of(self._settings, *source_registry.in_force(self._settings, self._opened()))
        table = versions.versions(self._settings).filter(pl.col("source") == title)
        age = _family("quarterdeck_model_age_seconds", "How long ago the models that serve were learnt.")
        data_age = _family("quarterdeck_data_age_days", "How many days ago the data end that models learnt from.")
        off = _family("quarterdeck_model_calibration_error", "How far chances were off on later quarters.", "model")
        if table.is_empty():
            return []
        newest, now = _serving(table), self._clock()
        if newest["kept_at"] is not None:
            age.add_metric([], (now.replace(tzinfo=None) - newest["kept_at"]).total_seconds())
        if newest["as_of"]:
            data_age.add_metric([], float((now.date() - datetime.fromisoformat(newest["as_of"]).date()).days))
        for model in ("close", "churn"):
            if (error := newest[f"{model}_calibration_error"]) is not None:
                off.add_metric([model], float(error))
        return [age, data_age, off]

    def _syncs(self) -> list[Family]:
        age = _family("quarterdeck_sync_age_seconds", "How long ago a connected system was read.", "system")
        lag = _family("quarterdeck_sync_lag_seconds", "How long a sync is overdue.", "system")
        failed = _family("quarterdeck_sync_failed", "Whether the last sync left something unread.", "system")
        now = self._clock()
        for name in connector_files.names(self._settings):
            with suppress(QuarterdeckError):
                entry = sync_run.freshness_of(self._settings, name, now)
                late = (now - entry.due_at).total_seconds() if entry.due_at else 0.0
                lag.add_metric([name], max(late, 0.0))
                if entry.last is not None and entry.last.ended_at is not None:
                    age.add_metric([name], (now - entry.last.ended_at).total_seconds())
                    failed.add_metric([name], float(bool(entry.last.message)))
        return [age, lag, failed]

    def _queue(self) -> list[Family]:
        now, store = self._clock(), self._opened()
        jobs = _family("quarterdeck_jobs", "Work that waits or runs.", "kind", "state")
        oldest = _family("quarterdeck_job_wait_seconds", "How long the oldest work has waited.", "kind")
        failed = _family("quarterdeck_jobs_failed", "Work that was given up within a day.", "kind")
        workers = _family("quarterdeck_workers", "Workers that were there within half a minute.")
        counts = select(JobRow.kind, JobRow.state, func.count(), func.min(JobRow.asked_at))
        with store.engine.connect() as connection:
            active = connection.execute(counts.where(JobRow.state.in_(ACTIVE)).group_by(JobRow.kind, JobRow.state))
            for kind, state, n, first in active:
                jobs.add_metric([kind, state], float(n))
                if state == QUEUED:
                    oldest.add_metric([kind], _seconds_since(first, now))
            given_up = counts.where(JobRow.state == FAILED, JobRow.ended_at >= now - DAY)
            for kind, _, n, _ in connection.execute(given_up.group_by(JobRow.kind, JobRow.state)):
                failed.add_metric([kind], float(n))
        workers.add_metric([], float(len(store.jobs.workers())))
        return [jobs, oldest, failed, workers]

    def _usage(self) -> list[Family]:
        used = _family("quarterdeck_usage", "Rows, bytes, seats and sessions that are in use.", "kind")
        limit = _family("quarterdeck_usage_limit", "How many there may be; left out where nothing limits them.", "kind")
        n_sessions = instruments.open_sessions()
        for part in usage_report.standing(None, self._settings, self._opened(), n_sessions).parts:
            used.add_metric([part.kind], float(part.used))
            if part.limit:
                limit.add_metric([part.kind], float(part.limit))
        return [used, limit]

    def _audit(self) -> list[Family]:
        head = _family("quarterdeck_audit_head", "The number of the newest row of the audit log.")
        asked = select(AuditHeadRow.number).where(AuditHeadRow.id == HEAD)
        with self._opened().engine.connect() as connection:
            head.add_metric([], float(connection.scalar(asked) or 0))
        return [head]


def _serving(table: pl.DataFrame) -> dict[str, Any]:
    """Return the version that was gone back to, else the newest with models in it: one of no data has none."""
    for rows in (table.filter("is_held"), table.filter(pl.col("close_winner").is_not_null()), table):
        if not rows.is_empty():
            return rows.row(0, named=True)
    return {}


def _family(name: str, words: str, *labels: str) -> Family:
    return GaugeMetricFamily(name, words, labels=list(labels))


def _seconds_since(moment: Any, now: datetime) -> float:
    """Return the seconds since a moment that SQLite gives without its zone."""
    at = moment if moment.tzinfo is not None else moment.replace(tzinfo=now.tzinfo)
    seconds: float = (now - at).total_seconds()
    return max(seconds, 0.0)
