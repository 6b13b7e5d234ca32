"""What documents name is there: files, folders and modules."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
# In the wheel alone, and written by `make test-slow`.
ELSEWHERE = {"core/_app", "tests/slow.state"}
FILE = re.compile(r"`((?:core|pages|tests|benchmarks|tools|training|docs)/[\w./-]+)`")
MODULE = re.compile(r"`(core(?:\.[a-z_]+)+)\b")


def is_module(dotted: str) -> bool:
    """Say whether a dotted name is a module, or a name in one."""
    parts = dotted.split(".")
    paths = [ROOT.joinpath(*parts[:n]) for n in range(len(parts), max(1, len(parts) - 2), -1)]
    return any(path.is_dir() or path.with_suffix(".py").exists() for path in paths)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_a_document_names_is_there(document):
    text = document.read_text(encoding="utf-8")
    files = {name.rstrip("/") for name in FILE.findall(text)} - ELSEWHERE
    assert sorted(name for name in files if not (ROOT / name).exists()) == []
    assert sorted(name for name in set(MODULE.findall(text)) if not is_module(name)) == []
