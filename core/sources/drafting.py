"""Begins a column map with what files look like or with a map somebody has, and takes a table for something else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core.contracts.errors import SourceError
from core.localization import message
from core.sources import map_facts, plan
from core.sources.draft_map import DraftMap, TableDraft
from core.sources.findings import Findings
from core.sources.headers import fold
from core.sources.inventory import of_files
from core.sources.mapping import ENTITIES, read_map
from core.sources.recognition import TableMatch, match_columns
from core.sources.vendor_layouts import OWN, Layout, layouts, own


def as_recognised(files: Mapping[str, bytes]) -> DraftMap:
    """Take the tables of files for what they look like; one that is not recognised is not used.

    Parameters
    ----------
    files : mapping
        Name to content.

    Raises
    ------
    SourceError
        When none of the files can be read.
    """
    findings = Findings()
    contents = of_files(files)
    matches = plan.recognised(contents, findings)
    if not matches:
        raise SourceError(
            "There is no file that can be read.",
            ", ".join(contents.unread[:5]) or ", ".join(list(files)[:5]),
            "Export CSV or Excel files.",
        )
    unread = (
        *findings.notes,
        *(message("{name} was not read: files of this kind are not.", name=name) for name in contents.unread),
    )
    return DraftMap(tuple(_drafted(match) for match in matches), unread=unread)


def by_map(files: Mapping[str, bytes], mapping: Mapping[str, Any]) -> DraftMap:
    """Take the tables of files for what a map says; those it does not name are not used.

    Raises
    ------
    SourceError
        When the map is wrong, or names what is not there.
    """
    draft = as_recognised(files)
    facts, entities = map_facts.split(mapping)
    if not entities:
        return replace(draft, facts=facts)
    chosen = plan.by_map(of_files(files), read_map(entities), Findings())
    tables = [replace(t, entity=None, columns={}, entry={}, matched=()) for t in draft.tables]
    for source in chosen.sources:
        table = source.match.table
        number = draft.at(table.file, table.sheet)
        if number is None:
            continue
        tables[number] = replace(
            tables[number],
            samples=_samples(source.match),
            header_row=table.header_row,
            entity=source.entity,
            **_parts(source.entry.model_dump(exclude_defaults=True, mode="json")),
        )
    return replace(draft, tables=tuple(tables), facts=facts)


def taken_for(draft: DraftMap, number: int, entity: str | None, files: Mapping[str, bytes]) -> DraftMap:
    """Take a table for another entity, and match its columns anew; for nothing where the entity is None.

    Parameters
    ----------
    draft : DraftMap
    number : int
    entity : str, optional
    files : mapping
        The files the draft was made of.
    """
    table = draft.tables[number]
    if entity is None or entity not in ENTITIES:
        return draft.with_table(number, replace(table, entity=None, columns={}, entry={}, matched=()))
    matches = plan.recognised(of_files(files), Findings())
    match = next(m for m in matches if (m.table.file, m.table.sheet) == (table.file, table.sheet))
    layout = _layout(match, entity)
    again = replace(match, layout=layout, columns=match_columns(match.table, layout))
    parts = _parts(plan.entry_of(again).model_dump(exclude_defaults=True, mode="json"))
    return draft.with_table(number, replace(table, entity=entity, **parts))


def _layout(match: TableMatch, entity: str) -> Layout:
    """Return the layout of an entity most of whose headers a table has."""
    if match.layout is not None and match.layout.entity == entity:
        return match.layout
    folded = {fold(h) for h in match.table.headers}
    options = [x for x in layouts() if x.entity == entity]
    fallback = own(entity) or Layout(OWN, entity, entity, frozenset(), {})
    return max(options, key=lambda x: (len(x.headers & folded), x.vendor == OWN), default=fallback)


def _drafted(match: TableMatch) -> TableDraft:
    table, layout = match.table, match.layout
    parts = _parts(plan.entry_of(match).model_dump(exclude_defaults=True, mode="json")) if layout else {}
    return TableDraft(
        table.file,
        table.sheet,
        table.header_row,
        table.frame.height,
        _samples(match),
        layout.vendor if layout else "",
        match.confidence,
        layout.entity if layout else None,
        **parts,
    )


def _parts(entry: dict[str, Any]) -> dict[str, Any]:
    columns = entry.pop("columns", {})
    rest = {k: v for k, v in entry.items() if k not in ("file", "files", "sheet", "header_row", "match_rest")}
    return {"columns": columns, "entry": rest, "matched": tuple(columns)}


def _samples(match: TableMatch) -> dict[str, tuple[str, ...]]:
    out = {}
    for header in match.table.headers:
        values = match.table.frame[header].head(500).drop_nulls().unique(maintain_order=True).head(3)
        out[header] = tuple(str(v)[:60] for v in values)
    return out
