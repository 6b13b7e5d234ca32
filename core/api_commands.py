"""`quarterdeck api` and `quarterdeck api-key`: the API without the pages, and the keys that open it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from core.command_times import stamp
from core.contracts.errors import AccessError, ConfigError

if TYPE_CHECKING:
    from core.config import Settings
    from core.store import Store
    from core.store.api_keys import ApiKey

keys = typer.Typer(no_args_is_help=True, help="Keys of the API: make, list, revoke.")
OPERATOR = "command line"


def api(
    port: Annotated[int, typer.Option(help="Port on this machine.")] = 8502,
    address: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Answer the API alone, under /api, without the pages; `quarterdeck serve` answers both."""
    import os

    import uvicorn
    from starlette.applications import Starlette
    from starlette.routing import Mount

    from core.api.application import application
    from core.assistants import chat_doors, mcp_mount
    from core.bi import embedded_page, odata_feed
    from core.config import load
    from core.jobs import beside

    load()  # Settings that cannot be read end here, in a sentence.
    os.environ.setdefault(beside.WANTED, "1")
    beside.start()
    typer.echo(f"The API is at http://{address}:{port}/api/docs (Ctrl+C stops it)")
    answers = application()
    app = Starlette(
        routes=[
            Mount("/api", answers),
            mcp_mount.route(lambda: answers),
            Mount("/odata", odata_feed.application(answers.state.company)),
            Mount("/chat", chat_doors.application(answers.state.company)),
            Mount("/embed", embedded_page.application(answers.state.company)),
        ]
    )
    uvicorn.run(app, host=address, port=port, log_level="warning", server_header=False)


def mcp() -> None:
    """Answer an assistant on this machine over its standard input and output, with the key in QUARTERDECK_API_KEY."""
    import os

    from core.api.application import application
    from core.assistants import mcp_server
    from core.config import load

    token = os.environ.get("QUARTERDECK_API_KEY", "")
    if not token:
        raise AccessError("A key is needed.", "QUARTERDECK_API_KEY", "Make one: quarterdeck api-key make")
    mcp_server.build(application(), token, load().branding.name).run("stdio")


@keys.command("make")
def make(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    owner: Annotated[str, typer.Option(help="Whose rows and rights it has: what the person signs in as.")] = "",
    role: Annotated[list[str] | None, typer.Option(help="For a service that is no person: its roles.")] = None,
    right: Annotated[list[str] | None, typer.Option(help="What it may do, such as pipeline:read; default all.")] = None,
    days: Annotated[int, typer.Option(min=0, max=3_650, help="How long it is good; 0 for no end.")] = 365,
) -> None:
    """Make a key and show it once."""
    settings, store = _opened()
    try:
        whose = _owner(settings, owner, role or [], name, store)
        token, key = store.api_keys.make(name, whose, OPERATOR, right or ("*",), role or (), days)
    finally:
        store.close()
    typer.echo(token)
    typer.echo(f"Keep it now: it is not shown again. {_line(key)}", err=True)


def _owner(settings: Settings, owner: str, roles: list[str], name: str, store: Store) -> str:
    """Return whose key it is to be.

    Raises
    ------
    AccessError, ConfigError
        When the person has no role here, or a role is not one of those there are.
    """
    from core.access import LOCAL
    from core.access.directory import in_force

    rules = in_force(settings, store.access.current())
    if unknown := [role for role in roles if role not in rules.roles]:
        raise ConfigError(f"There is no role called {unknown[0]!r}.", mend=f"Known: {', '.join(rules.roles)}.")
    if roles:
        return f"service {name}"[:200]
    if settings.access.sign_in == "none":
        return LOCAL.user
    if not owner:
        raise AccessError("Whose key is it?", mend="Give --owner MAIL, or --role for a service.")
    return rules.identify(owner, None, store.known_people.groups(owner.strip().lower())).user


@keys.command("list")
def listed() -> None:
    """List the keys; never what opens anything."""
    _, store = _opened()
    try:
        entries = store.api_keys.list()
    finally:
        store.close()
    for key in entries:
        typer.echo(_line(key))
    if not entries:
        typer.echo("There is no key yet: `quarterdeck api-key make` makes one.")


@keys.command("revoke")
def revoke(prefix: Annotated[str, typer.Argument(help="The part of the key that `list` shows.")]) -> None:
    """End a key at once."""
    _, store = _opened()
    try:
        store.api_keys.revoke(prefix, OPERATOR)
    finally:
        store.close()
    typer.echo(f"{prefix} opens nothing any more.")


def _line(key: ApiKey) -> str:
    state = (
        f"revoked {key.revoked_at:%Y-%m-%d}"
        if key.revoked_at
        else f"until {key.expires_at:%Y-%m-%d}"
        if key.expires_at
        else "without end"
    )
    used = f"used {stamp(key.used_at)}" if key.used_at else "never used"
    return f"{key.prefix}  {key.name}  {key.owner}  {', '.join(key.rights)}  {state}, {used}"


def _opened() -> tuple[Settings, Store]:
    from core.config import load
    from core.store import Store

    settings = load()
    return settings, Store.open(settings.database)
