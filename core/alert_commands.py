"""`quarterdeck tick` and `quarterdeck alerts`: told in time, without the pages."""

from __future__ import annotations

import os
import socket
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from core.command_times import stamp
from core.contracts.errors import ConfigError

if TYPE_CHECKING:
    from core.store.deliveries import Delivery

app = typer.Typer(no_args_is_help=True, help="Alerts: the address in their links, what was sent, and sending it again.")
OPERATOR = "command line"


def now() -> datetime:
    """Return the present time in UTC."""
    return datetime.now(UTC)


def tick() -> None:
    """Look at the alerts once and send what is due; for cron, on as many machines as there are."""
    from core.alerts import tick as alerts
    from core.config import load
    from core.sources import load_data
    from core.sources.source_registry import opened

    settings = load()
    with opened(settings) as store:
        outcome = alerts.tick(settings, store, load_data(settings), now, f"{socket.gethostname()[:80]}:{os.getpid()}")
    typer.echo(outcome.sentence())
    for number, problem in outcome.problems.items():
        typer.echo(f"Alert {number}: {problem}", err=True)


@app.command("site")
def site(
    address: Annotated[str, typer.Argument(help="As people reach the app, such as https://sales.example.com.")] = "",
) -> None:
    """Show the address of the app that links in messages begin with, or set it."""
    from core.alerts import delivering
    from core.config import load
    from core.sources.source_registry import opened

    with opened(load()) as store:
        if address:
            if not address.startswith(("https://", "http://")):
                raise ConfigError("This is no address.", address, "Write it like https://sales.example.com.")
            store.alert_ledger.set_bookmarks({delivering.SITE: address.rstrip("/")})
            store.audit.add(OPERATOR, "set the address of links", address)
        typer.echo(delivering.site_of(store) or "No address is set: messages come without links.")


@app.command("log")
def log(
    most: Annotated[int, typer.Option(min=1, max=1_000, help="How many messages.")] = 50,
    again: Annotated[int, typer.Option(help="The number of a message to send once more.")] = 0,
) -> None:
    """List what was sent and what could not be, newest first; send one once more."""
    from core.config import load
    from core.sources.source_registry import opened

    with opened(load()) as store:
        if again:
            store.deliveries.again(again)
            store.audit.add(OPERATOR, "sent a message again", f"message {again}")
        rows = store.deliveries.recent(most)
    for row in rows:
        typer.echo(_line(row))
    if not rows:
        typer.echo("Nothing was sent yet.")


def _line(row: Delivery) -> str:
    to = row.reader or f"way {row.way_id}"
    made = stamp(row.made_at)
    return f"{row.id:>6}  {made}  {row.state}  {row.kind}  to {to}  {row.about}  {row.error}"
