from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from core.models.revenue import local_models, worker_pool
from core.models.revenue.panel_forecaster import RevenueForecaster
from tests.models.test_forecast import series as company

WAVE = [100 + 10 * np.sin(np.arange(n)) + np.arange(n) for n in (30, 5, 26)]
PARENT = """
import numpy as np
from core.models.revenue import worker_pool
pool = worker_pool.WorkerPool(2)
pool.submit([100 + 10 * np.sin(np.arange(30 + n % 9)) for n in range(40_000)], 3)
print(*pool._executor._processes, flush=True)
pool.results(40_000, 3)
"""


@pytest.fixture
def pool():
    made = worker_pool.WorkerPool(2)
    yield made
    made.close()


def processes(pool) -> list[int]:
    return list(pool._executor._processes)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for(condition, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return bool(condition())


@pytest.mark.slow
def test_processes_give_what_one_gives_alone(pool):
    assert pool.submit(WAVE, 3)
    shared = pool.results(3, 3)
    assert np.array_equal(shared, local_models.alone(WAVE, 3))
    # five months are too few for a model: the drift serves
    assert shared[:, 1].tolist() == [local_models.drift(WAVE[1], 3).tolist()] * 3
    assert np.array_equal(local_models.members(WAVE, 3, 7, pool), local_models.members(WAVE, 3, 7))
    pids = processes(pool)
    pool.close()
    assert wait_for(lambda: not any(map(is_alive, pids)), 5)
    assert not pool.submit(WAVE, 3)


def test_what_a_process_raises_is_raised_here(pool):
    assert pool.submit([*WAVE, "no series"], 2)
    with pytest.raises(TypeError):
        pool.results(4, 2)


@pytest.mark.slow
def test_a_killed_process_is_done_without(pool, caplog):
    assert pool.submit(WAVE, 1)
    assert pool.results(3, 1) is not None
    os.kill(processes(pool)[0], signal.SIGKILL)
    time.sleep(0.5)
    is_shared = pool.submit(WAVE, 1)
    assert not is_shared or pool.results(3, 1) is None
    assert "without further processes" in caplog.text
    assert not pool.submit(WAVE, 1)
    assert np.array_equal(local_models.members(WAVE, 1, 7, pool), local_models.members(WAVE, 1, 7))


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs the process folder of Linux")
def test_a_killed_parent_leaves_nobody_behind():
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    try:
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(pids) == 2
        assert all(map(is_alive, pids))
        parent.kill()
        parent.wait()
        assert wait_for(lambda: not any(map(is_alive, pids)), 5), "a worker outlived its parent by five seconds"
    finally:
        parent.kill()
        parent.stdout.close()
        parent.wait()


def test_no_process_is_started_for_few_units(settings, monkeypatch):
    monkeypatch.setattr(worker_pool, "_started", lambda workers: pytest.fail("a process was started"))
    RevenueForecaster(settings).fit(company(20, units=12)).predict(2)
    with worker_pool.pool_for(worker_pool.MANY_UNITS - 1) as none:
        assert none is None
    with worker_pool.pool_for(worker_pool.MANY_UNITS) as some:
        assert some is not None
    assert not worker_pool.WorkerPool(1).submit(WAVE, 1)


def test_a_panel_of_many_units_is_handed_out(settings, monkeypatch):
    frame = company(14, units=3, noise=0.1)
    expected = RevenueForecaster(settings).fit(frame).predict(2)
    calls = []

    class Here:
        def submit(self, series, h):
            calls.append(len(series))
            self.series = list(series)
            return True

        def results(self, n_units, h):
            return local_models.alone(self.series, h)

        def close(self):
            calls.append("closed")

    monkeypatch.setattr(worker_pool, "MANY_UNITS", 3)
    monkeypatch.setattr(worker_pool, "WorkerPool", lambda workers: Here())
    assert RevenueForecaster(settings).fit(frame).predict(2).equals(expected)
    assert calls[0] == 3
    assert calls[-1] == "closed"
