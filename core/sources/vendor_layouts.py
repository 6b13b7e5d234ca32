"""The layouts of exports that are known: facts on headers, file names and quirks, read from `layouts/*.yaml`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from core.contracts.yaml_text import shipped_yaml
from core.sources.headers import fold

FOLDER = Path(__file__).with_name("layouts")
OWN = "Plain table"
# Read to complete the entities, and not kept: lists of stages, roles of users, price lists, lines of deals, courses.
HELPERS = ("stages", "user_roles", "prices", "lines", "contact_roles", "course_modules")


@dataclass(frozen=True)
class Layout:
    """One kind of table that one system exports.

    Attributes
    ----------
    vendor, name : str
        The system, and what it calls the object.
    entity : str
        Of ours.
    files : frozenset of str
        Folded names of files and sheets that hold it.
    columns : mapping
        Our column -> folded headers, the likeliest first.
    marks : frozenset of str
        Folded headers that speak for this layout without being read.
    ignore : frozenset of str
        Folded headers that hold nothing a page could use.
    history : str
        "spans", "snapshots" or "changes"; empty where the columns decide.
    constants, filters : mapping
        As in a column map.
    id_prefix : str
        How the ids of its rows begin.
    stages : tuple of str
        The system's own stages, first to last.
    """

    vendor: str
    name: str
    entity: str
    files: frozenset[str]
    columns: Mapping[str, tuple[str, ...]]
    marks: frozenset[str] = frozenset()
    ignore: frozenset[str] = frozenset()
    history: str = ""
    constants: Mapping[str, Any] = field(default_factory=dict)
    filters: Mapping[str, Any] = field(default_factory=dict)
    id_prefix: str = ""
    stages: tuple[str, ...] = ()

    @cached_property
    def headers(self) -> frozenset[str]:
        """Return every folded header that is read."""
        return frozenset(h for listed in self.columns.values() for h in listed)

    @cached_property
    def signs(self) -> frozenset[str]:
        """Return every folded header that speaks for the layout without being read, or holds nothing of use."""
        return self.marks | self.ignore

    @cached_property
    def readers(self) -> Mapping[str, frozenset[str]]:
        """Return folded header -> our columns that are read from it."""
        out: dict[str, set[str]] = defaultdict(set)
        for ours, listed in self.columns.items():
            for header in listed:
                out[header].add(ours)
        return {header: frozenset(names) for header, names in out.items()}

    @cached_property
    def by_rank(self) -> tuple[tuple[str, str], ...]:
        """Return our columns with the folded headers they are read from, the likeliest of all columns first."""
        ranked = [(rank, ours, header) for ours, listed in self.columns.items() for rank, header in enumerate(listed)]
        return tuple((ours, header) for _, ours, header in sorted(ranked, key=lambda entry: entry[0]))

    def columns_in(self, headers: Iterable[str]) -> set[str]:
        """Return our columns that can be read from some folded headers."""
        return set().union(*(self.readers.get(header, ()) for header in headers))


@cache
def layouts() -> tuple[Layout, ...]:
    """Return every known layout; our own words come last."""
    out: list[Layout] = []
    for path in sorted(FOLDER.glob("*.yaml"), key=lambda p: (p.stem == "own", p.stem)):
        content = shipped_yaml(path)
        stages = tuple(str(s) for s in content.get("stages", ()))
        out += [_layout(content["name"], entry, stages) for entry in content["objects"]]
    return tuple(out)


def _layout(vendor: str, entry: Mapping[str, Any], stages: tuple[str, ...]) -> Layout:
    return Layout(
        vendor=entry.get("vendor", vendor),
        name=entry["object"],
        entity=entry["entity"],
        files=frozenset(fold(str(f)) for f in entry.get("files", ())),
        columns={ours: tuple(dict.fromkeys(fold(str(h)) for h in listed)) for ours, listed in entry["columns"].items()},
        marks=frozenset(fold(str(m)) for m in entry.get("marks", ())),
        ignore=frozenset(fold(str(m)) for m in entry.get("ignore", ())),
        history=entry.get("history", ""),
        constants=entry.get("constants", {}),
        filters=entry.get("filters", {}),
        id_prefix=entry.get("id_prefix", ""),
        stages=stages if entry["entity"] == "opportunities" else (),
    )


@cache
def own(entity: str) -> Layout | None:
    """Return our own words for an entity; None where it has none."""
    return next((x for x in layouts() if x.vendor == OWN and x.entity == entity), None)


@cache
def rarity() -> Mapping[str, float]:
    """Return folded header -> how much it says: one over the number of entities whose tables hold it."""
    entities: dict[str, set[str]] = defaultdict(set)
    for layout in layouts():
        for header in layout.headers | layout.signs:
            entities[header].add(layout.entity)
    return {header: 1 / len(names) for header, names in entities.items()}


def is_known(folded: str) -> bool:
    """Say whether a folded header stands in some layout."""
    return folded in rarity()


@cache
def stage_orders() -> tuple[tuple[str, ...], ...]:
    """Return the stages of every system, folded, first to last."""
    return tuple(dict.fromkeys(tuple(fold(s) for s in x.stages) for x in layouts() if x.stages))
