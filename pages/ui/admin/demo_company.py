"""The sample company on the Admin page: which one stands there, and back to its first day by one button."""

from __future__ import annotations

import streamlit as st

from core.contracts.errors import SourceError
from core.localization import message
from core.resources import industries
from core.sources import demo_company
from pages.ui.admin import changes
from pages.ui.kit import cache
from pages.ui.kit.cells import Cell
from pages.ui.kit.escaping import escaped
from pages.ui.kit.shell import Page

SURE = "demo_reset_sure"
DONE = "The demo is as on its first day."


def show(page: Page, c: Cell) -> None:
    """Say what the sample company is and what people made on it; an administrator takes that back."""
    demo, store = page.settings.demo, cache.store(page.settings.database)
    counts = store.demo_reset.counts()
    c.answer(
        message(
            "{size} sample company, industry {industry}. Made on it: {demo_company}.",
            size=demo.size.capitalize(),
            industry=demo.industry,
            demo_company=demo_company.sentence(counts),
        )
    )
    others = ", ".join(name for name in industries() if name != demo.industry)
    st.caption(
        message(
            "`demo.industry` and `demo.size` in quarterdeck.yaml change it, also while the server runs. "
            "Other industries: {others}.",
            others=escaped(others),
        )
    )
    if not page.may("admin:write"):
        return
    try:
        demo_company.refuse_own_data(page.settings, store)
    except SourceError as error:
        st.info(escaped(str(error)))
        return
    sure = st.checkbox("Delete it for everybody", key=SURE, disabled=not counts)
    st.button(
        "Reset the demo",
        key="demo_reset",
        icon=":material/restart_alt:",
        disabled=not (sure and counts),
        on_click=_reset,
        args=(page,),
    )


def _reset(page: Page) -> None:
    store = cache.store(page.settings.database)
    st.session_state[SURE] = False
    changes.attempt(page, lambda: demo_company.reset(page.settings, store, page.identity.user), DONE)
