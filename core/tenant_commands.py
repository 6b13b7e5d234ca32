"""`quarterdeck tenant`: several companies on one installation."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.contracts.errors import ConfigError

if TYPE_CHECKING:
    from core.contracts import Dataset
    from core.tenants.tenant_registry import Registry, Tenant
    from core.usage.usage_standing import Standing

app = typer.Typer(no_args_is_help=True, help="Several companies, each in processes, folders and a database of its own.")
Name = Annotated[str, typer.Argument(help="The tenant's name: small letters, digits and hyphens.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
DATA = "Of a demo: a folder of the company's exports, shown with names hidden and amounts rounded for good."
Data = Annotated[Path | None, typer.Option(help=DATA, exists=True, file_okay=False)]
ColumnMap = Annotated[Path | None, typer.Option("--map", help="The column map of those exports.", exists=True)]
DEFAULT_FOLDER = "tenants"


class SignIn(StrEnum):
    """How people of a tenant sign in."""

    oidc = "oidc"
    header = "header"
    none = "none"


class Proxy(StrEnum):
    """A proxy that leads names to tenants."""

    nginx = "nginx"
    haproxy = "haproxy"
    caddy = "caddy"


@app.command("create")
def create(
    name: Name,
    host: Annotated[list[str], typer.Option(help="A name people reach it by; may be given more than once.")],
    title: Annotated[str, typer.Option(help="The company's name, on pages and in documents.")] = "",
    database_url: Annotated[str, typer.Option(help="A PostgreSQL database of its own; without it SQLite.")] = "",
    account: Annotated[str, typer.Option(help="The operating system's account its processes run as.")] = "",
    sign_in: Annotated[SignIn, typer.Option(help="How its people sign in.")] = SignIn.oidc,
    demo: Annotated[bool, typer.Option("--demo", help="The sample company, branded, and anew every night.")] = False,
    industry: Annotated[str, typer.Option(help="Of a demo: software, medical or logistics.")] = "software",
    data: Data = None,
    column_map: ColumnMap = None,
) -> None:
    """Make a tenant with keys, settings, home and database of its own; the supervisor starts it by itself."""
    from core.tenants.demo_settings import demo_settings

    company = title or name.replace("-", " ").title()
    settings: dict[str, Any] = {"company": company, "access": {"sign_in": str(sign_in)}}
    if demo:
        settings = demo_settings(company, industry)
    hidden = _hidden(data, column_map, demo) if data else None
    if hidden is not None:
        settings = _settings_of_hidden(name, company)
    if demo and database_url:
        raise ConfigError(
            "A demo keeps what visitors make in its home folder, which is emptied every night.",
            "--database-url",
            "Leave it out.",
        )
    if sign_in == SignIn.none and not demo:
        raise ConfigError(
            "Everybody who reaches the tenant could read and change everything.", "--sign-in", "Take oidc or header."
        )
    tenant = _registry().create(name, host, settings, database_url, demo, account)
    if hidden is not None:
        _write_hidden(hidden, tenant)
    if account:
        _hand_over(tenant)
    typer.echo(f"{name} is made in {tenant.folder}, on port {tenant.port} for {', '.join(tenant.hosts)}.")
    if demo:
        typer.echo("It is a demo: whoever reaches that name may do everything in it, until the next night.")
    elif sign_in == SignIn.oidc:
        typer.echo(f"Write its identity provider into {tenant.folder / '.streamlit' / 'secrets.toml'}, then name an")
        typer.echo(f"administrator: quarterdeck tenant run {name} admin grant MAIL")
    typer.echo("Write the proxy's file anew: quarterdeck tenant proxy nginx --out FILE")


@app.command("demo-data")
def demo_data(name: Name, data: Annotated[Path, typer.Option(help=DATA)], column_map: ColumnMap = None) -> None:
    """Replace the data of a demo by newer ones of the company's own, with names hidden and amounts rounded."""
    from core.tenants import masked_data

    tenant = _registry().get(name)
    if not (tenant.is_demo and (tenant.folder / masked_data.FOLDER).is_dir()):
        raise ConfigError(f"{name} is no demo on data of a company's own.", "name", "Make one: --demo --data FOLDER")
    _write_hidden(_hidden(data, column_map, True), tenant)
    if tenant.account:
        _hand_over(tenant)
    typer.echo(f"{name} shows the new data from its next page on.")


@app.command("list")
def listed(as_json: AsJson = False) -> None:
    """List the tenants: where they answer, what they use of their limits, and why one is not run."""
    from core.tenants import usage_figures

    tenants = _registry().tenants()
    with ThreadPoolExecutor(max_workers=8) as asking:
        standings = list(asking.map(usage_figures.of_tenant, tenants))
    if as_json:
        entries = [_summary(*pair) for pair in zip(tenants, standings, strict=True)]
        typer.echo(json.dumps(entries, indent=2, ensure_ascii=False))
        return
    for tenant, standing in zip(tenants, standings, strict=True):
        kind = " (demo)" if tenant.is_demo else ""
        size = sum(file.stat().st_size for file in tenant.home.rglob("*") if file.is_file()) / 1e6
        typer.echo(f"{tenant.name}{kind}: port {tenant.port}, {', '.join(tenant.hosts) or 'no host'}, {size:,.1f} MB")
        if tenant.problem:
            typer.echo(f"  not run: {tenant.problem}")
        if standing is not None:
            typer.echo(f"  uses {', '.join(part.short() for part in standing.parts)}")
    if not tenants:
        typer.echo("There is no tenant yet: quarterdeck tenant create NAME --host sales.example.com")


