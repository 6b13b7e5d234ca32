"""`quarterdeck bi`: published tables for BI tools, as views of PostgreSQL and as files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from core.contracts.errors import AccessError

if TYPE_CHECKING:
    from core.access.identity import Identity
    from core.config import Settings
    from core.contracts import Dataset
    from core.store import Store

app = typer.Typer(no_args_is_help=True, help="Tables for BI tools: views of PostgreSQL, files, definitions.")
OPERATOR, TARGET = "command line", "QUARTERDECK_BI_DATABASE"
Readers = Annotated[
    list[str],
    typer.Option("--reader", help="ROLE=PERSON, such as bi_emea=ana@example.com; without sign-in ROLE alone."),
]


@app.command()
def publish(
    reader: Readers,
    to: Annotated[str, typer.Option(envvar=TARGET, help="The PostgreSQL database; default the settings'.")] = "",
) -> None:
    """Write the views bi.* with the rows each reader may see; what was published before is replaced."""
    from core.bi import postgres_views
    from core.store import Store

    settings, data = _company()
    store = Store.open(settings.database)
    try:
        pairs = [entry.partition("=") for entry in reader]
        readers = {role: _seen(settings, data, store, person or "") for role, _, person in pairs}
        written = postgres_views.publish(to or settings.database, readers)
        store.audit.add(OPERATOR, "published to BI", ", ".join(readers), json.dumps(written))
    finally:
        store.close()
    for name, count in written.items():
        typer.echo(f"bi.{name}: {count:,} rows")


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(help="Where to write to.")],
    person: Annotated[str, typer.Option("--as", help="Whose rows: what the person signs in as.")] = "",
    form: Annotated[Literal["parquet", "arrow"], typer.Option("--format")] = "parquet",
) -> None:
    """Write the published tables as files with a manifest and what the measures mean."""
    from core.bi import exported_files
    from core.config.stages import fitted
    from core.store import Store

    settings, data = _company()
    store = Store.open(settings.database)
    try:
        rows, rights = _seen(settings, data, store, person)
        path = exported_files.write(rows, fitted(settings, rows), rights, folder, form)
        store.audit.add(OPERATOR, "exported to BI", str(folder)[-200:], person or "the whole company")
    finally:
        store.close()
    typer.echo(f"Written, with {path}.")


@app.command()
def measures() -> None:
    """Print what each measure means as JSON: name, label, formula, grain, right."""
    from core.bi import exported_files
    from core.config import load

    typer.echo(json.dumps(exported_files.definitions(load()), indent=1, ensure_ascii=False))


def _company() -> tuple[Settings, Dataset]:
    from core.config import load
    from core.sources import load_data

    settings = load()
    return settings, load_data(settings)


def _seen(settings: Settings, data: Dataset, store: Store, person: str) -> tuple[Dataset, frozenset[str]]:
    """Return the rows a person may see, and the rights the person holds.

    Raises
    ------
    AccessError
        When the person has no role here, or nobody is named where people sign in.
    """
    from core.access import can
    from core.access.identity import AREAS
    from core.access.row_view import WHOLE, view

    who = _identity(settings, store, person)
    seen = _cut(who, data)
    rights = frozenset(right for area in AREAS if can(who, right := f"{area}:read", settings.roles))
    return (data if seen == WHOLE else view(data, settings, *seen.fields)), rights


def _cut(who: Identity, data: Dataset) -> Any:
    from core.access.identity import OWN
    from core.access.row_scope import own_head
    from core.access.row_view import View

    head = own_head(data.company, who.user) if who.team_of == OWN else who.team_of
    return View(who.regions, head, who.is_masked, who.hidden)


def _identity(settings: Settings, store: Store, person: str) -> Identity:
    from dataclasses import replace

    from core.access import LOCAL
    from core.access.directory import in_force

    if settings.access.sign_in == "none":
        return replace(LOCAL, is_masked=settings.access.mask_names)
    if not person:
        raise AccessError("Whose rows are they?", mend="Name a person: --reader bi_emea=MAIL, or --as MAIL.")
    return in_force(settings, store.access.current()).identify(person, None, store.known_people.groups(person.lower()))
