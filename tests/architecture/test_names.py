"""Names say what a thing is: no filler locals, no local that hides a function, one meaning per module name."""

from __future__ import annotations

import symtable
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILES = [ROOT / "app.py", ROOT / "server.py", *sorted(p for d in ("core", "pages") for p in (ROOT / d).rglob("*.py"))]
FILLER = {"found", "held", "known", "told", "one", "place", "said", "kept"}

# Modules of several rooms that bear one name because they speak of one subject.
SAME_SUBJECT = {
    "accounts",
    "activities",
    "as_of",
    "backtest",
    "benchmarks",
    "bookings",
    "capabilities",
    "competitors",
    "calls",
    "cache",
    "churn",
    "coverage",
    "customers",
    "deals",
    "delimited",
    "executive",
    "explain",
    "files",
    "forecast",
    "model",
    "gap_ledger",
    "models",
    "opportunities",
    "people",
    "pipeline",
    "products",
    "readiness",
    "recurring",
    "regions",
    "requirements",
    "review",
    "scenarios",
    "snapshot",
    "stages",
    "subscriptions",
    "team",
    "territories",
    "trend",
    "trends",
    "transactions",
}


def bound(table: symtable.SymbolTable) -> Iterator[tuple[str, str]]:
    """Names bound in modules and functions, each with where: parameters too, imports and functions not."""
    if table.get_type() != "class":
        yield from (
            (symbol.get_name(), table.get_name())
            for symbol in table.get_symbols()
            if symbol.is_parameter() or (symbol.is_assigned() and not (symbol.is_imported() or symbol.is_namespace()))
        )
    for inner in table.get_children():
        yield from bound(inner)


def test_locals_are_called_what_they_are():
    """One test for all files: one for each would take longer to begin and end than to read its file."""
    filler, hiding = [], []
    for file in FILES:
        name = file.relative_to(ROOT).as_posix()
        module = symtable.symtable(file.read_text(encoding="utf-8"), name, "exec")
        own = {inner.get_name() for inner in module.get_children() if inner.get_type() == "function"}
        for local, where in set(bound(module)):
            filler += [f"{name}: {local} in {where}"] * (local in FILLER)
            hiding += [f"{name}: {local} in {where}"] * (local in own and where != "top")
    assert sorted(filler) == []
    assert sorted(hiding) == []


def test_a_module_name_stands_in_one_room_unless_it_means_the_same():
    rooms = defaultdict(set)
    for file in (ROOT / "core").rglob("*.py"):
        parts = file.relative_to(ROOT / "core").parts
        if file.stem not in ("__init__", "env") and "versions" not in parts[:-1] and len(parts) > 1:
            rooms[file.stem].add(parts[0])
    several = {name: sorted(where) for name, where in rooms.items() if len(where) > 1}
    assert set(several) <= SAME_SUBJECT, several
