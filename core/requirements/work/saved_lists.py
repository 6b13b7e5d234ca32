"""Requirement lists as the store keeps them, and the ledger over all that are kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from core.access import LOCAL, saved_content
from core.access.saved_content import Reader
from core.config import Settings
from core.contracts import Dataset
from core.localization import joined
from core.models.bundle import Bundle
from core.requirements.catalogue import effective_catalogue
from core.requirements.catalogue.capabilities import Catalogue
from core.requirements.catalogue.capabilities import load as shipped_catalogue
from core.requirements.judge import limits
from core.requirements.judge.gap_analysis import GapAnalysis
from core.requirements.match import matcher
from core.requirements.work import deal_context, sample_lists
from core.requirements.work.gap_ledger import Ledger, RequirementSet, build
from core.store import Store
from core.store.repositories import RequirementSets, Saved
from core.store.reviews import SHAPE

ROWS = {
    "sheet": pl.String,
    "row": pl.Int64,
    "requirement_id": pl.String,
    "text": pl.String,
    "category": pl.String,
    "priority": pl.String,
    "capability_id": pl.String,
    "confidence": pl.Float64,
}


def key(content: bytes) -> str:
    """Return a name for a buyer's file by its content, so that the same file finds its list again."""
    return hashlib.blake2b(content, digest_size=12).hexdigest()


def payload(analysis: GapAnalysis) -> dict[str, Any]:
    """Return what is kept of an analysed list: its deal, scores, and each row with its counterpart."""
    return {
        "opportunity_id": analysis.summary.get("opportunity_id"),
        "summary": analysis.summary,
        "file_key": key(analysis.source.content),
        "rows": [list(row) for row in analysis.frame.select(list(ROWS)).iter_rows()],
        "sections": analysis.frame["section"].to_list(),
    }


PREVIOUS = "previous"


def keep(sets: RequirementSets, name: str, owner: str, analysis: GapAnalysis, previous: str | None = None) -> Saved:
    """Keep an analysed list with its file in one go; the same file under the same name takes the earlier one's place.

    Parameters
    ----------
    sets : RequirementSets
        The store's.
    name, owner : str
    analysis : GapAnalysis
    previous : str, optional
        The list this is a new version of; one said before stands.

    Raises
    ------
    StoreError
        When the name is taken by another file, too long or empty.
    """
    contents = payload(analysis)
    same = [saved for saved in sets.list(owner) if saved.name == name.strip()]
    previous = previous or (same[0].payload.get(PREVIOUS) if same else None)
    contents |= {PREVIOUS: previous} if previous else {}
    version = same[0].version if same and same[0].payload.get("file_key") in (None, contents["file_key"]) else None
    return sets.save_with_file(name, owner, contents, (analysis.source.name, analysis.source.content), version)


def restored(name: str, contents: Mapping[str, Any]) -> RequirementSet | None:
    """Return a kept list as the ledger takes it; None where it hangs on no deal or was kept without rows.

    Parameters
    ----------
    name : str
    contents : mapping
        What `payload` gave.
    """
    deal, rows = contents.get("opportunity_id"), contents.get("rows")
    if not deal or not rows:
        return None
    return RequirementSet(name, str(deal), pl.DataFrame(rows, schema=ROWS, orient="row"))


def ledger(
    dataset: Dataset,
    settings: Settings,
    bundle: Bundle,
    lists: Iterable[RequirementSet] = (),
    catalogue: Catalogue | None = None,
    groups: Mapping[str, str] | None = None,
) -> Ledger:
    """Build the gap ledger over the lists kept and those that come with the sample company.

    Per capability: open pipeline exposed and probability-weighted, deals, how many closed deals were won in
    spite of the gap, weeks and cost to close, and open pipeline per person-week. A deal's amount is divided
    over its gaps by priority (4, 3, 2, 1) × gap type (missing 1, partial and roadmap ½, unclear ¼), in whole
    cents, so that nothing counts twice.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    bundle : Bundle
    lists : iterable of RequirementSet, optional
        A deal with a kept list does without the sample's.
    catalogue : Catalogue, optional
        Default the shipped one.
    groups : mapping, optional
        What was merged or split by hand; see `ledger.build`.
    """
    capabilities = catalogue or shipped_catalogue()
    own = list(lists)
    taken = {requirement_set.opportunity_id for requirement_set in own}
    shipped = [
        requirement_set
        for requirement_set in sample_lists.sets(dataset, capabilities)
        if requirement_set.opportunity_id not in taken
    ]
    sets = [*own, *shipped]
    chances = deal_context.chances(dataset, settings, bundle) if sets else None
    return build(sets, dataset, capabilities, settings, chances, groups)


