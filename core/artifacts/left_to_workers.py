"""Kinds a process never makes itself: the pages' server leaves them to workers, and shows what stands meanwhile."""

from __future__ import annotations

from collections.abc import Iterable

from core.artifacts.kinds import Kind

_LEFT: set[str] = set()
_TRIED: set[str] = set()
MOST_TRIED = 1_000


def leave(kinds: Iterable[Kind]) -> None:
    """Make none of these kinds in this process from now on; asking for one that is not kept raises `NotMadeYetError`.

    What is never written, as all of a session's own data, is made as before.
    """
    _LEFT.update(kind.name for kind in kinds)


def note_tried(names: Iterable[str]) -> None:
    """Note artefacts no worker could make: asking for them here says why, and does not wait for ever."""
    if len(_TRIED) >= MOST_TRIED:
        _TRIED.clear()
    _TRIED.update(names)


def is_left(kind: Kind, name: str) -> bool:
    """Say whether this process leaves an artefact to workers."""
    return kind.name in _LEFT and name not in _TRIED
