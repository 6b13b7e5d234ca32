"""A file for whoever helps: how the installation stands, without names, data or secrets.

Only what is listed here goes in, and of every text what may name somebody is taken out: values of settings are shown
where they are numbers, switches or words of our own; everything else is shown by its length alone.
"""

from __future__ import annotations

import json
import platform
import re
import zipfile
from collections.abc import Iterable, Mapping
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from core import __version__
from core.artifacts import listing, open_cache
from core.config import Settings, load
from core.config.settings import DEFAULTS
from core.localization import message
from core.models import versions
from core.operations import readiness
from core.operations.examination import Examined
from core.sealing.sealing_keys import KEY, KEY_COMMAND, KEY_FILE
from core.sources.connectors import connector_files
from core.store import schema_state
from core.store.database import database_url
from core.store.person_keys import MAIL

LOG_LINES = 400
PATH = re.compile(r"(?<![\w.])/[^\s:\"',)]+/([^\s:\"',)/]+)")
ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s\"',)]+", re.IGNORECASE)
NUMBER = re.compile(r"(?<![\w.-])\d{1,3}(?:\.\d{1,3}){3}(?![\w.-])")
QUOTED = re.compile(r"(\"|')[^\"'\n]{1,200}\1")
SECRET = re.compile(r"(?<![\w-])(?=[\w+/=-]*\d)[A-Za-z0-9+/=_-]{20,}(?![\w-])")
EVENTS = ("level", "logger", "timestamp", "event", "exception", "request", "session", "page")
VARIABLES = (
    KEY,
    KEY_FILE,
    KEY_COMMAND,
    "QUARTERDECK_HOME",
    "QUARTERDECK_DATABASE_URL",
    "QUARTERDECK_CONFIG",
    "QUARTERDECK_DATA",
    "QUARTERDECK_PROXY_SECRET",
    "QUARTERDECK_METRICS_TOKEN",
    "QUARTERDECK_LOG",
)


def write(
    target: Path,
    settings: Settings,
    examined: Iterable[Examined],
    environ: Mapping[str, str],
    log: Path | None = None,
) -> list[str]:
    """Write the file, and return the names of what is in it.

    Parameters
    ----------
    target : Path
        A zip file, written anew.
    settings : Settings
    examined : iterable of Examined
        What `quarterdeck doctor` came to.
    environ : mapping
        Of the variables of Quarterdeck only whether they are set goes in.
    log : Path, optional
        A log file, of which the last 400 lines go in without names.
    """
    parts = {
        "about.json": _about(settings, environ),
        "doctor.json": [
            {"name": clean(e.name), "good": e.is_good, "seen": clean(e.seen), "mend": clean(e.mend)} for e in examined
        ],
        "settings.json": changed(settings),
        "versions.json": dict(sorted((d.metadata["Name"], d.version) for d in distributions())),
        "models.json": _models(settings),
        "artifacts.json": listing.as_json(listing.summaries(open_cache(settings.home))),
    }
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, json.dumps(content, indent=1, default=str))
        if log is not None:
            archive.writestr("log.txt", "\n".join(_log(log)))
        return archive.namelist()


def clean(text: str) -> str:
    """Return a text without addresses, paths, mail addresses, quoted words and whatever looks like a secret.

    Examples
    --------
    >>> clean("Cannot read /home/ana/deals.csv for 'Harbour Ltd', ask ana@example.com")
    'Cannot read …/deals.csv for …, ask …'
    >>> clean("postgresql://q:pass@db.example.com/q refused sk_live_51HxxAbCdEfGhIjKl")
    '… refused …'
    """
    text = ADDRESS.sub("…", text)
    text = MAIL.sub("…", text)
    text = PATH.sub(r"…/\1", text)
    text = QUOTED.sub("…", text)
    return SECRET.sub("…", NUMBER.sub("…", text))


def changed(settings: Settings) -> dict[str, Any]:
    """Return the settings that are not as shipped: numbers and switches as they are, everything else by its length."""
    shipped = load(DEFAULTS, environ={})
    out: dict[str, Any] = {}
    _compare(settings, shipped, "", out)
    return out


def _compare(own: BaseModel, shipped: BaseModel, prefix: str, out: dict[str, Any]) -> None:
    for name in type(own).model_fields:
        value, default = getattr(own, name), getattr(shipped, name)
        if isinstance(value, BaseModel):
            _compare(value, default, f"{prefix}{name}.", out)
        elif value != default:
            out[f"{prefix}{name}"] = _shown(value)


def _shown(value: Any) -> Any:
    if isinstance(value, bool | int | float):
        return value
    n = len(str(value)) if isinstance(value, str | Path) else len(value)
    return message("{name} of {n}", name=type(value).__name__, n=n)


def _about(settings: Settings, environ: Mapping[str, str]) -> dict[str, Any]:
    return {
        "quarterdeck": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "database": database_url(settings.database).get_backend_name(),
        "revision": schema_state.newest_revision(),
        "sign_in": settings.access.sign_in,
        "n_connectors": len(connector_files.names(settings)),
        "free_bytes": readiness.free_bytes(settings.home),
        "set": [name for name in VARIABLES if environ.get(name)],
    }


def _models(settings: Settings) -> list[dict[str, Any]]:
    return versions.versions(settings).drop("source").to_dicts()


def _log(file: Path) -> list[str]:
    """Return the last lines: of JSON lines the fields that name nobody, their texts cleaned; of others the text."""
    out = []
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES:]:
        try:
            fields = json.loads(line)
        except ValueError:
            fields = {"event": line}
        if isinstance(fields, dict):
            out.append(json.dumps({name: clean(str(fields[name])) for name in EVENTS if name in fields}))
    return out
