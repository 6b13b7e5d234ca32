"""`quarterdeck doctor`: what an installation needs and what it does better with, each with how to mend it."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import polars as pl
from packaging.requirements import Requirement
from sqlalchemy import Connection, NullPool, create_engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from core.access import directory
from core.access.proxy_gate import is_guarded
from core.artifacts import combined, integrity, open_cache
from core.config import Settings
from core.config.settings import file_in_force
from core.contracts.errors import ConfigError, QuarterdeckError
from core.localization import joined, message
from core.models import versions
from core.operations import readiness
from core.resources import app_folder, is_writable, sample_file
from core.sealing.sealing_keys import KEY_FILE, keys_in_force
from core.sealing.secret_values import FILE as SECRETS_FILE
from core.sources import loading, source_registry, usage_report
from core.sources.connectors import connector_files, sync_run
from core.sources.engines import catalogue
from core.store import Store
from core.store.database import database_url, is_verified

LONGEST_SKEW = timedelta(seconds=5)
OLDEST_DATA = timedelta(days=8)
MOST_OFF = 0.1
GRANT = "quarterdeck admin grant MAIL"
INSTALL = "Install Quarterdeck again, with what its lock file names."


@dataclass(frozen=True)
class Examined:
    """One thing that was looked at.

    Attributes
    ----------
    name : str
        What should be so, in a sentence.
    is_good : bool
    is_needed : bool
        Whether Quarterdeck does not work without it.
    seen : str
        What was seen, where that says more.
    mend : str
        What to do where it is not good.
    """

    name: str
    is_good: bool
    is_needed: bool = False
    seen: str = ""
    mend: str = ""

    def lines(self) -> list[str]:
        """Return the lines a terminal shows."""
        out = [f"{'ok     ' if self.is_good else 'MISSING'}  {self.name}"]
        if not self.is_good:
            out += [f"         {text}" for text in (self.seen, self.mend) if text]
        return out


def examine(
    settings: Settings, now: datetime, environ: Mapping[str, str] = os.environ, vectors_line: str = ""
) -> list[Examined]:
    """Look at versions, home, disk, database, clock, data, models, secrets and open doors; nothing is changed.

    Parameters
    ----------
    settings : Settings
    now : datetime
        The present time, in UTC.
    environ : mapping
        Holds keys and secrets, or names files with them.
    vectors_line : str
        How sentence vectors are installed; empty where they are.

    Returns
    -------
    list of Examined
        In the order they are to be mended in.
    """
    parts: list[Callable[[], list[Examined]]] = [
        _versions,
        lambda: _home(settings),
        lambda: _database(settings, now),
        lambda: _engine(settings),
        lambda: _data(settings, now),
        lambda: _models(settings, now),
        lambda: [_vectors(vectors_line)],
        lambda: _secrets(settings, environ),
        lambda: _doors(settings, environ),
        lambda: _limits(settings),
    ]
    out: list[Examined] = []
    for part in parts:
        try:
            out += part()
        except (QuarterdeckError, SQLAlchemyError, OSError) as error:
            what = error.what if isinstance(error, QuarterdeckError) else type(error).__name__
            mend = error.mend if isinstance(error, QuarterdeckError) else ""
            out.append(Examined("Everything could be looked at", False, True, what, mend))
    return out


def _versions() -> list[Examined]:
    problems = lacking(requires("quarterdeck") or [])
    return [
        Examined("Python 3.11 or later", sys.version_info >= (3, 11), True, mend="Install a newer Python."),
        Examined("Libraries are of versions that work together", not problems, True, "; ".join(problems), INSTALL),
        Examined("Pages and sample data of the app are there", _has_app(), True, mend=INSTALL),
    ]


def lacking(asked: list[str]) -> list[str]:
    """Return what of a list of requirements is missing or of a version that does not fit, in a few words each.

    Examples
    --------
    >>> lacking(["pydantic>=2", "pydantic<1; python_version < '3'"])
    []
    """
    out = []
    for text in asked:
        requirement = Requirement(text)
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            installed = version(requirement.name)
        except PackageNotFoundError:
            out.append(message("{name} is not installed", name=requirement.name))
            continue
        if not requirement.specifier.contains(installed, prereleases=True):
            out.append(
                message(
                    "{name} is {installed}, and should be {specifier}",
                    name=requirement.name,
                    installed=installed,
                    specifier=requirement.specifier,
                )
            )
    return out


def _has_app() -> bool:
    try:
        app_folder()
    except ConfigError:
        return False
    return sample_file("capabilities.csv").is_file()


def _home(settings: Settings) -> list[Examined]:
    notices = integrity.examine(open_cache(settings.home))
    disk = readiness.disk(settings.home)
    return [
        Examined(
            message("Home folder {home} can be written", home=settings.home),
            is_writable(settings.home),
            True,
            mend=disk.mend,
        ),
        Examined("The disk has room", disk.is_good, False, disk.sentence, disk.mend),
        Examined("What is kept is whole, and new results can be kept", not notices, False, " ".join(combined(notices))),
    ]


def _database(settings: Settings, now: datetime) -> list[Examined]:
    tls = Examined(
        "The database is on this machine, or shows who it is by TLS",
        is_verified(settings.database),
        mend="Add ?sslmode=verify-full&sslrootcert=/path/root.crt to database_url.",
    )
    if not Store.is_there(settings.database):
        return [Examined("The database opens", True, True, "There is none yet; it is made when it is needed."), tls]
    engine = create_engine(database_url(settings.database), poolclass=NullPool)
    written = max((file.stat().st_mtime for file in settings.home.glob("*") if file.is_file()), default=0.0)
    try:
        with engine.connect() as connection:
            revision = str(connection.scalar(readiness.REVISION))
            clock = _clock(connection, settings, now, written)
    except (SQLAlchemyError, OSError) as error:
        mend = "Start it, and see that database_url names it and its password."
        return [
            Examined(
                "The database opens",
                False,
                True,
                message("It does not answer ({name}).", name=type(error).__name__),
                mend,
            ),
            tls,
        ]
    check = readiness.of_revision(revision)
    tables = Examined("Its tables are those of this version", check.is_good, True, check.sentence, check.mend)
    return [Examined("The database opens", True, True), tables, tls, clock]


def _clock(connection: Connection, settings: Settings, now: datetime, written: float) -> Examined:
    """Compare this machine's clock with the database server's, or with the newest file of the home folder."""
    name, mend = "The clock goes right", "Set the clock by NTP on every machine: timedatectl set-ntp true"
    if database_url(settings.database).get_backend_name() == "postgresql":
        other: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
        skew = abs(now - other)
        return Examined(
            name,
            skew <= LONGEST_SKEW,
            False,
            message("It is {total_seconds:.0f} s off the database's.", total_seconds=skew.total_seconds()),
            mend,
        )
    ahead = written - now.timestamp()
    seen = message("A file of the home folder was written {ahead:.0f} s from now.", ahead=ahead)
    return Examined(name, ahead <= LONGEST_SKEW.total_seconds(), False, seen, mend)


def _engine(settings: Settings) -> list[Examined]:
    """Look at what works the large tables out."""
    title, missing = catalogue.ENGINES[settings.engine].title, catalogue.missing_modules(settings.engine)
    refusal = loading.engine_refusal(settings)
    return [
        Examined(
            message("What the engine {title} needs is installed", title=title),
            not missing,
            True,
            ", ".join(missing),
            catalogue.install_line(settings.engine) if missing else "",
        ),
        Examined("The engine answers", not refusal, False, refusal),
    ]


def _data(settings: Settings, now: datetime) -> list[Examined]:
    is_there = loading.is_ready(settings)
    late = []
    for name in connector_files.names(settings):
        entry = sync_run.freshness_of(settings, name, now)
        if entry.due_at is not None and entry.due_at < now - timedelta(hours=1) and not entry.running:
            late.append(name)
    return [
        Examined("Data is there", is_there, False, mend="Run: quarterdeck build"),
        Examined(
            "Connected systems are read on time",
            not late,
            False,
            message("Overdue: {late}.", late=", ".join(late)),
            "Start `quarterdeck worker`; the Data page says why a sync failed.",
        ),
    ]


def _models(settings: Settings, now: datetime) -> list[Examined]:
    title = loading.title_of(settings, *source_registry.in_force(settings))
    table = versions.versions(settings).filter(pl.col("source") == title)
    mend = "Run: quarterdeck build"
    if table.is_empty():
        return [Examined("Models are there", False, False, "None were learnt yet.", mend)]
    newest = table.row(0, named=True)
    out = [Examined("Models are there", True)]
    if newest["as_of"]:
        age = now.date() - datetime.fromisoformat(newest["as_of"]).date()
        is_own = bool(settings.source.folder) or bool(connector_files.names(settings))
        seen = message("They end {days} days ago, on {as_of}.", days=age.days, as_of=newest["as_of"])
        is_fresh = age <= OLDEST_DATA or not is_own  # The sample company ends when it ends.
        out.append(Examined("Data are fresh", is_fresh, False, seen, "Deliver newer data, or sync."))
    off = max((newest[f"{m}_calibration_error"] or 0.0 for m in ("close", "churn")), default=0.0)
    seen = message("Chances were off by {off:.0f} points on later quarters.", off=off * 100)
    out.append(Examined("Chances came true as often as they said", off <= MOST_OFF, False, seen, mend))
    return out


def _vectors(line: str) -> Examined:
    mend = message("Without sentence vectors matching goes by words and letters: {line}", line=line)
    return Examined("Sentence vectors are installed", not line, False, "", mend)


def _secrets(settings: Settings, environ: Mapping[str, str]) -> list[Examined]:
    keys = keys_in_force(environ)
    folder = connector_files.folder_of(settings)
    files = [Path(environ[KEY_FILE])] if environ.get(KEY_FILE) else []
    files += [folder / SECRETS_FILE, Path(".streamlit/secrets.toml")]
    open_files = [file for file in files if file.is_file() and is_open(file)]
    needs_key = settings.access.sign_in != "none"
    return [
        Examined(
            "Secrets can be read by nobody else on this machine",
            not open_files,
            False,
            ", ".join(map(str, open_files)),
            "Take the right away: chmod 600",
        ),
        Examined(
            "What is kept is sealed, and backups can be",
            bool(keys) or not needs_key,
            False,
            "No key is set.",
            "Make one (`quarterdeck keys new`), name its file in QUARTERDECK_KEY_FILE, run `quarterdeck keys rotate`.",
        ),
    ]


def is_open(file: Path) -> bool:
    """Say whether others than a file's owner and group may read it."""
    return bool(file.stat().st_mode & stat.S_IROTH)


