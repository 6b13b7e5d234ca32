"""The memory tier: made once for all who ask, bounded in number and in bytes, errors told and not kept."""

from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, Thread

import numpy as np
import polars as pl
import pytest
from polars.exceptions import PanicException

from core.artifacts import Memo
from core.artifacts.memory import Memory
from core.artifacts.sizes import size_of

KIB = 1024


class Stopped(BaseException):
    """As Streamlit ends the run of a page whose reader has gone on."""


def ask_at_once(count: int, ask):
    barrier = Barrier(count)

    def one(number: int):
        barrier.wait()
        return ask(number)

    with ThreadPoolExecutor(count) as pool:
        return [task.exception() or task.result() for task in [pool.submit(one, n) for n in range(count)]]


def slow(counter: list[int], value, started: Event, go: Event):
    def make():
        counter.append(1)
        started.set()
        assert go.wait(120)
        if isinstance(value, BaseException):
            raise value
        return value

    return make


def test_eight_threads_make_it_once_and_get_the_same_object():
    shelf, counter = Memory().new_shelf("x", 4), []
    started, go = Event(), Event()
    Thread(target=lambda: (started.wait(), go.set())).start()
    values = ask_at_once(8, lambda _: shelf.get("key", slow(counter, {"a": 1}, started, go)))
    assert len(counter) == 1
    assert all(value is values[0] for value in values)


@pytest.mark.parametrize("error", [ValueError("no"), PanicException("engine")])
def test_an_error_reaches_all_who_wait_and_is_not_kept(error):
    shelf, counter = Memory().new_shelf("x", 4), []
    started, go = Event(), Event()
    waiting = Barrier(4)

    def ask(_):
        waiting.wait()
        return shelf.get("key", slow(counter, error, started, go))

    def let_go():
        started.wait()
        for _ in range(200):
            if len(shelf._flights) == 1:
                break
        go.set()

    Thread(target=let_go).start()
    with ThreadPoolExecutor(4) as pool:
        results = [pool.submit(ask, n) for n in range(4)]
        errors = [task.exception() for task in results]
    assert errors == [error] * 4
    assert "key" not in shelf
    assert shelf.get("key", lambda: 5) == 5


def test_a_thread_that_is_ended_ends_no_other():
    shelf, started, go = Memory().new_shelf("x", 4), Event(), Event()
    counter: list[int] = []
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(shelf.get, "key", slow(counter, Stopped(), started, go))
        started.wait(120)
        second = pool.submit(shelf.get, "key", lambda: "made by the next")
        go.set()
        assert isinstance(first.exception(), Stopped)
        assert second.result() == "made by the next"


def test_what_needs_itself_says_so():
    shelf = Memory().new_shelf("loops", 4)
    with pytest.raises(RuntimeError, match="loops needs itself"):
        shelf.get("key", lambda: shelf.get("key", lambda: 1))
    assert shelf.get("key", lambda: 2) == 2


def test_none_and_false_are_kept_like_any_value():
    shelf = Memory().new_shelf("x", 4)
    assert [shelf.get("key", lambda: None), shelf.get("key", lambda: 1)] == [None, None]


def test_the_one_not_used_for_longest_goes():
    shelf = Memory().new_shelf("x", 3)
    for name in "abc":
        shelf.get(name, lambda: 1)
    shelf.get("a", lambda: 2)
    shelf.get("d", lambda: 1)
    assert [name in shelf for name in "abcd"] == [True, False, True, True]


@pytest.mark.parametrize("entries", [1, 2, 16, 512])
def test_never_more_than_its_number(entries):
    shelf = Memory().new_shelf("x", entries)
    for number in range(3 * entries):
        shelf.get(number, lambda: 1)
        assert len(shelf) <= entries
        assert number in shelf
    assert len(shelf) > entries * 14 // 16


