"""Processes that fit the models of each unit alone, side by side, for panels of many units.

Those models hold Python's lock while they fit, so that threads gain nothing (measured: the same time with one thread
and with four). The processes are started from a clean interpreter by loky, never forked, for a fork of a server
with threads may hang; and, unlike those of `multiprocessing`, they do not run the program's main module again, which
in a server is the page that asks. A process ends with its parent, whatever happens to the parent.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from core.models.revenue.local_models import ALONE, alone
from core.models.revenue.series import Floats
from core.orphans import end_with_parent

if TYPE_CHECKING:
    from joblib.externals.loky import ProcessPoolExecutor

logger = logging.getLogger(__name__)
MANY_UNITS = 100
MOST_WORKERS = 4


class WorkerPool:
    """Some processes, each with a share of the units; they start when work is submitted for the first time.

    Parameters
    ----------
    workers : int
        How many processes; below two, all work is left to the caller. The forecasts do not depend on it.
    """

    def __init__(self, workers: int) -> None:
        self.n = workers if workers > 1 else 0
        self._executor: ProcessPoolExecutor | None = None
        self._shares: list[Future[Floats]] = []

    def submit(self, series: Sequence[Floats], h: int) -> bool:
        """Hand the units out, one to each process in turn, without waiting.

        Parameters
        ----------
        series : sequence of ndarray
            Monthly values of each unit.
        h : int
            Months ahead.

        Returns
        -------
        bool
            False where there are no processes, or they could not be started.
        """
        if not self.n:
            return False
        try:
            if self._executor is None:
                self._executor = _started(self.n)
            self._shares = [self._executor.submit(alone, list(series[k :: self.n]), h) for k in range(self.n)]
        except (OSError, BrokenProcessPool) as error:
            self._give_up(error)
        return self.n > 0

    def results(self, n_units: int, h: int) -> Floats | None:
        """Return what `local_models.alone` gives for the units submitted last.

        Returns
        -------
        ndarray or None
            Shape (models, units, months). None where a process was killed, as by a system short of memory; the caller
            then works alone.

        Raises
        ------
        Exception
            What a process raised, as it was raised there.
        """
        out = np.empty((len(ALONE), n_units, h))
        try:
            for k, share in enumerate(self._shares):
                out[:, k :: self.n] = share.result()
        except BrokenProcessPool as error:
            self._give_up(error)
            return None
        return out

    def close(self) -> None:
        """End the processes, whatever they are at; nothing is handed out after that."""
        executor, shares = self._executor, self._shares
        self._executor, self._shares, self.n = None, [], 0
        if executor is not None:
            executor.shutdown(wait=True, kill_workers=not all(share.done() for share in shares))

    def _give_up(self, error: Exception) -> None:
        logger.warning("The models of each unit are fitted without further processes: %s", error)
        self.close()


@contextmanager
def pool_for(units: int) -> Iterator[WorkerPool | None]:
    """Give processes for as long as they are worked with; None for few units, where starting them would not pay."""
    if units < MANY_UNITS:
        yield None
        return
    pool = WorkerPool(min(MOST_WORKERS, os.cpu_count() or 1))
    try:
        yield pool
    finally:
        pool.close()


def _started(workers: int) -> ProcessPoolExecutor:
    from joblib.externals.loky import ProcessPoolExecutor
    from joblib.externals.loky.backend import get_context

    return ProcessPoolExecutor(
        workers, context=get_context("loky"), initializer=end_with_parent, initargs=(os.getpid(),), env=_one_thread()
    )


def _one_thread() -> dict[str, str]:
    """Return the variables that keep the libraries of a process to one core, for there is a process per core."""
    return dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
