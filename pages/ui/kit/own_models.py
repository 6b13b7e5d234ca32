"""Models of what a session uploaded: trained by a worker, else by this process; the page says which."""

from __future__ import annotations

import logging
from contextlib import suppress

import streamlit as st

from core.artifacts import open_cache
from core.artifacts.session_files import SessionFiles
from core.artifacts.tiers import DamagedError
from core.config import Settings
from core.contracts import Dataset
from core.contracts.errors import QuarterdeckError
from core.localization import message
from core.preparing import preparation, session_models
from core.preparing.making import Work
from core.preparing.session_models import Order
from pages.ui.kit import cache, data_states, session_data
from pages.ui.kit.bar import Bar
from pages.ui.kit.escaping import escaped

logger = logging.getLogger(__name__)
ORDER, HERE = "own_models_order", "own_models_here"
EVERY_SECONDS = 2
NO_WORKER = "No worker is running, so the models of your own data are trained while this page opens."


def look(data: Dataset, settings: Settings) -> None:
    """See to it that models of the session's own data are there, are on their way, or are made here.

    Parameters
    ----------
    data : Dataset
        What the session uploaded.
    settings : Settings
        With the data's stages and currency.
    """
    st.session_state.pop(HERE, None)
    if not (preparation.is_wanted() and session_models.lacks(data, settings)):
        return
    try:
        content = session_data.models()
        if content is None or not session_models.take(content, data, settings):
            _follow(data, settings)
    except (QuarterdeckError, OSError, DamagedError) as error:
        logger.warning("Models of a session's own data are made here: %s", error)
        session_models.make_here(data, settings)


def _follow(data: Dataset, settings: Settings) -> None:
    """Ask a worker where none was asked yet, and take what it made where it is done."""
    order: Order | None = st.session_state.get(ORDER)
    if order is not None and order.fingerprint != data.company.fingerprint:
        leave(settings)
        order = None
    if order is None:
        order = session_models.ask(cache.store(settings.database), _files(), data, settings, data_states.now())
        st.session_state[ORDER], st.session_state[HERE] = order, order is None
        return
    work = _work(settings, order)
    if work is None or work.failure:
        _arrived(order, data, settings)


def show(bar: Bar, settings: Settings) -> None:
    """Say in the bar that the models of the session's own data are being trained, and where."""
    order: Order | None = st.session_state.get(ORDER)
    if st.session_state.get(HERE):
        bar.notice_slot.markdown(message(":material/model_training: {no_worker}", no_worker=escaped(NO_WORKER)))
    work = _work(settings, order) if order is not None else None
    if order is None or work is None or work.failure:
        return
    text = message("Models of your own data are being trained ({share:.0f} %).", share=work.share * 100)
    bar.notice_slot.markdown(message(":material/model_training: {text}", text=escaped(text)))
    _watch(settings, order)


def leave(settings: Settings) -> None:
    """Let nobody go on with models of data the session looks at no more."""
    order: Order | None = st.session_state.pop(ORDER, None)
    if order is not None:
        with suppress(QuarterdeckError):  # Its rows go by themselves within the hour.
            session_models.cancel(cache.store(settings.database), _files(), order)


def _arrived(order: Order, data: Dataset, settings: Settings) -> None:
    """Take what a worker made; where it made nothing, this process tries and tells why."""
    st.session_state.pop(ORDER, None)
    content = _files().read(order.secret, session_models.MADE, data_states.now())
    session_models.drop(_files(), order)
    if content is not None and session_models.take(content, data, settings):
        session_data.keep_models(content)
    else:
        session_models.make_here(data, settings)


def _work(settings: Settings, order: Order) -> Work | None:
    return session_models.progress(cache.store(settings.database), order)


def _files() -> SessionFiles:
    return SessionFiles(open_cache(cache.settings().home))


def _watch(settings: Settings, order: Order) -> None:
    @st.fragment(run_every=EVERY_SECONDS)
    def watch() -> None:
        work = _work(settings, order)
        if work is None or work.failure:
            st.rerun(scope="app")

    watch()
