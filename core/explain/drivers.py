"""From model features to the drivers a sales leader talks about."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import yaml

from core import yaml_text
from core.contracts.errors import ConfigError
from core.features.labels import plain
from core.localization import joined, message
from core.metrics.engagement import sentiment_word
from core.resources import beside_settings

__all__ = ["DEFAULT", "DriverMap", "load", "plain"]

NOT_KNOWN = "not known"
DEFAULT = beside_settings("drivers.yaml")


@dataclass(frozen=True)
class DriverMap:
    """Patterns that name the driver of a feature and put its value into words."""

    drivers: tuple[tuple[str, str], ...]
    phrases: tuple[tuple[str, str], ...]

    def driver(self, feature: str) -> str:
        """Return the driver of a feature; a feature nothing matches is named plainly."""
        return next((d for pattern, d in self.drivers if fnmatch(feature, pattern)), plain(feature))

    def phrase(self, feature: str, value: str) -> str:
        """Put a feature and its value into words."""
        template = next((p for pattern, p in self.phrases if fnmatch(feature, pattern)), None)
        if "sentiment" in feature:
            value = _sentiment(value)
        if template and value != NOT_KNOWN:
            is_one = template.format(value=value).startswith("1 days")
            return message(template.replace("days", "day", 1) if is_one else template, value=value)
        name = plain(feature)
        return joined(name if name[:2].isupper() else name.lower(), value)


def _sentiment(value: str) -> str:
    """Name a sentiment that is written as a number; what is none stays."""
    try:
        return sentiment_word(float(value.replace("−", "-")))
    except ValueError:
        return value


@cache
def load(path: Path = DEFAULT) -> DriverMap:
    """Read a driver map.

    Parameters
    ----------
    path : Path
        YAML with `drivers` (name: list of patterns) and `phrases` (pattern: text with {value}).

    Raises
    ------
    ConfigError
        When the file cannot be read or has another shape.
    """
    try:
        content = yaml_text.parsed(path.read_text(encoding="utf-8"))
        drivers = tuple((str(p), str(name)) for name, patterns in content["drivers"].items() for p in patterns)
        phrases = tuple((str(p), str(text)) for p, text in (content.get("phrases") or {}).items())
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            "The driver map cannot be used.", str(path), "It needs `drivers: {name: [pattern]}`."
        ) from error
    return DriverMap(drivers, phrases)
