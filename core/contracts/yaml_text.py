"""Reads YAML that somebody hands in: bounded in size, depth and number, and every fault is one exception."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from core.localization import message

MOST_BYTES, MOST_NODES, MOST_DEPTH = 4_000_000, 200_000, 40
LARGEST_NUMBER = 2**63
PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class YamlError(ValueError):
    """A text is no YAML, or more of it than is read; the message says which, as a sentence."""


class _Loader(PARSER):  # type: ignore[misc]
    """Builds plain values; a whole number is one that a table can hold."""

    def construct_yaml_int(self, node: Any) -> int:
        """Return a whole number."""
        number = int(super().construct_yaml_int(node))
        if abs(number) >= LARGEST_NUMBER:
            raise ValueError("A number is too long.")
        return number


_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_yaml_int)


def shipped_yaml(path: Path) -> Any:
    """Return what a YAML file that comes with the package holds; nothing is bounded, for it is our own."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=PARSER)


def read_yaml(content: bytes | str) -> Any:
    """Read a YAML document.

    Parameters
    ----------
    content : bytes or str
        Up to 4 MB, 200,000 keys and values and 40 levels; without anchors, which can name one another until
        nothing else is left to do.

    Returns
    -------
    object
        Lists, mappings and plain values.

    Raises
    ------
    YamlError
        When it is larger or deeper, uses anchors, or is not valid: indents and quotes, a date there never was,
        a number of thousands of digits.
    """
    if len(content) > MOST_BYTES:
        raise YamlError(message("It is larger than {most_bytes} MB.", most_bytes=MOST_BYTES // 1000000))
    try:
        _count(content)
        return yaml.load(content, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = message(" Line {line} cannot be read.", line=mark.line + 1) if mark is not None else ""
        raise YamlError(message("Check its indents and quotes.{where}", where=where)) from error
    except (UnicodeError, RecursionError, OverflowError, TypeError) as error:
        raise YamlError("It is no text, or nested too deeply.") from error
    except YamlError:
        raise
    except ValueError as error:
        raise YamlError("It holds a date there never was, or a number that is too long.") from error


def _count(content: bytes | str) -> None:
    """Go through the document without building it, and stop where it is too much."""
    nodes = depth = 0
    for event in yaml.parse(content, Loader=PARSER):
        if isinstance(event, yaml.AliasEvent):
            raise YamlError("It uses anchors and aliases; write out what they stand for.")
        if isinstance(event, yaml.NodeEvent):
            nodes += 1
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if nodes > MOST_NODES:
            raise YamlError(message("It holds more than {most_nodes:,} keys and values.", most_nodes=MOST_NODES))
        if depth > MOST_DEPTH:
            raise YamlError(message("It is nested more than {most_depth} levels deep.", most_depth=MOST_DEPTH))
