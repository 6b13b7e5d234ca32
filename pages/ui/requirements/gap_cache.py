"""Caches of the requirements page: scores, drafts, the gap ledger."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.config import Settings
from core.contracts import Dataset
from core.requirements.catalogue import capabilities, effective_catalogue
from core.requirements.judge import bid_scores, draft_answers, gap_analysis
from core.requirements.judge.bid_scores import Bid
from core.requirements.judge.draft_answers import Drafts
from core.requirements.judge.gap_analysis import GapAnalysis, Stake
from core.requirements.read.requirement_list import read_list
from core.requirements.work import deal_context, needs_review, saved_lists
from core.requirements.work.gap_ledger import Ledger, waiting
from core.scenarios.analysis.whatif import Ground
from pages.ui.kit import bundles, cache
from pages.ui.kit.shell import Page

SHARED, GROUPS = saved_lists.SHARED, saved_lists.GROUPS


def bid(page: Page, analysis: GapAnalysis, stake: Stake | None) -> Bid:
    """Return go or no go, with the deal's chance from the close model."""
    if stake is not None:
        stake = deal_context.with_chance(stake, cache.result(deal_context.chances, page.data, page.settings))
    return bid_scores.bid(analysis, page.settings, stake)


def _fingerprint(analysis: GapAnalysis) -> str:
    """Return a name for an analysis by its rows."""
    rows = analysis.frame.hash_rows(seed=7)
    return f"{analysis.source.name} {rows.len()} {rows.sum()} {hash(tuple(rows.head(50).to_list()))}"


def drafts(analysis: GapAnalysis) -> Drafts:
    """Return the draft answers of a list."""
    our_catalogue = catalogue_in_force()
    return _drafts(our_catalogue.fingerprint, analysis, our_catalogue)


@st.cache_resource(show_spinner=False, max_entries=32, hash_funcs={GapAnalysis: _fingerprint})
def _drafts(stamp: str, analysis: GapAnalysis, _catalogue: capabilities.Catalogue) -> Drafts:
    return draft_answers.drafts(analysis, _catalogue, needs_review.answers(analysis))


def decided(page: Page, analysis: GapAnalysis, decisions: Any, stake: Stake | None) -> GapAnalysis:
    """Return an analysis with what people decided on its rows, judged once per state of the decisions."""
    our_catalogue = catalogue_in_force()
    stamp = (our_catalogue.fingerprint, *decisions.rows())
    return _decided(stamp, analysis, page.settings, stake, decisions, our_catalogue)


@st.cache_resource(
    show_spinner=False,
    max_entries=32,
    hash_funcs={GapAnalysis: _fingerprint, Settings: lambda s: s.model_dump_json()},
)
def _decided(
    stamp: tuple[Any, ...],
    analysis: GapAnalysis,
    config: Settings,
    stake: Stake | None,
    _decisions: Any,
    _catalogue: capabilities.Catalogue,
) -> GapAnalysis:
    return gap_analysis.decide(analysis, _decisions, _catalogue, config, stake)


def edited() -> effective_catalogue.Edition:
    """Return all capabilities as they stand, read anew as soon as anybody has changed one."""
    url = cache.settings().database
    return _edited(url, cache.store(url).capabilities.stamp(effective_catalogue.BOOK))


@st.cache_resource(show_spinner=False, max_entries=4)
def _edited(url: str, stamp: int) -> effective_catalogue.Edition:
    return effective_catalogue.of(shipped(), cache.store(url).capabilities.newest(effective_catalogue.BOOK))


@st.cache_resource(show_spinner=False)
def shipped() -> capabilities.Catalogue:
    """Return the catalogue that comes with Quarterdeck."""
    return capabilities.load()


def catalogue_in_force() -> capabilities.Catalogue:
    """Return the catalogue in force."""
    url = cache.settings().database
    return _capabilities(url, cache.store(url).capabilities.stamp(effective_catalogue.BOOK))


@st.cache_resource(show_spinner=False, max_entries=4)
def _capabilities(url: str, stamp: int) -> capabilities.Catalogue:
    return edited().catalogue


def groups(page: Page) -> dict[str, str]:
    """Return what was merged or split by hand in the ledger."""
    entries = [entry for entry in cache.store(page.settings.database).gap_groups.list(SHARED) if entry.name == GROUPS]
    return dict(entries[0].payload) if entries else {}


def ledger(page: Page) -> Ledger:
    """Return the gap ledger over all lists kept, worked out once per state of data, settings and lists."""
    saved_sets = cache.store(page.settings.database).requirement_sets.list()
    our_catalogue = catalogue_in_force()
    models = bundles.key(page.data, page.settings)
    stamp = (models, our_catalogue.fingerprint, *((saved.id, saved.version) for saved in saved_sets))
    lists = [
        analysis for saved in saved_sets if (analysis := saved_lists.restored(saved.name, saved.payload)) is not None
    ]
    merged = groups(page)
    in_order = tuple(sorted(merged.items()))
    gap_ledger: Ledger = _ledger(stamp, in_order, page.data, page.settings, lists, merged, our_catalogue)
    return gap_ledger


def with_gaps(page: Page, ground: Ground) -> Ground:
    """Return the ground of scenarios knowing which open deals wait for which gap, so that closing one is a lever."""
    gap_ledger = ledger(page)
    return _with_gaps(f"{gap_ledger.deals.hash_rows(seed=7).sum()}", page.data, page.settings, ground, gap_ledger)


@st.cache_resource(
    show_spinner=False,
    max_entries=16,
    hash_funcs={Dataset: lambda d: d.fingerprint, Settings: lambda s: s.model_dump_json()},
)
def _with_gaps(stamp: str, data: Dataset, config: Settings, _ground: Ground, _gap_ledger: Ledger) -> Ground:
    return _ground.waiting_for(waiting(_gap_ledger))


@st.cache_resource(
    show_spinner="Adding up the gaps of all lists",
    max_entries=32,
    hash_funcs={Dataset: lambda d: d.fingerprint, Settings: lambda s: s.model_dump_json()},
)
def _ledger(
    stamp: Any, merged: Any, data: Dataset, config: Settings, _lists: Any, _groups: Any, _catalogue: Any
) -> Ledger:
    return saved_lists.ledger(data, config, bundles.bundle(data, config), _lists, _catalogue, _groups)


def analysed(content: bytes, name: str, config: Settings, stake: Stake | None) -> GapAnalysis:
    """Return the analysis of a list's file, worked out once per content, settings, deal and catalogue."""
    our_catalogue = catalogue_in_force()
    return _analysed(our_catalogue.fingerprint, content, name, config, stake, our_catalogue)


@st.cache_resource(
    show_spinner="Reading the list", max_entries=16, hash_funcs={Settings: lambda s: s.model_dump_json()}
)
def _analysed(
    stamp: str, content: bytes, name: str, config: Settings, stake: Stake | None, _known: capabilities.Catalogue
) -> GapAnalysis:
    return gap_analysis.analyse(read_list(content, name), _known, config, stake)
