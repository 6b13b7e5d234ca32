"""Digests that are set up are made by the worker, each of the rows its owner may see."""

from __future__ import annotations

import pytest

from core.access import WHOLE, View
from core.jobs import digest_job
from core.jobs.job_kinds import KINDS
from core.store import Store
from core.store.jobs import QUEUED
from tests.clocks import Clock

PAYLOAD = {"person": "Board", "limit_amount": 10_000.0, "scope": ""}


@pytest.fixture
def store(tmp_path):
    opened = Store.open(f"sqlite:///{tmp_path / 'store.db'}")
    yield opened
    opened.close()


@pytest.fixture
def restricted(small_settings):
    people = {"ana@example.com": {"roles": ["leader"], "regions": ["EMEA"]}}
    access = small_settings.access.model_dump() | {"sign_in": "header", "people": people}
    return type(small_settings).model_validate(small_settings.model_dump() | {"access": access})


def make(settings, store):
    return digest_job.make_all(settings, store, lambda *_: None, Clock())


def test_nothing_is_asked_for_where_nothing_is_set_up(store):
    assert not digest_job.ask(store, "test")
    store.digests.save("Weekly", "local", PAYLOAD, None)
    assert digest_job.ask(store, "test")
    job = store.jobs.active(digest_job.KIND, digest_job.ALL)
    assert (job.state, KINDS[job.kind].title) == (QUEUED, "Digests")


def test_a_digest_is_made_and_read_by_whoever_sees_the_same_rows(small, small_bundle, small_settings, store):
    store.digests.save("Weekly", "local", PAYLOAD, None)
    assert make(small_settings, store) == f"1 digest made, as of {small.as_of.isoformat()}."
    ready = digest_job.ready(small_settings, "local", "Weekly", WHOLE)
    assert ready.as_of == small.as_of.isoformat()
    assert ready.sentence in ready.markdown
    assert "<html" in ready.html
    assert digest_job.ready(small_settings, "local", "Weekly", View(("EMEA",))) is None
    assert digest_job.ready(small_settings, "other", "Weekly", WHOLE) is None


def test_each_speaks_of_its_owners_rows_alone(small, small_bundle, restricted, store):
    for owner in ("ana@example.com", "cy@example.com"):
        store.digests.save(f"Of {owner}", owner, PAYLOAD, None)
    sentence = make(restricted, store)
    assert sentence.startswith("1 digest made")
    assert sentence.endswith("Of cy@example.com.")
    mine = digest_job.ready(restricted, "ana@example.com", "Of ana@example.com", View(("EMEA",)))
    assert mine is not None
