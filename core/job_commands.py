"""`quarterdeck worker` and `quarterdeck jobs`: what is done behind the pages."""

from __future__ import annotations

import json
import os
import signal
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.command_times import stamp

if TYPE_CHECKING:
    from core.store.jobs import Job

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Number = Annotated[int, typer.Option(help="The number of a job.")]
LOW, LOOKS_EVERY_S = 5, 0.5
BY = "command line"


def worker(
    once: Annotated[bool, typer.Option("--once", help="Stop when nothing is left to be done; for cron.")] = False,
    slots: Annotated[int, typer.Option(min=1, max=16, help="Jobs done at once; of the long ones always one.")] = 2,
    pulse: Annotated[Path | None, typer.Option(help="A file touched every second; who restarts looks at it.")] = None,
    beside: Annotated[bool, typer.Option("--beside", hidden=True)] = False,
) -> None:
    """Do what the pages ask for: syncs, new data, forecast history, models. Several workers share the work."""
    from core.jobs.worker import Worker
    from core.replicas.sharing import loaded
    from core.sources.source_registry import opened

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if beside:
        _stop_with_parent(stop)
        if hasattr(os, "nice"):
            os.nice(LOW)
    settings = loaded(now)
    with opened(settings) as store:
        doer = Worker(settings, store.jobs, now, slots)
        if not (once or beside):
            typer.echo(f"Worker {doer.name} is ready (Ctrl+C stops it).")
        doer.run(stop, once, pulse)


def _stop_with_parent(stop: threading.Event) -> None:
    """Stop in order when the server this worker was started by has gone."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent and not stop.wait(LOOKS_EVERY_S):
            pass
        stop.set()

    threading.Thread(target=watch, name="stop-with-parent", daemon=True).start()


def jobs(
    cancel: Number = 0,
    again: Number = 0,
    as_json: AsJson = False,
) -> None:
    """List what waits, runs and has ended; end one job, or ask for one once more."""
    from core.config import load
    from core.sources.source_registry import opened

    with opened(load()) as store:
        for number, action in ((cancel, "cancelled work"), (again, "asked for work again")):
            if number:
                job = store.jobs.get(number)
                store.audit.add(BY, action, f"{job.kind} {job.subject}")
        if cancel:
            store.jobs.cancel(cancel)
        if again:
            store.jobs.again(again, BY)
        entries, workers = store.jobs.recent(), store.jobs.workers()
    if as_json:
        typer.echo(json.dumps([vars(entry) for entry in entries], indent=2, default=str, ensure_ascii=False))
        return
    for entry in entries:
        typer.echo(_line(entry))
    typer.echo(_workers(workers) if entries or workers else f"There is no work. {_workers(workers)}")


def _line(job: Job) -> str:
    share = f" {job.share * 100:.0f} %" if job.state == "running" else ""
    asked = stamp(job.asked_at)
    return f"{job.id:>6}  {asked}  {job.state}{share}  {job.kind}: {job.subject}  {job.message}"


def _workers(names: list[str]) -> str:
    if not names:
        return "No worker is there: `quarterdeck worker` starts one."
    return f"{len(names)} worker{'s are' if len(names) > 1 else ' is'} there: {', '.join(names)}."


def now() -> datetime:
    """Return the present time in UTC."""
    return datetime.now(UTC)
