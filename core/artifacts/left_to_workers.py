"""Kinds a process never makes itself: the pages' server leaves them to workers, and shows what stands meanwhile."""

from __future__ import annotations

from collections.abc import Iterable

from core.artifacts.kinds import Kind

_LEFT: set[str] = set()
_TRIED: set[str] = set()
_AWAITED: set[str] = set()
MOST_TRIED = 1_000


def leave(kinds: Iterable[Kind]) -> None:
    """Make none of these kinds in this process from now on; asking for one that is not kept raises `NotMadeYetError`.

    What is never written, as all of a session's own data, is made as before, unless it is waited for by name.
    """
    _LEFT.update(kind.name for kind in kinds)


def note_tried(names: Iterable[str]) -> None:
    """Note artefacts no worker could make: asking for them here says why, and does not wait for ever."""
    if len(_TRIED) >= MOST_TRIED:
        _TRIED.clear()
    _TRIED.update(names)


def wait_for(names: Iterable[str]) -> None:
    """Make none of these artefacts of a session's own data here: a worker is at them."""
    if len(_AWAITED) >= MOST_TRIED:
        _AWAITED.clear()
    _AWAITED.update(names)
    _TRIED.difference_update(_AWAITED)


def is_awaited(name: str) -> bool:
    """Say whether a worker is at an artefact of a session's own data."""
    return name in _AWAITED and name not in _TRIED


def is_tried(name: str) -> bool:
    """Say whether no worker makes an artefact, so that this process does."""
    return name in _TRIED


def is_left(kind: Kind, name: str) -> bool:
    """Say whether this process leaves an artefact to workers."""
    return kind.name in _LEFT and name not in _TRIED
