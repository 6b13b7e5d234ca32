"""A key changes with every source its artefact depends on, and with no other."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from core.artifacts import closure
from core.artifacts.closure import ROOT, Closure, code_fingerprint, forget_sources
from core.artifacts.source_tree import Tree

PROJECT = Path(__file__).resolve().parents[2]
DEPENDENT = (  # The outlook of accounts knows no calendar; its key holds that of the models it was made with.
    "core.models.registry",
    "core.models.outlook",
    "core.sources.snapshot",
    "core.forecasts.backtest_archive",
    "core.explain.headlines",
    "core.scenarios.analysis.whatif",
    "core.metrics.flow",
)
FILES = {
    "core/__init__.py": "",
    "core/a/__init__.py": "from core.a import one, two\nfrom core.a.three import third\n__all__ = ['one', 'two']\n",
    "core/a/one.py": "",
    "core/a/two.py": "from core.b import deep\nvalue = deep.inner.leaf.x\n",
    "core/a/three.py": "third = 3\n",
    "core/b/__init__.py": "def __getattr__(name): ...\n",
    "core/b/deep/__init__.py": "",
    "core/b/deep/inner/__init__.py": "",
    "core/b/deep/inner/leaf.py": "",
    "core/b/deep/inner/other.py": "",
    "core/b/deep/table.yaml": "x: 1",
    "core/b/deep/inner/texts/long.txt": "long",
    "core/lazy/__init__.py": (
        "from typing import TYPE_CHECKING\nfrom core.later import later\n"
        "if TYPE_CHECKING:\n    from core.lazy import io as files\n    from core.lazy.sums import total\n"
        "__getattr__ = later(__name__, {})\n"
    ),
    "core/lazy/io.py": "",
    "core/lazy/sums.py": "import core.a.one\n",
    "core/lazy/rest.py": "",
    "core/later.py": "",
    "pages/view.py": "def draw():\n    from core import a\n    return a.third\n",
    "pages/ui/__init__.py": "",
    "pages/ui/deep.py": "from core.lazy import files\n",
    "core/u1.py": "from core import a\nprint(a.one.x)\n",
    "core/u2.py": "from core import a\ngetattr(a, 'one')\n",
    "core/u3.py": "from core.lazy import unheard_of\n",
    "core/u4.py": "from core.lazy import files, total\n",
    "core/u5.py": "import core.a\nprint(core.a.two)\n",
    "core/u6.py": "from core.u1 import a as x\nx.third\n",
    "core/u7.py": "from core import u1\nu1.a.two\n",
    "core/u8.py": "NAME = 'core.lazy.rest.function'\n",
    "core/u9.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from core.a import two\n",
    "core/u10.py": "from core.a import *\n",
    "core/u11.py": "from core.u12 import x\n",
    "core/u12.py": "from core.u11 import y\n",
}


@pytest.fixture
def small(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return Tree(tmp_path)


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("core.u1", "a a.one"),
        ("core.u2", "a a.one a.two a.three b b.deep b.deep.inner b.deep.inner.leaf"),
        ("core.u3", "lazy lazy.io lazy.sums lazy.rest later a a.one"),
        ("core.u4", "lazy lazy.io lazy.sums later a a.one"),
        ("core.u5", "a a.two b b.deep b.deep.inner b.deep.inner.leaf"),
        ("core.u6", "u1 a a.one a.three"),
        ("core.u7", "u1 a a.one a.two b b.deep b.deep.inner b.deep.inner.leaf"),
        ("core.u8", "lazy lazy.rest later"),
        ("core.u9", ""),
        ("core.u10", "a a.one a.two a.three b b.deep b.deep.inner b.deep.inner.leaf"),
        ("core.u11", "u12"),
    ],
)
def test_closure_of_a_module(small, start, expected):
    modules = set(Closure(small, (start,)).module_names)
    assert modules == {"core", start, *(f"core.{name}" for name in expected.split())}


def test_pages_may_be_starting_points_and_a_package_stands_for_its_modules(small):
    assert Closure(small, ("pages.view",)).module_names == ("core", "core.a", "core.a.three", "pages", "pages.view")
    assert "core.lazy.io" in Closure(small, ("pages",)).module_names
    assert "core.b.deep.inner.other" in Closure(small, ("core.b",)).module_names


def test_data_beside_the_modules_counts_and_in_folders_of_data_alone(small):
    files = {path.name for path in Closure(small, ("core.a.two",)).files}
    assert {"table.yaml", "long.txt", "leaf.py"} <= files
    assert "other.py" not in files


def test_what_is_no_module_is_refused(small):
    with pytest.raises(ValueError, match=r"no module 'core\.nothing'"):
        Closure(small, ("core.nothing",))


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A copy of the sources, in which a file may be changed."""
    root = tmp_path_factory.mktemp("checkout")
    for room in ("core", "pages"):
        shutil.copytree(PROJECT / room, root / room, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    return root


@pytest.fixture
def change(checkout):
    """Add a line to a file of the copy, and take it back afterwards."""
    undo = []

    def add(name: str, line: str = "\n# another line\n") -> None:
        file = checkout / name
        undo.append((file, file.read_bytes()))
        file.write_bytes(file.read_bytes() + line.encode())
        forget_sources()

    yield add
    for file, content in undo:
        file.write_bytes(content)
    forget_sources()


def fingerprints(root: Path, names: tuple[str, ...]) -> dict[str, str]:
    return {name: code_fingerprint((name,), root) for name in names}


def test_a_line_of_the_calendar_changes_every_dependent_key_and_no_other(checkout, change):
    names = (*DEPENDENT, "core.charts.pipeline")
    before = fingerprints(checkout, names)
    change("core/config/calendar.py")
    after = fingerprints(checkout, names)
    assert {name for name in names if before[name] != after[name]} == set(DEPENDENT)


@pytest.mark.parametrize(
    "name", ["core/charts/pipeline.py", "core/charts/theme.py", "core/requirements/judge/gap_analysis.py"]
)
def test_a_line_of_a_chart_or_of_another_room_changes_no_models_key(checkout, change, name):
    before = fingerprints(checkout, DEPENDENT)
    change(name)
    assert fingerprints(checkout, DEPENDENT) == before


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("core/sources/amounts.py", "core.sources.snapshot"),
        ("core/sources/layouts/salesforce.yaml", "core.sources.snapshot"),
        ("core/contracts/accounts.py", "core.sources.snapshot"),
        ("core/config/defaults.yaml", "core.models.registry"),
        ("core/requirements/text/classes.yaml", "core.requirements.judge.gap_analysis"),
        ("core/requirements/match/confidence.json", "core.requirements.judge.gap_analysis"),
        ("core/requirements/judge/limits/measures.yaml", "core.requirements.judge.gap_analysis"),
        ("core/models/close/trainer.py", "core.forecasts.backtest_archive"),
        ("core/models/revenue/global_trees.py", "core.models.registry"),
        ("core/marts/bookings.py", "core.metrics.growth"),
        ("core/charts/theme.py", "core.charts.pipeline"),
        ("core/metrics/flow.py", "pages.pipeline"),
        ("core/__init__.py", "core.metrics.flow"),
    ],
)
def test_a_changed_source_or_data_file_changes_the_key(checkout, change, name, start):
    before = code_fingerprint((start,), checkout)
    change(name)
    assert code_fingerprint((start,), checkout) != before


