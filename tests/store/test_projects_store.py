"""Plans, members, tasks, changes row by row, and questions to the buyer, as the store keeps them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import event, text

from core.contracts.errors import StoreError
from core.store import Store
from core.store.reviews import Change
from tests.clocks import Clock


@pytest.fixture(scope="module")
def clock():
    return Clock()


@pytest.fixture(scope="module")
def store(tmp_path_factory, clock):
    opened = Store.open(f"sqlite:///{tmp_path_factory.mktemp('projects') / 'q.db'}", clock)
    yield opened
    opened.close()


@pytest.fixture
def number(store, request):
    return store.requirement_sets.save(request.node.name[:100], "everybody", {"rows": []}).id


def row_of(store, number, row=1):
    return next(r for r in store.reviews.rows(number).to_dicts() if r["row"] == row)


def test_changes_of_different_fields_of_one_row_both_stand(store, number):
    assert store.reviews.change(number, [Change("S", 1, 0, {"answer": "Yes."})], "ann") == []
    assert store.reviews.change(number, [Change("S", 1, 0, {"owner": "Cem", "due_on": date(2026, 6, 1)})], "bo") == []
    now = row_of(store, number)
    assert (now["answer"], now["owner"], now["version"]) == ("Yes.", "Cem", 2)
    (met,) = store.reviews.change(number, [Change("S", 1, 1, {"owner": "Dee"})], "dee")
    assert "owner is Cem, yours is Dee" in met.sentence()


@pytest.mark.parametrize("judged", [{"state": "approved"}, {"stage": "legal"}, {"is_public": True}])
def test_who_judges_a_row_has_seen_what_is_judged(store, number, judged):
    store.reviews.change(number, [Change("S", 1, 0, {"answer": "Yes."})], "ann")
    store.reviews.change(number, [Change("S", 1, 1, {"answer": "No."})], "ann")
    assert len(store.reviews.change(number, [Change("S", 1, 1, judged)], "bo")) == 1
    store.reviews.change(number, [Change("S", 1, 2, judged)], "bo")
    assert len(store.reviews.change(number, [Change("S", 1, 2, {"answer": "Perhaps."})], "ann")) == 1
    assert row_of(store, number)["answer"] == "No."


def test_a_row_whose_changes_are_not_known_is_never_merged(store, number):
    store.reviews.change(number, [Change("S", 1, 0, {"answer": "Yes."})], "ann")
    with store.engine.begin() as connection:
        connection.execute(text("DELETE FROM row_changes WHERE requirement_set_id = :n"), {"n": number})
    assert len(store.reviews.change(number, [Change("S", 1, 0, {"owner": "Cem"})], "bo")) == 1


def test_a_new_text_falls_back_to_draft_and_is_public_no_more(store, number):
    store.reviews.change(number, [Change("S", 1, 0, {"answer": "Yes.", "state": "answered"})], "ann")
    store.reviews.change(number, [Change("S", 1, 1, {"stage": "approved", "state": "approved"})], "bo")
    store.reviews.change(number, [Change("S", 1, 2, {"is_public": True})], "bo")
    store.reviews.change(number, [Change("S", 1, 3, {"answer": "Yes."})], "ann")
    assert row_of(store, number)["stage"] == "approved"
    store.reviews.change(number, [Change("S", 1, 4, {"answer": "Yes, always."})], "ann")
    now = row_of(store, number)
    assert (now["stage"], now["state"], now["is_public"], now["approved_by"]) == (None, "answered", None, None)


def test_an_approval_that_is_taken_back_takes_the_stage_along(store, number):
    store.reviews.change(
        number, [Change("S", 1, 0, {"answer": "Yes.", "state": "approved", "stage": "approved"})], "bo"
    )
    store.reviews.change(number, [Change("S", 1, 1, {"state": "blocked"})], "bo")
    assert (row_of(store, number)["stage"], row_of(store, number)["state"]) == (None, "blocked")


def test_tasks_follow_the_owner_the_state_and_the_stage(store, number):
    mine = lambda *names: [(t.kind, t.row) for t in store.work_tasks.mine(names) if t.requirement_set_id == number]  # noqa: E731
    store.reviews.change(number, [Change("S", r, 0, {"owner": "Ann Lee"}) for r in (1, 2)], "bo")
    assert mine("ANN LEE") == [("answer", 1), ("answer", 2)]
    store.reviews.change(number, [Change("S", 1, 1, {"owner": "Cem"})], "bo")
    store.reviews.change(number, [Change("S", 2, 1, {"answer": "Yes.", "state": "answered"})], "ann lee")
    assert (mine("ann lee"), mine("cem")) == ([], [("answer", 1)])
    store.reviews.change(number, [Change("S", 2, 2, {"stage": "legal"}, signers=("legal",))], "ann lee")
    assert mine("lou") == []
    store.projects.set_members(number, {"Lou": ["legal"], "vic": ["viewer"]}, "bo")
    assert (mine("lou"), mine("vic")) == ([("sign off", 2)], [])
    store.reviews.change(number, [Change("S", 2, 3, {"answer": "No."})], "ann lee")
    assert mine("lou") == []
    store.reviews.change(number, [Change("S", 2, 4, {"state": "in progress", "owner": "cem"})], "bo")
    assert mine("cem") == [("answer", 1), ("answer", 2)]


def test_tasks_are_done_and_snoozed_by_whose_they_are(store, number, clock):
    due = date(2026, 5, 6)
    store.reviews.change(number, [Change("S", 1, 0, {"owner": "eve", "due_on": due})], "bo")
    (task,) = store.work_tasks.mine(["eve"])
    assert [t.id for t in store.work_tasks.due(due)] == [task.id]
    with pytest.raises(StoreError, match="no such open task"):
        store.work_tasks.close(task.id, ["bo"], "bo")
    store.work_tasks.snooze(task.id, ["Eve"], "eve", date(2026, 5, 7))
    assert (store.work_tasks.mine(["eve"]), store.work_tasks.due(due)) == ([], [])
    assert [t.snoozed_until for t in store.work_tasks.mine(["eve"], with_snoozed=True)] == [date(2026, 5, 7)]
    clock.later(days=3)
    assert [t.id for t in store.work_tasks.mine(["eve"])] == [task.id]
    store.work_tasks.close(task.id, ["eve"], "eve")
    assert store.work_tasks.of_list(number) == []
    assert list(store.audit.newest(2)["action"]) == ["did a task", "put a task off to 2026-05-07"]


def test_who_is_named_in_a_comment_on_a_row_has_a_task(store, number):
    for _ in range(2):
        store.comments.add("book", "requirement", f"{number}/7/Sheet", "bo", "@Fay and @bo", ["Fay", "bo"])
        (task,) = store.work_tasks.of_list(number)
        assert (task.kind, task.assignee, task.row, task.sheet, task.made_by) == ("mention", "fay", 7, "Sheet", "bo")
        store.work_tasks.close(task.id, ["fay"], "fay")
    store.comments.add("book", "requirement", "999999/7/Sheet", "bo", "@Fay", ["Fay"])
    assert store.work_tasks.of_list(999_999) == []


def test_the_count_of_every_page_is_one_query_over_an_index(store, number):
    asked = []
    event.listen(store.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    store.work_tasks.mine(["ann"])
    assert len([words for words in asked if words.startswith("SELECT")]) == 1
    with store.engine.connect() as connection:
        steps = connection.execute(
            text("EXPLAIN QUERY PLAN SELECT id FROM work_tasks WHERE assignee IN ('a', 'role: legal') AND is_open = 1")
        )
        assert "ix_work_tasks_mine" in " ".join(str(step) for step in steps)


def test_a_plan_saved_in_between_is_not_overwritten(store, number):
    first = store.projects.get(number)
    saved = store.projects.save(first, {"deadline": "2026-06-01"}, "ann")
    assert (saved.version, saved.payload) == (1, {"deadline": "2026-06-01"})
    for stale in (first, replace(saved, version=5), replace(first, requirement_set_id=999_999)):
        with pytest.raises(StoreError, match="Nothing was overwritten"):
            store.projects.save(stale, {"deadline": "2027-01-01"}, "bo")
    assert store.projects.save(saved, {}, "ann").version == 2


def test_members_have_known_roles(store, number):
    saved = store.projects.set_members(number, {"Ann": ["legal", "lead"]}, "bo")
    assert saved.members == {"ann": ("lead", "legal")}
    for wrong in ({"ann": ["boss"]}, {" ": ["lead"]}):
        with pytest.raises(StoreError):
            store.projects.set_members(number, wrong, "bo")
    with pytest.raises(StoreError, match="deleted"):
        store.projects.set_members(999_999, {"ann": ["lead"]}, "bo")
    assert store.projects.get(number).members == {"ann": ("lead", "legal")}


def test_the_buyers_answers_are_kept_and_contradictions_wait(store, number):
    questions = store.buyer_questions
    rows = [("S", 1, "Which zone?"), ("S", 1, "Which zone?"), ("S", 2, "How many?")]
    assert questions.ask(number, rows, "AB12", "ann") == 2
    assert questions.ask(number, rows, "AB12", "ann") == 0
    with pytest.raises(StoreError, match="1 to 4,000"):
        questions.ask(number, [("S", 3, " ")], "AB12", "ann")
    assert questions.take(number, {"AB12-1": "CET", "AB12-2": " "}, "one.xlsx", "ann") == (1, 0, 0)
    assert questions.take(number, {"AB12-1": "CET"}, "two.xlsx", "ann") == (0, 1, 0)
    assert questions.take(number, {"AB12-1": "PST"}, "three.xlsx", "ann") == (0, 0, 1)
    first, second = questions.of_list(number)
    assert (first.answer, first.rival_answer, first.rival_file, second.state) == ("CET", "PST", "three.xlsx", "open")
    with pytest.raises(StoreError, match="no choice"):
        questions.settle(first, "both", "ann")
    questions.settle(first, "take", "ann")
    with pytest.raises(StoreError, match="changed meanwhile"):
        questions.settle(first, "keep", "ann")
    questions.settle(second, "withdrawn", "ann")
    first, second = questions.of_list(number)
    assert (first.answer, first.answer_file, first.rival_answer) == ("PST", "three.xlsx", "")
    assert second.state == "withdrawn"


def test_what_was_worked_on_before_has_its_last_change_and_its_task(tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'q.db'}")
    number = store.requirement_sets.save("Old", "everybody", {"rows": []}).id
    store.reviews.change(number, [Change("S", 1, 0, {"owner": " Ann "}), Change("S", 2, 0, {"state": "answered"})], "b")
    with store.engine.begin() as connection:
        for table in ("row_changes", "work_tasks"):
            connection.execute(text(f"DROP TABLE {table}"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0110'"))
    store.close()
    store = Store.open(f"sqlite:///{tmp_path / 'q.db'}")
    assert store.row_changes.of_list(number)["state"].to_list() == ["new", "answered"]
    assert [(task.assignee, task.row) for task in store.work_tasks.of_list(number)] == [("ann", 1)]
    assert store.reviews.change(number, [Change("S", 1, 1, {"due_on": date(2026, 6, 1)})], "bo") == []
    store.close()
