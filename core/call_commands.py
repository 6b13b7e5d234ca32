"""`quarterdeck calls`: who has yet to submit a forecast, and reminders for them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Managers' forecasts: who has yet to submit one.")
AUTHOR = "command line"


@app.callback()
def group() -> None:
    """Managers' forecasts: who has yet to submit one."""


@app.command("remind")
def remind(
    quarter: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Any day of the quarter; default the running one.")
    ] = None,
    dry: Annotated[bool, typer.Option("--dry-run", help="Print who would be reminded; queue nothing.")] = False,
) -> None:
    """Queue reminders for managers whose forecast is missing or was sent back; for cron, at most one a day each."""
    from core.config import load
    from core.config.calendar import quarter_start
    from core.config.stages import fitted
    from core.forecasts import call_approval, calls
    from core.sources import load_data
    from core.store import Store

    settings = load()
    data = load_data(settings)
    settings = fitted(settings, data)
    day = quarter.date() if quarter is not None else data.as_of
    period = quarter_start(day, settings)
    store = Store.open(settings.database)
    try:
        calls.seed_sample(data, settings, store)
        calls.check_open(data, settings, period)
        decided = store.call_approvals.newest(calls.book(data))
        standing = call_approval.standing(data, settings, calls.kept(data, store), decided, period)
        typer.echo(standing.sentence())
        if not dry:
            typer.echo(call_approval.queued(data, store, standing, AUTHOR))
    finally:
        store.close()
    for row in standing.frame.iter_rows(named=True):
        if row["state"] in call_approval.REASONS:
            typer.echo(f"{row['person_name']} ({row['person_id']}): {call_approval.REASONS[row['state']]}")
