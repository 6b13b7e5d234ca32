"""Who opens a page finds a session and a seat free, or a sentence that says what is full."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from core.access import LOCAL
from core.access.identity import Identity
from core.config import load
from core.config.usage_limits import UsageLimits
from core.contracts.errors import AccessError, StoreError
from pages.ui.kit import admission
from pages.ui.server import session_room, uploads

ANA = Identity("ana@example.com", "Ana", ("rep",))


@pytest.fixture
def room(monkeypatch):
    """The open sessions of a server, and whose turn it is."""
    turn = SimpleNamespace(session_id="a", open_ids={"a", "b", "c"})
    monkeypatch.setattr(session_room, "ROOM", session_room.Room())
    monkeypatch.setattr(session_room, "get_script_run_ctx", lambda: turn)
    monkeypatch.setattr(session_room, "_open_ids", lambda: turn.open_ids)
    return turn


def test_who_came_first_stays_and_the_next_comes_in_when_one_leaves(room):
    def come(name):
        room.session_id = name
        return session_room.is_admitted(2)

    assert [come("a"), come("b"), come("c"), come("a")] == [True, True, False, True]
    room.open_ids = {"b", "c"}
    assert [come("c"), come("b")] == [True, True]
    room.session_id = "d"
    assert session_room.is_admitted(0)
    with pytest.raises(AccessError, match=r"Nobody more can work here now: 2 of 2 sessions \(full\) are open"):
        admission.admit(load().model_copy(update={"limits": UsageLimits(sessions=2)}), LOCAL)


def test_full_storage_is_told_above_every_page(monkeypatch, tmp_path):
    settings = load(environ={"QUARTERDECK_HOME": str(tmp_path)})
    (tmp_path / "big.csv").write_bytes(b"x" * 1_000_000)
    lines = []
    slot = SimpleNamespace(markdown=lines.append)
    monkeypatch.setattr(admission.cache, "store", lambda _: None)
    for megabytes in (0, 2, 1):
        admission.tell_full(slot, settings.model_copy(update={"limits": UsageLimits(storage_mb=megabytes)}))
    assert len(lines) == 1
    assert lines[0].startswith("Nothing more can be stored or uploaded. What is stored here takes 1.0 of 1.0 MB.")


def test_who_was_turned_away_holds_no_session(room):
    assert session_room.is_admitted(1)
    room.session_id = "b"
    assert not session_room.is_admitted(1)
    assert (session_room.n_held(1), session_room.n_held(0), session_room.n_open()) == (1, 3, 3)


def test_a_seat_is_asked_for_once_in_a_session(room, monkeypatch):
    asked = []
    monkeypatch.setattr(admission.st, "session_state", {})
    monkeypatch.setattr(admission.cache, "store", lambda _: "store")
    monkeypatch.setattr(admission.usage_guard, "refuse_seat", lambda *given: asked.append(given[1:]))
    for _ in range(2):
        admission.admit(load(), ANA)
    admission.admit(load(), LOCAL)
    assert asked == [("store", "ana@example.com")]


def test_a_file_there_is_no_room_for_is_refused_with_the_sentence(monkeypatch):
    class Manager:
        def __init__(self):
            self.file_storage = {}

        def add_file(self, session_id, file):
            raise AssertionError

        get_files = remove_file = add_file

    def refuse(n_bytes):
        raise StoreError(f"There is no room for {n_bytes} bytes.")

    monkeypatch.setattr(uploads, "MemoryUploadedFileManager", Manager)
    uploads.bound(None, refuse)
    with pytest.raises(uploads.HTTPException) as refused:
        Manager().add_file("s", SimpleNamespace(file_id="f", data=b"12345"))
    assert (refused.value.status_code, refused.value.detail) == (413, "There is no room for 5 bytes.")
