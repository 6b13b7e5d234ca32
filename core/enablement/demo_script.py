"""The steps of a tour for buyers, read from a file: which page, in which state, and what to say."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from core.contracts.errors import ConfigError
from core.localization import message
from core.resources import sample_file

SHIPPED = sample_file("demos", "ten_minutes.yaml")
NAMES = ("page", "title", "words", "see", "state")
NEEDED = ("page", "title", "words")
LONGEST = 400
MEND = "Each step has page, title and words, and may have see (a question of the page) and state."


@dataclass(frozen=True)
class Step:
    """One step of a tour.

    Attributes
    ----------
    page, title, words : str
        The page's title, the step's, and what to say.
    see : str
        The question of the page it speaks of; empty for the top of the page.
    state : mapping of str to tuple of str
        What the controls of the page are set to, by their names in its address.
    """

    page: str
    title: str
    words: str
    see: str
    state: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class DemoScript:
    """A tour.

    Attributes
    ----------
    name : str
    steps : tuple of Step
    """

    name: str
    steps: tuple[Step, ...]


def load(path: str, pages: Collection[str]) -> DemoScript:
    """Return a tour from its YAML file.

    Parameters
    ----------
    path : str
        Empty for the one that ships.
    pages : collection of str
        Titles of the pages there are.

    Raises
    ------
    ConfigError
        When the file cannot be read or a step is not valid; it names the step.
    """
    file = Path(path) if path else SHIPPED
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(
            "The tour's file cannot be read.", file.name, "Check its name and that it is YAML."
        ) from error
    rows = content.get("steps") if isinstance(content, Mapping) else None
    if not isinstance(content, Mapping) or not isinstance(rows, list) or not rows:
        raise ConfigError("The tour has no steps.", file.name, MEND)
    steps = tuple(
        _step(row, message("{name}, step {number}", name=file.name, number=number), pages)
        for number, row in enumerate(rows, start=1)
    )
    return DemoScript(str(content.get("name") or file.stem), steps)


def _step(row: Any, where: str, pages: Collection[str]) -> Step:
    if not isinstance(row, Mapping):
        raise ConfigError("A step of the tour is not a list of names and values.", where, MEND)
    unknown = [str(name) for name in row if name not in NAMES]
    missing = [name for name in NEEDED if not str(row.get(name) or "").strip()]
    if unknown or missing:
        problem = (
            message("has {unknown!r}, which is not known", unknown=unknown[0])
            if unknown
            else message("lacks {missing!r}", missing=missing[0])
        )
        raise ConfigError(message("A step of the tour {problem}.", problem=problem), where, MEND)
    page, title, words, see = (str(row.get(name) or "").strip() for name in ("page", "title", "words", "see"))
    if page not in pages:
        raise ConfigError(
            message("There is no page called {page!r}.", page=page),
            where,
            message("There are {pages}.", pages=", ".join(pages)),
        )
    if len(words) > LONGEST:
        raise ConfigError(
            "The words of a step are too long to be read aloud.",
            where,
            message("At most {longest} characters.", longest=LONGEST),
        )
    state = row.get("state") or {}
    if not isinstance(state, Mapping):
        raise ConfigError("The state of a step is not a list of names and values.", where, MEND)
    return Step(page, title, words, see, {str(name): _texts(value) for name, value in state.items()})


def _texts(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, (list, tuple)) else [value]
    return tuple(f"{v:g}" if isinstance(v, float) else str(v) for v in values)
