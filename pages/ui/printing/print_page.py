"""Runs one page without a browser and writes what it shows; a process of its own, started by `quarterdeck page`."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from core.access import LOCAL, Identity
from core.config import Settings
from core.resources import app_folder

if TYPE_CHECKING:
    from core.charts.snapshot import Snapshot

PATIENCE = 900
FIRST = "app.py"


def main() -> None:
    """Run the page named on the command line; a problem ends with its sentence as the last line of the error output."""
    given = _arguments()
    logging.disable(logging.WARNING)
    from pages.ui.kit import auth

    try:
        if given.cell:
            asked = json.load(sys.stdin)
            auth.enter = lambda _: _person(asked["identity"])
            content = shown(given.page, given.scope)
            Path(given.html).write_text(_cell(content, asked["question"], asked["shows"]), encoding="utf-8")
            return
        auth.enter = _operator
        content = shown(given.page, given.scope)
        for kind in ("pdf", "html", "xlsx"):
            target = getattr(given, kind)
            if target:
                write(content, kind, Path(target))
    except (RuntimeError, OSError) as error:
        sys.exit(str(error))


def shown(page: str, query: str = "") -> Snapshot:
    """Return what a page shows.

    Parameters
    ----------
    page : str
        Its file, relative to the folder of the app.
    query : str
        The address' parameters, such as the scope.

    Raises
    ------
    RuntimeError
        With the page's own sentence, where it shows nothing but a problem.
    """
    from streamlit.testing.v1 import AppTest

    from pages.ui.kit import snapshot

    app = AppTest.from_file(str(app_folder() / FIRST), default_timeout=PATIENCE)
    if page != FIRST:
        app.switch_page(page)
    for name, value in parse_qsl(query.removeprefix("?")):
        app.query_params[name] = value
    app.run()
    problems = [str(problem.value) for problem in (*app.error, *app.exception, *app.warning)]
    drawn = app.session_state["page"] if "page" in app.session_state else None  # noqa: SIM401
    if drawn is None or not drawn.shown:
        raise RuntimeError(problems[0] if problems else f"The page {page} shows nothing.")
    return snapshot.taken(drawn, drawn.shown)


def write(content: Snapshot, kind: str, target: Path) -> None:
    """Write what a page shows as PDF, HTML or a workbook of its tables."""
    from core.charts import snapshot, workbook

    if kind == "html":
        target.write_text(snapshot.html(content), encoding="utf-8")
    else:
        made = snapshot.pdf(content) if kind == "pdf" else workbook.workbook(content.tables(), content.about)
        target.write_bytes(made)


def _cell(content: Snapshot, question: str, shows: list[str]) -> str:
    """Return what is shown of one cell as HTML.

    Raises
    ------
    RuntimeError
        Where there is no such cell, or nothing in it.
    """
    from core.charts import snapshot

    inside = snapshot.section(content, question, shows)
    if not inside:
        raise RuntimeError(f"The cell {question!r} shows nothing.")
    return inside


def _person(fields: dict[str, Any]) -> Identity:
    """Return whoever a cell is drawn for, whose rights were checked by the process that asks."""
    lists = {name: tuple(value) for name, value in fields.items() if isinstance(value, list)}
    return Identity(**{**fields, **lists})


def _operator(settings: Settings) -> Identity:
    """Return whoever runs commands on this machine, who has its files and database anyway."""
    return replace(LOCAL, is_masked=settings.access.mask_names)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("page")
    for name in ("scope", "pdf", "html", "xlsx"):
        parser.add_argument(f"--{name}", default="")
    parser.add_argument("--cell", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
