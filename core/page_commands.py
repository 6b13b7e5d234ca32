"""`quarterdeck page`: a page of the app as a file, made without a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from core import page_printing
from core.contracts.errors import ConfigError, closest

FIRST = "executive"
KINDS = ("pdf", "html", "xlsx")
To = Annotated[Path | None, typer.Option(help="Write it to this file.")]


def page(
    name: Annotated[str, typer.Argument(help="The page's address, such as forecast; executive for the first.")],
    pdf: To = None,
    html: To = None,
    xlsx: To = None,
    scope: Annotated[
        str,
        typer.Option(help="What it is cut to, as in an address: region=EMEA&period=last-quarter."),
    ] = "",
) -> None:
    """Write a page of the app to files: PDF and HTML as one sends them, or its tables as a workbook."""
    from core.config import load
    from core.scope import Scope

    targets = {kind: path for kind, path in zip(KINDS, (pdf, html, xlsx), strict=True) if path is not None}
    if not targets:
        raise ConfigError("Nothing is to be written.", mend="Name a file with --pdf, --html or --xlsx.")
    file = page_file(name)
    Scope.from_address(scope)
    settings = load()
    page_printing.print_page(file, targets, scope, page_printing.settings_environment(settings))
    for path in targets.values():
        typer.echo(f"Written to {path}.")


def names() -> dict[str, str]:
    """Return the pages there are: the address to the file, relative to the folder of the app."""
    from core.resources import app_folder

    files = sorted((app_folder() / "pages").glob("*.py"))
    return {FIRST: "app.py", **{file.stem: f"pages/{file.name}" for file in files}}


def page_file(name: str) -> str:
    """Return the file of a page by its address.

    Raises
    ------
    ConfigError
        When there is no such page; those there are are listed.
    """
    pages = names()
    key = name.strip().strip("/").lower().replace(" ", "-") or FIRST
    if key in pages:
        return pages[key]
    near = closest(key, pages)
    hint = f"Did you mean {near}? " if near else ""
    raise ConfigError(f"There is no page called {name!r}.", mend=f"{hint}There are: {', '.join(pages)}.")
