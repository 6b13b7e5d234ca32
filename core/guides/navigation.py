"""Which documents there are, in the order of the static site and of the Help page: the `nav` of `mkdocs.yml`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from core import yaml_text
from core.resources import app_folder

SITE, FOLDER = "mkdocs.yml", "docs"


@dataclass(frozen=True)
class Guide:
    """One document.

    Attributes
    ----------
    name : str
        Its path below `docs` without the ending, such as `crm/hubspot`.
    title : str
        As the navigation calls it.
    group : str
        What it stands under there; empty at the top.
    path : Path
        The Markdown file.
    """

    name: str
    title: str
    group: str
    path: Path

    @property
    def label(self) -> str:
        """Return the title behind its group.

        Examples
        --------
        >>> Guide("crm/hubspot", "HubSpot", "Data", Path("docs/crm/hubspot.md")).label
        'Data · HubSpot'
        """
        return f"{self.group} · {self.title}" if self.group else self.title


@cache
def guides() -> tuple[Guide, ...]:
    """Return all documents in their order.

    Raises
    ------
    ConfigError
        When the files that come with Quarterdeck are missing.

    Examples
    --------
    >>> guides()[0].name
    'index'
    """
    root = app_folder()
    site = yaml_text.parsed((root / SITE).read_text(encoding="utf-8"))
    return tuple(
        Guide(file.removesuffix(".md"), title, group, root / FOLDER / file)
        for group, title, file in _entries(site["nav"], "")
    )


def _entries(nav: list[dict[str, Any]], group: str) -> Iterator[tuple[str, str, str]]:
    """Return group, title and file of each entry; below a second level the outermost group counts."""
    for entry in nav:
        for title, target in entry.items():
            if isinstance(target, str):
                yield group, title, target
            else:
                yield from _entries(target, group or title)