def test_a_new_data_file_beside_a_module_changes_its_key(checkout):
    forget_sources()
    before = code_fingerprint(("core.models.registry",), checkout)
    (checkout / "core" / "models" / "limits.toml").write_text("x = 1", encoding="utf-8")
    forget_sources()
    after = code_fingerprint(("core.models.registry",), checkout)
    (checkout / "core" / "models" / "limits.toml").unlink()
    forget_sources()
    assert after != before


def test_another_version_of_a_numeric_library_changes_the_key(checkout, monkeypatch):
    forget_sources()
    before = fingerprints(checkout, ("core.models.registry", "core.charts.pipeline"))
    actual = closure._version
    monkeypatch.setattr(closure, "_version", lambda name: "99.0" if name == "altair" else actual(name))
    forget_sources()
    after = fingerprints(checkout, ("core.models.registry", "core.charts.pipeline"))
    assert after["core.models.registry"] == before["core.models.registry"]
    assert after["core.charts.pipeline"] != before["core.charts.pipeline"]
    monkeypatch.setattr(closure, "_version", lambda name: "99.0" if name == "lightgbm" else actual(name))
    forget_sources()
    assert code_fingerprint(("core.models.registry",), checkout) != before["core.models.registry"]
    forget_sources()


def test_how_things_are_kept_changes_no_key():
    assert "core.artifacts" not in Closure(Tree(ROOT), ("core.cli",)).module_names


