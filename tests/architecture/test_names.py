"""Names say what a thing is: no filler locals, no local that hides a function, one meaning per module name."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.source_trees import TOGETHER, tree

pytestmark = TOGETHER
ROOT = Path(__file__).resolve().parents[2]
FILES = [ROOT / "app.py", ROOT / "server.py", *sorted(p for d in ("core", "pages") for p in (ROOT / d).rglob("*.py"))]
FILLER = {"found", "held", "known", "told", "one", "place", "said", "kept"}
Function = ast.FunctionDef | ast.AsyncFunctionDef

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


def functions(tree: ast.AST) -> Iterator[Function]:
    yield from (node for node in ast.walk(tree) if isinstance(node, Function))


def bound(function: ast.AST) -> Iterator[tuple[str, int]]:
    """Names bound inside a function, its parameters included; what inner functions bind is theirs."""
    arguments = getattr(function, "args", None)
    if isinstance(arguments, ast.arguments):
        given = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
        yield from ((a.arg, a.lineno) for a in given if a is not None)
    todo = list(ast.iter_child_nodes(function))
    while todo:
        node = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node.lineno
        if isinstance(node, ast.Lambda):
            yield from ((a.arg, a.lineno) for a in node.args.args)
        todo.extend(ast.iter_child_nodes(node))


def test_locals_are_called_what_they_are():
    """One test for all files: one for each would take longer to begin and end than to read its file."""
    filler, hiding = [], []
    for file in FILES:
        name, module = file.relative_to(ROOT).as_posix(), tree(file)
        own = {node.name for node in module.body if isinstance(node, Function)}
        locals_ = {entry for function in functions(module) for entry in bound(function)}
        filler += [f"{name}:{line}: {local}" for local, line in locals_.union(bound(module)) if local in FILLER]
        hiding += [f"{name}:{line}: {local}" for local, line in locals_ if local in own]
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
