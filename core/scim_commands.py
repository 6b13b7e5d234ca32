"""`quarterdeck scim`: tokens by which a company's directory provisions people and groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from core.command_times import stamp

if TYPE_CHECKING:
    from core.store import Store

app = typer.Typer(no_args_is_help=True, help="Make and end tokens for provisioning by SCIM 2.0.")
Label = Annotated[str, typer.Argument(metavar="LABEL", help="What the token is called, such as the directory's name.")]
OPERATOR = "command line"


@app.command("token")
def token(label: Label) -> None:
    """Make a token and print it; it is not kept and cannot be shown again."""
    store = _store()
    try:
        fresh = store.scim_tokens.issue(label, OPERATOR)
    finally:
        store.close()
    typer.echo(fresh)
    typer.echo("Give it to your directory with the address https://YOUR-SERVER/scim/v2.", err=True)


@app.command("list")
def listed() -> None:
    """Print the tokens that count."""
    store = _store()
    try:
        rows = store.scim_tokens.frame()
    finally:
        store.close()
    for row in rows.iter_rows(named=True):
        used = f"last used {stamp(row['last_used_at'])}" if row["last_used_at"] else "never used"
        typer.echo(f"{row['label']}: made by {row['made_by']} on {row['made_at']:%Y-%m-%d}, {used}")
    if rows.is_empty():
        typer.echo("None: provisioning is off. Make one with: quarterdeck scim token LABEL")


@app.command("revoke")
def revoke(label: Label) -> None:
    """End a token at once; who was provisioned by it stays."""
    store = _store()
    try:
        store.scim_tokens.end(label, OPERATOR)
    finally:
        store.close()
    typer.echo(f"The token {label} counts no more.")


def _store() -> Store:
    from core.config import load
    from core.store import Store

    return Store.open(load().database)