@app.command("export")
def export(
    name: Name,
    to: Annotated[Path | None, typer.Option(help="Folder for it; without it the tenant's own.")] = None,
) -> None:
    """Copy everything of a tenant that people made into one sealed file, also while they work."""
    tenant = _registry().get(name)
    folder = (to or tenant.folder / "backups").absolute()
    raise typer.Exit(_run(tenant, ["backup", "--to", str(folder)]))


@app.command("delete")
def delete(
    name: Name,
    confirm: Annotated[str, typer.Option(help="The tenant's name once more, for scripts.")] = "",
) -> None:
    """Delete a tenant with its home, keys and backups, after its name was typed once more."""
    registry = _registry()
    tenant = registry.get(name)
    words = f"Everything of {name} is deleted, its key and the backups in its folder too. Type its name to go on"
    if (confirm or typer.prompt(words)) != name:
        raise ConfigError("That is another name; nothing was deleted.", "name", "Type it as the list shows it.")
    has_server = tenant.key_file("database-url").is_file()
    registry.delete(name)
    typer.echo(f"{name} is deleted.")
    if has_server:
        typer.echo("Its PostgreSQL database is left, for other things may lie there: dropdb takes it away.")
    typer.echo("Write the proxy's file anew: quarterdeck tenant proxy nginx --out FILE")


@app.command("proxy")
def proxy(
    kind: Annotated[Proxy, typer.Argument(help="nginx, haproxy or caddy.")],
    out: Annotated[Path | None, typer.Option(help="The file; without it, it is printed.")] = None,
) -> None:
    """Write the proxy's file: each name to its tenant, every other name refused in a sentence."""
    from core.tenants.proxy_files import KINDS

    tenants = [tenant for tenant in _registry().tenants() if not tenant.problem]
    content = KINDS[kind](tenants)
    if out is None:
        typer.echo(content)
        return
    out.write_text(content, encoding="utf-8")
    typer.echo(f"{out}: {len(tenants)} tenants. Let the proxy check it, then read it anew.")


@app.command("serve")
def serve() -> None:
    """Run every tenant, each in processes of its own, until told to stop; tenants made later are started too."""
    from core.tenants.supervisor import Supervisor

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    Supervisor(_registry(), dict(os.environ), typer.echo, lambda: datetime.now(UTC)).run(stop)


@app.command("run", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def run(context: typer.Context, name: Name) -> None:
    """Run any other command of quarterdeck for one tenant: quarterdeck tenant run acme doctor."""
    raise typer.Exit(_run(_registry().get(name), context.args))


def _hidden(data: Path, column_map: Path | None, is_demo: bool) -> Dataset:
    """Return a company's data with names hidden for good, before anything of the tenant is made."""
    from core.config import load
    from core.tenants import masked_data

    if not is_demo:
        raise ConfigError("Only a demo shows data with names hidden.", "--data", "Add --demo, or leave it out.")
    return masked_data.read(data, column_map, load())


def _settings_of_hidden(name: str, company: str) -> dict[str, Any]:
    from core.config import load
    from core.tenants import demo_settings, masked_data

    return demo_settings.masked_settings(company, _registry().root / name / masked_data.FOLDER, load())


def _write_hidden(data: Dataset, tenant: Tenant) -> None:
    from core.tenants import masked_data

    masked_data.write(data, tenant.folder)
    typer.echo(f"{sum(data.row_counts.values()):,} rows, as of {data.as_of}: names are invented, amounts rounded.")


def _registry() -> Registry:
    from core.tenants.tenant_registry import FOLDER, Registry

    return Registry(Path(os.environ.get(FOLDER) or DEFAULT_FOLDER))


def _run(tenant: Tenant, words: list[str]) -> int:
    from core.tenants.process_environment import environment
    from core.tenants.supervisor import account_options

    env = environment(tenant, os.environ)
    command = [sys.executable, "-m", "core.cli", *words]
    done = subprocess.run(command, cwd=tenant.folder, env=env, check=False, **account_options(tenant))
    return done.returncode


def _summary(tenant: Tenant, standing: Standing | None) -> dict[str, Any]:
    return {
        "name": tenant.name,
        "hosts": list(tenant.hosts),
        "port": tenant.port,
        "is_demo": tenant.is_demo,
        "account": tenant.account,
        "folder": str(tenant.folder),
        "problem": tenant.problem,
        "usage": standing.frame.to_dicts() if standing is not None else None,
    }


def _hand_over(tenant: Tenant) -> None:
    """Give a tenant's folder to its account, so that no other account reads it."""
    try:
        for path in (tenant.folder, *tenant.folder.rglob("*")):
            shutil.chown(path, tenant.account, tenant.account)
    except (OSError, LookupError) as error:
        raise ConfigError(
            f"The folder cannot be given to the account {tenant.account}.", str(tenant.folder), "Run this as root."
        ) from error
