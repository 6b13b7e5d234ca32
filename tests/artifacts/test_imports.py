"""Imports cut out of a text are those of a whole parse, in every file there is and in every form they take."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from core.artifacts import imports
from core.artifacts.imports import Binding, chains, defined, read_source

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted([*(ROOT / "core").rglob("*.py"), *(ROOT / "pages").rglob("*.py")])


def whole(text: str, package: str) -> set[Binding]:
    nodes = imports._statements(ast.parse(text), False)
    return {binding for node, typed in nodes for binding in imports._bindings(node, typed, package)}


@pytest.mark.slow
def test_every_file_of_the_project_reads_alike_both_ways():
    different = []
    for file in FILES:
        text = file.read_text(encoding="utf-8")
        package = ".".join(file.relative_to(ROOT).parent.parts)
        missed = whole(text, package) - set(read_source(text, package).bindings)
        if missed:
            different.append((file.name, missed))
    assert len(FILES) > 200
    assert different == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from core import metrics", [("metrics", "core", "metrics")]),
        (
            "from core.models import close as c, churn",
            [("c", "core.models", "close"), ("churn", "core.models", "churn")],
        ),
        ("from core.models import (\n    close,  # one\n    churn,\n)", None),
        ("from core.models import (\n    close,  # (both)\n    churn,\n)", None),
        ("import core.models.close", [("", "core.models.close", ""), ("core", "core", "")]),
        ("import os, core.models.close as c", [("c", "core.models.close", "")]),
        ("def f():\n    from core.models import close", [("close", "core.models", "close")]),
        ("if True: from core.models import close", [("close", "core.models", "close")]),
        ("x = 1; from core.models import close", [("close", "core.models", "close")]),
        ("from core.models import \\\n    close", [("close", "core.models", "close")]),
        ("from . import close", [("close", "core.models", "close")]),
        ("from .close import CloseModel", [("CloseModel", "core.models.close", "CloseModel")]),
        ("from ..metrics import flow", [("flow", "core.metrics", "flow")]),
        ("from core.models import *", [("*", "core.models", "*")]),
        ("try:\n\tfrom core.models import close\nexcept ImportError:\n\tpass", [("close", "core.models", "close")]),
        ("import numpy\nfrom corelib import x\n'''\nfrom the core of it\n'''", []),
    ],
)
def test_forms_of_imports(text, expected):
    bindings = [(b.local, b.module, b.name) for b in read_source(text, "core.models").bindings]
    if expected is None:
        expected = [("close", "core.models", "close"), ("churn", "core.models", "churn")]
    assert bindings == expected


@pytest.mark.parametrize(
    "text",
    [
        "if TYPE_CHECKING:\n    import os\n\n    from core.a import b\nfrom core.c import d",
        "if typing.TYPE_CHECKING:\n    from core.a import b\nelse:\n    from core.c import d",
        "if TYPE_CHECKING: from core.a import b\nfrom core.c import d",
        "if not TYPE_CHECKING:\n    from core.c import d\nif TYPE_CHECKING:\n    from core.a import b",
        "def f():\n    if TYPE_CHECKING:\n        from core.a import b\n    from core.c import d",
    ],
)
def test_what_only_a_type_checker_imports_is_told_apart(text):
    assert {b.local: b.is_typing for b in read_source(text, "core").bindings} == {"b": True, "d": False}


def test_modules_named_in_strings_are_mentioned():
    source = read_source("USED = ('core.scenarios.trend', \"pages.ui.cached\", 'score.a.b', 'core. x')", "core")
    assert source.mentions == ("core.scenarios.trend", "pages.ui.cached")


def test_chains_tell_attributes_from_bare_names():
    uses = chains(ast.parse("a.b.c(d)\na.e\nf = a\ng.h = 1\ndel i.j"))
    assert uses["a"] == {("b", "c"), ("e",), ()}
    assert uses["d"] == {()}
    assert uses["g"] == {("h",)}
    assert "f" not in uses


def test_defined_names_are_those_of_the_top_level():
    module = ast.parse("x, y = 1, 2\nz: int = 3\ndef f(): q = 1\nclass C: r = 2\nimport os")
    assert defined(module) == {"x", "y", "z", "f", "C"}