def _doors(settings: Settings, environ: Mapping[str, str]) -> list[Examined]:
    access = settings.access
    can_forge = access.sign_in == "header" and not is_guarded(settings, environ)
    writers = [role for role in access.everyone_else if any(":write" in r or r == "*" for r in settings.roles[role])]
    out = [
        Examined(
            "Whoever reaches the app over the network signs in",
            access.sign_in != "none" or not access.hosts,
            False,
            message("It answers to {hosts}, and nobody signs in.", hosts=", ".join(access.hosts)),
            "Set access.sign_in to oidc or header.",
        ),
        Examined(
            "Nobody can name themselves in a header",
            not can_forge,
            False,
            message("Anybody on this machine can send {header}.", header=access.header),
            "Set access.proxies, or QUARTERDECK_PROXY_SECRET for server and proxy.",
        ),
        Examined(
            "People nobody listed cannot change anything",
            not writers,
            False,
            message("access.everyone_else gives {writers}.", writers=", ".join(writers)),
            "Leave it empty, or give a role that only reads.",
        ),
    ]
    out += [_administrators(settings)] if access.sign_in != "none" else []
    file = file_in_force(environ)
    if file is not None and file.is_file():
        is_shut = not file.stat().st_mode & stat.S_IWOTH
        out.append(Examined("Only its owner can change the settings file", is_shut, False, str(file), "chmod 644"))
    return out


def _limits(settings: Settings) -> list[Examined]:
    """Look at what is used of the limits of this company; nothing where none is set."""
    if not settings.limits.is_any or not Store.is_there(settings.database):
        return []
    store = Store.open(settings.database)
    try:
        warnings = usage_report.standing(None, settings, store).warnings
    finally:
        store.close()
    return [Examined("There is room under the limits", not warnings, False, joined(*warnings))]


def _administrators(settings: Settings) -> Examined:
    name = "Somebody administers"
    if not Store.is_there(settings.database):
        return Examined(name, bool(directory.in_force(settings).administrators()), False, "Nobody is listed.", GRANT)
    store = Store.open(settings.database)
    try:
        people = directory.in_force(settings, store.access.current()).administrators()
    finally:
        store.close()
    return Examined(name, bool(people), False, "Nobody is listed.", GRANT)
