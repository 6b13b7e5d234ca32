"""The last step: use what was read for this session, keep it for everybody, and take the map along."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.contracts.errors import QuarterdeckError
from core.localization import message
from core.metrics import counted
from core.sources import row_limit, source_registry
from core.sources.folder import Reading
from core.sources.vendor_layouts import OWN
from core.store.tables import LONGEST_NAME
from pages.ui.data import source_switch, wizard_state
from pages.ui.data.wizard_state import Wizard
from pages.ui.kit import cache, downloads, notices, saved_content, session_data
from pages.ui.kit.escaping import escaped
from pages.ui.kit.shell import Page

DONE, FAILED, NAME = "wizard_done", "wizard_failed", "wizard_name"


def show(page: Page, wizard: Wizard, reading: Reading) -> None:
    """Offer what was read for use; nothing where nothing was read."""
    if not wizard.n_rows:
        st.warning(
            "Nothing was read, so there is nothing to use. Go back to the files and columns.", icon=":material/warning:"
        )
        return
    (problem,) = notices.recent(FAILED)
    if problem:
        st.error(escaped(problem), icon=":material/error:")
    st.markdown(
        escaped(
            message(
                "Ready: {rows}, as of {day}.",
                rows=counted(wizard.n_rows, "row"),
                day=page.formats.day(reading.dataset.as_of),
            )
        )
    )
    left, right = st.columns(2, gap="medium")
    with left, st.container(border=True):
        st.markdown("**For this session**")
        st.caption("Only you see it, in this browser. A sealed copy outlasts a restart, and goes after a day.")
        st.button("Use for this session", on_click=_use, key="wizard_use", type="primary", width="stretch")
    with right, st.container(border=True):
        _keep_form(page, wizard)
    downloads.button(
        st,
        "Column map (YAML)",
        source_registry.as_yaml(wizard.mapping),
        "map.yaml",
        "text/yaml",
        key="wizard_map",
        icon=":material/download:",
        help="Reads the same files in the same way: by `quarterdeck check --map`, in the settings, or here.",
    )


def _keep_form(page: Page, wizard: Wizard) -> None:
    st.markdown("**For everybody**")
    if not page.may("data:write"):
        st.caption("Your role can read data; saving it for everybody needs the right data:write.")
        return
    st.caption("The files and the map are saved; pages, commands and scheduled runs use them from then on.")
    name = st.text_input("Name of the source", _suggested(wizard), key=NAME, max_chars=LONGEST_NAME)
    newest = saved_content.newest_source_version(page, name)
    if newest:
        st.caption(
            escaped(
                message(
                    "{name} is there already: this becomes its version {newest}.", name=name.strip(), newest=newest + 1
                )
            )
        )
    st.button(
        "Save for everybody",
        on_click=_keep,
        args=(page, newest),
        key="wizard_keep",
        width="stretch",
        disabled=not name.strip(),
    )


def _suggested(wizard: Wizard) -> str:
    systems = [t.vendor for t in wizard.draft.tables if t.entity is not None and t.vendor not in ("", OWN)]
    return message("{systems} export", systems=systems[0]) if systems else "Our CRM"


def _use() -> None:
    wizard = wizard_state.current()
    reading = wizard.read() if wizard is not None else None
    if reading is None or not sum(reading.dataset.row_counts.values()):
        return
    try:
        row_limit.within(reading.dataset, cache.settings())
    except QuarterdeckError as error:
        st.session_state[FAILED] = str(error)
        return
    session_data.use_upload(replace(reading.dataset, is_transient=True))
    wizard_state.done()
    st.session_state[DONE] = "Your files are shown on every page of this session."


def _keep(page: Page, newest: int) -> None:
    wizard = wizard_state.current()
    reading = wizard.read() if wizard is not None else None
    if wizard is None or reading is None or not page.may("data:write"):
        return
    name = str(st.session_state.get(NAME, ""))
    try:
        store, settings = cache.store(page.settings.database), cache.settings()
        given = (name, wizard.files, wizard.mapping, reading.dataset)
        saved = source_registry.keep(store, settings, *given, page.identity.user, newest)
    except QuarterdeckError as error:
        st.session_state[FAILED] = str(error)
        return
    session_data.leave()
    wizard_state.done()
    st.session_state[source_switch.CHOICE] = saved.name
    st.session_state[DONE] = message(
        "{name}, version {version}, is used for everybody from now on.", name=saved.name, version=saved.version
    )
