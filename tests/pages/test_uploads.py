"""What a client uploads beyond what any page asked for is refused."""

from __future__ import annotations

import contextlib

import pytest
from starlette.exceptions import HTTPException
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from pages.ui.server import uploads


@pytest.fixture
def manager(monkeypatch):
    monkeypatch.setattr(MemoryUploadedFileManager, "add_file", MemoryUploadedFileManager.add_file)
    uploads.bound()
    uploads.bound()
    return MemoryUploadedFileManager("/upload")


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