def worked(store: Store | None, content: bytes) -> pl.DataFrame:
    """Return the rows people worked on in the kept list of a file, as the store's `reviews.rows` gives them.

    Parameters
    ----------
    store : Store or None
        An open database; None where there is none.
    content : bytes
        The buyer's file; none is kept of it, and no row was worked on, where it is not known.
    """
    sets = store.requirement_sets.list() if store is not None else []
    same = [saved for saved in sets if saved.payload.get("file_key") == key(content)]
    return store.reviews.rows(same[0].id) if store is not None and same else pl.DataFrame(schema=SHAPE)


GROUPS, SHARED = "ledger", "everybody"


def current(dataset: Dataset, settings: Settings, bundle: Bundle, store: Store) -> Ledger:
    """All gaps of the saved lists, with the pipeline they hold up and what closing them takes.

    Of a part of the company's data, the lists of no deal and of its own deals count.

    Per capability: open pipeline exposed and probability-weighted, deals, how many closed deals were won in
    spite of the gap, weeks and cost to close, and open pipeline per person-week. A deal's amount is divided
    over its gaps by priority (4, 3, 2, 1) × gap type (missing 1, partial and roadmap ½, unclear ¼), in whole
    cents, so that nothing counts twice.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    bundle : Bundle
    store : Store
        An open database.
    """
    reader = Reader.of(LOCAL, dataset)
    lists = [
        requirement_set
        for saved in saved_content.lists(reader, store.requirement_sets.list())
        if (requirement_set := restored(saved.name, saved.payload))
    ]
    groups = [saved.payload for saved in store.gap_groups.list(SHARED) if saved.name == GROUPS]
    catalogue = effective_catalogue.load(store).catalogue
    return ledger(dataset, settings, bundle, lists, catalogue, groups[0] if groups else None)


def asked(
    dataset: Dataset, settings: Settings, lists: Iterable[RequirementSet] = (), catalogue: Catalogue | None = None
) -> pl.DataFrame:
    """Return what buyers wrote in all lists, with the capability that surely answers it and where it falls short.

    The columns are [text, capability_id, short]: short says how less is committed, or nothing stated, than asked
    for; null where all of it is met.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    lists : iterable of RequirementSet, optional
        Those kept; the sample company's come along.
    catalogue : Catalogue, optional
        Default the shipped one.
    """
    capabilities = catalogue or shipped_catalogue()
    parts = [*lists, *sample_lists.sets(dataset, capabilities)]
    sure = pl.col("capability_id").is_not_null() & (pl.col("confidence") >= matcher.LIKELY)
    now = (
        pl.col("capability_id").replace(dict(capabilities.aliases)) if capabilities.aliases else pl.col("capability_id")
    )
    rows = [requirement_set.rows.filter(sure).select("text", now) for requirement_set in parts]
    if not rows:
        return pl.DataFrame(schema=dict.fromkeys(("text", "capability_id", "short"), pl.String))
    together = pl.concat(rows)
    return together.join(_short(together.unique(), capabilities), on=["text", "capability_id"], how="left")


def _short(pairs: pl.DataFrame, catalogue: Catalogue) -> pl.DataFrame:
    """Return where each capability falls short of a text: [text, capability_id, short]."""
    by_id, stated = catalogue.by_id(), limits.stated(catalogue.frame.to_dicts())
    shortfalls = []
    for text, capability_id in pairs.iter_rows():
        comparisons = limits.compare(text, by_id[capability_id], stated) if capability_id in by_id else ()
        shortfalls.append(
            joined(*(comparison.text for comparison in comparisons if comparison.verdict != "met"), by=". ") or None
        )
    return pairs.with_columns(short=pl.Series(shortfalls, dtype=pl.String))
