"""`quarterdeck source`: the sources of a workspace, and which of them is used for everybody."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.command_times import stamp
from core.contracts.errors import SourceError
from core.sync_commands import now

if TYPE_CHECKING:
    from core.sources.connectors.sync_run import Freshness
    from core.store.source_versions import SourceVersion

app = typer.Typer(no_args_is_help=True, help="List, choose, show, add and remove the sources of the workspace.")
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Named = Annotated[str, typer.Argument(help="As `quarterdeck source list` names it.")]
Version = Annotated[int, typer.Option(help="An earlier version of a kept source; default the newest.")]
AUTHOR = "command line"


@app.command("list")
def list_sources(as_json: AsJson = False) -> None:
    """List the sources of the workspace; a star marks the one that is used for everybody."""
    from core.replicas.sharing import loaded
    from core.sources import source_registry
    from core.sources.connectors import sync_run

    settings = loaded(now)
    connectors = sync_run.freshness(settings, now)
    with source_registry.opened(settings) as store:
        sources = source_registry.listed(settings, store)
    if as_json:
        synced = {entry.name: _freshness(entry) for entry in connectors}
        content = [vars(entry) | ({"sync": synced[entry.name]} if entry.name in synced else {}) for entry in sources]
        typer.echo(json.dumps(content, indent=2, default=str, ensure_ascii=False))
        return
    for entry in sources:
        about = f", version {entry.version} of {entry.saved_at:%Y-%m-%d} by {entry.author}" if entry.saved_at else ""
        serving = f", version {entry.serving} serves" if entry.is_in_force and entry.serving != entry.version else ""
        rows = f", {entry.n_rows:,} rows" if entry.n_rows else ""
        title = "" if entry.title == entry.name else f": {entry.title}"
        typer.echo(f"{'*' if entry.is_in_force else ' '} {entry.name}{title}{about}{rows}{serving}")
    for connector in connectors:
        typer.echo(f"  {connector.name}: connector, {_freshness(connector)}")


def _freshness(entry: Freshness) -> str:
    if entry.running:
        return "a sync is running"
    if entry.last is None:
        return "never synced"
    went = "failed" if entry.last.message else "synced"
    return f"{went} {stamp(entry.last.started_at)}"


@app.command("use")
def use_source(name: Named, version: Version = 0) -> None:
    """Let a source serve everybody: pages, commands and scheduled runs. "settings" goes back to what they name."""
    from core.replicas.sharing import loaded
    from core.sources import source_registry

    settings = loaded(now)
    with source_registry.opened(settings) as store:
        chosen, number = source_registry.choose(store, settings, name, AUTHOR, version)
    typer.echo(f"{chosen}{f', version {number},' if number else ''} is used for everybody from now on.")


@app.command("show")
def show_source(
    name: Named,
    version: Version = 0,
    only_map: Annotated[bool, typer.Option("--map", help="Print nothing but the column map, as YAML.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show a source: its versions, its files, and the column map they are read by."""
    from core.replicas.sharing import loaded
    from core.sources import source_registry

    settings = loaded(now)
    with source_registry.opened(settings) as store:
        source = source_registry.named(settings, store, name)
        versions = source_registry.returnable(store, name) if source.version else []
        shown = store.sources.version(name, version) if source.version else None
    if as_json:
        record = {"name": name, "title": source.title, "is_in_force": source.is_in_force, "serving": source.serving}
        listed = [vars(entry) | {"mapping": None} for entry in versions]
        content = {**record, "versions": listed, "shown": vars(shown) if shown else None}
        typer.echo(json.dumps(content, indent=2, default=str, ensure_ascii=False))
    elif shown is None:
        typer.echo(source.title)
    elif only_map:
        typer.echo(source_registry.as_yaml(shown.mapping), nl=False)
    else:
        _print(shown, versions, source_registry.as_yaml(shown.mapping) if shown.mapping else "")


def _print(shown: SourceVersion, versions: list[SourceVersion], mapping: str) -> None:
    for entry in versions:
        mark = "*" if entry.version == shown.version else " "
        when = stamp(entry.saved_at)
        typer.echo(f"{mark} version {entry.version}, {when} by {entry.author}, {entry.n_rows:,} rows")
    for file in shown.files:
        typer.echo(f"  {file['name']}: {int(file['bytes']):,} bytes")
    if shown.folder:
        typer.echo(f"  {shown.folder}")
    typer.echo(mapping or "  Its tables are recognised anew whenever it is read.")


@app.command("remove")
def remove_source(name: Named) -> None:
    """Take a source out of the workspace, and delete the files kept for it; a folder stays as it is."""
    from core.replicas.sharing import loaded
    from core.sources import source_registry

    settings = loaded(now)
    with source_registry.opened(settings) as store:
        source_registry.remove(store, settings, name, AUTHOR)
    typer.echo(f"{name} is removed.")


@app.command("add")
def add_source(
    name: Annotated[str, typer.Argument(help="What the source is to be called.")],
    folder: Annotated[str, typer.Argument(help="Folder of exports; it stays where it is.")],
    mapping: Annotated[Path | None, typer.Option("--map", help="A column map as YAML.")] = None,
) -> None:
    """Add a folder as a source of the workspace; it serves nobody before it is chosen."""
    from core.replicas.sharing import loaded
    from core.sources import source_registry
    from core.sources.folder import read_folder

    settings = loaded(now)
    content = _content(mapping) if mapping else {}
    data = read_folder(folder, content or None, settings)
    path = folder if "://" in folder else str(Path(folder).absolute())
    with source_registry.opened(settings) as store:
        saved = source_registry.add_folder(store, name, path, content, data, AUTHOR)
    rows = sum(data.row_counts.values())
    typer.echo(f"{saved.name}, version {saved.version}: {rows:,} rows, as of {data.as_of}. `source use` chooses it.")


def _content(mapping: Path) -> dict[str, Any]:
    from core.sources.mapping import parse_map

    try:
        return parse_map(mapping.read_bytes(), str(mapping))
    except OSError as error:
        raise SourceError("The column map cannot be read.", str(mapping), "Check its name and rights.") from error
