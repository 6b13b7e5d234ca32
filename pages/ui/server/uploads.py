"""Bounds what one session may have uploaded, and keeps it so that another server can take the session over.

A client can send files no field of a page asked for. A browser that comes to another server names its files by their
random numbers, which it alone knows: with these they were sealed.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any

from starlette.exceptions import HTTPException
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from core.artifacts import is_failure
from core.artifacts.session_files import SessionFiles
from core.contracts.errors import QuarterdeckError

MOST_BYTES, MOST_FILES = 300_000_000, 40
FILE, SHORTEST = "file", 32
HEAD_BYTES, MOST_ABSENT = 4, 10_000
logger = logging.getLogger(__name__)


class UploadCopies:
    """Copies of uploaded files in the store, made beside the answer to the browser.

    Parameters
    ----------
    files : callable
        Returns where they are kept.
    age : timedelta
        For how long.
    """

    def __init__(self, files: Callable[[], SessionFiles], age: timedelta) -> None:
        self._files, self._age = files, age
        self._writers = ThreadPoolExecutor(1, "upload-copies")
        self._absent: set[str] = set()
        self._lock = threading.Lock()

    def keep(self, record: UploadedFileRec) -> None:
        """Keep a file; begun now and done soon."""
        if len(record.file_id) >= SHORTEST:
            self._writers.submit(self._guarded, self._write, record)

    def read(self, file_id: str) -> UploadedFileRec | None:
        """Return a file that was uploaded to another server, None where there is none."""
        if len(file_id) < SHORTEST or file_id in self._absent:
            return None
        content = self._guarded(lambda number: self._files().read(number, FILE, _now()), file_id)
        if content is None:
            with self._lock:
                if len(self._absent) >= MOST_ABSENT:
                    self._absent.clear()
                self._absent.add(file_id)  # Whoever moves a control asks again, and the store is not asked each time.
            return None
        length = int.from_bytes(content[:HEAD_BYTES], "big")
        name, kind = json.loads(content[HEAD_BYTES : HEAD_BYTES + length])
        return UploadedFileRec(file_id, name, kind, content[HEAD_BYTES + length :])

    def drop(self, file_id: str) -> None:
        """Delete a file that was taken out again."""
        self._writers.submit(self._guarded, lambda number: self._files().drop(number, FILE), file_id)

    def wait(self) -> None:
        """Wait until what was begun is done."""
        self._writers.submit(int).result()

    def _write(self, record: UploadedFileRec) -> None:
        head = json.dumps([record.name, record.type]).encode()
        content = len(head).to_bytes(HEAD_BYTES, "big") + head + record.data
        self._files().keep(record.file_id, FILE, content, _now(), self._age)

    def _guarded(self, act: Callable[[Any], Any], about: Any) -> Any:
        try:
            return act(about)
        except BaseException as error:
            if not is_failure(error):
                raise
            logger.warning("An upload is not shared with other servers: %s", error)
            return None


def bound(copies: UploadCopies | None = None, refuse: Callable[[int], None] = lambda n_bytes: None) -> None:
    """Refuse a file from now on that makes a session's files larger than 300 MB together, or more than 40.

    Parameters
    ----------
    copies : UploadCopies, optional
        Where files are kept for other servers.
    refuse : callable
        Takes the bytes of a file and raises a `QuarterdeckError` where there is no room for them.
    """
    manager: Any = MemoryUploadedFileManager
    if getattr(manager.add_file, "is_bounded", False):
        return
    add, get, remove = manager.add_file, manager.get_files, manager.remove_file

    @wraps(add)
    def add_file(self: Any, session_id: str, file: UploadedFileRec) -> None:
        others = [earlier for key, earlier in self.file_storage.get(session_id, {}).items() if key != file.file_id]
        size = sum(len(earlier.data) for earlier in others) + len(file.data)
        if size > MOST_BYTES or len(others) >= MOST_FILES:
            raise HTTPException(413, "Too much has been uploaded in this session. Take files out and try again.")
        try:
            refuse(len(file.data))
        except QuarterdeckError as error:
            raise HTTPException(413, str(error)) from error
        add(self, session_id, file)
        if copies is not None:
            copies.keep(file)

    @wraps(get)
    def get_files(self: Any, session_id: str, file_ids: Sequence[str]) -> list[UploadedFileRec]:
        records = {record.file_id: record for record in get(self, session_id, file_ids)}
        for file_id in file_ids if copies is not None else ():
            record = None if file_id in records else copies.read(file_id)
            if record is not None:
                records[file_id] = record
                add(self, session_id, record)
        return [records[file_id] for file_id in file_ids if file_id in records]

    @wraps(remove)
    def remove_file(self: Any, session_id: str, file_id: str) -> None:
        remove(self, session_id, file_id)
        if copies is not None:
            copies.drop(file_id)

    add_file.is_bounded = True  # type: ignore[attr-defined]
    manager.add_file, manager.get_files, manager.remove_file = add_file, get_files, remove_file


def _now() -> datetime:
    return datetime.now(UTC)
