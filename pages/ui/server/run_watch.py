"""Times every run of a page and of a part of it, and lets log lines say which session and person it was for."""

from __future__ import annotations

import hashlib
import logging
import secrets
import threading
import time
from collections.abc import Callable
from typing import Any

import structlog
from streamlit.runtime.scriptrunner import script_runner

from core.localization.reader import READS
from core.operations import instruments, log_lines, traces
from pages.ui.server import session_room

logger = logging.getLogger(__name__)
UNNAMED = "not opened"
CURRENT = threading.local()


def opened(page: str, user: str) -> None:
    """Note which page runs in this thread, and for whom."""
    CURRENT.page = page
    log_lines.bind(page=page, user=log_lines.pseudonym(user))


def page_of_thread() -> str:
    """Return the title of the page that runs in this thread."""
    return str(getattr(CURRENT, "page", UNNAMED))


def once_a_run(name: str, make: Callable[[], Any]) -> Any:
    """Return what is worked out when it is first asked for in a run, and is the same until the run ends."""
    made = vars(CURRENT).setdefault("made", {})
    if name not in made:
        made[name] = make()
    return made[name]


def script_failed(error: Exception) -> None:
    """Count an error that no cell caught; Streamlit shows and logs it."""
    instruments.error_met(error, page_of_thread())


def install() -> None:
    """Time every run from now on, once per process, and count open sessions."""
    instruments.count_sessions(session_room.n_open)
    original = script_runner.ScriptRunner._run_script
    if hasattr(original, "original"):
        return

    def run_script(self: Any, rerun_data: Any) -> None:
        begin, is_part = time.perf_counter(), bool(rerun_data.fragment_id_queue)
        CURRENT.page = getattr(self._pages_manager, "page_title", UNNAMED) if is_part else UNNAMED
        CURRENT.made = {}
        READS.set(getattr(self._pages_manager, "reader", None))
        instruments.take_failure()
        session = hashlib.blake2b(self._session_id.encode(), digest_size=6).hexdigest()
        structlog.contextvars.clear_contextvars()
        span = traces.span("part of a page" if is_part else "page")
        with log_lines.bound(session=session, request=secrets.token_hex(6)), span:
            original(self, rerun_data)
            logger.info("Ran in %.3f s.", time.perf_counter() - begin)
        self._pages_manager.page_title, self._pages_manager.reader = page_of_thread(), READS.get()
        if not rerun_data.is_auto_rerun:
            note = instruments.moved if is_part else instruments.page_ran
            note(page_of_thread(), time.perf_counter() - begin, instruments.take_failure())

    vars(run_script)["original"] = original
    script_runner.ScriptRunner._run_script = run_script  # type: ignore[method-assign]
