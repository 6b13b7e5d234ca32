"""What a click did is said for a few seconds: the run that newer data bring right after it must not take it away."""

from __future__ import annotations

import time
from typing import Any

import streamlit as st

from pages.ui.kit.escaping import escaped

RECENT = "recent_notices"
# The server looks for newer data every four seconds, and a page takes a few to be drawn anew.
SHOWN_FOR_S = 10.0


def recent(*keys: str) -> tuple[Any, ...]:
    """Return what clicks left in the session under keys, from when it is first asked for until ten seconds later.

    Parameters
    ----------
    *keys : str
        Session keys of one place on a page, such as what was done and what failed: a newer one replaces them all.

    Returns
    -------
    tuple
        One entry for each key; None where nothing was left, or where it has been shown long enough.
    """
    shown = st.session_state.setdefault(RECENT, {})
    now = time.monotonic()
    fresh = {key: (st.session_state.pop(key), now) for key in keys if st.session_state.get(key)}
    for key in keys:
        if fresh or now - shown.get(key, (None, now))[1] >= SHOWN_FOR_S:
            shown.pop(key, None)
    shown.update(fresh)
    return tuple(shown.get(key, (None, now))[0] for key in keys)


def tell(done_key: str, failed_key: str = "") -> None:
    """Say what a click did, and what came in its way, where either was left in the session under these keys."""
    done, *failed = recent(*(key for key in (done_key, failed_key) if key))
    if done:
        st.success(escaped(done), icon=":material/check:")
    if failed and failed[0]:
        st.error(escaped(failed[0]), icon=":material/error:")
