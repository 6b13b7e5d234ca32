"""A write that names an Idempotency-Key is done once, however often it is asked; marks of answers follow the models."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from starlette.testclient import TestClient

from core.api.application import application
from core.api.caller import Caller
from core.store import Store

RULE = {"name": "Once", "kind": "slipped"}


@pytest.fixture(scope="module")
def moment():
    return [datetime(2026, 5, 18, 9, tzinfo=UTC)]


@pytest.fixture(scope="module")
def store(tmp_path_factory, moment):
    opened = Store.open(f"sqlite:///{tmp_path_factory.mktemp('replays') / 'store.db'}", lambda: moment[0])
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def client(small, small_settings, store):
    return TestClient(application(lambda: small_settings, lambda _: small, lambda _: store, a_minute=100_000))


@pytest.fixture(scope="module")
def token(store):
    return store.api_keys.make("test", "local", "test")[0]


@pytest.fixture(scope="module")
def post(client, token):
    def posted(key, json, path="/v1/alerts/rules", who=None):
        headers = {"Authorization": f"Bearer {who or token}"} | ({"Idempotency-Key": key} if key is not None else {})
        return client.post(path, json=json, headers=headers)

    return posted


def test_the_same_write_is_done_once_and_answered_alike(post, store, moment):
    first, second = post("a", RULE), post("a", RULE)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert second.headers["content-type"] == first.headers["content-type"]
    assert len(store.alert_rules.list()) == 1
    assert post("b", RULE).status_code == 409
    assert post("b", RULE).headers["Idempotency-Replayed"] == "true"
    assert post("a", RULE | {"name": "Other"}).status_code == 422
    assert post("", RULE).status_code == 422
    assert post("k" * 201, RULE).status_code == 422
    moment[0] += timedelta(hours=25)
    assert post("a", RULE).status_code == 409, "after a day it is asked anew, and the name is taken"


def test_keys_are_each_caller_s_own_and_no_revoked_key_gets_an_answer(post, store):
    other, key = store.api_keys.make("other", "local", "test")
    assert post("c", {"name": "C", "kind": "slipped"}).status_code == 201
    assert post("c", {"name": "C", "kind": "slipped"}, who=other).status_code == 409
    assert post("d", {"name": "D", "kind": "slipped"}, who=other).status_code == 201
    store.api_keys.revoke(key.prefix, "test")
    assert post("d", {"name": "D", "kind": "slipped"}, who=other).status_code == 401
    assert post("e", {"name": "E", "kind": "slipped"}, who="qd_no").status_code == 401
    assert post("e", {"name": "E", "kind": "slipped"}).status_code == 201


def test_a_write_that_is_under_way_is_not_begun_again_and_one_that_failed_may_be(post, store, moment, monkeypatch):
    begun, go_on = threading.Event(), threading.Event()
    save = store.alert_rules.save

    def slow(*args):
        begun.set()
        assert go_on.wait(20)
        return save(*args)

    monkeypatch.setattr(store.alert_rules, "save", slow)
    answers = []
    thread = threading.Thread(target=lambda: answers.append(post("f", {"name": "F", "kind": "slipped"})))
    thread.start()
    assert begun.wait(20)
    waiting = post("f", {"name": "F", "kind": "slipped"})
    go_on.set()
    thread.join()
    assert (waiting.status_code, waiting.headers["Retry-After"]) == (409, "1")
    assert answers[0].status_code == 201
    monkeypatch.setattr(store.alert_rules, "save", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        post("g", {"name": "G", "kind": "slipped"})
    monkeypatch.undo()
    assert post("g", {"name": "G", "kind": "slipped"}).status_code == 201
    assert store.api_replays.begin("x", "lost", "hash") is None
    moment[0] += timedelta(minutes=6)
    assert store.api_replays.begin("x", "lost", "hash") is None, "what never ended counts as none"


def test_an_answer_s_mark_changes_when_the_models_are_learnt_anew(client, token, small_bundle, monkeypatch):
    marks = []
    for key in ("one", "one", "two"):
        monkeypatch.setattr(Caller, "bundle", lambda *_, key=key: replace(small_bundle, key=key))
        headers = {"Authorization": f"Bearer {token}"} | ({"If-None-Match": marks[-1]} if marks else {})
        answer = client.get("/v1/forecast", headers=headers)
        marks.append(answer.headers["ETag"])
        assert answer.status_code == (304 if len(marks) == 2 else 200)
    assert marks[0] == marks[1] != marks[2]