LAZY = """
from importlib import import_module
HOMES = {homes!r}
def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    if name in HOMES:
        module, inner = HOMES[name]
        return getattr(import_module(module), inner)
    return import_module(f"{{__name__}}.{{name}}")
"""
DECORATORS = """
def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return lambda *_: lambda function: function
"""
EVERY_IMPORT = """
import sys
sys.path[:0] = [sys.argv[1]]
for line in sys.stdin.read().splitlines():
    exec(line, {})
import core
assert core.__file__.startswith(sys.argv[1])
"""


@pytest.mark.parametrize(
    "start",
    [
        "core.scenarios.analysis.whatif",
        pytest.param("core.forecasts.backtest_archive", marks=pytest.mark.slow),
        pytest.param("core.requirements.judge.gap_analysis", marks=pytest.mark.slow),
    ],
)
def test_the_files_of_a_closure_suffice_to_run_every_import_in_them(start, tmp_path):
    needed = Closure(Tree(PROJECT), (start,))
    lines: dict[str, None] = {}
    for file in needed.files:
        copy = tmp_path / file.relative_to(PROJECT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, copy)
        if file.suffix == ".py" and file.name != "__init__.py":
            lines |= dict.fromkeys(run_time_imports(file))
        elif file.name == "__init__.py" and "__getattr__" not in file.read_text(encoding="utf-8"):
            copy.write_text(LAZY.format(homes=re_exports(file)), encoding="utf-8")
    # How things are kept changes no number and is part of no closure, but is there whenever code runs.
    for name in ("__init__.py", "named_rows.py"):
        (tmp_path / "core" / "artifacts").mkdir(exist_ok=True)
        (tmp_path / "core" / "artifacts" / name).write_text(DECORATORS, encoding="utf-8")
    # Neither do words on screen, which is why they are left out too; other files of it that code runs are whole.
    shutil.copytree(PROJECT / "core" / "localization", tmp_path / "core" / "localization", dirs_exist_ok=True)
    (tmp_path / "server.py").touch()  # By which the folder of the app and its sample data is known.
    (tmp_path / "pages").mkdir(exist_ok=True)
    command = [sys.executable, "-c", EVERY_IMPORT, str(tmp_path)]
    run = subprocess.run(command, input="\n".join(lines), capture_output=True, text=True, check=False, cwd=tmp_path)
    assert len(lines) > 20
    assert run.returncode == 0, run.stderr[-2000:]


def run_time_imports(file: Path) -> list[str]:
    typed: set[int] = set()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            typed |= {id(inner) for body in node.body for inner in ast.walk(body)}
    return [
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("core") and id(node) not in typed
    ]


def re_exports(file: Path) -> dict[str, tuple[str, str]]:
    return {
        alias.asname or alias.name: (node.module or "", alias.name)
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if not (file.parent / f"{alias.name}.py").exists() and not (file.parent / alias.name).is_dir()
    }
