"""What a page needs and a worker is still making: asked for, told in the bar, waited for where nothing can be shown."""

from __future__ import annotations

import time
from typing import NoReturn

import streamlit as st

from core.access import Identity, can
from core.config import Settings
from core.contracts import Dataset
from core.formats import Formats
from core.localization import joined, message
from core.models import registry
from core.preparing import making, preparation
from core.preparing.making import Lack, Work
from pages.ui.kit import cache, data_states, own_models, session_data
from pages.ui.kit.bar import Bar
from pages.ui.kit.data_states import Served
from pages.ui.kit.escaping import escaped
from pages.ui.server import freshness

EVERY_SECONDS = 2
READING = "Your data are being read and their tables made. This page shows them as soon as they are there."
NO_WORKER = "No worker is running that could make them; whoever runs Quarterdeck starts one."


def before_reading(settings: Settings, who: Identity, shown: Served | None) -> None:
    """Let a worker read rows nobody has read, where one is there: the page waits and shows how far it is.

    Servers that share what is made read nothing at all; see `wait`.
    """
    is_kept = shown is not None and shown.waiting is not None
    if not _may_wait(settings) or is_kept or cache.is_read(settings, shown, session_data.source()):
        return
    lack = making.rows_lack(settings, *_source(shown))
    if lack is None or making.is_there(lack, settings) or not _has_worker(settings):
        return
    work = _work(settings, lack)
    if work is None or work.is_late:
        making.make_here(lack)
    else:
        _wait(settings, who, lack, work)


def look(settings: Settings, who: Identity, shown: Served | None, data: Dataset) -> Lack | None:
    """Return what a page needs of its data and is not there yet, after a worker was asked for it.

    While there are no tables there is nothing to show, and the page waits.

    Parameters
    ----------
    settings : Settings
        With the data's stages and currency.
    who : Identity
    shown : Served, optional
        What the page shows of everybody's data; None where the session looks at other data.
    data : Dataset
    """
    if session_data.upload() is not None:
        own_models.look(data, settings)
        return None
    own_models.leave(settings)
    if shown is not None and shown.waiting is not None:
        return None  # Who prepares the newer state makes what is lacking of it.
    lack = making.lack_of(data, settings, *_source(shown), tables=_may_wait(settings))
    if lack is not None and lack.has_no_tables and _may_wait(settings) and _is_left_alone(settings, lack):
        making.make_here(lack)
        lack = making.lack_of(data, settings, *_source(shown))
    work = _work(settings, lack) if lack is not None else None
    if lack is None or work is None:
        return None
    _note(shown, lack)
    if lack.has_no_tables:
        _wait(settings, who, lack, work)
    return lack


def show(bar: Bar, settings: Settings, who: Identity, data: Dataset, lack: Lack | None, formats: Formats) -> None:
    """Say in the bar that models are being trained, and which stand meanwhile; or why they cannot be."""
    if session_data.upload() is not None:
        own_models.show(bar, settings)
        return
    work = _work(settings, lack) if lack is not None else None
    if lack is None or work is None:
        return
    standing = registry.stands_in(data, settings)
    meanwhile = message(" Shown: those of {day}.", day=formats.day(standing.as_of)) if standing is not None else ""
    if work.failure:
        _failed(
            bar,
            settings,
            who,
            lack,
            message("The models could not be trained. {failure}{meanwhile}", failure=work.failure, meanwhile=meanwhile),
        )
        return
    begins = (
        message("New models are being trained ({share:.0f} %).", share=work.share * 100)
        if work.has_worker
        else message("New models wait. {no_worker}", no_worker=NO_WORKER)
    )
    text = joined(begins, meanwhile, by="")
    bar.notice_slot.markdown(message(":material/model_training: {text}", text=escaped(text)))
    if not freshness.is_watching() or session_data.is_own():
        _watch(lack)


def wait(settings: Settings, who: Identity | None, shown: Served | None) -> NoReturn:
    """Draw a page whose rows are not read yet, and look every moment whether they are."""
    lack = making.rows_lack(settings, *_source(shown))
    work = _work(settings, lack) if lack is not None else None
    if lack is None or work is None:
        # They came while the page was asking.
        st.info(escaped(READING), icon=":material/hourglass_top:")
        time.sleep(1.0)
        st.rerun()
    _note(shown, lack)
    _wait(settings, who, lack, work)


def _wait(settings: Settings, who: Identity | None, lack: Lack, work: Work) -> NoReturn:
    if work.failure:
        may_change = who is not None and can(who, "data:write", settings.roles)
        reason = work.failure if may_change else "Whoever looks after the data can see why."
        st.error(escaped(message("The data could not be read. {reason}", reason=reason)), icon=":material/error:")
        if may_change:
            st.button("Try again", on_click=_again, args=(settings, lack), key="make_again")
        if who is not None:
            session_data.way_out(settings, who)
        st.stop()
    st.info(escaped(READING if work.has_worker else f"{READING} {NO_WORKER}"), icon=":material/hourglass_top:")
    st.progress(min(work.share, 1.0), work.message or "Waiting for a worker")
    if who is not None and session_data.is_own():
        session_data.way_out(settings, who)
    _watch(lack, _may_wait(settings))
    st.stop()


def _failed(bar: Bar, settings: Settings, who: Identity, lack: Lack, text: str) -> None:
    may_change = can(who, "data:write", settings.roles)
    sentence = text if may_change else "The models could not be trained. Whoever looks after the data can see why."
    bar.notice_slot.markdown(message(":material/warning: {sentence}", sentence=escaped(sentence)))
    if may_change:
        with bar.notice_slot:
            st.button("Try again", on_click=_again, args=(settings, lack), key="make_again", type="tertiary")


def _again(settings: Settings, lack: Lack) -> None:
    making.again(cache.store(settings.database), lack)


def _work(settings: Settings, lack: Lack) -> Work | None:
    return making.ask(cache.store(settings.database), lack, data_states.now())


def _source(shown: Served | None) -> tuple[str, int]:
    if shown is not None:
        return shown.source, shown.version
    return session_data.source() or ("", 0)


def _note(shown: Served | None, lack: Lack) -> None:
    """Let the pages that show this state learn when what it lacks is there."""
    if shown is not None:
        data_states.note_lack(cache.settings(), shown, lack)
        freshness.note(cache.served(cache.settings()))


def _may_wait(settings: Settings) -> bool:
    """Say whether this server makes tables itself only where no worker does."""
    return preparation.is_wanted() and not settings.replicas.artifacts


def _has_worker(settings: Settings) -> bool:
    return bool(cache.store(settings.database).jobs.workers())


def _is_left_alone(settings: Settings, lack: Lack) -> bool:
    """Say whether no worker makes what is lacking, or none in time."""
    work = _work(settings, lack)
    return work is None or work.is_late or not work.has_worker


def _watch(lack: Lack, is_made_here_alone: bool = False) -> None:
    @st.fragment(run_every=EVERY_SECONDS)
    def watch() -> None:
        settings = cache.settings()
        if making.is_there(lack, settings) or (is_made_here_alone and _is_left_alone(settings, lack)):
            st.rerun(scope="app")

    watch()
