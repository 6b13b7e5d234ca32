"""What was worked out is remembered in `core.artifacts` and nowhere else."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source_trees import TOGETHER, walk

pytestmark = TOGETHER
ROOT = Path(__file__).resolve().parents[2]
FILES = [
    file
    for file in (ROOT / "app.py", ROOT / "server.py", *ROOT.glob("core/**/*.py"), *ROOT.glob("pages/**/*.py"))
    if "artifacts" not in file.relative_to(ROOT).parts
]
CONTAINERS = {"dict", "list", "set", "OrderedDict", "defaultdict", "deque", "WeakSet", "WeakKeyDictionary"}
# Below the artefacts, which need the settings themselves, or made of a brand's name and logo, of which there are few.
OWN_CACHE = {
    "core/branding/logo_pictures.py: _read",
    "core/charts/wordmark.py: wordmark",
    "core/config/settings.py: _defaults",
    "core/config/settings.py: _validated",
    "core/localization/recovery.py: recovered",  # by the text itself, of which it gives the template
    "core/config/settings.py: _values",
    "pages/ui/server/preload.py: _written",
}
# Their arguments name something fixed with the code: a shipped file, a block of rules, a mark, a number of nodes.
FIXED_ARGUMENTS = {
    "core/charts/typeface.py: advances",
    "core/enablement/rules.py: _of",
    "core/formats.py: _locale",
    "core/formats.py: _vega",
    "core/formats.py: checked",
    "core/localization/catalogues.py: catalogue",
    "core/explain/actions/playbooks.py: _read",
    "core/explain/drivers.py: load",
    "core/requirements/officefiles/delimited.py: _pattern",
    "core/requirements/text/classification.py: _worded",
    "core/requirements/text/embeddings.py: _loaded",
    "core/requirements/text/embeddings.py: _table_key",
    "core/scenarios/engine/distribution.py: _gauss",
    "core/sources/vendor_layouts.py: own",
    "pages/ui/kit/questions.py: of_page",
    "core/sources/vocabulary.py: meanings",
    "core/sources/vocabulary.py: words",
    "pages/ui/kit/bundles.py: needs",
}
HANDLES = {"pages/ui/kit/cache.py: store"}


def decorated(module: ast.AST) -> Iterator[tuple[ast.FunctionDef, str]]:
    for node in walk(module):
        if isinstance(node, ast.FunctionDef):
            for decorator in node.decorator_list:
                called = decorator.func if isinstance(decorator, ast.Call) else decorator
                yield node, ast.unparse(called)


@pytest.fixture(scope="module")
def read():
    """What is asked of all files, each read once: decorators with the functions they stand at, and empty containers."""
    decorators, containers = [], []
    for file in FILES:
        # Not kept, for no other test goes through all of `core`, and the garbage collector would, again and again.
        name, text = file.relative_to(ROOT).as_posix(), file.read_text(encoding="utf-8")
        module = ast.parse(text)
        if "cache" in text:  # as in every decorator that is asked for
            decorators += [
                (decorator, f"{name}: {function.name}", bool(ast.unparse(function.args)))
                for function, decorator in decorated(module)
            ]
        containers += [
            f"{name}: {ast.unparse(node)}"
            for node in module.body
            if isinstance(node, ast.Assign | ast.AnnAssign) and is_empty_container(node.value)
        ]
    return decorators, containers


def functions_with(read, names: tuple[str, ...], only_with_arguments: bool = False) -> set[str]:
    return {
        function
        for decorator, function, has_arguments in read[0]
        if decorator in names and (not only_with_arguments or has_arguments)
    }


def is_empty_container(value: ast.expr | None) -> bool:
    if isinstance(value, ast.Dict):
        return not value.keys
    if isinstance(value, ast.List | ast.Set):
        return not value.elts
    called = value.func if isinstance(value, ast.Call) else None
    return called is not None and ast.unparse(called).rsplit(".", 1)[-1].split("[")[0] in CONTAINERS


def test_no_function_keeps_results_of_data_by_itself(read):
    assert functions_with(read, ("lru_cache", "functools.lru_cache")) == OWN_CACHE
    assert functions_with(read, ("cache", "functools.cache"), only_with_arguments=True) <= FIXED_ARGUMENTS


def test_streamlit_keeps_nothing_but_an_open_database(read):
    names = ("st.cache_resource", "st.cache_data", "cache_resource", "cache_data")
    assert functions_with(read, names) == HANDLES
    text = "".join(file.read_text(encoding="utf-8") for file in FILES)
    assert text.count("st.cache_") == len(HANDLES)


def test_no_module_binds_something_to_be_filled_later(read):
    assert read[1] == []


def test_every_exception_is_still_needed(read):
    cached = functions_with(read, ("cache", "functools.cache"), only_with_arguments=True)
    assert sorted(FIXED_ARGUMENTS - cached) == []
