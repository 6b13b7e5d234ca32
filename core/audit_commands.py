"""`quarterdeck audit`: whether the audit log stands as it was written, and its newest hash for keeping elsewhere."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.contracts.errors import SourceError

if TYPE_CHECKING:
    from core.store.audit_chain import Verdict

app = typer.Typer(no_args_is_help=True, help="Check the audit log, and publish its newest hash.")
Published = Annotated[
    Path | None, typer.Option("--published", help="A file `publish` wrote to: each of its hashes must be in the log.")
]


@app.command("verify")
def verify(
    published: Published = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Name the first row that was altered, removed or put in; the exit code is 1 where there is one."""
    verdict = _verdict(published)
    if as_json:
        typer.echo(json.dumps({**vars(verdict), "is_whole": verdict.is_whole}, indent=2))
    elif verdict.is_whole:
        typer.echo(f"The audit log is whole: {verdict.n_rows:,} rows, newest hash {verdict.head}.")
    else:
        typer.echo(verdict.problem)
    if not verdict.is_whole:
        raise typer.Exit(1)


@app.command("publish")
def publish(
    to: Annotated[Path, typer.Option(help="Add a line to this file, best on another machine; default print it.")]
    | None = None,
) -> None:
    """Write down the newest hash where who could rewrite the database cannot reach; run it by cron."""
    verdict = _verdict(None)
    if not verdict.is_whole:
        typer.echo(verdict.problem)
        raise typer.Exit(1)
    line = json.dumps(
        {"at": datetime.now(UTC).isoformat(timespec="seconds"), "rows": verdict.number, "hash": verdict.head}
    )
    if to is None:
        typer.echo(line)
        return
    with to.open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
    typer.echo(f"The hash of {verdict.n_rows:,} rows stands in {to}.")


def retention(
    trial: Annotated[bool, typer.Option("--dry-run", help="Only say what would be deleted.")] = False,
) -> None:
    """Delete comments, ended sign-ins and rows of the audit log older than the settings allow; run it by cron."""
    from core.config import load
    from core.store import Store

    settings = load()
    limits = settings.retention
    days = {
        "comments": limits.comments_days,
        "sign-ins": limits.sign_ins_days,
        "model calls": limits.model_calls_days,
        "mails, meetings and calls": settings.engagement.retention_days,
        "audit log": limits.audit_days,
    }
    store = Store.open(settings.database)
    try:
        deleted = store.retention.apply(days, is_trial=trial)
    finally:
        store.close()
    for kind, n_rows in deleted.items():
        typer.echo(f"{kind}: {n_rows:,} rows older than {days[kind]} days {'would be' if trial else 'were'} deleted")
    if not deleted:
        typer.echo("Nothing has a limit: set retention.audit_days, comments_days, sign_ins_days or model_calls_days.")


def _verdict(published: Path | None) -> Verdict:
    from core.config import load
    from core.store import Store

    store = Store.open(load().database)
    try:
        return store.audit.verify(_hashes(published, store.audit.base()) if published else [])
    finally:
        store.close()


def _hashes(file: Path, n_cut: int) -> list[str]:
    """Return the hashes of a published file but those of rows that were deleted as too old.

    Lines that are none are an error, for they were not written by us.
    """
    try:
        lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
        return [str(line["hash"]) for line in lines if int(line["rows"]) > n_cut]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SourceError(
            "The published hashes cannot be read.", str(file), "Name the file that `quarterdeck audit publish` wrote."
        ) from error
