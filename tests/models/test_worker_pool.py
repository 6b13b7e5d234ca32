from __future__ import annotations

import io

import numpy as np
import pytest

from core.models.revenue import local_models, worker_pool
from core.models.revenue.panel_forecaster import RevenueForecaster
from tests.models.test_forecast import series as company

WAVE = [100 + 10 * np.sin(np.arange(n)) + np.arange(n) for n in (30, 5, 26)]


def test_what_is_asked_arrives_whole():
    asked, told = io.BytesIO(), io.BytesIO()
    worker_pool.send(asked, WAVE, 2)
    worker_pool.send(asked, [], 2)
    asked.seek(0)
    worker_pool.serve(asked, told)
    found = np.frombuffer(told.getvalue()).reshape(3, 3, 2)
    assert np.array_equal(found, local_models.alone(WAVE, 2))
    # five months are too few for a model: the drift serves
    assert found[:, 1].tolist() == [local_models.drift(WAVE[1], 2).tolist()] * 3


def test_processes_say_what_one_says_alone():
    hands = worker_pool.Crew(2)
    try:
        assert hands.ask(WAVE, 3)
        assert np.array_equal(hands.answers(3, 3), local_models.alone(WAVE, 3))
        assert np.array_equal(local_models.members(WAVE, 3, 7, hands), local_models.members(WAVE, 3, 7))
    finally:
        hands.close()
    assert hands.hands == []


def test_a_process_that_dies_is_done_without():
    hands = worker_pool.Crew(2)
    assert hands.ask(WAVE, 1)
    hands.hands[1].kill()
    assert hands.answers(3, 1) is None
    assert not hands.ask(WAVE, 1)
    assert np.array_equal(local_models.members(WAVE, 1, 7, hands), local_models.members(WAVE, 1, 7))


def test_a_process_that_died_before_it_was_asked_is_done_without():
    hands = worker_pool.Crew(2)
    assert hands.ask(WAVE, 1)
    hands.hands[0].kill()
    hands.hands[0].wait()
    assert not hands.ask(WAVE, 1)


def test_no_process_is_started_for_few_units(settings, monkeypatch):
    monkeypatch.setattr(worker_pool, "_hand", lambda: pytest.fail("a process was started"))
    RevenueForecaster(settings).fit(company(20, units=12)).predict(2)
    with worker_pool.of(worker_pool.MANY_UNITS - 1) as none:
        assert none is None
    with worker_pool.of(worker_pool.MANY_UNITS) as some:
        assert some is not None
        assert some.hands == []
    assert not worker_pool.Crew(1).ask(WAVE, 1)


def test_a_panel_of_many_units_is_handed_out(settings, monkeypatch):
    frame = company(14, units=3, noise=0.1)
    expected = RevenueForecaster(settings).fit(frame).predict(2)
    asked = []

    class Here:
        def ask(self, found, h):
            asked.append(len(found))
            self.found = list(found)
            return True

        def answers(self, n, h):
            return local_models.alone(self.found, h)

        def close(self):
            asked.append("closed")

    monkeypatch.setattr(worker_pool, "MANY_UNITS", 3)
    monkeypatch.setattr(worker_pool, "Crew", lambda hands: Here())
    assert RevenueForecaster(settings).fit(frame).predict(2).equals(expected)
    assert asked[0] == 3
    assert asked[-1] == "closed"
