"""What a client uploads beyond what any page asked for is refused."""

from __future__ import annotations

import contextlib
import uuid
from datetime import timedelta

import pytest
from starlette.exceptions import HTTPException
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from core.artifacts import ArtifactCache, Memory
from core.artifacts.folder_tier import FolderTier
from core.artifacts.session_files import SessionFiles
from pages.ui.server import uploads


@pytest.fixture
def manager(monkeypatch):
    fresh(monkeypatch)
    uploads.bound()
    uploads.bound()
    return MemoryUploadedFileManager("/upload")


def fresh(monkeypatch):
    for name in ("add_file", "get_files", "remove_file"):
        monkeypatch.setattr(MemoryUploadedFileManager, name, getattr(MemoryUploadedFileManager, name))


def test_ten_large_files_are_not_all_taken_and_another_session_is_not_told_off(manager):
    large = bytes(50_000_000)
    taken = 0
    for number in range(10):
        with contextlib.suppress(HTTPException):
            manager.add_file("session", UploadedFileRec(f"f{number}", f"{number}.csv", "text/csv", large))
            taken += 1
    assert taken == 6
    with pytest.raises(HTTPException) as refused:
        manager.add_file("session", UploadedFileRec("more", "more.csv", "text/csv", large))
    assert refused.value.status_code == 413
    manager.add_file("other", UploadedFileRec("f", "f.csv", "text/csv", large))
    manager.add_file("session", UploadedFileRec("f0", "0.csv", "text/csv", large))
    manager.remove_file("session", "f0")
    manager.add_file("session", UploadedFileRec("f11", "11.csv", "text/csv", large))


def test_thousands_of_small_files_are_refused(manager):
    for number in range(uploads.MOST_FILES):
        manager.add_file("session", UploadedFileRec(f"f{number}", "a.csv", "text/csv", b"1"))
    with pytest.raises(HTTPException):
        manager.add_file("session", UploadedFileRec("more", "a.csv", "text/csv", b"1"))


def test_another_server_has_the_files_of_whoever_knows_their_numbers(monkeypatch, tmp_path):
    fresh(monkeypatch)
    files = SessionFiles(ArtifactCache(FolderTier(tmp_path), Memory()), environ={})
    copies = uploads.UploadCopies(lambda: files, timedelta(hours=1))
    uploads.bound(copies)
    here, there = MemoryUploadedFileManager("/upload"), MemoryUploadedFileManager("/upload")
    number, other = str(uuid.uuid4()), str(uuid.uuid4())
    here.add_file("session", UploadedFileRec(number, "Vertrag ü.csv", "text/csv", b"a,b"))
    here.add_file("session", UploadedFileRec("short", "a.csv", "text/csv", b"a,b"))
    copies.wait()
    taken = there.get_files("new session", [other, number, "short"])
    assert [(file.file_id, file.name, file.type, file.data) for file in taken] == [
        (number, "Vertrag ü.csv", "text/csv", b"a,b")
    ]
    assert not any(b"Vertrag" in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    here.remove_file("session", number)
    copies.wait()
    assert MemoryUploadedFileManager("/upload").get_files("later", [number]) == []


def test_a_store_that_is_away_costs_the_copy_and_not_the_upload(monkeypatch):
    fresh(monkeypatch)

    def away():
        raise OSError("no space left")

    copies = uploads.UploadCopies(away, timedelta(hours=1))
    uploads.bound(copies)
    manager, number = MemoryUploadedFileManager("/upload"), str(uuid.uuid4())
    manager.add_file("session", UploadedFileRec(number, "a.csv", "text/csv", b"a"))
    copies.wait()
    assert [file.data for file in manager.get_files("session", [number])] == [b"a"]
    assert manager.get_files("other", [number]) == []
