"""`quarterdeck`: the same core without a browser."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core import (
    admin_commands,
    alert_commands,
    answer_commands,
    api_commands,
    audit_commands,
    backup_commands,
    bi_commands,
    call_commands,
    chat_commands,
    demo_commands,
    digest_commands,
    engagement_commands,
    job_commands,
    library_commands,
    operation_commands,
    page_commands,
    person_commands,
    project_commands,
    scim_commands,
    source_commands,
    sync_commands,
    tenant_commands,
    usage_commands,
)
from core.contracts.errors import AccessError, ConfigError, QuarterdeckError, SourceError
from core.resources import is_writable

if TYPE_CHECKING:
    from core.config import Settings
    from core.contracts import Dataset
    from core.models.bundle import Bundle
    from core.scenarios.analysis.whatif import Ground
    from core.scenarios.levers import Scenario
    from core.store import Store

app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help="The open sales notebook."
)
app.add_typer(source_commands.app, name="source")
app.add_typer(admin_commands.app, name="admin")
app.add_typer(scim_commands.app, name="scim")
app.add_typer(audit_commands.app, name="audit")
app.add_typer(person_commands.app, name="person")
app.add_typer(api_commands.keys, name="api-key")
app.command("api")(api_commands.api)
app.command("tick")(alert_commands.tick)
app.command("mcp")(api_commands.mcp)
app.add_typer(alert_commands.app, name="alerts")
app.add_typer(chat_commands.app, name="chat")
app.add_typer(call_commands.app, name="calls")
app.add_typer(demo_commands.app, name="demo")
app.add_typer(engagement_commands.app, name="engagement")
app.add_typer(tenant_commands.app, name="tenant")
app.add_typer(library_commands.app, name="library")
app.add_typer(bi_commands.app, name="bi")
app.add_typer(backup_commands.app)
app.add_typer(backup_commands.keys_app, name="keys")
app.command()(audit_commands.retention)
app.command()(page_commands.page)
app.command()(digest_commands.digest)
app.command("ask")(answer_commands.ask)
app.command("verify")(answer_commands.verify)
app.command("trust-page")(project_commands.trust_page)
app.command("projects")(project_commands.projects)
app.command("sync")(sync_commands.sync)
app.command("connect")(sync_commands.connect)
app.command("worker")(job_commands.worker)
app.command("jobs")(job_commands.jobs)
app.command()(operation_commands.doctor)
app.command()(operation_commands.migrate)
app.command()(usage_commands.usage)
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def main() -> None:
    """Run a command; bad input ends in one sentence and a non-zero exit."""
    try:
        app()
    except QuarterdeckError as error:
        print(error, file=sys.stderr)  # noqa: T201
        sys.exit(1)


def _version(wanted: bool) -> None:
    if wanted:
        from core import __version__

        typer.echo(f"quarterdeck {__version__}")
        raise typer.Exit


@app.callback()
def root(
    _: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    """The open sales notebook."""


@app.command()
def sample(
    out: Annotated[Path, typer.Argument(help="Folder to write to.")],
    accounts: Annotated[int, typer.Option(help="Number of accounts.")] = 1_200,
    transactions: Annotated[int, typer.Option(help="Number of transaction lines, about.")] = 120_000,
    activities: Annotated[int, typer.Option(help="Number of activities, about; 0: 208 per account.")] = 0,
    years: Annotated[int, typer.Option(help="Years of history.")] = 4,
    seed: Annotated[int, typer.Option(help="The same seed gives the same company.")] = 10,
    fmt: Annotated[str, typer.Option("--format", help="parquet or csv")] = "parquet",
    profile: Annotated[str, typer.Option(help="Kind of company: saas, services, usage, seasonal or young.")] = "saas",
    industry: Annotated[str, typer.Option(help="What it sells: software, medical or logistics.")] = "software",
) -> None:
    """Write a synthetic company to a folder."""
    from core.sample import generate

    if not is_writable(out):  # before a company is played that could not be written
        raise SourceError("The sample cannot be written.", str(out), "Choose a folder you may write to.")
    with _Bar() as bar:
        size, kind = (accounts, transactions, years, seed), (fmt, bar.show, profile, industry)
        generate(out, *size, None, activities or None, *kind)
    typer.echo(f"Sample company written to {out}.")


@app.command()
def build(
    if_due: Annotated[
        bool, typer.Option("--if-due", help="Learn anew only when the models are old or show their age; for cron.")
    ] = False,
) -> None:
    """Read the data the settings name, train the models and replay past forecasts; what is there is kept."""
    from core.jobs import learning
    from core.models import versions
    from core.sources import loading

    loading.read_again(_settings())
    data, settings = _opened()
    if if_due:
        verdict = learning.due(data, settings)
        typer.echo(verdict.sentence())
        if not verdict.is_due:
            learning.serve_latest(data, settings, verdict)
            return
    if versions.is_scheduled(settings):
        versions.return_to_newest(settings)
    if learning.is_ready(data, settings):
        learning.learn(data, settings)
    else:
        with _Bar() as bar:
            learning.learn(data, settings, bar.show)
    typer.echo(f"Ready: {sum(data.row_counts.values()):,} rows, as of {data.as_of}.")


@app.command()
def summary(as_json: AsJson = False) -> None:
    """Print the executive numbers."""
    from core import metrics

    data, settings = _opened()
    asked: list[Callable[..., metrics.Measure]] = [
        metrics.bookings.quarter_to_date,
        metrics.bookings.revenue,
        metrics.recurring.mrr,
        metrics.pipeline.open_pipeline,
        metrics.winrate.win_rate,
        metrics.winrate.deal_size,
        metrics.growth.table,
    ]
    measures = [measure(data, settings) for measure in asked]
    if as_json:
        typer.echo(json.dumps({m.name: {"value": m.value, "unit": m.unit, "text": m.text} for m in measures}, indent=2))
    else:
        for measure in measures:
            typer.echo(measure.sentence())


@app.command()
def forecast(as_json: AsJson = False) -> None:
    """Print what will be won in 30, 60 and 90 days and this quarter, and monthly revenue."""
    from core import models

    data, settings = _opened()
    bundle = _train(data, settings)
    won = models.outlook.current(data, settings, bundle)
    revenue = models.revenue.forecast.revenue(data, settings, bundle)
    if as_json:
        _print_json({"windows": won.frame.to_dicts(), "record": won.record, "revenue": revenue.frame.to_dicts()})
        return
    typer.echo("\n".join(won.sentence(window) for window in won.windows) or won.sentence())
    typer.echo(revenue.sentence())


@app.command()
def churn(
    top: Annotated[int, typer.Option(help="How many accounts to list.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Print the accounts with the most revenue at risk."""
    from core import explain

    data, settings = _opened()
    at_risk = explain.customers.churn_list(data, settings, _train(data, settings))
    if as_json:
        _print_json(
            {"at_risk_amount": at_risk.value, "days": at_risk.days, "accounts": at_risk.frame.head(top).to_dicts()}
        )
        return
    typer.echo(at_risk.sentence())
    for row in at_risk.frame.head(top).iter_rows(named=True):
        why = f", {row['driver'].lower()}" if row["driver"] else ""
        typer.echo(f"{row['account_name']}: {row['p_churn'] * 100:.0f} %, {row['at_risk_amount']:,.0f} at risk{why}")


