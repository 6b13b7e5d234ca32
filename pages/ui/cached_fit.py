"""Caches of the requirements page: scores, drafts, the gap ledger."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.config import Settings
from core.contracts import Dataset
from core.requirements import catalogue, doubts, edition, gap, kept, responses, scores, stakes
from core.requirements.gap import GapAnalysis, Stake
from core.requirements.ledger import Ledger, waiting
from core.requirements.read import read_list
from core.requirements.responses import Drafts
from core.requirements.scores import Bid
from core.scenarios.whatif import Ground
from pages.ui import cached
from pages.ui.shell import Page

SHARED, GROUPS = kept.SHARED, kept.GROUPS


def bid(page: Page, found: GapAnalysis, stake: Stake | None) -> Bid:
    """Return go or no go, with the deal's chance from the close model."""
    if stake is not None:
        stake = stakes.with_chance(stake, cached.result(stakes.chances, page.data, page.settings))
    return scores.bid(found, page.settings, stake)


def _fingerprint(found: GapAnalysis) -> str:
    """Return a name for an analysis by its rows."""
    rows = found.frame.hash_rows(seed=7)
    return f"{found.source.name} {rows.len()} {rows.sum()} {hash(tuple(rows.head(50).to_list()))}"


def drafts(found: GapAnalysis) -> Drafts:
    """Return the draft answers of a list."""
    known = capabilities()
    return _drafts(known.fingerprint, found, known)


@st.cache_resource(show_spinner=False, max_entries=32, hash_funcs={GapAnalysis: _fingerprint})
def _drafts(stamp: str, found: GapAnalysis, _known: catalogue.Catalogue) -> Drafts:
    return responses.drafts(found, _known, doubts.answers(found))


def decided(page: Page, found: GapAnalysis, decisions: Any, stake: Stake | None) -> GapAnalysis:
    """Return an analysis with what people decided on its rows, judged once per state of the decisions."""
    known = capabilities()
    return _decided((known.fingerprint, *decisions.rows()), found, page.settings, stake, decisions, known)


@st.cache_resource(
    show_spinner=False,
    max_entries=32,
    hash_funcs={GapAnalysis: _fingerprint, Settings: lambda s: s.model_dump_json()},
)
def _decided(
    said: tuple[Any, ...],
    found: GapAnalysis,
    config: Settings,
    stake: Stake | None,
    _decisions: Any,
    _known: catalogue.Catalogue,
) -> GapAnalysis:
    return gap.decide(found, _decisions, _known, config, stake)


def edited() -> edition.Edition:
    """Return all capabilities as they stand, read anew as soon as anybody has changed one."""
    url = cached.settings().database
    return _edited(url, cached.store(url).capabilities.stamp(edition.BOOK))


@st.cache_resource(show_spinner=False, max_entries=4)
def _edited(url: str, stamp: int) -> edition.Edition:
    return edition.of(shipped(), cached.store(url).capabilities.newest(edition.BOOK))


@st.cache_resource(show_spinner=False)
def shipped() -> catalogue.Catalogue:
    """Return the catalogue that comes with Quarterdeck."""
    return catalogue.load()


def capabilities() -> catalogue.Catalogue:
    """Return the catalogue in force."""
    url = cached.settings().database
    return _capabilities(url, cached.store(url).capabilities.stamp(edition.BOOK))


@st.cache_resource(show_spinner=False, max_entries=4)
def _capabilities(url: str, stamp: int) -> catalogue.Catalogue:
    return edited().catalogue


def groups(page: Page) -> dict[str, str]:
    """Return what was merged or split by hand in the ledger."""
    held = [one for one in cached.store(page.settings.database).gap_groups.list(SHARED) if one.name == GROUPS]
    return dict(held[0].payload) if held else {}


def ledger(page: Page) -> Ledger:
    """Return the gap ledger over all lists kept, worked out once per state of data, settings and lists."""
    held = cached.store(page.settings.database).requirement_sets.list()
    known = capabilities()
    stamp = (known.fingerprint, *((one.id, one.version) for one in held))
    lists = [found for one in held if (found := kept.restored(one.name, one.payload)) is not None]
    merged = groups(page)
    found: Ledger = _ledger(stamp, tuple(sorted(merged.items())), page.data, page.settings, lists, merged, known)
    return found


def with_gaps(page: Page, ground: Ground) -> Ground:
    """Return the ground of scenarios knowing which open deals wait for which gap, so that closing one is a lever."""
    found = ledger(page)
    return _with_gaps(f"{found.deals.hash_rows(seed=7).sum()}", page.data, page.settings, ground, found)


@st.cache_resource(
    show_spinner=False,
    max_entries=16,
    hash_funcs={Dataset: lambda d: d.fingerprint, Settings: lambda s: s.model_dump_json()},
)
def _with_gaps(stamp: str, data: Dataset, config: Settings, _ground: Ground, _ledger: Ledger) -> Ground:
    return _ground.waiting_for(waiting(_ledger))


@st.cache_resource(
    show_spinner="Adding up the gaps of all lists",
    max_entries=32,
    hash_funcs={Dataset: lambda d: d.fingerprint, Settings: lambda s: s.model_dump_json()},
)
def _ledger(stamp: Any, merged: Any, data: Dataset, config: Settings, _lists: Any, _groups: Any, _known: Any) -> Ledger:
    return kept.ledger(data, config, _lists, _known, _groups)


def analysed(content: bytes, name: str, config: Settings, stake: Stake | None) -> GapAnalysis:
    """Return the analysis of a list's file, worked out once per content, settings, deal and catalogue."""
    known = capabilities()
    return _analysed(known.fingerprint, content, name, config, stake, known)


@st.cache_resource(
    show_spinner="Reading the list", max_entries=16, hash_funcs={Settings: lambda s: s.model_dump_json()}
)
def _analysed(
    stamp: str, content: bytes, name: str, config: Settings, stake: Stake | None, _known: catalogue.Catalogue
) -> GapAnalysis:
    return gap.analyse(read_list(content, name), _known, config, stake)
