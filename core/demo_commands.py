"""`quarterdeck demo`: the sample company as a stage, back to its first day."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Which sample company is shown, and back to its first day.")
OPERATOR = "command line"


@app.command("show")
def show() -> None:
    """Say which sample company is shown, and what people made on it so far."""
    from core.config import load
    from core.resources import industries
    from core.sources import demo_company
    from core.store import Store

    settings = load()
    store = Store.open(settings.database)
    try:
        counts = store.demo_reset.counts()
    finally:
        store.close()
    typer.echo(f"Industry {settings.demo.industry} of {', '.join(industries())}; size {settings.demo.size}.")
    typer.echo(f"Made so far: {demo_company.sentence(counts)}.")


@app.command("reset")
def reset(yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Delete what people made on the sample company; people, rights and the audit log stay."""
    from core.config import load
    from core.sources import demo_company
    from core.store import Store

    settings = load()
    store = Store.open(settings.database)
    try:
        demo_company.refuse_own_data(settings, store)
        if not yes:
            typer.confirm(f"Delete {demo_company.sentence(store.demo_reset.counts())}?", abort=True)
        counts = demo_company.reset(settings, store, OPERATOR)
    finally:
        store.close()
    typer.echo(f"Deleted: {demo_company.sentence(counts)}.")
