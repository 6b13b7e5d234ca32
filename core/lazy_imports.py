"""Rooms whose modules are imported when they are first used, so that a page pays only for what it shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def later(room: str, names: Mapping[str, str]) -> Callable[[str], Any]:
    """Return the `__getattr__` of a room that imports its modules late.

    Parameters
    ----------
    room : str
        The room's full name.
    names : mapping of str to str
        What the room offers, and where it is found: "module" or "module.name".

    Returns
    -------
    callable
        Takes a name and returns what it stands for.

    Raises
    ------
    AttributeError
        From the callable, where the room offers no such name.
    """

    def look_up(name: str) -> Any:
        if name not in names:
            raise AttributeError(f"module {room!r} has no attribute {name!r}")
        module, _, inner = names[name].partition(".")
        loaded = import_module(f"{room}.{module}")
        return getattr(loaded, inner) if inner else loaded

    return look_up
