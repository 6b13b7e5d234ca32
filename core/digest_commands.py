"""`quarterdeck digest`: the weekly summary as a file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.contracts.errors import AccessError

if TYPE_CHECKING:
    from core.config import Settings
    from core.digest import Plan
    from core.scope import Scope


def digest(
    out: Annotated[Path, typer.Option(help="File to write: .html, .md or .json.")],
    name: Annotated[str, typer.Option(help="A digest set up in the app; what is given beside it counts more.")] = "",
    scope: Annotated[str, typer.Option(help="What it speaks of, as in an address: region=EMEA.")] = "",
    person: Annotated[str, typer.Option(help="Whom it is for.")] = "",
    limit: Annotated[float | None, typer.Option(help="Deals slipped or lost count from this amount on.")] = None,
) -> None:
    """Write the weekly summary: the number and its change, deals slipped and lost, commits, accounts, tasks."""
    from core import digest as digests
    from core.branding import letterhead
    from core.config import load
    from core.config.stages import fitted
    from core.models import registry
    from core.scope import applied, narrowing
    from core.sources import load_data

    settings = load()
    plan, chosen = _plan(settings, name, scope, person, limit)
    whole = load_data(settings)
    settings = fitted(settings, whole)
    data = applied(whole, settings, chosen)
    plan = replace(plan, scope=narrowing.sentence(whole, settings, chosen))
    content = digests.digest(data, fitted(settings, data), registry.load_or_train(data, settings), plan)
    try:
        out.write_text(digests.written(content, out, letterhead.of(settings)), encoding="utf-8")
    except OSError as error:
        raise AccessError("The file cannot be written.", str(out), "Choose another place.") from error
    typer.echo(f"{content.sentence()}\nWritten to {out}.")


def _plan(settings: Settings, name: str, scope: str, person: str, limit: float | None) -> tuple[Plan, Scope]:
    """Return the set-up of a name, or the usual one, with what is given beside it."""
    from core.digest import Plan
    from core.scope import Scope
    from core.store import Store

    plan, address = Plan(), scope
    if name:
        store = Store.open(settings.database)
        try:
            saved = next((entry for entry in store.digests.list() if entry.name == name), None)
        finally:
            store.close()
        if saved is None:
            raise AccessError(f"There is no digest called {name!r}.", mend="Set it up on the Digest page.")
        plan = Plan(saved.payload["person"], "", saved.payload["limit_amount"])
        address = scope or saved.payload["scope"]
    plan = replace(plan, person=person or plan.person)
    return plan if limit is None else replace(plan, limit_amount=limit), Scope.from_address(address)
