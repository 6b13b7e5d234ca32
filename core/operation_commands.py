"""`quarterdeck doctor` and `migrate`: how the installation stands, and its tables brought to this version."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer


def doctor(
    url: Annotated[str, typer.Option(help="Look from outside too, by the name people use: https://…")] = "",
    bundle: Annotated[Path | None, typer.Option(help="Write a file for whoever helps: no names, no secrets.")] = None,
    log: Annotated[Path | None, typer.Option(help="With --bundle: a log file to go in, without names.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Check what Quarterdeck needs, and what it does better with; each with how to mend it."""
    from core.config import load
    from core.operations import examination, outside_view, support_file
    from core.requirements.text import embeddings

    settings, now = load(), datetime.now(UTC)
    line = "" if embeddings.folder() is not None else embeddings.how_to_install()
    examined = examination.examine(settings, now, os.environ, line)
    if url:
        examined += outside_view.look(url, now)
    if as_json:
        typer.echo(json.dumps({entry.name: entry.is_good for entry in examined}, indent=2))
    else:
        typer.echo("\n".join(text for entry in examined for text in entry.lines()))
    if bundle is not None:
        names = support_file.write(bundle, settings, examined, os.environ, log)
        typer.echo(f"{bundle}: {', '.join(names)}. Look through it before you send it.", err=as_json)
    if not all(entry.is_good for entry in examined if entry.is_needed):
        raise typer.Exit(1)


def migrate(
    check: Annotated[bool, typer.Option("--check", help="Change nothing; end with 1 where tables are others.")] = False,
) -> None:
    """Bring the database's tables to this version; those of a newer one are left as they are, and told."""
    from sqlalchemy import NullPool, create_engine

    from core.config import load
    from core.operations import readiness
    from core.store import Store, schema_state
    from core.store.database import database_url

    settings = load()
    if check:
        if not Store.is_there(settings.database):
            typer.echo("There is no database yet.")
            raise typer.Exit(1)
        with create_engine(database_url(settings.database), poolclass=NullPool).connect() as connection:
            verdict = readiness.of_revision(str(connection.scalar(readiness.REVISION)))
        typer.echo(f"{verdict.sentence} {verdict.mend}".strip())
        raise typer.Exit(0 if verdict.is_good else 1)
    store = Store.open(settings.database)
    store.close()
    typer.echo(f"The tables are of revision {schema_state.newest_revision()}.")
