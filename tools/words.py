"""Writes the words on screen into `quarterdeck.pot` and takes them over into the catalogue of each language.

`python -m tools.words` after words were added or changed; `make words` does it. What was translated stays; what is no
longer said anywhere is left out. Nothing is guessed from words that are alike.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from core.column_labels import label
from core.localization import catalogues, extraction, word_template
from core.localization.extraction import Word
from core.measure_descriptions import explained
from tools import code_words

ROOT = Path(__file__).resolve().parents[1]
WIDTH = 120
DOTTED = re.compile(r"[a-z_]+(\.[a-z_]+)+")
COLUMN = re.compile(r"[a-z][a-z0-9_]+")
# Rooms whose frames pages show, what makes columns in them, and what is no column there.
ROOMS = (
    "metrics",
    "models",
    "explain",
    "forecasts",
    "scenarios",
    "requirements",
    "compensation",
    "territories",
    "plays",
    "benchmarking",
    "marts",
    "contracts",
    "enablement",
)
MAKE_COLUMNS = {"select", "alias", "agg", "with_columns", "DataFrame", "rename"}
OPTIONS = {"schema", "orient", "strict", "schema_overrides", "infer_schema_length", "nan_to_null", "maintain_order"}
LEFT_OUT = tuple(
    f'"{name}:'
    for name in (
        "Project-Id-Version",
        "POT-Creation-Date",
        "PO-Revision-Date",
        "Generated-By",
        "Last-Translator",
        "Language-Team",
        "Report-Msgid-Bugs-To",
    )
)
HEADER = """\
# Words of Quarterdeck.
# This file is written by `python -m tools.words`; translations go into the .po files beside it."""


def template() -> Catalog:
    """Return all words of the source, in the order of the alphabet."""
    catalog = Catalog(domain=word_template.DOMAIN, project="Quarterdeck", header_comment=HEADER, charset="utf-8")
    files: dict[str, set[str]] = {}
    manys: dict[str, str] = {}
    for name, word in chain(extraction.of_project(ROOT), descriptions(), headings(), code_words.all_words()):
        if word.many:
            manys.setdefault(word.text, word.many)
        files.setdefault(word.text, set()).add(name)
    for text in sorted(files):
        many = manys.get(text, "")
        catalog.add(
            (text, many) if many else text,
            locations=[(name, 0) for name in sorted(files[text])],
            flags=["python-brace-format"] if extraction.placeholders(text) else [],
        )
    return catalog


def descriptions() -> Iterator[tuple[str, Word]]:
    """Yield what the docstrings of the functions say that pages name."""
    for function in page_functions():
        meaning, formula, details = explained(function)
        for text in (meaning, formula, *details):
            if text:
                yield f"{function.__module__.replace('.', '/')}.py", Word(text, "", 0)


def page_functions() -> list[Callable[..., Any]]:
    """Return the functions of `core` that pages name as `room.module.function`, each once."""
    paths = set()
    for file in (ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py"))):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute):
                paths.add(ast.unparse(node))
    resolved = (_function(path) for path in sorted(paths) if DOTTED.fullmatch(path))
    return list(dict.fromkeys(function for function in resolved if function is not None))


def _function(path: str) -> Callable[..., Any] | None:
    module, _, name = f"core.{path}".rpartition(".")
    try:
        function = getattr(import_module(module), name, None)
    except ImportError:
        return None
    return function if inspect.isfunction(function) and inspect.getdoc(function) else None


def headings() -> Iterator[tuple[str, Word]]:
    """Yield what columns are headed that the measures' frames have."""
    for room in ROOMS:
        for file in sorted((ROOT / "core" / room).rglob("*.py")):
            for name in sorted(_columns(ast.parse(file.read_text(encoding="utf-8")))):
                yield "core/column_labels.py", Word(label(name), "", 0)


def _columns(tree: ast.AST) -> set[str]:
    names: set[str] = set()
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in MAKE_COLUMNS:
            names |= {k.arg for k in call.keywords if k.arg and k.arg not in OPTIONS}
            inner = (node for argument in call.args for node in ast.walk(argument))
            names |= {
                node.value
                for node in inner
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and COLUMN.fullmatch(node.value)
            }
    return names


def written(catalog: Catalog) -> bytes:
    """Return a catalogue as a PO file, without when it was written and who is to be asked."""
    out = BytesIO()
    write_po(out, catalog, width=WIDTH, include_lineno=False, sort_output=True, ignore_obsolete=True)
    lines = out.getvalue().decode("utf-8").splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(LEFT_OUT)).encode("utf-8")


def updated(language: str, words: Catalog) -> Catalog:
    """Return the catalogue of a language with the words of the source."""
    file = catalogues.file_of(language)
    with file.open("rb") as source:
        catalog = read_po(source, locale=language)
    catalog.header_comment = f"# Words of Quarterdeck in the language {language}."
    catalog.update(words, no_fuzzy_matching=True, update_creation_date=False)
    return catalog


def main() -> None:
    """Write all files that differ."""
    words = template()
    changed = {word_template.TEMPLATE: written(words)}
    for language in catalogues.languages()[1:]:
        changed[catalogues.file_of(language)] = written(updated(language, words))
    for file, content in changed.items():
        if not file.is_file() or file.read_bytes() != content:
            file.write_bytes(content)
            print(f"Written: {file.relative_to(ROOT)}")
    print(f"{len(words)} texts.")


if __name__ == "__main__":
    sys.exit(main())
