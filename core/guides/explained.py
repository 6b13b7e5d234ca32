"""Which section of the documents explains a page, and each cell on it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from core import yaml_text

LISTED = Path(__file__).with_name("explained.yaml")


@dataclass(frozen=True)
class Explanation:
    """A section of a document.

    Attributes
    ----------
    guide : str
        Name of the document.
    anchor : str
        Of the section; empty for its beginning.
    """

    guide: str
    anchor: str = ""


@cache
def listed() -> dict[str, dict[str, str]]:
    """Return, by the title of each page, the sections that explain its questions; `page` is the page itself.

    Examples
    --------
    >>> listed()["Pipeline"]["page"]
    'user-guide#pipeline'
    """
    pages: dict[str, dict[str, str]] = yaml_text.parsed(LISTED.read_text(encoding="utf-8"))
    return pages


def explanation(page: str, question: str = "") -> Explanation:
    """Return what explains a cell; the page's own section where none speaks of the cell alone.

    Parameters
    ----------
    page : str
        Title of the page.
    question : str
        Heading of the cell; empty for the page.

    Examples
    --------
    >>> explanation("Pipeline", "Deals at risk")
    Explanation(guide='user-guide', anchor='deals-at-risk')
    >>> explanation("No such page")
    Explanation(guide='index', anchor='')
    """
    of_page = listed().get(page, {})
    guide, _, anchor = of_page.get(question, of_page.get("page", "index")).partition("#")
    return Explanation(guide, anchor)
