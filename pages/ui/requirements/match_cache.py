"""Caches of matching: the library of answers, and the analysis of a list with it."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Any

import streamlit as st

from core.requirements.judge import gap_analysis
from core.requirements.judge.gap_analysis import GapAnalysis, Stake
from core.requirements.match import answer_library
from core.requirements.match.answer_library import Memory
from core.requirements.read.requirement_list import RequirementList
from core.requirements.work import saved_lists
from pages.ui.kit import saved_content
from pages.ui.kit.shell import Page
from pages.ui.requirements import gap_cache

MOST = 32


class _Shelf:
    """The newest analyses. Made by hand, for a step that shows its progress cannot be cached by decorator."""

    def __init__(self) -> None:
        self.analyses: OrderedDict[Any, GapAnalysis] = OrderedDict()
        self.lock = Lock()

    def get(self, key: Any) -> GapAnalysis | None:
        with self.lock:
            if key in self.analyses:
                self.analyses.move_to_end(key)
            return self.analyses.get(key)

    def put(self, key: Any, analysed: GapAnalysis) -> None:
        with self.lock:
            self.analyses[key] = analysed
            while len(self.analyses) > MOST:
                self.analyses.popitem(last=False)


@st.cache_resource(show_spinner=False)
def _shelf() -> _Shelf:
    return _Shelf()


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
    stamp = (*saved_content.reader(page).key, number, *versions)
    return stamp, _library(page.settings.database, stamp, page, lists, worked, rows)


@st.cache_resource(show_spinner=False, max_entries=8)
def _library(url: str, stamp: Any, _page: Page, _lists: Any, _worked: Any, _answers: Any) -> Memory:
    parts = [answer_library.worked_on(saved.name, saved.payload, _worked[saved.id]) for saved in _lists]
    return answer_library.joined(Memory(_answers, _page.settings.answers.stale_days), *parts)


def analysis(page: Page, source: RequirementList, stake: Stake | None) -> GapAnalysis:
    """Return the analysis of a list with what was answered before; shows progress while sentences are understood."""
    stamp, answers = library(page, source.content)
    ours = gap_cache.catalogue_in_force()
    key = (source.key, source.name, stake, stamp, ours.fingerprint, page.settings.model_dump_json())
    result = _shelf().get(key)
    if result is None:
        slot = st.empty()
        bar = slot.progress(0.0, f"Matching {source.frame.height:,} requirements")
        result = gap_analysis.analyse(
            source,
            ours,
            page.settings,
            stake,
            progress=lambda share, text: bar.progress(share, text) and None,
            library=answers,
        )
        slot.empty()
        _shelf().put(key, result)
    return result
