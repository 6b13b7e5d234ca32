"""Bounds what one session may have uploaded: a client can send files no field of a page asked for."""

from __future__ import annotations

from functools import wraps

from starlette.exceptions import HTTPException
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

MOST_BYTES, MOST_FILES = 300_000_000, 40


def bound() -> None:
    """Refuse a file from now on that makes a session's files larger than 300 MB together, or more than 40."""
    add = MemoryUploadedFileManager.add_file
    if getattr(add, "is_bounded", False):
        return

    @wraps(add)
    def add_file(self: MemoryUploadedFileManager, session_id: str, file: UploadedFileRec) -> None:
        others = [earlier for key, earlier in self.file_storage.get(session_id, {}).items() if key != file.file_id]
        size = sum(len(earlier.data) for earlier in others) + len(file.data)
        if size > MOST_BYTES or len(others) >= MOST_FILES:
            raise HTTPException(413, "Too much has been uploaded in this session. Take files out and try again.")
        add(self, session_id, file)

    add_file.is_bounded = True  # type: ignore[attr-defined]
    MemoryUploadedFileManager.add_file = add_file  # type: ignore[method-assign]
