"""A column map as a person puts it together: what each table is, which column is which, and what was answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from core.localization import message
from core.sources import map_facts
from core.sources.columns import KEYS, readable
from core.sources.headers import fold
from core.sources.recognition import NEEDED
from core.sources.span_ends import Ends

Rule = str | dict[str, Any]
Written = Literal["dates", "numbers"]


@dataclass(frozen=True)
class TableDraft:
    """One table of the files, and what a person takes it for.

    Attributes
    ----------
    file : str
    sheet : str, optional
    header_row : int
    n_rows : int
    samples : mapping
        Header -> three values, in the order of the file.
    vendor : str
        The system it was recognised as an export of; empty for none.
    confidence : float
        How sure the recognition was, 0 to 1.
    entity : str, optional
        None where the table is not used.
    columns : mapping
        Our column -> their header, or a rule of several.
    entry : mapping
        What else a map says of it: constants, filters, history, dates, numbers, ends, stages.
    matched : tuple of str
        Our columns that were matched to begin with, whatever became of them.
    """

    file: str
    sheet: str | None
    header_row: int
    n_rows: int
    samples: Mapping[str, tuple[str, ...]]
    vendor: str
    confidence: float
    entity: str | None
    columns: Mapping[str, Rule] = field(default_factory=dict)
    entry: Mapping[str, Any] = field(default_factory=dict)
    matched: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Name the file, and the sheet where it has one."""
        return message("{file}, sheet {sheet}", file=self.file, sheet=self.sheet) if self.sheet else self.file

    @property
    def missing(self) -> tuple[tuple[str, ...], ...]:
        """Return the groups of columns of which one at least must be matched, and none is."""
        filled = {*self.columns, *self.entry.get("constants", {}), *self.entry.get("copies", {})}
        groups = NEEDED.get(self.entity or "", ())
        return tuple(group for group in groups if not filled & set(group))

    def values_of(self, column: str) -> tuple[str, ...]:
        """Return three values of the headers one of our columns is read from."""
        headers = headers_of(self.columns.get(column))
        return next((self.samples[h] for h in headers if self.samples.get(h)), ())

    def as_entry(self) -> dict[str, Any]:
        """Return the table as an entry of a column map."""
        ours = set(readable(self.entity)) if self.entity else set()
        used = {h for rule in self.columns.values() for h in headers_of(rule)}
        # A column that bears one of our names and was taken off it must not come in under that name.
        unwanted = [h for h in self.samples if h not in used and (h in ours or fold(h) in {fold(o) for o in ours})]
        listed = dict.fromkeys([*self.entry.get("ignore", ()), *unwanted])
        more = {k: v for k, v in self.entry.items() if v not in (None, {}, [], ()) and k != "ignore"}
        out: dict[str, Any] = {"file": self.file}
        if self.sheet is not None:
            out["sheet"] = self.sheet
        if self.header_row > 1:
            out["header_row"] = self.header_row
        out["columns"] = {k: v if isinstance(v, str) else dict(v) for k, v in self.columns.items()}
        ignored = {"ignore": list(listed)} if listed else {}
        return {**out, **more, **ignored, "match_rest": False}


