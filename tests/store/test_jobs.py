"""Work is claimed by one worker at a time, taken over when a worker is lost, and ends in a way that is told."""

from __future__ import annotations

import threading

import pytest

from core.contracts.errors import StoreError
from core.store import Store
from core.store.jobs import CANCELLED, DONE, ENDED, FAILED, KEPT, LEASE, MOST_ATTEMPTS
from tests.clocks import Clock

KINDS = ("sync", "learn")


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def queue(url, clock):
    store = Store.open(url, clock)
    yield store.jobs
    store.close()


def test_the_same_work_is_asked_for_once_while_it_waits_or_runs(queue):
    first = queue.ask("sync", "CRM", {"n": 1}, "ana")
    assert queue.ask("sync", "CRM", {"n": 2}, "ben") == first
    assert queue.ask("sync", "other").id != first.id
    claimed = queue.claim("w1", KINDS)
    assert (claimed.id, claimed.payload, claimed.asked_by, claimed.n_attempts) == (first.id, {"n": 1}, "ana", 1)
    assert queue.ask("sync", "CRM").id == first.id
    assert queue.finish(first.id, "w1", "Read.")
    assert queue.ask("sync", "CRM").id != first.id
    ended = queue.get(first.id)
    assert (ended.state, ended.share, ended.message, ended.is_active) == (DONE, 1.0, "Read.", False)


def test_many_who_ask_at_once_ask_for_one(queue):
    numbers = []
    threads = [threading.Thread(target=lambda: numbers.append(queue.ask("sync", "CRM").id)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(numbers) == 8
    assert len(set(numbers)) == 1


def test_workers_never_claim_the_same(queue):
    for k in range(12):
        queue.ask("sync", f"s{k}")
    taken = []

    def work(name):
        while job := queue.claim(name, KINDS):
            taken.append(job.id)

    threads = [threading.Thread(target=work, args=(f"w{k}",)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 12
    assert len(set(taken)) == 12


def test_the_more_pressing_kind_comes_first_and_others_are_left_alone(queue):
    slow, quick = queue.ask("learn", "models"), queue.ask("sync", "CRM")
    assert queue.claim("w1", ("prepare",)) is None
    assert queue.claim("w1", KINDS).id == quick.id
    assert queue.claim("w1", KINDS).id == slow.id
    assert queue.claim("w1", KINDS) is None


def test_a_lost_worker_loses_its_claim_and_hears_of_it(queue, clock):
    job = queue.ask("sync", "CRM")
    queue.claim("w1", KINDS)
    clock.later(seconds=50)
    assert queue.renew(job.id, "w1")
    clock.later(seconds=50)
    assert queue.claim("w2", KINDS) is None
    clock.later(seconds=20)
    assert queue.claim("w2", KINDS).n_attempts == 2
    assert not queue.renew(job.id, "w1")
    assert not queue.note(job.id, "w1", 0.5)
    assert not queue.finish(job.id, "w1")
    assert not queue.fail(job.id, "w1", "late")
    assert queue.note(job.id, "w2", 1.7, "half")
    assert (queue.get(job.id).share, queue.get(job.id).message) == (1.0, "half")


def test_work_that_takes_its_workers_down_is_given_up(queue, clock):
    job = queue.ask("sync", "CRM")
    for k in range(MOST_ATTEMPTS):
        assert queue.claim(f"w{k}", KINDS).id == job.id
        clock.later(seconds=LEASE.total_seconds() + 1)
    assert queue.claim("w9", KINDS) is None
    assert (queue.get(job.id).state, queue.get(job.id).message) == (FAILED, ENDED)


def test_another_attempt_waits_longer_each_time_and_a_reason_ends_it(queue, clock):
    job = queue.ask("sync", "CRM")
    for pause in (10, 30):
        queue.claim("w1", KINDS)
        assert queue.fail(job.id, "w1", "broke", may_retry=True)
        clock.later(seconds=pause - 1)
        assert queue.claim("w1", KINDS) is None
        clock.later(seconds=1)
    queue.claim("w1", KINDS)
    assert queue.fail(job.id, "w1", "broke", may_retry=True)
    assert queue.get(job.id).state == FAILED
    other = queue.again(job.id, "ben")
    assert (other.state, other.asked_by, other.payload) == ("queued", "ben", job.payload)
    assert queue.again(other.id, "ben").id == other.id
    queue.claim("w1", KINDS)
    assert queue.fail(other.id, "w1", "The token is refused.")
    assert queue.get(other.id).message == "The token is refused."


def test_work_is_cancelled_at_once_while_it_waits_and_by_its_worker_when_it_runs(queue, clock):
    waiting, running = queue.ask("learn", "models"), queue.ask("sync", "CRM")
    assert queue.cancel(waiting.id)
    assert queue.get(waiting.id).state == CANCELLED
    assert not queue.cancel(waiting.id)
    queue.claim("w1", KINDS)
    assert queue.cancel(running.id)
    assert queue.get(running.id).is_cancelled
    assert not queue.renew(running.id, "w1")
    assert queue.fail(running.id, "w1", "killed", may_retry=True)
    assert queue.get(running.id).state == CANCELLED
    lost = queue.ask("sync", "CRM")
    queue.claim("w1", KINDS)
    queue.cancel(lost.id)
    clock.later(minutes=2)
    assert queue.claim("w2", KINDS) is None
    assert queue.get(lost.id).state == CANCELLED


def test_what_is_given_back_or_left_by_a_worker_that_is_gone_is_taken_over_at_once(queue):
    job = queue.ask("sync", "CRM")
    queue.alive("w1", "host", 11)
    queue.claim("w1", KINDS)
    assert queue.give_back(job.id, "w1")
    assert queue.claim("w1", KINDS).n_attempts == 1
    assert queue.on_host("host") == {"w1": 11}
    queue.gone("w1")
    assert queue.on_host("host") == {}
    assert queue.claim("w2", KINDS).n_attempts == 2


def test_workers_are_there_for_half_a_minute(queue, clock):
    queue.alive("w1", "host", 11)
    clock.later(seconds=20)
    queue.alive("w2", "other", 12)
    queue.alive("w2", "other", 12)
    assert queue.workers() == ["w1", "w2"]
    clock.later(seconds=15)
    assert queue.workers() == ["w2"]


def test_old_work_is_tidied_away_and_what_waits_is_kept(queue, clock):
    old, waiting = queue.ask("sync", "CRM"), queue.ask("learn", "models")
    queue.alive("w1", "host", 11)
    queue.claim("w1", ("sync",))
    queue.finish(old.id, "w1")
    clock.later(days=KEPT.days + 1)
    assert queue.last("sync", "CRM").id == old.id
    assert queue.tidy() == 1
    assert [job.id for job in queue.recent()] == [waiting.id]
    assert queue.on_host("host") == {}
    assert queue.last("sync", "CRM") is None
    with pytest.raises(StoreError, match="no work number"):
        queue.get(old.id)
