"""Everything a module's results depend on: the sources it imports, directly or not, and the data beside them.

A package's `__init__` counts as imported by whoever imports something of the package, but what it imports in
its turn counts only where that name is used: rooms offer all their modules, and a model does not depend on a
chart because both are offered in one place. Where a name cannot be traced, its whole package counts. A module
that only registers itself on import must therefore be imported by the module that reads the register.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from functools import cache, cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import python_version

from core import __version__
from core.artifacts.imports import Binding, Source
from core.artifacts.source_tree import Tree

ROOT = Path(__file__).resolve().parents[2]
# Neither changes what is worked out: where it is kept, and the words it is said in.
LEFT_OUT = ("core.artifacts.", "core.localization.")
NUMERIC = (
    "polars",
    "numpy",
    "scipy",
    "pandas",
    "pyarrow",
    "narwhals",
    "duckdb",
    "scikit-learn",
    "lightgbm",
    "statsforecast",
    "statsmodels",
    "shap",
    "tokenizers",
    "safetensors",
)
DRAWING = ("altair", "vl-convert-python", "streamlit")
DEEPEST = 20


class Closure:
    """The modules that some modules depend on.

    Parameters
    ----------
    tree : Tree
    modules : sequence of str
        Names such as `core.models.registry` or `pages.ui.cached`; a package stands for all its modules.

    Raises
    ------
    ValueError
        When there is no such module.
    """

    def __init__(self, tree: Tree, modules: Sequence[str]) -> None:
        self.tree = tree
        self._visited: set[str] = set()
        waiting: list[str] = []
        for module in modules:
            if not tree.is_module(module):
                raise ValueError(f"There is no module {module!r} under {tree.root}.")
            waiting += [*_with_parents(module), *(tree.modules_of(module) if tree.is_package(module) else ())]
        while waiting:
            module = waiting.pop()
            if module not in self._visited and not f"{module}.".startswith(LEFT_OUT):
                self._visited.add(module)
                waiting += _needed_by(tree, module)

    @cached_property
    def module_names(self) -> tuple[str, ...]:
        """Return the names of all modules and packages, sorted."""
        return tuple(sorted(self._visited))

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """Return the sources, and the data files that stand beside them, sorted."""
        sources = [path for module in self._visited if (path := self.tree.path_of(module))]
        folders = {path.parent for path in sources}
        return tuple(sorted({*sources, *(f for folder in folders for f in self.tree.data_beside(folder))}))


def _with_parents(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts) + 1)]


def _needed_by(tree: Tree, module: str) -> frozenset[str]:
    """Return the modules that one needs by itself, worked out once per tree: many closures share them."""
    needed = tree.needed.get(module)
    if needed is None:
        needed = tree.needed[module] = frozenset(_Step(tree, module).taken)
    return needed


class _Step:
    """What one module asks of others.

    Parameters
    ----------
    tree : Tree
    module : str
    """

    def __init__(self, tree: Tree, module: str) -> None:
        self.tree = tree
        self.taken: set[str] = set()
        self._whole: set[str] = set()
        self._follow(module)

    def _take(self, module: str) -> None:
        """Note a module and the packages above it."""
        if module not in self.taken:
            self.taken.update(_with_parents(module))

    def _take_whole(self, package: str) -> None:
        if package not in self._whole:
            self._whole.add(package)
            for module in (package, *self.tree.modules_of(package)):
                self._take(module)

    def _follow(self, module: str) -> None:
        source = self.tree.source_of(module)
        for mention in source.mentions:
            self._take_mention(mention)
        run = [binding for binding in source.bindings if not binding.is_typing]
        if self.tree.is_package(module):
            uses = source.chains
            run = [b for b in run if b.local in ("", "*") or b.local in uses]
        for binding in run:
            target = self._resolve(binding)
            if target is not None:
                self._follow_uses(source, binding.local, target)

    def _take_mention(self, mention: str) -> None:
        """Take the module a string names, or that in which what it names is."""
        name = mention
        while "." in name and not self.tree.is_module(name):
            name = name.rpartition(".")[0]
        if "." in name:
            self._take(name)

    def _resolve(self, binding: Binding, depth: int = 0) -> str | None:
        """Take what a binding needs; return the module or package it stands for, None for anything else."""
        self._take(binding.module)
        if binding.name == "*":
            if self.tree.is_package(binding.module):
                self._take_whole(binding.module)
            return None
        return self._attribute(binding.module, binding.name, depth) if binding.name else binding.module

    def _attribute(self, module: str, name: str, depth: int = 0) -> str | None:
        """Take what an attribute of a module needs; return the module it is, None where it is none."""
        inner = f"{module}.{name}"
        in_package = self.tree.is_package(module)
        is_inner = in_package and self.tree.is_module(inner)
        if is_inner:
            self._take(inner)
        bindings = self.tree.source_of(module).bound(name) if depth < DEEPEST else []
        targets = [t for b in bindings if (t := self._resolve(b, depth + 1)) is not None]
        if is_inner:
            return inner
        if in_package and not bindings and name not in self.tree.source_of(module).defined:
            self._take_whole(module)
        return targets[0] if targets else None

    def _follow_uses(self, source: Source, local: str, target: str) -> None:
        """Take what is asked of a package, by its name in a file or by way of a module that imports it."""
        if not local:
            return
        if not self.tree.is_package(target):
            packages = [b.local for b in self.tree.source_of(target).bindings if self._stands_for_package(b)]
            pattern = rf"\b{re.escape(local)}\s*\.\s*(?:{'|'.join(map(re.escape, packages))})\b"
            if not packages or not re.search(pattern, source.text):
                return
        for chain in source.chains.get(local, ()):
            self._follow_chain(target, chain)

    def _stands_for_package(self, binding: Binding) -> bool:
        name = f"{binding.module}.{binding.name}" if binding.name else binding.module
        return bool(binding.local) and self.tree.is_package(name)

    def _follow_chain(self, target: str, chain: tuple[str, ...]) -> None:
        module: str | None = target
        for name in chain:
            if module is None:
                return
            module = self._attribute(module, name)
        if module is not None and self.tree.is_package(module):
            self._take_whole(module)


@cache
def _tree(root: Path) -> Tree:
    return Tree(root)


@cache
def _file_hash(path: Path) -> bytes:
    return hashlib.blake2b(path.read_bytes(), digest_size=16).digest()


@cache
def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "none"


def _versions(sources: Iterable[Source]) -> str:
    """Return the versions of Quarterdeck, Python and the libraries that numbers, and charts, come from."""
    is_drawn = any(source.is_drawn for source in sources)
    libraries = (*NUMERIC, *DRAWING) if is_drawn else NUMERIC
    python = python_version().rpartition(".")[0]
    return f"quarterdeck {__version__}, python {python}, " + ", ".join(f"{n} {_version(n)}" for n in libraries)


@cache
def code_fingerprint(modules: tuple[str, ...], root: Path = ROOT) -> str:
    """Return a hash of all that some modules' results depend on but data and settings.

    Parameters
    ----------
    modules : tuple of str
        Where the results are made, such as `core.models.registry`; a package stands for all its modules.
    root : Path
        The folder that holds `core` and `pages`.

    Returns
    -------
    str
        The same for the same sources, data files beside them, and versions of Python and of the libraries.
        Worked out once per process: a process runs the code it has loaded.

    Raises
    ------
    ValueError
        When there is no such module.
    """
    tree = _tree(root)
    closure = Closure(tree, modules)
    digest = hashlib.blake2b(_versions(tree.source_of(m) for m in closure.module_names).encode(), digest_size=16)
    for path in closure.files:
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(_file_hash(path))
    return digest.hexdigest()


def forget_sources() -> None:
    """Read all sources anew when next asked; for tests and for a server that has loaded changed code."""
    for function in (_tree, _file_hash, code_fingerprint):
        function.cache_clear()