@dataclass(frozen=True)
class DraftMap:
    """A column map that is being put together.

    Attributes
    ----------
    tables : tuple of TableDraft
        Every table of every file, in the order of the files.
    facts : mapping
        as_of and currency, where a person set them.
    unread : tuple of str
        Sentences about files that hold no table.
    """

    tables: tuple[TableDraft, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)
    unread: tuple[str, ...] = ()

    def as_map(self) -> dict[str, Any]:
        """Return it in the form of a column map; read with it, the files give what was put together."""
        out: dict[str, Any] = dict(self.facts)
        for entity in dict.fromkeys(t.entity for t in self.tables if t.entity):
            entries = [t.as_entry() for t in self.tables if t.entity == entity]
            out[entity] = entries[0] if len(entries) == 1 else entries
        return out

    def to_dict(self) -> dict[str, Any]:
        """Return it as values JSON has; `from_dict` takes them back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> DraftMap:
        """Return the map that `to_dict` gave, also after a way through JSON.

        Raises
        ------
        KeyError, TypeError
            When the values are of no map.
        """
        tables = [
            {
                **table,
                "samples": {header: tuple(cells) for header, cells in table["samples"].items()},
                "matched": tuple(table["matched"]),
            }
            for table in values["tables"]
        ]
        return cls(tuple(TableDraft(**table) for table in tables), values["facts"], tuple(values["unread"]))

    @property
    def is_empty(self) -> bool:
        """Say whether no table is used."""
        return not any(t.entity for t in self.tables)

    def with_column(self, number: int, column: str, rule: Rule | None) -> DraftMap:
        """Read one of our columns of a table from another header; from none where the rule is None."""
        table = self.tables[number]
        taken = set(headers_of(rule)) if isinstance(rule, str) else set()
        columns = {
            ours: theirs for ours, theirs in table.columns.items() if ours != column and not taken & _alone(theirs)
        }
        if rule is not None:
            columns[column] = rule
        in_order = {c: columns[c] for c in (*readable(table.entity or ""), *columns) if c in columns}
        entry = {k: v for k, v in table.entry.items() if k != "ignore"}
        ignored = [h for h in table.entry.get("ignore", ()) if h not in headers_of(rule)]
        return self.with_table(number, replace(table, columns=in_order, entry={**entry, "ignore": ignored}))

    def with_form(self, number: int, kind: Written, column: str, written: str | None) -> DraftMap:
        """Say how the dates or numbers of a column are written; None to decide by its cells again."""
        table = self.tables[number]
        forms = {**table.entry.get(kind, {}), column: written}
        entry = {**table.entry, kind: {k: v for k, v in forms.items() if v is not None}}
        return self.with_table(number, replace(table, entry=entry))

    def with_ends(self, entity: str, ends: Ends | None) -> DraftMap:
        """Say whether the ends of an entity name the last day of a span or the day after it; None to count again."""
        tables = [replace(t, entry={**t.entry, "ends": ends}) if t.entity == entity else t for t in self.tables]
        return replace(self, tables=tuple(tables))

    def with_stages(self, stages: Mapping[str, Mapping[str, Any]]) -> DraftMap:
        """Put the stages of every pipeline in order, as `stages` of a map takes them."""
        number = next((k for k, t in enumerate(self.tables) if t.entity == "opportunities"), None)
        if number is None:
            return self
        table = self.tables[number]
        return self.with_table(number, replace(table, entry={**table.entry, "stages": dict(stages)}))

    def with_fact(self, name: str, value: str | None) -> DraftMap:
        """Set as_of or the currency of the whole source; None to find it out again."""
        facts = {**self.facts, name: value}
        return replace(self, facts={k: facts[k] for k in map_facts.FACTS if facts.get(k) is not None})

    def with_table(self, number: int, table: TableDraft) -> DraftMap:
        """Put another draft in the place of a table's."""
        return replace(self, tables=(*self.tables[:number], table, *self.tables[number + 1 :]))

    def at(self, file: str, sheet: str | None) -> int | None:
        """Return the number of a table; None where there is no such table."""
        return next((k for k, t in enumerate(self.tables) if (t.file, t.sheet) == (file, sheet)), None)


def headers_of(rule: Rule | None) -> tuple[str, ...]:
    """Return the headers a rule of a map names."""
    if rule is None:
        return ()
    return (rule,) if isinstance(rule, str) else (*rule.get("first", ()), *rule.get("join", ()))


def _alone(rule: Rule) -> set[str]:
    return {rule} if isinstance(rule, str) else set()


def offered_columns(table: TableDraft) -> tuple[Sequence[str], Sequence[str]]:
    """Return our columns of a table's entity: those that are matched, were or must be, and the others."""
    if table.entity is None:
        return (), ()
    every = list(dict.fromkeys(readable(table.entity)))
    needed = {c for group in NEEDED.get(table.entity, ()) for c in group[:1]} | set(KEYS.get(table.entity, ()))
    first = [c for c in every if c in table.columns or c in table.matched or c in needed]
    return first, [c for c in every if c not in first]
