"""`quarterdeck sync` and `quarterdeck connect`: systems that are asked for what has changed."""

from __future__ import annotations

import gc
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.contracts.errors import SourceError

if TYPE_CHECKING:
    from core.config import Settings
    from core.sources.connectors.sync_run import Outcome

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Named = Annotated[str, typer.Argument(help="The connector; default all of them.")]


def sync(
    name: Named = "",
    due: Annotated[bool, typer.Option("--due", help="Only those whose time has come; for cron.")] = False,
    as_json: AsJson = False,
) -> None:
    """Ask the connected systems what has changed, and publish it as sources of the workspace."""
    from core.replicas.sharing import loaded
    from core.sources.connectors import connector_files

    # Rows hold no circles: looking for some among millions of them takes a quarter of the time.
    gc.set_threshold(200_000, 50, 100)
    settings = loaded(now)
    names = [name] if name else connector_files.names(settings)
    if due:
        names = [entry for entry in names if entry in _due(settings)]
    elif not names:
        raise SourceError("There is no connector yet.", mend="`quarterdeck connect` adds one.")
    outcomes = [_synced(settings, entry) for entry in names]
    if as_json:
        typer.echo(json.dumps([vars(outcome) for outcome in outcomes], indent=2, ensure_ascii=False))
    for outcome in outcomes:
        if not as_json:
            typer.echo(outcome.sentence())
    if any(outcome.failures for outcome in outcomes):
        raise typer.Exit(1)


def _synced(settings: Settings, name: str) -> Outcome:
    from core.sources.connectors import sync_run

    try:
        return sync_run.sync(settings, name, now)
    except SourceError as error:
        # The others are asked all the same.
        return sync_run.Outcome(name, failures=[str(error)])


def _due(settings: Settings) -> list[str]:
    from core.sources.connectors import sync_run

    entries = sync_run.freshness(settings, now)
    return [entry.name for entry in entries if entry.due_at is not None and entry.due_at <= now() and not entry.running]


def connect(
    name: Annotated[str, typer.Argument(help="What the connector is to be called.")],
    vendor: Annotated[str, typer.Option(help="A system whose description is shipped.")] = "",
    values: Annotated[
        list[str] | None, typer.Option("--set", help="domain=acme.my.salesforce.com, for example.")
    ] = None,
    file: Annotated[Path | None, typer.Option(help="A description as YAML instead.")] = None,
) -> None:
    """Add a connector; its secrets are named, never written here."""
    from core.replicas.sharing import loaded
    from core.sources.connectors import connector_files, declaration

    if bool(vendor) == bool(file):
        raise SourceError(
            "Name a system or a file.", mend=f"--vendor takes {', '.join(declaration.vendors())}; --file takes YAML."
        )
    content = _content(file) if file else {"vendor": vendor, "values": _pairs(values or [])}
    added = connector_files.add(loaded(now), name, content)
    secrets = sorted(declaration.secret_names(added))
    needs = f" It needs the secrets {', '.join(secrets)}." if secrets else ""
    typer.echo(f"{name} is added.{needs} `quarterdeck sync {name}` asks it.")


def _pairs(values: list[str]) -> dict[str, str]:
    pairs = [value.partition("=") for value in values]
    if wrong := [name for name, sign, _ in pairs if not sign]:
        raise SourceError(f"--set {wrong[0]} has no value.", mend="Write --set name=value.")
    return {name.strip(): value.strip() for name, _, value in pairs}


def _content(file: Path) -> dict[str, Any]:
    import yaml

    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise SourceError("The connector cannot be read.", str(file), "Check its name, rights and indents.") from error
    if not isinstance(content, dict):
        raise SourceError("A connector must hold names and values.", str(file))
    return content


def now() -> datetime:
    """Return the present time in UTC."""
    return datetime.now(UTC)
