"""The connectors of a workspace: one YAML file each under the home folder, with what each has brought beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from core.config import Settings
from core.contracts.errors import SourceError, closest
from core.replicas import home_files
from core.sources.connectors.declaration import Connector, missing_values, parse

FOLDER = "connectors"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.-]{0,60}")
SECRETS = "secrets.yaml"


def folder_of(settings: Settings, name: str = "") -> Path:
    """Return the folder of a connector, or of all of them."""
    return settings.home / FOLDER / name


def names(settings: Settings) -> list[str]:
    """Return the names of the connectors of a workspace, those other servers added too."""
    _bring(settings)
    return sorted(path.stem for path in folder_of(settings).glob("*.yaml") if path.name != SECRETS)


def connector(settings: Settings, name: str) -> Connector:
    """Return a connector of the workspace.

    Raises
    ------
    SourceError
        When there is none of that name, or its file says what nobody understands.
    """
    if name not in names(settings):
        near = closest(name, names(settings))
        listed = ", ".join(names(settings)) or "none yet"
        mend = f"Did you mean {near!r}?" if near else f"There are: {listed}. `quarterdeck connect` adds one."
        raise SourceError(f"There is no connector called {name!r}.", mend=mend)
    path = folder_of(settings) / f"{name}.yaml"
    try:
        return parse(path.read_bytes(), name, path.name)
    except OSError as error:
        raise SourceError("The connector cannot be read.", path.name, "Check its rights.") from error


def add(settings: Settings, name: str, content: Mapping[str, Any]) -> Connector:
    """Add a connector, or replace the description of one; what it has brought stays.

    Parameters
    ----------
    settings : Settings
    name : str
        Letters, digits, spaces, dots, dashes.
    content : mapping
        As its YAML file holds it; secrets by name alone.

    Raises
    ------
    SourceError
        When the name or the description cannot be used.
    """
    if not NAME.fullmatch(name) or name.casefold() == "secrets":
        raise SourceError(f"{name!r} cannot be a connector's name.", mend="Use letters, digits, spaces and dashes.")
    text = yaml.safe_dump(dict(content), sort_keys=False, allow_unicode=True)
    parsed = parse(text, name)
    if missing := missing_values(parsed):
        raise SourceError(f"{name} needs values for {', '.join(missing)}.", mend="Set them under values.")
    path = folder_of(settings) / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
    _share(settings, f"{FOLDER}/{path.name}")
    return parsed


def _bring(settings: Settings) -> None:
    """Bring the descriptions and secrets that other servers changed, and hand on those changed here."""
    shared = home_files.of(settings.home)
    if shared is None:
        return
    there = shared.asked(FOLDER)
    if there is None:
        return
    small = {name: about for name, about in there.items() if name.count("/") == 1}
    for name, about in small.items():
        shared.meet(name, str(about["digest"]))
    for path in sorted(folder_of(settings).glob("*.yaml")):
        if f"{FOLDER}/{path.name}" not in there:
            _share(settings, f"{FOLDER}/{path.name}")


def share_secrets(settings: Settings) -> None:
    """Hand on the secrets of this server, after one was written."""
    if (folder_of(settings) / SECRETS).is_file():
        _share(settings, f"{FOLDER}/{SECRETS}")


def _share(settings: Settings, name: str) -> None:
    if shared := home_files.of(settings.home):
        shared.push(name)
