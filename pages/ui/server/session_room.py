"""Which browsers' pages hold one of the sessions there may be: who came first stays, whoever else reloads."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from streamlit.runtime import Runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx


@dataclass
class Room:
    """The sessions that were admitted, by their numbers; one for a server."""

    holders: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def admits(self, session: str, open_ids: set[str], most: int) -> bool:
        """Say whether a session holds a place or takes a free one; places of closed sessions are free."""
        with self.lock:
            self.holders &= open_ids | {session}
            if session not in self.holders and len(self.holders) >= most:
                return False
            self.holders.add(session)
            return True


ROOM = Room()


def n_open() -> int:
    """Return how many browsers have a page open on this server."""
    return len(_open_ids())


def n_held(most: int) -> int:
    """Return how many sessions there are of the `most` there may be: who was turned away holds none; 0 for no limit."""
    return len(ROOM.holders & _open_ids()) if most else n_open()


def is_admitted(most: int) -> bool:
    """Say whether the page that runs may go on: it did before, or fewer than `most` others do; 0 for no limit."""
    context = get_script_run_ctx()
    return not most or context is None or ROOM.admits(context.session_id, _open_ids(), most)


def _open_ids() -> set[str]:
    """Return the numbers of the sessions that have a browser; none where no server runs, as in a test of one page."""
    manager = getattr(Runtime.instance(), "_session_mgr", None) if Runtime.exists() else None
    return {page.session.id for page in manager.list_active_sessions()} if manager is not None else set()
