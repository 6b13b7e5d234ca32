"""Caches of matching: the library of answers, and the analysis of a list with it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.artifacts import ANALYSES, settings_text
from core.localization import message
from core.requirements.catalogue.capabilities import Catalogue
from core.requirements.judge import gap_analysis
from core.requirements.judge.gap_analysis import GapAnalysis, Stake
from core.requirements.library import answer_edition
from core.requirements.match import answer_library
from core.requirements.match.answer_library import Memory
from core.requirements.read.requirement_list import RequirementList
from core.requirements.work import saved_lists
from pages.ui.kit import cache, saved_content
from pages.ui.kit.shell import Page
from pages.ui.requirements import gap_cache


def library(page: Page, without: bytes = b"") -> tuple[Any, Memory]:
    """Return the library of answers and a stamp of its state.

    It holds what was confirmed or corrected, and the answered rows of the lists that are worked on, but
    for the list whose file is given; of all of it only what this person may see.
    """
    mine = saved_lists.key(without)
    lists = [saved for saved in saved_content.lists(page) if saved.payload.get("file_key") != mine]
    worked = {saved.id: saved_content.list_rows(page, saved) for saved in lists}
    number, rows = saved_content.answers(page)
    versions = ((key, rows["version"].sum()) for key, rows in sorted(worked.items()))
    written = cache.store(page.settings.database).library.stamp(answer_edition.BOOK)
    stamp = (*saved_content.reader(page).key, number, written, *versions)

    def joined() -> Memory:
        parts = [answer_library.worked_on(saved.name, saved.payload, worked[saved.id]) for saved in lists]
        parts.append(saved_content.approved_answers(page))
        return answer_library.joined(Memory(rows, page.settings.answers.stale_days), *parts)

    return stamp, cache.remembered(ANALYSES, ("library", page.settings.database, stamp, mine), joined)


def analysis(page: Page, source: RequirementList, stake: Stake | None) -> GapAnalysis:
    """Return the analysis of a list with what was answered before; shows progress while sentences are understood."""
    stamp, answers = library(page, source.content)
    ours = gap_cache.catalogue_in_force()
    where = page.settings.database
    key = ("matched", where, source.key, source.name, stake, stamp, ours.fingerprint, settings_text(page.settings))
    return cache.remembered(ANALYSES, key, lambda: _matched(page, source, stake, answers, ours))


def _matched(page: Page, source: RequirementList, stake: Stake | None, answers: Memory, ours: Catalogue) -> GapAnalysis:
    slot = st.empty()
    bar = slot.progress(0.0, message("Matching {height:,} requirements", height=source.frame.height))
    matched = gap_analysis.analyse(
        source,
        ours,
        page.settings,
        stake,
        progress=lambda share, text: bar.progress(share, text) and None,
        library=answers,
    )
    slot.empty()
    return matched
