"""Objection handling, case study and whitepaper: what is chosen, and the files to take along."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl
import streamlit as st

from core.enablement import sales_stories, slides, word
from core.enablement.document import Paper
from core.localization import message
from core.requirements.work import sample_lists, saved_lists
from pages.ui.enablement.templates import Templates
from pages.ui.kit import downloads, saved_content
from pages.ui.kit.shell import Page
from pages.ui.requirements import gap_cache

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
SLIDES = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
MOST_DEALS, YEAR = 50, timedelta(days=365)


def show(page: Page, gaps: Any, capabilities: Any, own: Templates) -> None:
    """Offer the three in the company's own templates."""
    company = page.settings.company
    _files(st, "Objection handling", sales_stories.objections(gaps, capabilities, company), own, "objections")
    left, right = st.columns(2, gap="medium")
    won = sales_stories.won_deals(page.data.opportunities, page.data.accounts)
    with left:
        _case_study(page, won.head(MOST_DEALS), capabilities, own)
    with right:
        areas = sorted(str(area) for area in capabilities["category"].drop_nulls().unique())
        area = st.selectbox("Whitepaper on", areas, key="paper_area")
        if area:
            n_won = won.filter(pl.col("close_on") > page.data.as_of - YEAR).height
            paper = sales_stories.whitepaper(capabilities, area, n_won, company)
            _files(right, "Whitepaper", paper, own, "whitepaper")


def _case_study(page: Page, won: Any, capabilities: Any, own: Templates) -> None:
    deals = {row["opportunity_id"]: row for row in won.iter_rows(named=True)}
    if not deals:
        st.caption("A case study needs a won deal.")
        return
    names = {key: f"{row['account_name'] or key}, {row['close_on']:%b %Y}" for key, row in deals.items()}
    key = st.selectbox("Case study of", list(deals), format_func=lambda deal: names.get(deal, deal), key="story_deal")
    deal = deals.get(key, next(iter(deals.values())))
    allows = st.checkbox("The customer allows us to name them", key=f"story_named_{deal['opportunity_id']}")
    is_named = allows and not page.view.is_masked
    asked = _asked(page, deal["opportunity_id"])
    named = [deal["account_id"]] if is_named else []
    paper = sales_stories.case_study(deal, asked, capabilities, page.settings.company, named)
    _files(st, "Case study", paper, own, "case-study")


def _asked(page: Page, deal: str) -> Any:
    """Return what the list of a deal asks for: a saved one, else the sample company's."""
    saved = (saved_lists.restored(entry.name, entry.payload) for entry in saved_content.lists(page))
    sets = [entry for entry in saved if entry is not None]
    sets += sample_lists.sets(page.data, gap_cache.catalogue_in_force())
    rows = next((entry.rows for entry in sets if entry.opportunity_id == deal), None)
    return pl.DataFrame(schema=ASKED) if rows is None else rows.select(list(ASKED)).drop_nulls()


ASKED = {"text": pl.String, "capability_id": pl.String}


def _files(where: Any, title: str, paper: Paper, own: Templates, name: str) -> None:
    row = where.container(horizontal=True, gap="xsmall")
    downloads.button(
        row,
        message("{title} (Word)", title=title),
        lambda: word.write(paper, own.docx, own.head),
        f"{name}.docx",
        WORD,
        icon=":material/article:",
    )
    downloads.button(
        row,
        message("{title} (PowerPoint)", title=title),
        lambda: slides.write(paper, own.pptx, own.head),
        f"{name}.pptx",
        SLIDES,
        icon=":material/slideshow:",
    )
