"""The forecast on one page to send: number, range, record, gap, walk, largest deals and calls, as PDF and PPTX."""

from __future__ import annotations

import streamlit as st

from core import models
from core.branding import letterhead
from core.charts import forecast_pack
from core.forecasts import quarter_walk
from core.forecasts.monday import Monday
from core.localization import message
from pages.ui.kit import bundles, cache, downloads
from pages.ui.kit.shell import Page

KINDS = {"pdf": ("PDF", "application/pdf"), "pptx": ("PowerPoint", "application/octet-stream")}


def offer(page: Page, quarter: Monday) -> None:
    """Offer the pack, made when it is asked for."""
    with st.container(horizontal=True):
        for ending, (label, mime) in KINDS.items():
            downloads.button(
                st,
                message("Forecast pack as {label}", label=label),
                lambda ending=ending: made(page, quarter, ending),
                f"forecast-{page.data.as_of}.{ending}",
                mime=mime,
                key=f"pack-{ending}",
            )


def made(page: Page, quarter: Monday, ending: str) -> bytes:
    """Return the pack as PDF or PPTX."""
    outlook = cache.result(models.outlook.current, page.data, page.settings)
    walk = cache.result(quarter_walk.walk, page.data, page.settings)
    record = outlook.record if bundles.are_replayed(page.data, page.settings) else ""
    about = message(
        "{company} · {source} · as of {day}",
        company=page.settings.company,
        source=page.data.source,
        day=page.formats.day(page.data.as_of),
    )
    content = forecast_pack.pack(quarter, walk, record or outlook.record, about)
    write = forecast_pack.pdf if ending == "pdf" else forecast_pack.pptx
    return write(content, letterhead.of(page.settings))
