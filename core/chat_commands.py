"""`quarterdeck chat`: who a person of Slack or Teams is here."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Who may ask from Slack and Teams: link, unlink, list.")
OPERATOR = "command line"
Mark = Annotated[str, typer.Argument(help="As the refusal in the channel shows it, such as 'slack T0AB/U0CD'.")]


@app.command("link")
def link(mark: Mark, user: Annotated[str, typer.Argument(help="What the person signs in as.")]) -> None:
    """Say who somebody is: they are answered from the rows, names and rights they have on the pages."""
    from core.assistants import chat_people
    from core.config import load
    from core.sources.source_registry import opened

    with opened(load()) as store:
        chat_people.link(store, mark, user, OPERATOR)
    typer.echo(f"{mark} is {user.strip().lower()}.")


@app.command("unlink")
def unlink(mark: Mark) -> None:
    """Forget who somebody is."""
    from core.assistants import chat_people
    from core.config import load
    from core.sources.source_registry import opened

    with opened(load()) as store:
        is_done = chat_people.unlink(store, mark, OPERATOR)
    typer.echo(f"{mark} is nobody any more." if is_done else f"{mark} was nobody.")


@app.command("list")
def listed() -> None:
    """List who is linked."""
    from core.assistants import chat_people
    from core.config import load
    from core.sources.source_registry import opened

    with opened(load()) as store:
        links = chat_people.listed(store)
    for user, mark in links:
        typer.echo(f"{user}: {mark}")
    if not links:
        typer.echo("Nobody is linked yet: who asks from a channel is shown what to link.")
