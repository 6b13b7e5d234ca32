"""Many edits saved at once, and what came of the last click, said at the top of the page."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.contracts.errors import QuarterdeckError
from core.store.bulk_versions import BulkVersions, Edit
from pages.ui.kit.escaping import escaped

DONE, NOT_DONE = "done", "not"
MOST_CONFLICTS = 5


def say(key: str, kind: str, text: str) -> None:
    """Have the page say, on its next run, that something was done or was not."""
    st.session_state.setdefault(key, []).append((kind, text))


def tell(key: str) -> None:
    """Say what the last click did."""
    for kind, text in st.session_state.pop(key, []):
        if kind == DONE:
            st.success(escaped(text), icon=":material/check:")
            st.toast(escaped(text), icon=":material/check:")
        else:
            st.warning(escaped(text), icon=":material/warning:")


def save_all(records: BulkVersions, book: str, edits: Sequence[Edit], author: str, key: str, done: str) -> int | None:
    """Save edits; have the page say what was saved, and what met somebody else's change.

    Parameters
    ----------
    records : BulkVersions
    book : str
    edits : sequence of Edit
    author : str
    key : str
        Of what the page says next, as for `say`.
    done : str
        What is said where something was saved.

    Returns
    -------
    int or None
        How many met a change and were not saved; None where nothing could be saved.
    """
    try:
        conflicts = records.save_all(book, edits, author)
    except QuarterdeckError as error:
        say(key, NOT_DONE, str(error))
        return None
    for conflict in conflicts[:MOST_CONFLICTS]:
        say(key, NOT_DONE, str(conflict))
    if len(conflicts) < len(edits):
        say(key, DONE, done)
    return len(conflicts)
