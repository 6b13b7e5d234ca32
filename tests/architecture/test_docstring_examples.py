"""The examples in docstrings give what they say."""

from __future__ import annotations

import doctest
import re
from importlib import import_module
from pathlib import Path

import pytest

from core.resources import app_folder

ROOT = Path(__file__).resolve().parents[2]
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
EXAMPLE = re.compile(r"^\s*>>> ", re.MULTILINE)
FOLDERS = ("core", "pages", "tools", "tests")


def with_examples() -> list[str]:
    files = (file for folder in FOLDERS for file in sorted((ROOT / folder).rglob("*.py")) if file != Path(__file__))
    return [
        ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for file in files
        if EXAMPLE.search(file.read_text(encoding="utf-8"))
    ]


@pytest.mark.parametrize("module", with_examples())
def test_examples_of(module, monkeypatch):
    monkeypatch.chdir(app_folder())
    source = import_module(module)
    outcome = doctest.testmod(source, optionflags=FLAGS)
    n_written = len(EXAMPLE.findall(Path(str(source.__file__)).read_text(encoding="utf-8")))
    assert outcome.attempted == n_written, "An example stands where Python does not look for docstrings."
    assert outcome.failed == 0, "See the output above."
