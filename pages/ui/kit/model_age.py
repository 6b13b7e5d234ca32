"""The line in the sidebar that says when a model shows its age."""

from __future__ import annotations

import streamlit as st

from core.access import Identity, can
from core.config import Settings
from core.contracts import Dataset
from core.localization import message
from pages.ui.kit import bundles
from pages.ui.kit.escaping import escaped


def note(settings: Settings, who: Identity, data: Dataset) -> None:
    """Say in one line that models show their age; nothing is loaded for it, and nothing said where all is well."""
    if data.is_transient or not can(who, "models:read", settings.roles):
        return
    raised = bundles.raised(data, settings)
    if raised:
        count = (
            "A model needs an update"
            if len(raised) == 1
            else message("{n_raised} signs that models need an update", n_raised=len(raised))
        )
        st.page_link("pages/models.py", label=count, icon=":material/warning:", help=escaped(raised[0]))
