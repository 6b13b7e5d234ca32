"""`quarterdeck person`: what is kept about a person, and its erasure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.contracts.errors import ConfigError

if TYPE_CHECKING:
    from core.config import Settings
    from core.store import Store

app = typer.Typer(no_args_is_help=True, help="Export or erase what is kept about a person.")
Mail = Annotated[str, typer.Argument(metavar="MAIL", help="What the person signs in as.")]
Name = Annotated[
    str, typer.Option(help="Their full name, where comments or records use another than they sign in with.")
]


@app.command("export")
def export(
    mail: Mail,
    name: Name = "",
    to: Annotated[Path | None, typer.Option(help="Write to this file; default print.")] = None,
) -> None:
    """Give everything that is kept about a person, as JSON."""
    _, store = _opened()
    try:
        text = json.dumps(store.personal_data.export(mail.strip(), name), indent=2, ensure_ascii=False, default=str)
    finally:
        store.close()
    if to is None:
        typer.echo(text)
        return
    to.write_text(text, encoding="utf-8")
    typer.echo(f"What is kept about {mail} stands in {to}.")


@app.command("erase")
def erase(
    mail: Mail,
    name: Name = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase a person from everything that is kept; the audit log stays whole and names them no more."""
    settings, store = _opened()
    try:
        if mail.strip().lower() in {user.lower() for user in settings.access.people}:
            raise ConfigError(
                f"The settings file lists {mail} under access.people.", mend="Take them off there first, then erase."
            )
        if not yes:
            typer.confirm(f"Erase {mail} for good?", abort=True)
        store.sign_ins.end_all(mail.strip().lower(), "command line")
        counts = store.personal_data.erase(mail.strip(), name)
    finally:
        store.close()
    for table, n_rows in counts.items():
        typer.echo(f"  {table}: {n_rows:,}")
    typer.echo("Erased. Copies remain in backups until these are deleted, and in your CRM until it is erased there.")
    if counts.get("audit, by address"):
        typer.echo("Older lines of the audit log still hold the address or name; retention.audit_days deletes them.")


def _opened() -> tuple[Settings, Store]:
    from core.config import load
    from core.store import Store

    settings = load()
    return settings, Store.open(settings.database)
