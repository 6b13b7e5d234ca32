"""A cell of a page behind a signed link: drawn by the page itself, as its owner would see it."""

from __future__ import annotations

import json
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import asdict
from html import escape
from pathlib import Path

from core import page_printing
from core.api.caller import Caller, shelved
from core.api.clock import now
from core.artifacts import settings_text
from core.bi.embedding import CellAsked
from core.contracts.errors import AccessError, QuarterdeckError
from core.localization import message
from core.store.embed_links import EmbedLink

FRESH = 600  # seconds a drawn cell is shown again: what people write changes it without the data being others
ONE_AT_A_TIME = threading.Lock()  # A page takes as much memory as a server.


def body(cell: CellAsked, link: EmbedLink, caller: Caller) -> str:
    """Return a cell as HTML: what the link shows of it, its page and the day of the data.

    Parameters
    ----------
    cell : CellAsked
    link : EmbedLink
    caller : Caller
        The owner, with names hidden where the link hides them. That they may open the page was checked.

    Raises
    ------
    AccessError
        When the cell shows nothing, or the page does not open.
    """
    data = caller.company.data(caller.settings)
    shows = list(link.content["shows"])
    given = {"question": cell.question, "shows": shows, "identity": asdict(caller.identity)}
    key = (
        "embedded cell",
        data.fingerprint,
        settings_text(caller.settings),
        cell,
        json.dumps(given, sort_keys=True),
        int(now().timestamp()) // FRESH,
    )
    inside = shelved(key, lambda: _drawn(cell, given, caller))
    about = message(
        "{company}. {page}: {question}. As of {day:%d %b %Y}.",
        company=caller.settings.company,
        page=cell.title,
        question=cell.question.rstrip("."),
        day=data.as_of,
    )
    return f"<h1>{escape(link.title)}</h1>{inside}<footer>{escape(about)}</footer>"


def _drawn(cell: CellAsked, given: Mapping[str, object], caller: Caller) -> str:
    with ONE_AT_A_TIME, tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "cell.html"
        try:
            page_printing.print_page(
                cell.file, {"html": target}, cell.address, page_printing.settings_environment(caller.settings), given
            )
        except QuarterdeckError as error:
            raise AccessError(error.what, mend="Open the page in the app.") from error
        return target.read_text(encoding="utf-8")
