from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from time import sleep

import numpy as np
import pytest

from core.artifacts import Memory, remembered
from core.config import load

SETTINGS = load(environ={})


@pytest.fixture
def counted():
    calls: list[tuple[object, ...]] = []

    @remembered(2, Memory())
    def measure(data, settings, quarter=0, *, name=""):
        """Return something new."""
        calls.append((quarter, name))
        sleep(0.01)
        return object()

    return measure, calls


def test_the_same_state_gives_the_same_object(counted, dataset):
    measure, calls = counted
    again = load(environ={})
    copy = replace(dataset)
    assert measure(dataset, SETTINGS, 1) is measure(copy, again, 1)
    assert calls == [(1, "")]


def test_each_part_of_the_state_counts(counted, dataset):
    measure, calls = counted
    first = measure(dataset, SETTINGS)
    assert (
        measure(replace(dataset, as_of=date(2026, 1, 1), known_fingerprint=dataset.fingerprint), SETTINGS) is not first
    )
    assert measure(replace(dataset, known_fingerprint="other"), SETTINGS) is not first
    assert measure(dataset, SETTINGS.model_copy(update={"currency": "EUR"})) is not first
    assert measure(dataset, SETTINGS, 1) is not measure(dataset, SETTINGS, name="a")
    assert len(calls) == 6


def test_only_the_last_few_are_kept(counted, dataset):
    measure, calls = counted
    for quarter in (1, 2, 3, 2, 3, 1):
        measure(dataset, SETTINGS, quarter)
    assert [quarter for quarter, _ in calls] == [1, 2, 3, 1]
    measure.shelf.clear()
    measure(dataset, SETTINGS, 1)
    assert len(calls) == 5


def test_eight_threads_work_it_out_once(counted, dataset):
    measure, calls = counted
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: measure(dataset, SETTINGS), range(8)))
    assert len(calls) == 1
    assert len(set(map(id, results))) == 1


def test_its_results_count_against_the_bound_of_bytes(dataset):
    memory = Memory(50_000)

    @remembered(100, memory)
    def measure(data, settings, quarter):
        return np.zeros(10_000, np.uint8)

    for quarter in range(20):
        measure(dataset, SETTINGS, quarter)
    assert memory.n_bytes <= 50_000
    assert len(measure.shelf) == 4


def test_it_keeps_the_functions_name_and_docstring(counted):
    assert counted[0].__name__ == "measure"
    assert counted[0].__doc__ == "Return something new."


def test_an_argument_that_cannot_be_hashed_is_refused(counted, dataset):
    with pytest.raises(TypeError, match="unhashable"):
        counted[0](dataset, SETTINGS, [1])
