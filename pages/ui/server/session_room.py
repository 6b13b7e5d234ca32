"""Which browsers' pages hold one of the sessions there may be: who came first stays, whoever else reloads."""

from __future__ import annotations

import threading

from streamlit.runtime import Runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

HOLDERS: set[str] = set()
LOCK = threading.Lock()


def n_open() -> int:
    """Return how many browsers have a page open on this server."""
    return len(_open_ids())


def is_admitted(most: int) -> bool:
    """Say whether the page that runs may go on: it did before, or fewer than `most` others do; 0 for no limit."""
    context = get_script_run_ctx()
    if not most or context is None:
        return True
    with LOCK:
        HOLDERS.intersection_update(_open_ids() | {context.session_id})
        if context.session_id not in HOLDERS and len(HOLDERS) >= most:
            return False
        HOLDERS.add(context.session_id)
        return True


def _open_ids() -> set[str]:
    """Return the numbers of the sessions that have a browser; none where no server runs, as in a test of one page."""
    manager = getattr(Runtime.instance(), "_session_mgr", None) if Runtime.exists() else None
    return {page.session.id for page in manager.list_active_sessions()} if manager is not None else set()
