"""Which files a process still reads from after they were handed out, told to others by shared locks of the system."""

from __future__ import annotations

import fcntl
import os
import threading
import weakref
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


class FilesInUse:
    """The shared locks this process has on lock files, the last few of each kind; the system frees them with it."""

    def __init__(self) -> None:
        self._handles: dict[str, OrderedDict[str, int]] = {}
        self._lock = threading.Lock()
        weakref.finalize(self, _close, self._handles)

    def add(self, kind: str, file: Path, most: int) -> None:
        """Share a lock file, and let go of those beyond the last `most` of its kind.

        Raises
        ------
        OSError
            When the file cannot be written.
        """
        with self._lock:
            handles = self._handles.setdefault(kind, OrderedDict())
            if str(file) in handles and file.exists():
                handles.move_to_end(str(file))
                return
            file.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
            fcntl.flock(handle, fcntl.LOCK_SH)
            if str(file) in handles:
                os.close(handles.pop(str(file)))
            handles[str(file)] = handle
            while len(handles) > most:
                os.close(handles.popitem(last=False)[1])

    def clear(self, kind: str) -> None:
        """Let go of all of a kind."""
        with self._lock:
            for handle in self._handles.pop(kind, {}).values():
                os.close(handle)


def _close(handles: Mapping[str, OrderedDict[str, int]]) -> None:
    for handle in (handle for of_kind in handles.values() for handle in of_kind.values()):
        os.close(handle)


@contextmanager
def is_unused(file: Path) -> Iterator[bool]:
    """Say whether nobody shares a lock file, and keep it so inside the block."""
    if not file.exists():
        yield True
        return
    with file.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True
