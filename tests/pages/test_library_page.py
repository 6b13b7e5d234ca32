"""The answer library as the bid desk uses it: found, changed, approved by a second person, imported and taken back."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.requirements.library import answer_edition
from core.requirements.library.answer_edition import APPROVED, BOOK, DRAFT
from core.store import Store

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def url(settings, sample, bundle, monkeypatch, tmp_path):
    where = f"sqlite:///{tmp_path / 'store.db'}"
    monkeypatch.setenv("QUARTERDECK_HOME", str(settings.home))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", where)
    return where


def said(test):
    kinds = (test.markdown, test.success, test.warning, test.info, test.caption)
    return " ".join(element.value for kind in kinds for element in kind)


def field(test, kind, name):
    return next(widget for widget in getattr(test, kind) if str(widget.key).startswith(f"library_{name}-"))


def test_an_answer_is_found_written_and_approved_by_a_second_person(url):
    row = answer_edition.changed({"answer_id": "LIB-1"}, "bo@example.com", question="Is it blue?", answer="Yes, blue.")
    store = Store.open(url)
    assert store.library.save_all(BOOK, [row], "bo@example.com") == []
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=180).switch_page("pages/library.py").run()
    assert not test.exception
    assert "due this month" in said(test)
    test.text_input(key="library_query").set_value("is it bluu").run()
    assert test.session_state["library_listed"][0] == "LIB-1"
    test.selectbox(key="library_one").set_value("LIB-1").run()
    field(test, "text_area", "answer").set_value("Yes, sky blue.")
    next(button for button in test.button if button.label == "Save").click().run()
    assert "LIB-1 is saved and waits for approval." in said(test)
    test.button(key="library_approve").click().run()
    assert "Somebody else than who wrote the answer approves it" in said(test)
    assert store.library.newest(BOOK)["state"].to_list() == [DRAFT]
    mine = store.library.newest(BOOK).row(0, named=True)
    again = answer_edition.changed(mine, "bo@example.com", answer="Yes, navy.")
    store.library.save_all(BOOK, [again], "bo@example.com")
    test.run()
    test.button(key="library_approve").click().run()
    assert "Approved: LIB-1." in said(test)
    standing = store.library.newest(BOOK).row(0, named=True)
    assert (standing["state"], standing["answer"]) == (APPROVED, "Yes, navy.")
    assert standing["approved_by"] != standing["written_by"]
    store.close()
