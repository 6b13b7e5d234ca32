"""A page asks questions and shows answers: no arithmetic rooms, no chart grammar, no caches of its own."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.architecture.source_trees import TOGETHER, tree, walk

pytestmark = TOGETHER
ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "app.py", *sorted((ROOT / "pages").glob("*.py"))]
FORBIDDEN = {"polars", "pandas", "numpy", "altair", "lightgbm", "sklearn", "shap", "sqlalchemy", "duckdb"}
LONGEST_CALLBACK = 8


def imported(module: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in walk(module):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_page_imports_no_machinery(page):
    assert not imported(tree(page)) & FORBIDDEN


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_page_opens_through_the_shell(page):
    calls = [ast.unparse(node.func) for node in walk(tree(page)) if isinstance(node, ast.Call)]
    assert calls.count("shell.open") == 1
    assert "st.set_page_config" not in calls
    assert "st.navigation" not in calls


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_page_caches_nothing_itself(page):
    assert "cache_" not in page.read_text(encoding="utf-8")


def test_only_pages_and_their_ui_import_streamlit():
    guilty = [
        str(file.relative_to(ROOT))
        for file in (ROOT / "core").rglob("*.py")
        if "streamlit" in file.read_text(encoding="utf-8") and "streamlit" in imported(tree(file))
    ]
    assert guilty == []


def test_core_reads_no_clock_outside_the_store_and_the_command_line():
    rooms = {"store", "access", "jobs", "api", "cli", "cli.py"}
    clocks = ("date.today(", "datetime.now(", "datetime.utcnow(", "time.time(")
    guilty = [
        str(file.relative_to(ROOT))
        for file in (ROOT / "core").rglob("*.py")
        if file.relative_to(ROOT / "core").parts[0] not in rooms
        and not file.name.endswith("_commands.py")
        and any(clock in file.read_text(encoding="utf-8") for clock in clocks)
    ]
    assert guilty == []


def test_no_model_code_knows_the_planted_truth():
    rooms = [ROOT / "core" / room for room in ("features", "models", "explain", "metrics", "marts", "scenarios")]
    guilty = [
        str(file.relative_to(ROOT))
        for room in rooms
        for file in room.rglob("*.py")
        if "_truth" in file.read_text(encoding="utf-8")
    ]
    assert guilty == []


def test_a_download_reruns_nothing_so_that_the_next_download_finds_its_file():
    buttons = [
        (page.name, {word.arg: getattr(word.value, "value", "") for word in node.keywords})
        for page in (ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py")))
        for node in walk(tree(page))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("download_button")
    ]
    assert buttons
    assert [page for page, words in buttons if words.get("on_click") != "ignore"] == []
