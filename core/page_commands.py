"""`quarterdeck page`: a page of the app as a file, made without a browser."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from core.contracts.errors import ConfigError, closest

FIRST, PRINTER = "executive", "pages.ui.printing.print_page"
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
    print_page(file, targets, scope, settings_environment(settings))
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


def settings_environment(settings: object) -> dict[str, str]:
    """Return the variables under which a process of its own reads the same settings and finds the pages."""
    from core.config.handover import environment
    from core.resources import app_folder

    paths = [str(app_folder()), os.environ.get("PYTHONPATH", "")]
    return environment(settings) | {"PYTHONPATH": os.pathsep.join(path for path in paths if path)}  # type: ignore[arg-type]


def print_page(file: str, targets: Mapping[str, Path], scope: str, environment: Mapping[str, str]) -> None:
    """Run a page in a process of its own, for the core never imports what draws pages, and let it write its files.

    Parameters
    ----------
    file : str
        Of the page, relative to the folder of the app.
    targets : mapping of str to Path
        "pdf", "html" and "xlsx" to where each is written.
    scope : str
        As in an address.
    environment : mapping
        Variables beside those of this process.

    Raises
    ------
    ConfigError
        When the page cannot be shown or written; the message is the page's own.
    """
    places = [f"--{kind}={path.absolute()}" for kind, path in targets.items()]
    command = [sys.executable, "-m", PRINTER, file, f"--scope={scope}", *places]
    done = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, encoding="utf-8", check=False
    )
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise ConfigError(lines[-1] if lines else f"The page {file} ended without a word.")
