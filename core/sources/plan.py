"""Which table is read as what: by a map, or by recognising it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from core.contracts import FRAMES
from core.contracts.errors import SourceError, closest
from core.localization import message
from core.sources.cells import Source
from core.sources.files import tables_of
from core.sources.findings import Findings
from core.sources.headers import fold
from core.sources.inventory import Inventory
from core.sources.mapping import ColumnRule, EntityMap, matching
from core.sources.recognition import ColumnMatch, TableMatch, match_columns, recognise
from core.sources.table import Table
from core.sources.vendor_layouts import OWN, Layout, is_known, own


@dataclass(frozen=True)
class Plan:
    """What is read and how.

    Attributes
    ----------
    sources : tuple of Source
    matches : tuple of TableMatch
        Every table of every file, also those taken for nothing.
    """

    sources: tuple[Source, ...]
    matches: tuple[TableMatch, ...]

    def as_map(self) -> dict[str, Any]:
        """Return the plan as a column map; read with it, the same files give the same."""
        out: dict[str, list[Any]] = {}
        for source in self.sources:
            entry = source.entry.model_dump(exclude_defaults=True, mode="json")
            out.setdefault(source.entity, []).append(entry)
        return {name: entries[0] if len(entries) == 1 else entries for name, entries in out.items()}

    def as_yaml(self) -> str:
        """Return the plan as the YAML of a column map."""
        return yaml.safe_dump(self.as_map(), sort_keys=False, allow_unicode=True, width=120)


def by_recognition(inventory: Inventory, findings: Findings) -> Plan:
    """Take every table for what it looks like.

    Raises
    ------
    SourceError
        When none of the files can be read, or none is taken for anything.
    """
    matches = recognised(inventory, findings)
    sources = []
    for match in matches:
        if match.layout is None:
            _tell_unknown(match, findings)
        elif match.table.frame.height or match.layout.entity == "opportunities":
            sources.append(Source(match.layout.entity, match, entry_of(match)))
    if not any(s.entity in FRAMES for s in sources):
        raise _nothing(inventory, matches)
    _tell_unread(inventory.unread, findings)
    return Plan(tuple(sources), tuple(matches))


def recognised(inventory: Inventory, findings: Findings) -> list[TableMatch]:
    """Return what every table of the files looks like; one that looks like nothing has no layout."""
    return _with_their_system([recognise(table) for table in _tables(inventory, findings)])


def _with_their_system(matches: list[TableMatch]) -> list[TableMatch]:
    """Take tables for those of the system that most of the others come from, where they fit it about as well."""
    systems = Counter(m.layout.vendor for m in matches if m.layout and m.layout.vendor != OWN)
    if not systems:
        return matches
    likely = systems.most_common(1)[0][0]
    return [m if m.layout and m.layout.vendor == likely else recognise(m.table, likely) for m in matches]


def _tables(inventory: Inventory, findings: Findings) -> Iterable[Table]:
    failed: list[SourceError] = []
    tables: list[Table] = []
    for name, content in inventory.files.items():
        try:
            tables += tables_of(name, content, is_known)
        except SourceError as error:
            failed.append(error)
            findings.note(message("{name} was not read: {what}.", name=name, what=error.what.rstrip(".").lower()))
    if failed and not tables:
        raise failed[0]
    return tables


def entry_of(match: TableMatch) -> EntityMap:
    """Return how a recognised table is read, as an entry of a map."""
    layout = match.layout
    columns: dict[str, str | ColumnRule] = {
        c.column: c.headers[0] if len(c.headers) == 1 else ColumnRule(first=c.headers) for c in match.columns
    }
    folded = {fold(h): h for h in match.table.headers}
    filters = {folded[fold(h)]: rule for h, rule in layout.filters.items() if fold(h) in folded} if layout else {}
    ignored = [h for h in match.unused if layout and fold(h) in layout.ignore]
    return EntityMap(
        file=match.table.file,
        sheet=match.table.sheet,
        columns=columns,
        constants={k: v for k, v in (layout.constants if layout else {}).items() if k not in columns},
        filters=filters,
        ignore=tuple(ignored),
        history=layout.history or None if layout else None,  # type: ignore[arg-type]
    )


def _tell_unknown(match: TableMatch, findings: Findings) -> None:
    if match.table.frame.height:
        shown = ", ".join(match.table.headers[:5])
        findings.note(
            message(
                "{place} was not read: its columns ({shown}) are those of no known table.",
                place=match.table.place,
                shown=shown,
            )
        )
    else:
        findings.note(message("{place} was not read: it holds no table.", place=match.table.place))


def _tell_unread(names: Iterable[str], findings: Findings) -> None:
    for name in names:
        findings.note(message("{name} was not read: files of this kind are not.", name=name))


def _nothing(inventory: Inventory, matches: list[TableMatch]) -> SourceError:
    if not inventory.files:
        return SourceError(
            "There is no file that can be read.", ", ".join(inventory.unread[:5]), "Export CSV or Excel files."
        )
    named = "; ".join(f"{m.table.place}: {', '.join(m.table.headers[:6])}" for m in matches[:3])
    return SourceError(
        "None of the files is recognised as deals, accounts or another entity.",
        named or ", ".join(inventory.files),
        "Name the columns as in the guide (opportunity_id, stage, amount, close_on), or give a column map.",
    )


def by_map(inventory: Inventory, mapping: Mapping[str, tuple[EntityMap, ...]], findings: Findings) -> Plan:
    """Take the files for what a map says.

    Raises
    ------
    SourceError
        When a file, sheet or column the map names is not there; the nearest name is given.
    """
    sources: list[Source] = []
    read: set[tuple[str, str | None]] = set()
    for entity, entries in mapping.items():
        for entry in entries:
            for name in matching(entry, inventory.files):
                table = _table_for(entity, entry, name, inventory.files[name])
                source = _mapped(entity, entry, table)
                sources.append(source)
                read.add((table.file, table.sheet))
    for name in inventory.files:
        if name not in {file for file, _ in read}:
            findings.note(message("{name} was not read: the map does not name it.", name=name))
    _tell_unread(inventory.unread, findings)
    return Plan(tuple(sources), tuple(s.match for s in sources))


def _table_for(entity: str, entry: EntityMap, name: str, content: bytes) -> Table:
    named = {fold(h) for rule in entry.columns.values() for h in _theirs(rule)}
    tables = tables_of(name, content, lambda h: h in named or is_known(h), entry.sheet, entry.header_row)
    if entry.sheet is not None and len(tables) > 1:
        tables = [t for t in tables if t.sheet == entry.sheet] or tables
    if len(tables) == 1:
        return tables[0]
    for table in tables:
        headers = {fold(h) for h in table.headers}
        if named and named <= headers:
            return table
    fitting = [m for m in map(recognise, tables) if m.entity == entity]
    if fitting:
        return max(fitting, key=lambda m: m.confidence).table
    most = max(tables, key=lambda t: len(named & {fold(h) for h in t.headers}), default=None)
    if most is None:
        raise SourceError("The file holds no table.", name, "Export it again.")
    return most


def _theirs(rule: str | ColumnRule) -> tuple[str, ...]:
    return (rule,) if isinstance(rule, str) else (*rule.first, *rule.join)


def _mapped(entity: str, entry: EntityMap, table: Table) -> Source:
    exact = set(table.headers)
    folded = {fold(h): h for h in reversed(table.headers)}
    columns: dict[str, str | ColumnRule] = {}
    for ours, rule in entry.columns.items():
        renamed = {h: h if h in exact else folded.get(fold(h)) for h in _theirs(rule)}
        for header, real in renamed.items():
            if real is None:
                near = closest(header, table.headers)
                raise SourceError(
                    message("There is no column {header!r} for {ours}.", header=header, ours=ours),
                    table.place,
                    message("Did you mean {near!r}?", near=near)
                    if near
                    else message("Its columns: {headers}.", headers=", ".join(table.headers[:12])),
                )
        columns[ours] = _renamed(rule, renamed)
    for header in entry.ignore:
        if fold(header) not in folded:
            near = closest(header, table.headers)
            raise SourceError(
                message("The map ignores a column {header!r} that is not there.", header=header),
                table.place,
                message("Did you mean {near!r}?", near=near) if near else "",
            )
    layout = own(entity) or Layout(OWN, entity, entity, frozenset(), {})
    rest = _rest(entity, entry, table, columns, layout)
    matches = tuple(
        ColumnMatch(ours, _theirs(rule), 1.0, _samples(table, rule)) for ours, rule in columns.items()
    ) + tuple(c for c in rest if c.column not in columns)
    full = {
        **columns,
        **{
            c.column: c.headers[0] if len(c.headers) == 1 else ColumnRule(first=c.headers)
            for c in rest
            if c.column not in columns
        },
    }
    unused = tuple(h for h in table.headers if h not in {t for r in full.values() for t in _theirs(r)})
    made = entry.model_copy(update={"columns": full, "ignore": tuple(folded[fold(h)] for h in entry.ignore)})
    return Source(entity, TableMatch(table, layout, 1.0, matches, unused), made)


def _renamed(rule: str | ColumnRule, names: Mapping[str, str | None]) -> str | ColumnRule:
    if isinstance(rule, str):
        return names[rule] or rule
    return rule.model_copy(
        update={"first": tuple(names[h] or h for h in rule.first), "join": tuple(names[h] or h for h in rule.join)}
    )


def _rest(entity: str, entry: EntityMap, table: Table, columns: Mapping[str, Any], layout: Layout) -> list[ColumnMatch]:
    """Match what the map does not name: by our own names; by every known name where the map names no column at all."""
    if not entry.match_rest:
        return []
    taken = {h for rule in columns.values() for h in _theirs(rule)} | set(entry.ignore)
    filled = {*columns, *entry.constants, *entry.copies}
    left = Table(table.file, table.sheet, table.frame.drop([h for h in taken if h in table.frame.columns]))
    if not columns:
        matches = recognise(left)
        return [
            c
            for c in (matches.columns if matches.entity == entity else match_columns(left, layout))
            if c.column not in filled
        ]
    exact = {fold(ours): ours for ours in layout.columns}
    return [
        ColumnMatch(exact[fold(h)], (h,), 1.0, _samples(table, h))
        for h in left.headers
        if fold(h) in exact and exact[fold(h)] not in filled
    ]


def _samples(table: Table, rule: str | ColumnRule) -> tuple[str, ...]:
    headers = _theirs(rule)
    if not headers:
        return ()
    values = table.frame[headers[0]].head(500).drop_nulls().unique(maintain_order=True).head(3)
    return tuple(str(v)[:60] for v in values)
