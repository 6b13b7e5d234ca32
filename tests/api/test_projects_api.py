"""The work on lists by the API: plan, assignment, stages, questions out and in, tasks, the trust page."""

from __future__ import annotations

import io
import zipfile

import openpyxl
import pytest
from starlette.testclient import TestClient

from core.api.application import application
from core.config.settings import Person
from core.store import Store
from core.store.reviews import Change

LEAD, EXPERT, LAW, GUEST, RIVAL = (f"{who}@example.com" for who in ("lead", "expert", "law", "guest", "rival"))


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    opened = Store.open(f"sqlite:///{tmp_path_factory.mktemp('projects') / 'store.db'}")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def ask(small, small_settings, store):
    people = {
        LEAD: Person(roles=("sales_engineer",)),
        EXPERT: Person(roles=("sales_engineer",)),
        LAW: Person(roles=("admin",)),
        GUEST: Person(roles=("presales",), mask_names=True),
        RIVAL: Person(roles=("leader",)),
    }
    access = small_settings.access.model_copy(update={"sign_in": "header", "people": people})
    settings = small_settings.model_copy(update={"access": access})
    client = TestClient(application(lambda: settings, lambda _: small, lambda _: store, a_minute=100_000))
    keys = {user: store.api_keys.make("test", user, "test")[0] for user in people}

    def asked(method, path, who=LEAD, **options):
        headers = {"Authorization": f"Bearer {keys[who]}"}
        return client.request(method, f"/v1/{path}", headers=headers, **options)

    return asked


@pytest.fixture(scope="module")
def number(store):
    rows = [
        ["S", r, f"R-{r}", f"Question {r}?", ("security", "technical")[r % 2], "high", None, 0.5] for r in (1, 2, 3)
    ]
    payload = {"rows": rows, "sections": ["Access", "Hosting", "Access"], "file_key": "k", "opportunity_id": None}
    return store.requirement_sets.save("Harbour", "everybody", payload).id


def test_the_work_is_planned_assigned_reviewed_and_published(ask, store, number):
    assert [entry["name"] for entry in ask("GET", "projects").json()] == ["Harbour"]
    plan = {"deadline": "2026-12-18", "country": "de", "version": 0}
    plan["stages"] = [["draft", ["writer", "lead"]], ["legal", ["legal"]], ["approved", []]]
    assert ask("PUT", f"projects/{number}/plan", RIVAL, json=plan).status_code == 403
    shown = ask("PUT", f"projects/{number}/plan", json=plan).json()
    assert (shown["deadline"], shown["country"], shown["stages"]) == (
        "2026-12-18",
        "DE",
        ["draft", "legal", "approved"],
    )
    assert ask("PUT", f"projects/{number}/plan", json=plan).status_code == 409
    members = {LEAD: ["lead"], EXPERT: ["subject expert"], LAW: ["legal"]}
    assert ask("PUT", f"projects/{number}/members", json=members).json()["members"][LAW] == ["legal"]
    rules = [{"field": "section", "value": "access", "assignee": EXPERT}]
    trial = ask("POST", f"projects/{number}/assign", json={"rules": rules, "is_trial": True}).json()
    assert (trial["n_changed"], "2 rows go to somebody" in trial["sentences"][0]) == (0, True)
    assert ask("POST", f"projects/{number}/assign", EXPERT, json={"rules": rules}).status_code == 403
    assert ask("POST", f"projects/{number}/assign", json={"rules": rules}).json()["n_changed"] == 2
    first, second = ask("GET", "tasks", EXPERT).json()
    assert ask("POST", f"tasks/{first['id']}/done", RIVAL).status_code == 409
    assert ask("POST", f"tasks/{first['id']}/done", EXPERT).status_code == 204
    assert ask("POST", f"tasks/{second['id']}/snooze?until=2999-01-01", EXPERT).status_code == 204
    assert ask("GET", "tasks", EXPERT).json() == []
    store.reviews.change(number, [Change("S", 1, 1, {"answer": "Yes.", "state": "answered"})], EXPERT)
    step = {"rows": [{"sheet": "S", "row": 1}], "to": "legal"}
    assert ask("POST", f"projects/{number}/move", json=step).json() == {"n_changed": 1, "sentences": []}
    assert [task["kind"] for task in ask("GET", "tasks", LAW).json()] == ["sign off"]
    last = step | {"to": "approved"}
    assert "only legal" in ask("POST", f"projects/{number}/move", json=last).json()["sentences"][0]
    assert ask("POST", f"projects/{number}/move", LAW, json=last).json()["n_changed"] == 1
    assert ask("GET", "trust-page").status_code == 422
    store.reviews.change(number, [Change("S", 1, 4, {"is_public": True})], LAW)
    with zipfile.ZipFile(io.BytesIO(ask("GET", "trust-page").content)) as archive:
        assert "Yes." in archive.read("trust/section-technical.html").decode()
    assert store.audit.newest(1)["target"].to_list() == ["trust page"]


def test_questions_go_out_and_come_back(ask, number):
    given = [{"sheet": "S", "row": 2, "question": "Which region?"}]
    assert ask("POST", f"projects/{number}/questions", json=given).json()["n_changed"] == 1
    book = openpyxl.load_workbook(io.BytesIO(ask("GET", f"projects/{number}/questions/file").content))
    book.active["E5"] = "EU only"
    target = io.BytesIO()
    book.save(target)
    filled = {"file": ("back.xlsx", target.getvalue())}
    outcome = ask("POST", f"projects/{number}/questions/answers", files=filled).json()
    assert outcome == {"n_changed": 1, "sentences": ["1 answer to 1 question of the file."]}
    (entry,) = ask("GET", f"projects/{number}/questions").json()
    assert (entry["answer"], entry["answer_file"], entry["state"]) == ("EU only", "back.xlsx", "answered")
    assert ask("GET", f"projects/{number}/questions/file?kind=docx").content[:2] == b"PK"


def test_who_may_not_see_names_and_lists_sees_no_work(ask, number):
    assert ask("GET", f"projects/{number}", GUEST).status_code == 403
    assert ask("GET", "projects/9999").status_code == 404
