"""Writes docs/glossary.md: the words a revenue team uses, and every measure with what its docstring says of it.

Run `python -m tools.glossary` after a term, a measure or its docstring changes. The measures are read, not imported.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from core.sales_terms import terms

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "core" / "metrics"
FILE = ROOT / "docs" / "glossary.md"
SECTION = re.compile(r"\n[A-Z][A-Za-z ]+\n-{3,}\n")
HEAD = """# Glossary

The words pages use, and the measures behind them. This file is written by `python -m tools.glossary`: the words come
from `core/sales_terms.yaml`, the measures from the docstrings of `core.metrics`.

## Words

"""
MEASURES = """
# Measures

A measure opens into its value, unit, rows and a sentence; `None` where it cannot be known.
"""


def text() -> str:
    """Return the whole file."""
    modules = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.py"))}
    kinds = _kinds(list(modules.values()))
    sections = (_section(path.stem, tree, kinds) for path, tree in modules.items())
    return HEAD + _words() + MEASURES + "".join(section for section in sections if section)


def _words() -> str:
    """Return a table of the words, their other spellings and their measures."""
    rows = ["| Word | Meaning | Measure |", "| :-- | :-- | :-- |"]
    for term in terms():
        also = f" ({', '.join(term.also)})" if term.also else ""
        rows.append(f"| {term.term}{also} | {term.meaning} | {f'`{term.measure}`' if term.measure else ''} |")
    return "\n".join(rows) + "\n"


def _kinds(trees: list[ast.Module]) -> set[str]:
    """Return the names of the measures' classes: Measure and what inherits from it, at any depth."""
    classes = [node for tree in trees for node in tree.body if isinstance(node, ast.ClassDef)]
    kinds, before = {"Measure"}, 0
    while len(kinds) > before:
        before = len(kinds)
        kinds |= {c.name for c in classes if any(_last(base) in kinds for base in c.bases)}
    return kinds


def _last(node: ast.expr | None) -> str:
    return "" if node is None else ast.unparse(node).strip("'\"").rpartition(".")[2]


def _section(module: str, tree: ast.Module, kinds: set[str]) -> str:
    entries = list(_entries(module, tree, kinds))
    if not entries:
        return ""
    about = (ast.get_docstring(tree) or "").partition("\n\n")[0].replace("\n", " ")
    return f"\n## {module.replace('_', ' ').capitalize()}\n\n{about}\n" + "".join(entries)


def _entries(module: str, tree: ast.Module, kinds: set[str]) -> Iterator[str]:
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef) or node.name.startswith("_") or _last(node.returns) not in kinds:
            continue
        summary = SECTION.split("\n" + (ast.get_docstring(node) or ""), maxsplit=1)[0].strip()
        paragraphs = [" ".join(part.split()) for part in summary.split("\n\n")]
        yield f"\n### `metrics.{module}.{node.name}`\n\n" + "\n\n".join(paragraphs) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
