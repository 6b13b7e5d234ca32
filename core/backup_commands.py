"""`quarterdeck backup`, `restore`, `drill` and `keys`: copies of what people made and keep."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from core.contracts.errors import ConfigError

app = typer.Typer()
keys_app = typer.Typer(no_args_is_help=True, help="Make keys that seal, and change them while the server runs.")
File = Annotated[Path, typer.Argument(help="A backup.", exists=True, dir_okay=False)]


@app.command()
def backup(
    to: Annotated[Path, typer.Option(help="Folder for the backup, best on another disk.")] = Path("backups"),
    keep: Annotated[int, typer.Option(min=1, help="How many backups of the folder stay; older ones are deleted.")] = 14,
    plain: Annotated[bool, typer.Option("--plain", help="Do not seal it: whoever gets the file can read it.")] = False,
) -> None:
    """Copy database, kept sources and settings into one sealed file, also while people work."""
    from core.backup import archive
    from core.replicas import sharing
    from core.sealing.sealing_keys import key_in_force

    key = None if plain else key_in_force(os.environ)
    if key is None and not plain:
        raise ConfigError(
            "There is no key to seal the backup with.",
            "QUARTERDECK_KEY_FILE",
            "Make one with `quarterdeck keys new` and keep it apart from the backups, or add --plain.",
        )
    to.mkdir(parents=True, exist_ok=True)
    settings = sharing.loaded(lambda: datetime.now(UTC))
    sharing.bring_sources(settings)
    at = datetime.now(UTC)
    target = to / f"{at:%Y%m%dT%H%M%S%fZ}{archive.ENDING}"
    manifest = archive.write(settings, target, key, at, os.environ)
    for file in archive.oldest(to, keep):
        file.unlink()
    sealed = f"sealed with key {key.number}" if key else "not sealed"
    typer.echo(f"{target}: {manifest.n_rows:,} rows and {len(manifest.files) - 1} files, {sealed}.")


@app.command()
def restore(file: File) -> None:
    """Put a backup into an empty home folder and database, and check every row and file of it."""
    from core.backup import archive
    from core.config import load
    from core.sealing.sealing_keys import keys_in_force

    settings = load()
    manifest = archive.restore(file, settings, keys_in_force(os.environ))
    typer.echo(f"{manifest.n_rows:,} rows and {len(manifest.files) - 1} files of {manifest.made_at} are back.")
    if any(path.startswith(f"{archive.SETTINGS_FOLDER}/") for path in manifest.files):
        typer.echo(f"Settings of that day lie in {settings.home / archive.SETTINGS_FOLDER}; they take no effect there.")


@app.command()
def drill(
    file: File, as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False
) -> None:
    """Restore a backup beside the running app, compare it row for row, and take it away again."""
    from core.backup import drill as trial
    from core.config import load
    from core.sealing.sealing_keys import keys_in_force

    result = trial.run(file, load(), keys_in_force(os.environ))
    if as_json:
        summary = {"made_at": result.manifest.made_at, "rows": result.manifest.n_rows, "since": result.since}
        typer.echo(json.dumps(summary))
        return
    typer.echo(f"All {result.manifest.n_rows:,} rows of {result.manifest.made_at} come back as they were.")
    for table, (gone, fresh) in result.since.items():
        typer.echo(f"  {table}: {fresh:,} rows are new or changed since, {gone:,} are gone or changed")


@keys_app.command("new")
def new_key() -> None:
    """Print a new key; keep it in a file or a key management service, apart from the backups."""
    from core.sealing.sealing_keys import fresh

    typer.echo(fresh())


@keys_app.command("rotate")
def rotate() -> None:
    """Seal everything that is kept sealed with the first of the keys in force; also while the server runs."""
    from core.alerts import ways
    from core.config import load
    from core.sealing.sealing_keys import key_in_force
    from core.sealing.secret_values import Secrets
    from core.sources.connectors import connector_files
    from core.store import Store

    settings = load()
    key = key_in_force(os.environ)
    if key is None:
        raise ConfigError("There is no key to seal with.", "QUARTERDECK_KEY_FILE", "Make one: quarterdeck keys new")
    store = Store.open(settings.database)
    try:
        n_files = store.requirement_sets.reseal_files()
        n_ways = ways.reseal(store)
        detail = f"{n_files:,} files, {n_ways:,} ways of messages"
        store.audit.add("command line", "rotated the key", f"key {key.number}", detail)
    finally:
        store.close()
    keys = Secrets(connector_files.folder_of(settings))
    if keys.file.is_file():
        keys.keep({})
    typer.echo(f"{n_files:,} buyers' files and the tokens of connected systems are sealed with key {key.number} now.")
