"""The worker: claims jobs, does each in a process of its own, and asks for those whose time has come."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from core.config import Settings
from core.config.handover import environment
from core.contracts.errors import SourceError, StoreError
from core.jobs import schedule
from core.jobs.job_kinds import KINDS, tidy
from core.preparing.session_models import BOXES
from core.sealing.key_boxes import KeyPair
from core.store.jobs import ENDED, LEASE, Job, JobQueue

LOOKS_EVERY_S, GRACE_S, N_SLOTS = 1.0, 5.0, 2
RENEWED_EVERY, ASKED_EVERY = LEASE / 6, timedelta(seconds=30)


@dataclass
class Running:
    """A job that is being done.

    Attributes
    ----------
    job : Job
    process : subprocess.Popen
    renewed_at : datetime
    """

    job: Job
    process: subprocess.Popen[bytes]
    renewed_at: datetime


class Worker:
    """Does what is asked for until it is told to stop.

    Parameters
    ----------
    settings : Settings
    queue : JobQueue
        Shared with other workers, wherever they run.
    clock : callable
        Returns the present time in UTC.
    n_slots : int
        How many jobs are done at once, of which one may be heavy.
    """

    def __init__(
        self, settings: Settings, queue: JobQueue, clock: Callable[[], datetime], n_slots: int = N_SLOTS
    ) -> None:
        self.settings, self.queue, self.clock, self.n_slots = settings, queue, clock, n_slots
        self.host = socket.gethostname()
        self.name = f"{self.host[:80]}:{os.getpid()}:{clock():%Y%m%d%H%M%S}"
        self.running: list[Running] = []
        self._keys = KeyPair()
        self._started_at = clock()
        self._asked_at: datetime | None = None

    def run(self, stop: threading.Event, once: bool = False, pulse: Path | None = None) -> None:
        """Work until `stop` is set, or, with `once`, until nothing is left to be done.

        A database that is away for a while is waited for; what runs meanwhile goes on.

        Parameters
        ----------
        stop : threading.Event
        once : bool
        pulse : Path, optional
            A file touched at every turn, whether or not the database answers: where it grows old, the worker hangs.
        """
        try:
            self._announce()
            while not stop.is_set():
                if pulse is not None:
                    pulse.touch()
                is_idle = self._step()
                if once and is_idle:
                    break
                stop.wait(LOOKS_EVERY_S)
        finally:
            self._stop()

    def _announce(self) -> None:
        """Say that this worker is there, and free what workers of this machine had claimed that were killed."""
        for name, process in self.queue.on_host(self.host).items():
            if not _is_there(process):
                self.queue.gone(name)
        self._note_alive()

    def _note_alive(self) -> None:
        self.queue.alive(self.name, self.host, os.getpid(), self._keys.public)

    def _step(self) -> bool:
        """Look after what runs and begin what is due; say whether nothing runs or was begun."""
        try:
            self._tick()
            for entry in list(self.running):
                self._look_after(entry)
            while len(self.running) < self.n_slots and (job := self.queue.claim(self.name, self._open_kinds())):
                self.running.append(Running(job, self._start(job), self.clock()))
        except StoreError:
            self._drop_lapsed()
            return False
        return not self.running

    def _tick(self) -> None:
        """Every half minute: say that one is there, ask for what is due, and tidy."""
        if self._asked_at is not None and self.clock() - self._asked_at < ASKED_EVERY / 2:
            return
        is_first, self._asked_at = self._asked_at is None, self.clock()
        self._note_alive()
        schedule.ask_due(self.settings, self.queue, self.clock, self._started_at)
        tidy(self.settings, self.clock)
        if is_first:
            self.queue.tidy()

    def _open_kinds(self) -> list[str]:
        has_heavy = any(KINDS[entry.job.kind].is_heavy for entry in self.running)
        return [name for name, kind in KINDS.items() if not (has_heavy and kind.is_heavy)]

    def _start(self, job: Job) -> subprocess.Popen[bytes]:
        variables = {**os.environ, **environment(self.settings), "QUARTERDECK_DATABASE_URL": self.settings.database}
        secret = self._secret(job)
        process = subprocess.Popen(
            [sys.executable, "-m", "core.jobs.job_process", str(job.id), str(os.getpid())],
            env=variables,
            stdin=subprocess.PIPE if secret else subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl+C is for the worker, which ends its jobs in order.
        )
        if process.stdin is not None:
            with suppress(OSError), process.stdin as target:  # It may have ended already.
                target.write(secret)
        return process

    def _secret(self, job: Job) -> bytes:
        """Return what somebody sealed for this worker with a job; nothing where it is for others or for nobody."""
        box = job.payload.get(BOXES, {}).get(self.name, "")
        with suppress(SourceError):
            return self._keys.opened(box) if box else b""
        return b""

    def _look_after(self, entry: Running) -> None:
        """Note the end of a job that has ended; renew the lease of one that has not, and end one nobody wants."""
        if entry.process.poll() is not None:
            self.running.remove(entry)
            self.queue.fail(entry.job.id, self.name, ENDED, may_retry=True)  # Where it noted its end itself: nothing.
            return
        if self.queue.get(entry.job.id).is_cancelled:
            self._end(entry)
            self.queue.fail(entry.job.id, self.name, ENDED)
        elif self.clock() - entry.renewed_at >= RENEWED_EVERY:
            if self.queue.renew(entry.job.id, self.name):
                entry.renewed_at = self.clock()
            else:
                self._end(entry)

    def _drop_lapsed(self) -> None:
        """End what is no longer this worker's own, as far as it can tell: another may have taken it over."""
        for entry in [e for e in self.running if self.clock() - e.renewed_at >= LEASE]:
            self._end(entry)

    def _end(self, entry: Running) -> None:
        self.running.remove(entry)
        entry.process.terminate()
        try:
            entry.process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            entry.process.kill()
            entry.process.wait()

    def _stop(self) -> None:
        """End what runs and give it back, so that another worker takes it over at once."""
        for entry in list(self.running):
            self._end(entry)
            with suppress(StoreError):  # The lease then runs out by itself.
                self.queue.give_back(entry.job.id, self.name)
        with suppress(StoreError):
            self.queue.gone(self.name)


def _is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