@app.command()
def scenario(
    file: Annotated[Path, typer.Argument(help="A scenario as YAML: name, levers, scope.")], as_json: AsJson = False
) -> None:
    """Run a what-if scenario and print the difference it makes, by lever."""
    from core import scenarios

    data, settings = _opened()
    plan = scenarios.files.read_file(file)
    outcome = scenarios.analysis.whatif.work_out(_ground(data, settings, plan), plan)
    if as_json:
        _print_json(
            {
                "name": plan.name,
                "sentence": outcome.sentence(),
                "warnings": outcome.warnings(),
                "quarter": outcome.after.quarter,
                "recurring": outcome.after.recurring.summary,
                "months": outcome.after.by_month.to_dicts(),
                "levers": outcome.parts.to_dicts(),
            }
        )
        return
    lines = [
        outcome.sentence(),
        outcome.tail(),
        outcome.recurring_sentence(),
        outcome.part_sentence(),
        *outcome.warnings(),
    ]
    typer.echo("\n".join(lines))
    for row in outcome.parts.iter_rows(named=True):
        typer.echo(", ".join(str(value) for value in row.values()))


class Answers(StrEnum):
    """Which answers are written into a buyer's file."""

    approved = "approved"
    all = "all"


@app.command()
def read(
    files: Annotated[list[Path], typer.Argument(help="The buyer's file; or several, a folder or a zip, as one.")],
    as_json: AsJson = False,
) -> None:
    """Read a buyer's file and say which lists it holds, without matching."""
    from core.requirements.read import reading_json

    source = reading_json.of_paths(files)
    if as_json:
        _print_json(reading_json.as_dict(source))
        return
    typer.echo("\n".join(reading_json.sentences(source)))


