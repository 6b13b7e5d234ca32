"""A page, or a cell of one, drawn without a browser by a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.contracts.errors import ConfigError

PRINTER, SEARCHED = "pages.ui.printing.print_page", "PYTHONPATH"
PATIENCE = 1_000  # seconds; a page draws for at most 900


def settings_environment(settings: object) -> dict[str, str]:
    """Return the variables under which a process of its own reads the same settings and finds the pages."""
    from core.config.handover import environment
    from core.resources import app_folder

    paths = [str(app_folder()), os.environ.get(SEARCHED, "")]
    return environment(settings) | {SEARCHED: os.pathsep.join(path for path in paths if path)}  # type: ignore[arg-type]


def print_page(
    file: str,
    targets: Mapping[str, Path],
    scope: str,
    environment: Mapping[str, str],
    cell: Mapping[str, Any] | None = None,
) -> None:
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
    cell : mapping, optional
        In place of the whole page one cell of it: "question", "shows" as `embedding.PARTS`, and the fields of the
        "identity" it is drawn for. They are handed over by the standard input, which no list of processes shows.

    Raises
    ------
    ConfigError
        When the page cannot be shown or written, with the page's own message, or takes too long.
    """
    places = [f"--{kind}={path.absolute()}" for kind, path in targets.items()]
    command = [sys.executable, "-m", PRINTER, file, f"--scope={scope}", *places]
    try:
        done = subprocess.run(
            [*command, *(["--cell"] if cell else [])],
            env={**os.environ, **environment},
            input=json.dumps(cell) if cell else None,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            timeout=PATIENCE,
        )
    except subprocess.TimeoutExpired as error:
        raise ConfigError("The page took too long to be drawn.", file, "Try again when less is going on.") from error
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise ConfigError(lines[-1] if lines else f"The page {file} ended without a word.")