def test_all_shelves_share_one_bound_of_bytes():
    memory = Memory(100 * KIB)
    left, right = memory.new_shelf("left", 1_000), memory.new_shelf("right", 1_000)
    for number in range(200):
        (left if number % 2 else right).get(number, lambda: np.zeros(KIB, np.uint8))
        assert memory.n_bytes <= 100 * KIB
        assert memory.n_bytes == left.total_bytes + right.total_bytes
    assert 199 in left
    assert 0 not in right
    assert len(left) + len(right) > 70


def test_a_value_larger_than_the_bound_is_handed_out_and_not_kept():
    memory = Memory(100 * KIB)
    shelf = memory.new_shelf("x", 10)
    shelf.get("small", lambda: 1)
    assert len(shelf.get("large", lambda: b"0" * 200 * KIB)) == 200 * KIB
    assert "large" not in shelf
    assert "small" in shelf


def test_a_smaller_bound_makes_room_at_once():
    memory = Memory(100 * KIB)
    shelf = memory.new_shelf("x", 100)
    for number in range(50):
        shelf.get(number, lambda: np.zeros(KIB, np.uint8))
    memory.resize(20 * KIB)
    assert memory.n_bytes <= 20 * KIB
    assert 49 in shelf


def test_a_shelf_that_is_gone_gives_its_bytes_back():
    memory = Memory(1_000 * KIB)
    memo = Memo(memory)
    memo.get("part", 1, lambda: np.zeros(100 * KIB, np.uint8))
    assert memory.n_bytes > 100 * KIB
    del memo
    gc.collect()
    other = memory.new_shelf("x", 2)
    other.get(1, lambda: 1)
    assert memory.n_bytes == other.total_bytes < KIB


def test_a_memo_makes_a_part_once_per_name_and_key():
    memo, counter = Memo(Memory()), []
    for name, key in [("a", 1), ("a", 1), ("a", 2), ("b", 1)]:
        memo.get(name, key, lambda: counter.append(1))
    assert len(counter) == 3


def test_clearing_forgets_and_gives_bytes_back_and_what_is_under_way_is_not_kept():
    memory = Memory()
    shelf, started, go = memory.new_shelf("x", 4), Event(), Event()
    shelf.get("there", lambda: b"0" * KIB)
    with ThreadPoolExecutor(1) as pool:
        task = pool.submit(shelf.get, "key", slow([], "old", started, go))
        started.wait(120)
        shelf.clear()
        go.set()
        assert task.result() == "old"
    assert len(shelf) == memory.n_bytes == 0
    assert shelf.get("key", lambda: "new") == "new"


def test_many_threads_on_many_keys_leave_the_sums_right():
    memory = Memory(64 * KIB)
    shelves = [memory.new_shelf(str(number), 20) for number in range(3)]

    def work(seed: int) -> None:
        for step in range(300):
            shelf = shelves[(seed + step) % 3]
            assert shelf.get((seed * step) % 40, lambda: np.zeros(KIB, np.uint8)).shape == (KIB,)
            if step % 97 == 0:
                shelf.clear()

    assert ask_at_once(8, work) == [None] * 8
    slots = [slot.n_bytes for shelf in shelves for slot in shelf._slots.values()]
    assert memory.n_bytes == sum(slots) == sum(shelf.total_bytes for shelf in shelves)
    assert memory.n_bytes <= 64 * KIB


def test_sizes_are_about_right(dataset):
    frame = pl.DataFrame({"a": np.zeros(10_000)})
    assert 80_000 <= size_of(frame) <= 81_000
    assert 80_000 <= size_of({"x": [frame, frame]}) <= 81_000
    assert 800_000 <= size_of([np.zeros(100) for _ in range(1_000)]) <= 1_200_000
    assert size_of("x" * 1_000) in range(1_000, 1_100)
    assert size_of(dataset) > size_of((1, dataset))
    loop: list[object] = []
    loop.append(loop)
    assert size_of(loop) < 200
