"""The line in the bar while newer data are being prepared; the page shows them when they are ready."""

from __future__ import annotations

from datetime import timedelta

import streamlit as st

from core.access import Identity, can
from core.config import Settings
from core.formats import Formats
from core.localization import message
from core.preparing import preparation
from core.store.tables import QUEUED
from pages.ui.kit import admission, cache, data_states, session_data
from pages.ui.kit.bar import Bar
from pages.ui.kit.data_states import Served
from pages.ui.kit.escaping import escaped
from pages.ui.server import freshness

EVERY_SECONDS = 3
PATIENCE = timedelta(seconds=30)
BEING_PREPARED = "New data are being prepared"


def show(bar: Bar, settings: Settings, who: Identity, shown: Served | None, formats: Formats) -> None:
    """Say that storage is full, and that newer data are being prepared or why not; look every few seconds for them.

    Parameters
    ----------
    bar : Bar
    settings : Settings
    who : Identity
        Whoever may change data is told the reason and can try again.
    shown : Served, optional
        What the page shows of everybody's data; None where the session looks at other data.
    formats : Formats
    """
    admission.tell_full(bar.notice_slot, settings)
    if shown is None or shown.waiting is None:
        return
    waiting = shown.waiting
    day = formats.day(waiting.as_of)
    if not waiting.failure:
        begins = "New data wait, for no worker is running" if _lacks_worker(settings, shown.source) else BEING_PREPARED
        bar.notice_slot.markdown(
            message(":material/sync: {begins}; shown: as of {day}", begins=escaped(begins), day=escaped(day))
        )
        if not freshness.is_watching():
            _watch(shown)
        return
    may_change = can(who, "data:write", settings.roles)
    reason = waiting.failure if may_change else "Whoever looks after the data can see why."
    text = message("The new data could not be prepared. {reason} Shown: as of {day}", reason=reason, day=day)
    bar.notice_slot.markdown(message(":material/warning: {text}", text=escaped(text)))
    if may_change:
        with bar.notice_slot:
            args = (cache.settings(), shown.source, shown.version, waiting.state)
            st.button("Try again", on_click=data_states.try_again, args=args, key="prepare_again", type="tertiary")


def of_page(settings: Settings) -> Served | None:
    """Return what a page shows of everybody's data; None where the session looks at other data."""
    shown = None if session_data.is_own() else cache.served(settings)
    freshness.note(shown)
    return shown


def _lacks_worker(settings: Settings, source: str) -> bool:
    """Say whether the work has waited for a while, and nobody is there to do it."""
    queue = cache.store(settings.database).jobs
    job = queue.active(preparation.KIND, source)
    waits = job is not None and job.state == QUEUED and data_states.now() - job.asked_at > PATIENCE
    return waits and not queue.workers()


def _watch(shown: Served) -> None:
    @st.fragment(run_every=EVERY_SECONDS)
    def watch() -> None:
        # Under the settings as they stand: those of a page are fitted to the stages of its data.
        if cache.served(cache.settings()) != shown:
            st.rerun(scope="app")

    watch()
