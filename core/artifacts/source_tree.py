"""The source files of a checkout and the data beside them, each read once."""

from __future__ import annotations

import os
from pathlib import Path

from core.artifacts.imports import Source, read_source
from core.resources import INSIDE


class Tree:
    """The source files of a checkout, read once each.

    Parameters
    ----------
    root : Path
        The folder that holds `core`; `pages` lies beside it or, in an installed wheel, in `core/_app`.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        packaged = root / "core" / INSIDE
        self._app = packaged if (packaged / "pages").is_dir() else root
        self._folders: dict[Path, dict[str, bool]] = {}
        self._sources: dict[str, Source] = {}
        self._packages: dict[str, bool] = {}
        self._paths: dict[str, Path | None] = {}
        self.needed: dict[str, frozenset[str]] = {}

    def listing(self, folder: Path) -> dict[str, bool]:
        """Return the names in a folder, and whether each is a folder; empty where there is no such folder."""
        if folder not in self._folders:
            try:
                with os.scandir(folder) as names:
                    self._folders[folder] = {entry.name: entry.is_dir() for entry in names}
            except OSError:
                self._folders[folder] = {}
        return self._folders[folder]

    def folder_of(self, module: str) -> Path:
        """Return the folder a package would have."""
        first, *rest = module.split(".")
        return (self._app if first == "pages" else self.root).joinpath(first, *rest)

    def is_package(self, module: str) -> bool:
        """Say whether a name is that of a folder with sources, one with only namespaces in it among them."""
        earlier = self._packages.get(module)
        if earlier is not None:
            return earlier
        folder = self.folder_of(module)
        is_folder = self.listing(folder.parent).get(folder.name, False)
        has_sources = is_folder and any(n.endswith(".py") or inner for n, inner in self.listing(folder).items())
        return self._packages.setdefault(module, has_sources)

    def path_of(self, module: str) -> Path | None:
        """Return a module's file; None for what is no module and for a package without an `__init__`."""
        if module not in self._paths:
            self._paths[module] = self._looked_up(module)
        return self._paths[module]

    def _looked_up(self, module: str) -> Path | None:
        folder = self.folder_of(module)
        if f"{folder.name}.py" in self.listing(folder.parent):
            return folder.with_suffix(".py")
        if self.is_package(module) and "__init__.py" in self.listing(folder):
            return folder / "__init__.py"
        return None

    def is_module(self, module: str) -> bool:
        """Say whether there is a module or a package of this name."""
        return self.path_of(module) is not None or self.is_package(module)

    def source_of(self, module: str) -> Source:
        """Return what a module's file says; an empty one for a package without an `__init__`."""
        if module not in self._sources:
            path = self.path_of(module)
            package = module if self.is_package(module) else module.rpartition(".")[0]
            text = path.read_text(encoding="utf-8") if path else ""
            self._sources[module] = read_source(text, package)
        return self._sources[module]

    def modules_of(self, package: str) -> list[str]:
        """Return all modules of a package and of the packages within it."""
        names: list[str] = []
        for name, is_folder in sorted(self.listing(self.folder_of(package)).items()):
            inner = f"{package}.{name.removesuffix('.py')}"
            if is_folder and name != "__pycache__" and self.is_package(inner):
                names += [inner, *self.modules_of(inner)]
            elif name.endswith(".py") and name != "__init__.py":
                names.append(inner)
        return names

    def data_beside(self, folder: Path) -> list[Path]:
        """Return the files in a folder that are not sources, and all in folders within it without sources."""
        paths: list[Path] = []
        for name, is_folder in self.listing(folder).items():
            if name.startswith((".", "__pycache__")) or name.endswith((".py", ".pyc", ".typed", "~")):
                continue
            if not is_folder:
                paths.append(folder / name)
            elif not any(n.endswith(".py") for n in self.listing(folder / name)):
                paths += self.data_beside(folder / name)
        return paths
