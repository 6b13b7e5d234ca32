"""The tenants of an installation: one folder each, which holds everything that is theirs.

`tenant.yaml` says how the supervisor runs it, `quarterdeck.yaml` are its settings, among them the hosts it answers to,
`home` its home folder, `keys` its secrets, `backups` its backups. No list stands beside the folders that could differ.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml
from filelock import FileLock

from core import yaml_text
from core.config import Settings, load
from core.config.settings import OWN_FILE, URL_FILE
from core.contracts.errors import ConfigError, QuarterdeckError
from core.sealing.sealing_keys import fresh
from core.store.database import database_url

FOLDER = "QUARTERDECK_TENANTS"
NAME = re.compile(r"[a-z](?:[a-z0-9]|-(?=[a-z0-9])){1,30}")
HOST = re.compile(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
FIRST_PORT, LAST_PORT = 8601, 9600
TRIES = 3
TENANT_FILE, KEYS, HOME, BACKUPS, TEMPORARY = "tenant.yaml", "keys", "home", "backups", "tmp"
SEAL, LOG_SECRET, METRICS_TOKEN, DATABASE = "seal", "log-secret", "metrics-token", "database-url"
GONE = ".deleted-"
SIGN_IN = Path(".streamlit") / "secrets.toml"
SIGN_IN_TEXT = """# Fill in your identity provider's three lines and take their # away; the admin guide shows how.
[auth]
redirect_uri = "https://{host}/oauth2callback"
cookie_secret = "{secret}"
# client_id = ""
# client_secret = ""
# server_metadata_url = "https://login.example.com/.well-known/openid-configuration"
"""


@dataclass(frozen=True)
class Tenant:
    """A company on the installation.

    Attributes
    ----------
    name : str
        Of its folder, and in every log line and figure.
    folder : Path
    port : int
        Of this machine, on which its server listens for the proxy alone.
    is_demo : bool
        Shows the sample company, and is put back to its first day every night.
    account : str
        The account of the operating system its processes run as; empty for the supervisor's own.
    settings : Settings, optional
        None where they cannot be read.
    problem : str
        Why it cannot be run, as a sentence; empty where it can.
    """

    name: str
    folder: Path
    port: int
    is_demo: bool = False
    account: str = ""
    settings: Settings | None = field(default=None, repr=False)
    problem: str = ""

    @property
    def home(self) -> Path:
        """Return its home folder."""
        return self.folder / HOME

    @property
    def hosts(self) -> tuple[str, ...]:
        """Return the names it answers to."""
        return () if self.settings is None else tuple(host.lower() for host in self.settings.access.hosts)

    def key_file(self, name: str) -> Path:
        """Return the file of one of its secrets."""
        return self.folder / KEYS / name

    @property
    def locations(self) -> dict[str, str]:
        """Return the variables by which its settings, home and database are found."""
        url_file = self.key_file(DATABASE)
        own = {"QUARTERDECK_HOME": str(self.home), "QUARTERDECK_CONFIG": str(self.folder / OWN_FILE)}
        return own | ({URL_FILE: str(url_file)} if url_file.is_file() else {})


class Registry:
    """The folder that holds the tenants' folders.

    Parameters
    ----------
    root : Path
        Made when the first tenant is.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()

    def tenants(self) -> list[Tenant]:
        """Return all tenants by name; what two of them share is the problem of both."""
        folders = sorted(self.root.glob(f"*/{TENANT_FILE}")) if self.root.is_dir() else []
        return _apart([_read(path.parent) for path in folders if not path.parent.name.startswith(".")])

    def get(self, name: str) -> Tenant:
        """Return one tenant.

        Raises
        ------
        ConfigError
            When there is none of that name.
        """
        match = next((tenant for tenant in self.tenants() if tenant.name == name), None)
        if match is None:
            raise ConfigError(f"There is no tenant called {name!r}.", str(self.root), "See `quarterdeck tenant list`.")
        return match

    def create(
        self,
        name: str,
        hosts: Iterable[str],
        settings: dict[str, Any],
        database: str = "",
        is_demo: bool = False,
        account: str = "",
    ) -> Tenant:
        """Make a tenant's folder with keys and settings of its own; it is there whole or not at all.

        Parameters
        ----------
        name : str
            2 to 32 small letters, digits and single hyphens.
        hosts : iterable of str
            Names people reach it by; no other tenant's.
        settings : dict
            What its settings file holds besides its hosts.
        database : str
            A PostgreSQL database of its own; empty for a SQLite file in its home folder.
        is_demo : bool
        account : str

        Raises
        ------
        ConfigError
            When the name or a host is not valid or is taken, or another tenant has the database.
        """
        names = tuple(dict.fromkeys(_host(host) for host in hosts))
        if not NAME.fullmatch(name):
            raise ConfigError(
                f"{name!r} is no name for a tenant.", "name", "Take 2 to 32 small letters, digits and hyphens."
            )
        if not names:
            raise ConfigError("A tenant needs a name people reach it by.", "--host", "Such as sales.example.com.")
        with self._alone():
            others = self.tenants()
            self._refuse_taken(name, names, database, others)
            part = self.root / f".creating-{name}"
            shutil.rmtree(part, ignore_errors=True)
            _lay_out(part, database, names[0])
            port = _free_port(others)
            _write(part / TENANT_FILE, {"port": port, "is_demo": is_demo, "account": account})
            access = {**settings.get("access", {}), "hosts": list(names)}
            _write(part / OWN_FILE, {**settings, "access": access})
            load(part / OWN_FILE, {"QUARTERDECK_HOME": str(part / HOME)})  # Refused before it is there.
            os.replace(part, self.root / name)
        return self.get(name)

    def delete(self, name: str) -> None:
        """Take a tenant away with everything in its folder; the supervisor ends its processes when it sees that.

        Raises
        ------
        ConfigError
            As `get`.
        """
        with self._alone():
            tenant = self.get(name)
            away = self.root / f"{GONE}{name}-{secrets.token_hex(4)}"
            os.replace(tenant.folder, away)
        _removed(away)

    def sweep(self, name: str) -> None:
        """Remove what a tenant's processes wrote between its deletion and their end."""
        folder = self.root / name
        if not (folder / TENANT_FILE).exists():
            shutil.rmtree(folder, ignore_errors=True)

    def _refuse_taken(self, name: str, hosts: tuple[str, ...], database: str, others: list[Tenant]) -> None:
        if (self.root / name).exists():
            raise ConfigError(f"There is a tenant called {name} already.", str(self.root), "Choose another name.")
        for tenant in others:
            if shared := set(hosts) & set(tenant.hosts):
                raise ConfigError(
                    f"{min(shared)} leads to {tenant.name} already.", "--host", "Give each tenant names of its own."
                )
            if database and tenant.settings is not None and _place(database) == _place(tenant.settings.database):
                raise ConfigError(
                    f"{tenant.name} has that database.", "--database-url", "Make one for each tenant: createdb NAME"
                )

    @contextmanager
    def _alone(self) -> Iterator[None]:
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o711)
            with FileLock(self.root / ".lock"):
                yield
        except OSError as error:
            raise ConfigError(
                "The tenants' folder cannot be written to.", str(self.root), f"Name another in {FOLDER}."
            ) from error


