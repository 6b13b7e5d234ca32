"""Caches of the requirements page: scores, drafts, the gap ledger."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.artifacts import ANALYSES, CATALOGUES, SLIDER, settings_text
from core.contracts.errors import RequirementError
from core.requirements.catalogue import capabilities, effective_catalogue
from core.requirements.judge import bid_scores, draft_answers, gap_analysis
from core.requirements.judge.bid_scores import Bid
from core.requirements.judge.draft_answers import Drafts
from core.requirements.judge.drafting import draft_templates
from core.requirements.judge.gap_analysis import GapAnalysis, Stake
from core.requirements.read.requirement_list import read_list
from core.requirements.work import capability_proposals, deal_context, needs_review, saved_lists
from core.requirements.work.capability_proposals import Proposals
from core.requirements.work.gap_ledger import Ledger, waiting
from core.scenarios.analysis.whatif import Ground
from pages.ui.kit import bundles, cache, saved_content
from pages.ui.kit.shell import Page

TEMPLATE = "draft_template"
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
    """Return the draft answers of a list, by the template chosen on the page, else that of the settings."""
    our_catalogue, rules = catalogue_in_force(), cache.settings().requirements.drafts
    name = str(st.session_state.get(TEMPLATE) or rules.template)
    try:
        using = draft_templates.template(name, rules.templates)
    except RequirementError:
        using = draft_templates.template()
    return cache.remembered(
        ANALYSES,
        ("drafts", our_catalogue.fingerprint, _fingerprint(analysis), repr(using)),
        lambda: draft_answers.drafts(analysis, our_catalogue, needs_review.answers(analysis), using),
    )


def decided(page: Page, analysis: GapAnalysis, decisions: Any, stake: Stake | None) -> GapAnalysis:
    """Return an analysis with what people decided on its rows, judged once per state of the decisions."""
    our_catalogue = catalogue_in_force()
    stamp = (our_catalogue.fingerprint, settings_text(page.settings), cache.arguments(decisions.rows()))
    return cache.remembered(
        ANALYSES,
        ("decided", *stamp, _fingerprint(analysis), stake),
        lambda: gap_analysis.decide(analysis, decisions, our_catalogue, page.settings, stake),
    )


def proposals(page: Page, analysis: GapAnalysis) -> Proposals:
    """Return the capabilities proposed from this list and the kept ones this person may see."""
    saved_sets = saved_content.lists(page)
    stamp = tuple((saved.id, saved.version) for saved in saved_sets)
    reader = saved_content.reader(page).key

    def made() -> Proposals:
        sets = (saved_lists.restored(saved.name, saved.payload) for saved in saved_sets)
        rows = capability_proposals.unanswered(analysis, [entry for entry in sets if entry is not None])
        return capability_proposals.proposals(rows, page.settings.home)

    key = ("proposals", catalogue_in_force().fingerprint, _fingerprint(analysis), *reader, *stamp)
    return cache.remembered(ANALYSES, key, made)


def edited() -> effective_catalogue.Edition:
    """Return all capabilities as they stand, read anew as soon as anybody has changed one."""
    url = cache.settings().database
    stamp = cache.store(url).capabilities.stamp(book())
    return cache.remembered(CATALOGUES, ("edited", url, stamp, cache.settings().demo.industry), lambda: _edited(url))


def _edited(url: str) -> effective_catalogue.Edition:
    return effective_catalogue.of(shipped(), cache.store(url).capabilities.newest(book()))


def book() -> str:
    """Return under which name edits of the catalogue in force are kept."""
    return effective_catalogue.book(cache.settings().demo.industry)


def shipped() -> capabilities.Catalogue:
    """Return the catalogue that comes with Quarterdeck."""
    return cache.remembered(CATALOGUES, ("shipped", cache.settings().demo.industry), capabilities.load)


def catalogue_in_force() -> capabilities.Catalogue:
    """Return the catalogue in force."""
    url = cache.settings().database
    stamp = cache.store(url).capabilities.stamp(book())
    return cache.remembered(
        CATALOGUES, ("in force", url, stamp, cache.settings().demo.industry), lambda: edited().catalogue
    )


def groups(page: Page) -> dict[str, str]:
    """Return what was merged or split by hand in the ledger."""
    entries = [entry for entry in cache.store(page.settings.database).gap_groups.list(SHARED) if entry.name == GROUPS]
    return dict(entries[0].payload) if entries else {}


def ledger(page: Page) -> Ledger:
    """Return the gap ledger over the lists this person may see, once per state of data, settings and lists."""
    saved_sets = saved_content.lists(page)
    our_catalogue = catalogue_in_force()
    models = bundles.key(page.data, page.settings)
    stamp = (models, our_catalogue.fingerprint, *((saved.id, saved.version) for saved in saved_sets))
    restored = (saved_lists.restored(saved.name, saved.payload) for saved in saved_sets)
    lists = [requirement_set for requirement_set in restored if requirement_set is not None]
    merged = groups(page)
    return cache.remembered(
        ANALYSES,
        (
            "ledger",
            page.settings.database,
            stamp,
            tuple(sorted(merged.items())),
            *cache.state(page.data, page.settings),
        ),
        lambda: saved_lists.ledger(
            page.data, page.settings, bundles.bundle(page.data, page.settings), lists, our_catalogue, merged
        ),
        "Adding up the gaps of all lists",
    )


def with_gaps(page: Page, ground: Ground) -> Ground:
    """Return the ground of scenarios knowing which open deals wait for which gap, so that closing one is a lever."""
    gap_ledger = ledger(page)
    stamp = (f"{gap_ledger.deals.hash_rows(seed=7).sum()}", *cache.state(page.data, page.settings))
    return cache.remembered(SLIDER, ("ground with gaps", stamp), lambda: ground.waiting_for(waiting(gap_ledger)))


def analysed(page: Page, content: bytes, name: str, stake: Stake | None) -> GapAnalysis:
    """Return the analysis of a list's file, worked out once per content, settings, deal, catalogue and reader."""
    our_catalogue, config = catalogue_in_force(), page.settings
    reader = saved_content.reader(page).key
    return cache.remembered(
        ANALYSES,
        ("analysed", our_catalogue.fingerprint, cache.digest(content), name, settings_text(config), stake, *reader),
        lambda: gap_analysis.analyse(
            saved_content.list_read(page, read_list(content, name)), our_catalogue, config, stake
        ),
        "Reading the list",
    )
