"""`quarterdeck admin`: the first administrator, before there is anybody who could let others in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from core.contracts.errors import AccessError

if TYPE_CHECKING:
    from core.access.directory import Directory
    from core.config import Settings
    from core.store import Store

app = typer.Typer(no_args_is_help=True, help="Make somebody an administrator, or take that away.")
Mail = Annotated[str, typer.Argument(metavar="MAIL", help="What the person signs in as, mostly a mail address.")]
OPERATOR = "command line"
ROLE = "admin"


@app.command("grant")
def grant(mail: Mail) -> None:
    """Let a person sign in as administrator; all others are let in on the Admin page."""
    from core.access import directory
    from core.config.settings import Person
    from core.usage import usage_guard

    settings, store = _opened()
    try:
        rules = _rules(settings, store)
        person = rules.people.get(mail.strip().lower()) or Person(roles=(ROLE,))
        rule = person.model_copy(update={"roles": tuple(dict.fromkeys((*person.roles, ROLE)))})
        user = directory.checked(directory.PERSON, mail, rule, rules)
        usage_guard.refuse_seat(settings, store, user)
        store.access.keep(directory.PERSON, user, rule.model_dump_json(), OPERATOR)
        store.known_people.settle(user)
        is_shut_out = store.provisioned.is_shut_out(user)
    finally:
        store.close()
    typer.echo(f"{user} is an administrator.")
    if is_shut_out:
        typer.echo("Your directory has deactivated this person, who does not get in until it says otherwise.")
    if settings.access.sign_in == "none":
        typer.echo("Nobody signs in yet: set access.sign_in to oidc or header, and start the server again.")


@app.command("revoke")
def revoke(mail: Mail) -> None:
    """Take a person off the list; whoever is signed in under that name is out with the next click."""
    from core.access import directory

    settings, store = _opened()
    try:
        user = mail.strip().lower()
        if _rules(settings, store).versions.get((directory.PERSON, user)) is None:
            raise AccessError(f"{user} is not on the Admin page's list.", mend="See `quarterdeck admin list`.")
        store.access.remove(directory.PERSON, user, OPERATOR)
        store.sign_ins.end_all(user, OPERATOR)
    finally:
        store.close()
    typer.echo(f"{user} is off the list.")


@app.command("list")
def listed() -> None:
    """Print the administrators who are listed by name, and where each of them is."""
    settings, store = _opened()
    try:
        rules = _rules(settings, store)
    finally:
        store.close()
    for user in rules.administrators():
        typer.echo(f"{user} ({rules.source('person', user)})")
    if not rules.administrators():
        typer.echo("Nobody. Name one with: quarterdeck admin grant MAIL")


def _opened() -> tuple[Settings, Store]:
    from core.config import load
    from core.store import Store

    settings = load()
    return settings, Store.open(settings.database)


def _rules(settings: Settings, store: Store) -> Directory:
    from core.access import directory

    return directory.in_force(settings, store.access.current())
