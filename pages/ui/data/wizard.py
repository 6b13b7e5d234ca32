"""The wizard of the Data page: drop files, check step by step how they are read, then use or keep them."""

from __future__ import annotations

import streamlit as st

from core.contracts.errors import QuarterdeckError
from core.localization import message
from core.sources.files import ENDINGS
from pages.ui.data import check_step, columns_step, files_step, forms_step, stages_step, use_step, wizard_state
from pages.ui.data.wizard_state import STEP, Wizard
from pages.ui.kit import cache, notices
from pages.ui.kit.cells import unexpected
from pages.ui.kit.escaping import escaped
from pages.ui.kit.shell import Page

QUESTION = "Add your own data"
STEPS = ("1 Files", "2 Columns", "3 Stages", "4 Dates and amounts", "5 Check and use")
NEEDS_READING = STEPS[2:]


@st.fragment
def panel(page: Page) -> None:
    """Draw the wizard; only it runs again when something in it changes."""
    if st.session_state.get(use_step.DONE):
        st.rerun(scope="app")
    try:
        _drawn(page)
    except QuarterdeckError as error:
        st.error(escaped(error), icon=":material/error:")
    except Exception as error:
        st.error(escaped(unexpected(QUESTION, error)), icon=":material/error:")


def notice() -> None:
    """Say what the wizard has done."""
    notices.tell(use_step.DONE)


def _drawn(page: Page) -> None:
    uploads = st.file_uploader(
        "Exports of your CRM, your billing, or any tables: CSV, Excel, Parquet, JSON, also packed",
        type=[ending[1:] for ending in ENDINGS],
        accept_multiple_files=True,
        key=wizard_state.upload_key("data_upload"),
        help="As your systems write them. Nothing leaves this server, and nothing is used before you have checked it.",
    )
    with st.expander("I have a column map"):
        plan = st.file_uploader(
            "A column map (YAML)",
            type=["yaml", "yml"],
            key=wizard_state.upload_key("data_map"),
            help="From an earlier run of these steps, or written by hand; the guide shows how.",
        )
    if not uploads:
        wizard_state.leave()
        return
    wizard = wizard_state.begun(uploads, plan)
    step = st.segmented_control(
        "Step", STEPS, default=STEPS[0], required=True, key=STEP, label_visibility="collapsed", wrap=True
    )
    _step(page, wizard, step or STEPS[0])
    _further(STEPS.index(step or STEPS[0]))


def _step(page: Page, wizard: Wizard, step: str) -> None:
    reading = wizard.read()
    if wizard.of_map:
        st.warning(escaped(wizard.of_map), icon=":material/warning:")
    if wizard.slip:
        st.error(escaped(wizard.slip), icon=":material/error:")
    if wizard.slip and wizard.slip != wizard.announced:
        # Whoever works far below on a phone does not see what stands above.
        st.toast(escaped(wizard.slip), icon=":material/error:")
    wizard.announced = wizard.slip
    if step == STEPS[0]:
        files_step.show(wizard)
    elif step == STEPS[1]:
        columns_step.show(wizard)
    elif reading is None:
        st.info("This follows once the files can be read: fix the problem above in step 1 or 2.")
    elif step == STEPS[2]:
        stages_step.show(wizard, reading)
    elif step == STEPS[3]:
        forms_step.show(wizard, reading, cache.settings())
    else:
        check_step.show(page, reading, cache.settings())
        use_step.show(page, wizard, reading)


def _further(position: int) -> None:
    """Offer the step before and the next one."""
    with st.container(horizontal=True, gap="small"):
        if position:
            st.button("Back", on_click=_go, args=(position - 1,), key="wizard_back", icon=":material/arrow_back:")
        if position + 1 < len(STEPS):
            label = message("Next: {partition}", partition=STEPS[position + 1].partition(" ")[2])
            st.button(label, on_click=_go, args=(position + 1,), key="wizard_next", icon=":material/arrow_forward:")


def _go(position: int) -> None:
    st.session_state[STEP] = STEPS[position]
