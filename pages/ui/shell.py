"""Opens a page: its settings, who is asking, the sidebar, and the only door to data."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import streamlit as st

from core.config import Settings
from core.contracts import Dataset
from core.contracts.errors import QuarterdeckError
from pages.ui import cached

ROOT = Path(__file__).resolve().parents[2]
ROOMS = {
    "Revenue": [
        ("app.py", "Executive", ":material/monitoring:"),
        ("pages/pipeline.py", "Pipeline", ":material/filter_alt:"),
        ("pages/forecast.py", "Forecast", ":material/query_stats:"),
        ("pages/review.py", "Weekly review", ":material/checklist_rtl:"),
        ("pages/scenarios.py", "Scenarios", ":material/tune:"),
    ],
    "Customers": [("pages/customers.py", "Customers", ":material/groups:")],
    "Deals": [("pages/requirements.py", "Requirements", ":material/checklist:")],
    "Set-up": [("pages/data.py", "Data", ":material/database:")],
}


@dataclass
class Page:
    """What a page works with.

    Attributes
    ----------
    title : str
    data : Dataset
        The rows this identity may see.
    settings : Settings
    calls : list of str
        The Python calls behind the numbers shown, for the notebook.
    """

    title: str
    data: Dataset
    settings: Settings
    calls: list[tuple[str, str]] = field(default_factory=list)


def open(title: str, icon: str) -> Page:
    """Set the page up and return it; a problem with the data is told in a sentence."""
    st.set_page_config(page_title=f"{title} · Quarterdeck", page_icon=icon, layout="wide")
    st.logo(str(ROOT / "assets" / "logo.svg"), size="large")
    settings = cached.settings()
    try:
        data = st.session_state.get("uploaded_data") or cached.data(settings)
    except QuarterdeckError as error:
        _sidebar(None)
        st.title(title)
        st.error(str(error), icon=":material/error:")
        st.stop()
    _sidebar(data)
    st.title(title)
    return Page(title, data, settings)


def _sidebar(data: Dataset | None) -> None:
    with st.sidebar:
        for group, pages in ROOMS.items():
            st.caption(group)
            for path, label, icon in pages:
                st.page_link(path, label=label, icon=icon)
        if data is not None:
            st.divider()
            st.caption(f"{data.source}  \nAs of {data.as_of:%d %B %Y}")
