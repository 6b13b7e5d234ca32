"""What the Admin page saves of the brand: a file in the home folder, which `core.config.load` reads over the settings.

It lies in the home folder and not in the database, so that the settings are whole before anything is opened.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from core.branding import logo_pictures
from core.config import Settings
from core.config.branding import LOGOS, SAVED, BrandSettings
from core.contracts.errors import ConfigError
from core.localization import message


def checked(values: Mapping[str, Any]) -> BrandSettings:
    """Return a brand, checked.

    Raises
    ------
    ConfigError
        In the words of what is wrong, such as a colour's contrast with its figure.
    """
    try:
        return BrandSettings.model_validate(dict(values))
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        words = first["msg"].removeprefix("Value error, ")
        sentence = (
            message("{name}: {words}", name=name.replace("_", " ").capitalize(), words=words)
            if name
            else f"{words[0].upper()}{words[1:]}"
        )
        raise ConfigError(f"{sentence.rstrip('.')}.", name) from error


def save(settings: Settings, brand: BrandSettings, pictures: Mapping[str, bytes]) -> None:
    """Save a brand for everybody; it is in force with the next click.

    Parameters
    ----------
    settings : Settings
        Its home folder is written to.
    brand : BrandSettings
        Its logos may be empty, for none.
    pictures : mapping
        "logo" and "logo_dark" to pictures that replace those of `brand`; checked once more.

    Raises
    ------
    ConfigError
        When a picture is refused or the home folder cannot be written to.
    """
    finished = {name: logo_pictures.checked(content) for name, content in pictures.items() if name in LOGOS}
    folder = (settings.home / SAVED).parent
    values = brand.model_dump()
    for name in LOGOS:
        if values[name] and Path(values[name]).parent == folder.absolute():
            values[name] = Path(values[name]).name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in finished.items():
            # Under a name of its content, so that whoever reads the old file has it whole.
            path = folder / f"{name}-{hashlib.sha256(content).hexdigest()[:12]}.png"
            _replace(path, content)
            values[name] = path.name
        _replace(settings.home / SAVED, yaml.safe_dump(values, allow_unicode=True, sort_keys=False).encode())
        _tidy(folder, values)
    except OSError as error:
        raise ConfigError("The brand cannot be saved.", str(folder), "Check the home folder's rights.") from error


def is_saved(settings: Settings) -> bool:
    """Say whether the Admin page's brand is in force, and not that of the settings file."""
    return (settings.home / SAVED).is_file()


def forget(settings: Settings) -> None:
    """Take back what was saved: the brand of the settings file is in force again."""
    (settings.home / SAVED).unlink(missing_ok=True)
    _tidy((settings.home / SAVED).parent, {})


def _replace(path: Path, content: bytes) -> None:
    part = path.with_suffix(".part")
    part.write_bytes(content)
    os.replace(part, path)


def _tidy(folder: Path, values: Mapping[str, Any]) -> None:
    in_use = {Path(str(values.get(name, ""))).name for name in LOGOS}
    for path in folder.glob("logo*.png"):
        if path.name not in in_use:
            path.unlink(missing_ok=True)
