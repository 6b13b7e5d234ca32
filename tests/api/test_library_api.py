"""The answer library by the API: read, written over the version that was read, approved by a second person."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from core.api.application import application
from core.config.settings import Person
from core.store import Store

ANA, BOSS, GUEST, REP = "ana@example.com", "boss@example.com", "guest@example.com", "rep@example.com"
WORDS = {"question": "Is data encrypted at rest?", "answer": "Yes, with AES-256."}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    opened = Store.open(f"sqlite:///{tmp_path_factory.mktemp('library') / 'store.db'}")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def ask(small, small_settings, store):
    people = {
        ANA: Person(roles=("presales",)),
        BOSS: Person(roles=("leader",)),
        GUEST: Person(roles=("presales",), mask_names=True),
        REP: Person(roles=("rep",), regions=("EMEA",)),
    }
    access = small_settings.access.model_copy(update={"sign_in": "header", "people": people})
    settings = small_settings.model_copy(update={"access": access})
    client = TestClient(application(lambda: settings, lambda _: small, lambda _: store, a_minute=100_000))
    keys = {user: store.api_keys.make("test", user, "test")[0] for user in people}

    def asked(method, path, who=ANA, **options):
        headers = {"Authorization": f"Bearer {keys[who]}"}
        return client.request(method, f"/v1/library{path}", headers=headers, **options)

    return asked


def test_an_answer_is_written_approved_by_another_and_never_overwritten(ask):
    made = ask("PUT", "/new", json=WORDS)
    assert (made.status_code, made.json()["version"], made.json()["state"]) == (200, 1, "draft")
    key = made.json()["answer_id"]
    assert ask("PUT", "/new", json=WORDS).status_code == 409
    changed = ask("PUT", f"/{key}", json={"version": 1, "answer": "Yes, by AES-256-GCM."})
    assert changed.json()["version"] == 2
    late = ask("PUT", f"/{key}", json={"version": 1, "answer": "No."})
    assert late.status_code == 409
    assert "Nothing was overwritten" in late.text
    assert ask("PUT", f"/{key}", json={"version": 2, "answer": " "}).status_code == 422
    assert ask("POST", f"/{key}/approval", json={"version": 2}).status_code == 403
    assert ask("POST", f"/{key}/approval", BOSS, json={"version": 1}).status_code == 409
    passed = ask("POST", f"/{key}/approval", BOSS, json={"version": 2})
    assert (passed.status_code, passed.json()["state"]) == (200, "approved")
    entry = ask("GET", f"/{key}").json()
    assert (entry["answer"]["approved_by"], entry["answer"]["answer"]) == (BOSS, "Yes, by AES-256-GCM.")
    assert [line["author"] for line in entry["history"]] == [BOSS, ANA, ANA]


def test_answers_are_searched_and_cut_to_whoever_asks(ask, store):
    rows = ask("GET", "?query=encrytion%20at%20rest&limit=3").json()["rows"]
    assert rows[0]["question"] == WORDS["question"]
    assert {row["state"] for row in ask("GET", "?state=approved&limit=5", REP).json()["rows"]} == {"approved"}
    hidden = ask("GET", f"/{rows[0]['answer_id']}", GUEST).json()
    assert (hidden["answer"]["written_by"], hidden["history"]) == ("A colleague", [])
    assert ask("PUT", f"/{rows[0]['answer_id']}", GUEST, json={"version": 3, "answer": "x"}).status_code == 403
    assert ask("PUT", "/new", BOSS, json=WORDS).status_code == 403
    assert ask("GET", "/LIB-none").status_code == 404
