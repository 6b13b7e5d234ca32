"""Caches of the answer library: its answers, what finds them, their uses, twins, and a file held against them."""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from core.artifacts import ANALYSES, CATALOGUES
from core.requirements.library import (
    answer_edition,
    answer_ranking,
    answer_search,
    answer_uses,
    library_files,
    library_import,
    sample_answers,
    similar_answers,
)
from core.requirements.library.answer_edition import Library
from core.requirements.library.answer_search import Index
from core.requirements.library.library_import import LibraryPreview
from core.requirements.match.analysis import GapAnalysis
from core.requirements.work import sample_lists
from pages.ui.kit import cache, saved_content
from pages.ui.kit.shell import Page
from pages.ui.requirements import gap_cache


def sample(page: Page) -> pl.DataFrame:
    """Return the sample company's answers; none for other data."""
    key = ("sample answers", page.data.company.fingerprint, gap_cache.catalogue_in_force().fingerprint)
    return cache.remembered(
        CATALOGUES, key, lambda: sample_answers.answers(page.data.company, gap_cache.catalogue_in_force())
    )


def stamp(page: Page) -> tuple[Any, ...]:
    """Return what changes whenever this person's library may."""
    return (
        page.settings.database,
        cache.store(page.settings.database).library.stamp(answer_edition.BOOK),
        page.data.company.fingerprint,
        gap_cache.catalogue_in_force().fingerprint,
        *saved_content.reader(page).key,
        *sorted(saved_content.hidden_sources(page)),
    )


def library(page: Page) -> Library:
    """Return the library as this person may see it."""
    return cache.remembered(
        CATALOGUES, ("library", *stamp(page)), lambda: saved_content.library(page, sample(page)), "Reading the library"
    )


def index(page: Page) -> Index:
    """Return what finds answers; shows progress while questions are understood for the first time."""
    return cache.remembered(CATALOGUES, ("library index", *stamp(page)), lambda: _index(page))


def _index(page: Page) -> Index:
    slot = st.empty()
    bar = slot.progress(0.0, "Making the library ready to be searched")
    made = answer_search.build(
        library(page).live, page.settings.home, lambda share, text: bar.progress(share, text) and None
    )
    slot.empty()
    return made


def uses(page: Page) -> pl.DataFrame:
    """Return how often each answer was used, and in how many deals won and lost, by what this person may see."""
    store = cache.store(page.settings.database)
    saved = saved_content.lists(page)
    versions = tuple((entry.id, entry.version, store.reviews.stamp(entry.id)) for entry in saved)
    key = ("library uses", *stamp(page), versions, (page.visible or page.data).fingerprint)

    def counted() -> pl.DataFrame:
        data = page.visible or page.data
        shipped = answer_uses.of_sample(sample_lists.sets(data, gap_cache.catalogue_in_force()))
        return answer_uses.uses(library(page), [*saved_content.answered_rows(page), *shipped], data)

    return cache.remembered(ANALYSES, key, counted)


def twins(page: Page) -> similar_answers.SimilarAnswers:
    """Return pairs of answers that may be one and the same."""
    return cache.remembered(
        CATALOGUES,
        ("similar answers", *stamp(page)),
        lambda: similar_answers.find(library(page), page.settings.home),
        "Comparing answers",
    )


def preview(page: Page, content: bytes, name: str) -> LibraryPreview:
    """Return what a file would change."""
    key = ("library preview", cache.digest(content), name, page.identity.user, *stamp(page))
    return cache.remembered(
        ANALYSES,
        key,
        lambda: library_import.preview(
            library(page), library_files.read(content, name), page.identity.user, index(page)
        ),
        "Reading the file",
    )


def ranking(page: Page, analysis: GapAnalysis, places: tuple[int, ...]) -> answer_ranking.Ranking:
    """Return answers and capabilities ranked together for some rows of a list."""
    texts = [str(analysis.frame["text"][row]) for row in places]
    key = ("ranked answers", *stamp(page), tuple(texts))
    return cache.remembered(
        ANALYSES,
        key,
        lambda: answer_ranking.rank(
            texts,
            gap_cache.catalogue_in_force(),
            library(page),
            answer_uses.lift(uses(page)),
            page.settings.home,
            index(page),
        ),
        "Looking into the library",
    )
