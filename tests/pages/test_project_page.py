"""The project page: two people work on one list; stages and roles hold; the count of tasks is on every page."""

from __future__ import annotations

import io

import openpyxl
import pytest
from streamlit.testing.v1 import AppTest

from core.store import Store
from core.store.reviews import Change
from tests.pages.test_pages import ROOT

ROWS = [["S", r, f"R-{r}", f"Question {r}?", "security", "high", None, 0.5] for r in range(1, 13)]


@pytest.fixture
def store(settings, sample, monkeypatch, tmp_path):
    monkeypatch.setenv("QUARTERDECK_HOME", str(settings.home))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    opened = Store.open(f"sqlite:///{tmp_path / 'store.db'}")
    payload = {"rows": ROWS, "sections": ["Access"] * 12, "file_key": "k", "opportunity_id": None}
    opened.requirement_sets.save_with_file("Harbour", "everybody", payload, ("a.csv", b"x"))
    yield opened
    opened.close()


def open_page():
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    return test.switch_page("pages/project.py").run()


def pick(test, key, *rows):
    """Choose rows of a list."""
    test.multiselect(key).set_value(list(rows))


def words(test):
    kinds = (test.markdown, test.success, test.warning, test.error, test.caption)
    return " ".join(entry.value.replace("\\", "") for kind in kinds for entry in kind)


def test_rows_are_given_moved_through_stages_and_made_public(store):
    number = store.requirement_sets.list()[0].id
    answered = [Change("S", r, 0, {"answer": "Yes.", "state": "answered"}) for r in (1, 2)]
    store.reviews.change(number, answered, "ann")
    test = open_page()
    assert not test.exception
    assert "Nothing waits for you." in words(test)
    pick(test, "hand_rows", ("S", 4), ("S", 5))
    test.selectbox("hand_person").select("local").run()
    test.button("hand_give").click().run()
    assert "2 rows have an owner now." in words(test)
    assert "2 tasks wait for you" in words(test)
    test.button("task_snooze").click().run()
    assert "1 task waits for you, 0 past the day; 1 snoozed." in words(test)
    test.button("stages_on").click().run()
    assert "12 in draft; 0 in subject expert; 0 in legal; 0 in approved." in words(test)
    for stage in ("subject expert", "legal", "approved"):
        pick(test, "stage_rows", ("S", 1))
        test.selectbox("stage_to").select(stage).run()
        test.button("stage_move").click().run()
        assert f"1 moved to {stage}." in words(test), stage
    pick(test, "public_rows", ("S", 1))
    test.button("public_True").click().run()
    assert "1 public now." in words(test)
    assert "1 approved answer is public." in words(test)
    store.projects.set_members(number, {"ann": ["lead"]}, "ann")
    moved = [row for row in store.reviews.rows(number).to_dicts() if row["stage"]]
    assert [(row["row"], row["state"], row["stage"], row["approved_by"]) for row in moved] == [
        (1, "approved", "approved", "local")
    ]


def test_questions_go_out_and_come_back_while_the_database_may_be_away(store, monkeypatch):
    number = store.requirement_sets.list()[0].id
    test = open_page()
    pick(test, "ask_rows", ("S", 3))
    test.text_area("ask_text").set_value("Which region?").run()
    with monkeypatch.context() as away:
        from core.contracts.errors import StoreError
        from core.store.buyer_questions import BuyerQuestions

        def fail(*_):
            raise StoreError("The database cannot be reached. Nothing was saved.", mend="Try again in a moment.")

        away.setattr(BuyerQuestions, "ask", fail)
        test.button("ask_go").click().run()
    assert "Nothing was saved." in words(test)
    assert test.text_area("ask_text").value == "Which region?"
    test.button("ask_go").click().run()
    assert "1 question added." in words(test)
    (entry,) = store.buyer_questions.of_list(number)
    book = openpyxl.Workbook()
    book.active.append(["Kennung", "Antwort"])
    book.active.append([entry.code, "EU only"])
    target = io.BytesIO()
    book.save(target)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    test.file_uploader("answers_file").set_value([("back.xlsx", target.getvalue(), kind)]).run()
    test.button("answers_read").click().run()
    assert "1 new, 0 as before" in words(test)
    store.buyer_questions.take(number, {entry.code: "Anywhere"}, "later.xlsx", "ann")
    test.run()
    assert "'Anywhere'. Nothing was overwritten." in words(test)
    test.button(f"take_{entry.id}").click().run()
    assert store.buyer_questions.of_list(number)[0].answer == "Anywhere"
