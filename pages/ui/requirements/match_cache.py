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
from pages.ui.kit import cache
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

    It holds what was confirmed or corrected, and the answered rows of all lists that are worked on, but
    for the list whose file is given.
    """
    store = cache.store(page.settings.database)
    mine = saved_lists.key(without)
    sets = [saved for saved in store.requirement_sets.list() if saved.payload.get("file_key") != mine]
    worked = {saved.id: store.reviews.rows(saved.id) for saved in sets}
    stamp = (store.answers.stamp(), *((number, rows["version"].sum()) for number, rows in sorted(worked.items())))
    return stamp, _library(page.settings.database, stamp, page, sets, worked)


@st.cache_resource(show_spinner=False, max_entries=8)
def _library(url: str, stamp: Any, _page: Page, _sets: Any, _worked: Any) -> Memory:
    parts = [answer_library.worked_on(saved.name, saved.payload, _worked[saved.id]) for saved in _sets]
    own = Memory(cache.store(url).answers.frame(), _page.settings.answers.stale_days)
    return answer_library.joined(own, *parts)


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
