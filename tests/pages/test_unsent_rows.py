"""Rows of a requirement list the database did not take, or that met others, are there on another server."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui.kit import browser_state, unsaved


def drawn():
    from datetime import UTC, date, datetime
    from types import SimpleNamespace

    import streamlit as st

    from core.store.reviews import Change, Conflict
    from pages.ui.kit import unsaved
    from pages.ui.requirements import unsent_rows

    unsaved.begin("ana@example.com")
    saved = SimpleNamespace(id=7)
    change = Change("Sheet 1", 3, 2, {"answer": "yes", "due_on": date(2026, 5, 4)})
    if st.button("away"):
        unsent_rows.wait(saved, [change])
        unsent_rows.wait(saved, [Change("Sheet 1", 3, 2, {"answer": "no"})])
    if st.button("met"):
        at = datetime(2026, 5, 1, 9, tzinfo=UTC)
        unsent_rows.meet(saved, [Conflict(change, {"version": 3, "answer": "no", "changed_at": at})])
    if st.button("again"):
        st.text(f"sent {unsent_rows.taken(saved)!r}")
    if st.button("theirs"):
        unsent_rows.meet(saved, ())
    for wanted in unsent_rows.waiting(saved):
        st.text(
            f"{wanted.sheet} {wanted.row} {wanted.version} {wanted.values['answer']} {wanted.values['due_on']:%d %B}"
        )
    for conflict in unsent_rows.met(saved):
        standing = conflict.standing
        st.text(f"{conflict.wanted.values['answer']} met {standing['version']} of {standing['changed_at']:%d %B}")


@pytest.fixture(autouse=True)
def browser(monkeypatch, tmp_path):
    monkeypatch.setenv("QUARTERDECK_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(browser_state, "own_mark", lambda: "m" * 32)


def opened() -> AppTest:
    return AppTest.from_function(drawn, default_timeout=60).run()


def pressed(test: AppTest, label: str) -> list[str]:
    next(b for b in test.button if b.label == label).click().run()
    assert not test.exception
    return [text.value for text in test.text]


def test_what_the_database_did_not_take_waits_on_every_server():
    assert pressed(opened(), "away") == ["Sheet 1 3 2 no 04 May"]
    other = opened()
    assert [text.value for text in other.text] == ["Sheet 1 3 2 no 04 May"]
    assert [toast.value for toast in other.toast] == [unsaved.BACK]
    assert len(pressed(other, "again")) == 1
    assert not opened().text


def test_what_met_others_is_still_to_be_chosen_from():
    assert pressed(opened(), "met") == ["yes met 3 of 01 May"]
    other = opened()
    assert [text.value for text in other.text] == ["yes met 3 of 01 May"]
    assert pressed(other, "theirs") == []
    assert not opened().text


def test_a_browser_without_the_cookie_has_it_while_its_server_lives(monkeypatch):
    monkeypatch.setattr(browser_state, "own_mark", lambda: "")
    test = opened()
    assert pressed(test, "away") == ["Sheet 1 3 2 no 04 May"]
    assert [text.value for text in test.run().text] == ["Sheet 1 3 2 no 04 May"]
    assert not opened().text
