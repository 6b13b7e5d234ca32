"""Reads the tutorials: a step is what a person reads, and behind it, in a comment, what a browser does.

The comment is YAML, a list of actions of one key each:

- `open: forecast`, the page at that address;
- `click: Name`, a button, a link, a tab or a fold; `click: {Calculation: Question}`, the button of one cell;
- `choose: {Field: Option}`, from a list;
- `type: {Field: Text}`, and Enter;
- `expect: Text`, which stands on the page;
- `picture: name`, taken into `docs/tutorials/images`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "tutorials"
IMAGES = FOLDER / "images"
KINDS = ("open", "click", "choose", "type", "expect", "picture")
STEP = re.compile(r"<!-- step\n(.*?)-->", re.DOTALL)


@dataclass(frozen=True)
class Action:
    """One thing a browser does.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    words : str
        The page, button, option, text or picture.
    field : str
        What is chosen or typed in, or the button of a cell; else empty.
    """

    kind: str
    words: str
    field: str = ""


@dataclass(frozen=True)
class Step:
    """What a person reads, and what a browser does for it."""

    prose: str
    actions: tuple[Action, ...]


def steps(markdown: str) -> tuple[Step, ...]:
    """Return a tutorial's steps.

    Raises
    ------
    ValueError
        When an action is none of those above.
    """
    texts = STEP.split(markdown)
    return tuple(
        Step(" ".join(prose.split()), tuple(_action(entry) for entry in yaml.safe_load(listed)))
        for prose, listed in zip(texts[::2], texts[1::2], strict=False)
    )


def _action(entry: Mapping[str, object]) -> Action:
    ((kind, value),) = entry.items()
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is none of {', '.join(KINDS)}.")
    if isinstance(value, Mapping):
        ((field, words),) = value.items()
        return Action(kind, str(words), str(field))
    return Action(kind, str(value))
