"""`quarterdeck engagement`: mails, meetings and calls taken in, fetched, forgotten; the sample's as files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.contracts.errors import SourceError

if TYPE_CHECKING:
    from core.config import Settings
    from core.interactions.intake import Intake
    from core.store import Store

app = typer.Typer(no_args_is_help=True, help="Mails, meetings and calls: take in, fetch, forget.")
AUTHOR = "command line"


@app.command("take")
def take(
    files: Annotated[list[Path], typer.Argument(help="mbox, EML, ICS, Graph JSON, CSV, WebVTT or text, or a zip.")],
    at: Annotated[datetime | None, typer.Option(help="When a call was whose transcript does not say.")] = None,
    deal: Annotated[str, typer.Option(help="The deal a transcript is about, by its id.")] = "",
) -> None:
    """Take in files: of mails who, when and how much, and nothing that was written, unless the settings allow it."""
    from core.interactions import intake
    from core.sources import load_data

    read = [(path.name, _content(path)) for path in files]
    with _opened() as (settings, store):
        data = load_data(settings)
        _say(intake.take_files(read, data, settings, store, AUTHOR, at, deal))


@app.command("fetch")
def fetch() -> None:
    """Fetch what is new in the mailbox that the settings name; headers alone, unless texts are allowed."""
    from core.interactions import mailbox_fetch
    from core.sealing.secret_values import Secrets
    from core.sources import load_data
    from core.sources.connectors import connector_files

    with _opened() as (settings, store):
        keys = Secrets(connector_files.folder_of(settings))
        data = load_data(settings)
        _say(mailbox_fetch.fetch(data, settings, store, keys, lambda _, folder: typer.echo(folder, err=True), AUTHOR))


@app.command("forget")
def forget(
    address: Annotated[str, typer.Argument(help="A mail address, or the name of who only spoke in transcripts.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete what is kept of a person: what they wrote or said, and that they took part in anything."""
    if not yes:
        typer.confirm(f"Delete what is kept of {address} for good?", abort=True)
    with _opened() as (_, store):
        counts = store.interactions.forget(address, AUTHOR)
    for name, n in counts.items():
        typer.echo(f"  {name}: {n:,}")
    typer.echo("Add the address to engagement.no_consent, or the next file or fetch brings it back.")


@app.command("tidy")
def tidy() -> None:
    """Delete what is kept of people and domains under engagement.no_consent, and what is older than it may be kept."""
    from core.interactions import consent_rules

    with _opened() as (settings, store):
        typer.echo(consent_rules.tidied(settings, store, AUTHOR))


@app.command("sample")
def sample(folder: Annotated[Path, typer.Argument(help="Folder to write to.")]) -> None:
    """Write the invented mails, meetings and transcripts of the sample company as files, to try the doors with."""
    from core.interactions import sample_interactions
    from core.sources.loading import load_sample

    with _opened() as (settings, _):
        made = sample_interactions.files(load_sample(settings), settings)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in made.items():
            (folder / name).write_bytes(content)
    except OSError as error:
        raise SourceError("The files cannot be written.", str(folder), "Choose a folder you may write to.") from error
    typer.echo(f"{len(made):,} invented files written to {folder}.")


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SourceError("The file cannot be read.", str(path), "Check its name and rights.") from error


def _say(outcome: Intake) -> None:
    typer.echo(outcome.sentence())
    for reason in outcome.left_out:
        typer.echo(f"  {reason}")


@contextmanager
def _opened() -> Iterator[tuple[Settings, Store]]:
    from core.config import load
    from core.store import Store

    settings = load()
    store = Store.open(settings.database)
    try:
        yield settings, store
    finally:
        store.close()
