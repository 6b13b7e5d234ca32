"""`quarterdeck usage`: what is used of the limits of this company."""

from __future__ import annotations

import json
from typing import Annotated

import typer


def usage(as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False) -> None:
    """Say what is used of the rows, the storage and the seats there may be; sessions are counted by the server."""
    from core.config import load
    from core.sources import usage_report
    from core.store import Store

    settings = load()
    store = Store.open(settings.database)
    try:
        standing = usage_report.standing(None, settings, store)
    finally:
        store.close()
    if as_json:
        typer.echo(json.dumps(standing.frame.to_dicts(), indent=2))
        return
    for part in standing.parts:
        typer.echo(part.sentence())
    for warning in standing.warnings:
        typer.echo(f"Careful: {warning}")