@app.command()
def gap(
    files: Annotated[
        list[Path], typer.Argument(help="The buyer's list, in any layout; or several files, a folder or a zip, as one.")
    ],
    catalogue: Annotated[
        Path | None, typer.Option(help="Capabilities: YAML, CSV or XLSX. Default: the catalogue of the app.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write the matrix to this XLSX file.")] = None,
    fill: Annotated[
        Path | None,
        typer.Option(help="Write the buyer's own file to this place, with our answers in it; of several files, a zip."),
    ] = None,
    over: Annotated[
        bool, typer.Option("--over", help="With --fill: write over answers that stand in the file already.")
    ] = False,
    answers: Annotated[
        Answers, typer.Option(help="With --fill: only approved answers, or all drafts, unreviewed as they are.")
    ] = Answers.approved,
    library: Annotated[
        bool, typer.Option("--library/--no-library", help="Use what was answered and decided in the app before.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Hold a requirement list against the catalogue, print the gaps, and fill the buyer's own file."""
    from core import requirements

    settings = _settings()
    with _store_if_there(settings) as store:
        analysis, drafts, worked = requirements.export.answered_list.held(
            files, settings, store, catalogue, with_library=library
        )
    four_eyes = settings.requirements.four_eyes
    released = requirements.work.approvals.release(analysis, drafts, worked, answers.value, four_eyes=four_eyes)
    if out is not None:
        from core.branding import letterhead

        given = (analysis, drafts, released.frame, letterhead.of(settings), settings.time_zone)
        _write(out, requirements.export.gap_workbook.matrix(*given))
    filled = None
    if fill is not None:
        filled = requirements.export.filled_file.fill(analysis.source, released.frame, replace=over)
        _write(fill, filled.content)
    if as_json:
        if filled is not None:
            typer.echo(released.sentence(), err=True)
        typer.echo(requirements.export.answered_list.as_json(analysis, drafts))
        return
    for line in analysis.warnings:
        typer.echo(f"Beware: {line}")
    typer.echo(analysis.source.sentence())
    typer.echo(analysis.sentence())
    if library:
        typer.echo(requirements.work.needs_review.recalled_sentence(analysis))
    if filled is not None:
        typer.echo(released.sentence())
        typer.echo(filled.sentence())
    for row in analysis.gaps.iter_rows(named=True):
        typer.echo(f"{row['sheet']} {row['row']} [{row['severity']}, {row['timeline']}] {row['text'][:90]}")


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise AccessError("The file cannot be written.", str(path), "Choose another place.") from error


@app.command()
def check(
    folder: Annotated[
        str, typer.Argument(help="Folder of exports, one file, an archive, or an address such as s3://…")
    ],
    mapping: Annotated[Path | None, typer.Option("--map", help="A column map as YAML.")] = None,
    config: Annotated[Path | None, typer.Option("--config", help="A settings file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Read a folder of exports and say what is in it, before anything is made of it; trains nothing."""
    from core.config import load
    from core.config.stages import fitted
    from core.sources import check as checking

    def forecast_sees(data: Dataset, settings: Settings) -> int:
        from core.features.deals import states_at

        return states_at(data, data.as_of, settings).height

    def open_by_history(data: Dataset, settings: Settings) -> int:
        from core.metrics.pipeline import open_deals

        return open_deals(data, data.as_of, settings).height

    result = checking.run(folder, mapping, load(config))
    if result.reading is not None:
        data = result.reading.dataset
        settings = fitted(result.settings, data)
        result = result.counted(forecast_sees(data, settings), open_by_history(data, settings))
    if as_json and result.figures:
        _print_json(result.figures)
    elif result.figures and not result.refusal:
        typer.echo(result.text())
    if result.refusal:
        print(result.refusal, file=sys.stderr)  # noqa: T201
        raise typer.Exit(1)


@app.command()
def artifacts(
    kind: Annotated[str, typer.Argument(help="One kind, such as results; all without one.")] = "",
    prune: Annotated[bool, typer.Option("--prune", help="Delete what is kept of the kind.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="With --prune: of every kind.")] = False,
    as_json: AsJson = False,
) -> None:
    """List what was worked out and is kept in the home folder, or delete it; it is made again when needed."""
    from datetime import UTC, datetime

    from core.artifacts import listing, open_cache
    from core.artifacts.kinds import KINDS, kind_named

    home = _settings().home
    cache = open_cache(home)
    if prune:
        typer.echo(listing.pruned(cache, kind, everything, home))
    elif as_json:
        names = [kind_named(kind).name] if kind else list(KINDS)
        _print_json([row for row in listing.as_json(listing.summaries(cache)) if row["name"] in names])
    elif kind:
        typer.echo(listing.entries_text(kind_named(kind), cache.entries(kind_named(kind)), datetime.now(UTC)))
    else:
        parts = (listing.text(listing.summaries(cache), datetime.now(UTC)), listing.leftovers_text(home))
        typer.echo("\n".join(part for part in parts if part))


@app.command()
def serve(
    port: Annotated[int, typer.Option(help="Port on this machine.")] = 8501,
    address: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    open_to_all: Annotated[bool, typer.Option(help="Everybody who reaches the address may do everything.")] = False,
) -> None:
    """Open the app, after preparing its data."""
    from core import serving

    settings = _settings()
    serving.refuse_open_door(settings, address, open_to_all)
    if not is_writable(settings.home) and not settings.home.is_dir():
        raise AccessError(
            "Quarterdeck cannot write to its home folder.", str(settings.home), "Set QUARTERDECK_HOME to another."
        )
    if not _free(address, port):
        raise ConfigError(f"Port {port} is in use.", mend=f"Choose another: make run PORT={port + 1}")
    if not _prepared(settings):
        _train(*_opened())
    typer.echo(f"Quarterdeck is at http://{address}:{port} (Ctrl+C stops it)")
    serving.run(settings, address, port, open_to_all)


def _ground(data: Dataset, settings: Settings, plan: Scenario) -> Ground:
    """Return what a scenario starts from; the gaps of requirement lists only where the scenario closes one."""
    from core import scenarios
    from core.requirements.work import gap_ledger, saved_lists

    ground = scenarios.analysis.whatif.ground(data, settings, _train(data, settings))
    if not plan.of("gap_closed"):
        return ground
    with _open_store(settings) as store:
        ledger = saved_lists.current(data, settings, _train(data, settings), store)
    return ground.waiting_for(gap_ledger.waiting(ledger))


class _Bar:
    """A progress bar that the core's callbacks can move."""

    def __enter__(self) -> _Bar:
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

        columns = (TextColumn("{task.description:32}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
        self._bar = Progress(*columns)
        self._task = self._bar.add_task("Starting", total=1.0)
        self._bar.start()
        return self

    def show(self, share: float, text: str) -> None:
        self._bar.update(self._task, completed=share, description=text)

    def __exit__(self, *_: object) -> None:
        self._bar.stop()


def _settings() -> Settings:
    from datetime import UTC, datetime

    from core.config import load
    from core.replicas import sharing

    settings = load()
    sharing.share(settings, lambda: datetime.now(UTC))
    return settings


def _opened() -> tuple[Dataset, Settings]:
    """Return the data the settings name, and the settings with its stages and currency."""
    from core.config.stages import fitted

    settings = _settings()
    data = _load(settings)
    return data, fitted(settings, data)


def _load(settings: Settings) -> Dataset:
    from core.sources import load_data, loading

    if loading.is_ready(settings):
        return load_data(settings)
    with _Bar() as bar:
        return load_data(settings, bar.show)


def _print_json(content: object) -> None:
    typer.echo(json.dumps(content, indent=2, default=str, ensure_ascii=False))


def _train(data: Dataset, settings: Settings) -> Bundle:
    from core.forecasts import backtest_archive
    from core.models import registry

    if registry.is_trained(data, settings):
        return backtest_archive.with_record(data, settings, registry.load_or_train(data, settings))
    with _Bar() as bar:
        bundle = registry.load_or_train(data, settings, bar.show)
        _learn_of_accounts(data, settings, bundle)
        return bundle


def _learn_of_accounts(data: Dataset, settings: Settings, bundle: Bundle) -> None:
    from core.models.customers import account_outlook

    account_outlook.load_or_build(data, settings, bundle)


@contextmanager
def _open_store(settings: Settings) -> Iterator[Store]:
    from core.store import Store

    store = Store.open(settings.database)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def _store_if_there(settings: Settings) -> Iterator[Store | None]:
    """Open the database where it holds anything; None where there is none, and none is made."""
    from core.store import Store

    if not Store.is_there(settings.database):
        yield None
        return
    with _open_store(settings) as store:
        yield store


def _prepared(settings: Settings) -> bool:
    """Say, without reading the data, whether a start may leave the rest to the first page."""
    from core.artifacts import MODELS, open_cache
    from core.sources import loading

    return loading.is_ready(settings) and bool(open_cache(settings.home).entries(MODELS))


def _free(address: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except (OSError, OverflowError):
            return False
    return True


if __name__ == "__main__":
    main()