def _removed(folder: Path) -> None:
    """Delete a folder into which processes that are about to end may still write."""
    for _ in range(TRIES - 1):
        shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        shutil.rmtree(folder)


def _lay_out(part: Path, database: str, host: str) -> None:
    """Make the folders and secrets, which only their owner may read."""
    part.mkdir(mode=0o700)
    for name in (HOME, KEYS, BACKUPS, TEMPORARY):
        (part / name).mkdir(mode=0o700)
    values = {SEAL: fresh(), LOG_SECRET: secrets.token_hex(32), METRICS_TOKEN: secrets.token_hex(32)}
    if database:
        database_url(database)
        values[DATABASE] = database
    for name, secret in values.items():
        _write_secret(part / KEYS / name, f"{secret}\n")
    (part / SIGN_IN.parent).mkdir(mode=0o700)
    _write_secret(part / SIGN_IN, SIGN_IN_TEXT.format(host=host, secret=secrets.token_hex(32)))


def _write_secret(path: Path, text: str) -> None:
    target = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(target, "w", encoding="utf-8") as file:
        file.write(text)


def _write(path: Path, values: dict[str, Any]) -> None:
    path.write_text(yaml.safe_dump(values, allow_unicode=True, sort_keys=False), encoding="utf-8")


def _host(name: str) -> str:
    host = name.strip().lower().rstrip(".")
    if not HOST.fullmatch(host):
        raise ConfigError(f"{name!r} is no name of a host.", "--host", "Write it as browsers do: sales.example.com")
    return host


def _free_port(others: list[Tenant]) -> int:
    taken = {tenant.port for tenant in others}
    port = next((port for port in range(FIRST_PORT, LAST_PORT + 1) if port not in taken), None)
    if port is None:
        raise ConfigError(f"All ports from {FIRST_PORT} to {LAST_PORT} have a tenant.", mend="Use another machine.")
    return port


def _place(url: str) -> tuple[object, ...]:
    """Return what makes a database another one: server, port and name, whoever signs in there."""
    parts = database_url(url)
    host = parts.host or parts.query.get("host") or "localhost"
    return parts.get_backend_name(), str(host).lower(), parts.port or 5432, parts.database


def _read(folder: Path) -> Tenant:
    try:
        values = yaml_text.parsed((folder / TENANT_FILE).read_text(encoding="utf-8")) or {}
        port, account = int(values["port"]), str(values.get("account") or "")
    except (OSError, yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError, ValueError):
        return Tenant(folder.name, folder, 0, problem=f"{TENANT_FILE} cannot be read: it needs a line `port: 8601`.")
    tenant = Tenant(folder.name, folder, port, bool(values.get("is_demo")), account)
    try:
        settings = load(folder / OWN_FILE, tenant.locations)
    except QuarterdeckError as error:
        return Tenant(tenant.name, folder, port, tenant.is_demo, account, problem=str(error))
    problem = "" if settings.access.hosts else "No host leads to it: name one under access.hosts in its settings."
    return Tenant(tenant.name, folder, port, tenant.is_demo, account, settings, problem)


def _apart(tenants: list[Tenant]) -> list[Tenant]:
    """Return the tenants, those that share something with a reason why they are not run."""
    out = []
    for tenant in tenants:
        reason = next((words for other in tenants if (words := _shared(tenant, other))), "")
        out.append(replace(tenant, problem=tenant.problem or reason))
    return out


def _shared(tenant: Tenant, other: Tenant) -> str:
    if tenant.name == other.name or tenant.settings is None or other.settings is None:
        return ""
    if tenant.port == other.port:
        return f"It has the port {tenant.port}, and so has {other.name}."
    if hosts := set(tenant.hosts) & set(other.hosts):
        return f"{min(hosts)} leads to it and to {other.name}."
    if _place(tenant.settings.database) == _place(other.settings.database):
        return f"It has the database of {other.name}."
    if tenant.settings.home.resolve() == other.settings.home.resolve():
        return f"It has the home folder of {other.name}."
    return ""
