"""The process one job is done in: it ends with its worker, and tells the queue how far it is and how it ended."""

from __future__ import annotations

import logging
import os
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime

from core.config import load
from core.contracts.errors import QuarterdeckError
from core.jobs.job_kinds import KINDS
from core.orphans import end_with_parent
from core.preparing.session_models import SECRET
from core.replicas import sharing
from core.sources.source_registry import opened
from core.store.jobs import ENDED, Job, JobQueue

logger = logging.getLogger(__name__)
LOW, NOTED_EVERY_S = 10, 1.0


def now() -> datetime:
    """Return the present time in UTC."""
    return datetime.now(UTC)


class Reporting:
    """Tells the queue how far a job is, at most once a second."""

    def __init__(self, queue: JobQueue, job: Job) -> None:
        self._queue, self._job, self._noted_at = queue, job, 0.0

    def __call__(self, share: float, message: str = "") -> None:
        """Note a share from 0 to 1, and what is being done."""
        if time.monotonic() - self._noted_at >= NOTED_EVERY_S:
            self._noted_at = time.monotonic()
            self._queue.note(self._job.id, self._job.worker, share, message)


def do(queue: JobQueue, job: Job) -> None:
    """Do a job that was claimed, and note how it ended.

    A reason in a sentence ends it, for another attempt would meet the same; anything else may be tried again.
    """
    try:
        message = KINDS[job.kind].work(load(), job, Reporting(queue, job), now)
    except QuarterdeckError as error:
        queue.fail(job.id, job.worker, str(error))
    except BaseException:
        # The libraries' panics are no Exception.
        logger.exception("Job %d (%s) failed", job.id, job.kind)
        queue.fail(job.id, job.worker, ENDED, may_retry=True)
        raise
    else:
        queue.finish(job.id, job.worker, message)


def main() -> None:
    """Do the job the first argument names, for the worker whose process the second one names.

    A worker that was killed before this process was up is not its parent any more: nothing is begun then.
    """
    end_with_parent(int(sys.argv[2]) if len(sys.argv) > 2 else os.getppid())
    if hasattr(os, "nice"):
        os.nice(LOW)
    settings = load()
    sharing.share(settings, now)
    with opened(settings) as store:
        job = store.jobs.get(int(sys.argv[1]))
        if secret := sys.stdin.read():
            job = replace(job, payload={**job.payload, SECRET: secret})
        do(store.jobs, job)


if __name__ == "__main__":
    main()
