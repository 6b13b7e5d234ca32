"""Artefacts that retention must not delete, such as a version of the models somebody went back to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from core.artifacts.codecs import JSON
from core.artifacts.kinds import Kind
from core.artifacts.notices import is_failure
from core.artifacts.tiers import Tier

PINS = "pins"


class Pins:
    """The pinned keys per kind, kept in the tier beside the artefacts.

    Parameters
    ----------
    tier : Tier
    """

    def __init__(self, tier: Tier) -> None:
        self._tier = tier

    def of(self, kind: Kind) -> dict[str, Any]:
        """Return the pinned keys of a kind with what was noted of each; empty where that cannot be read."""
        try:
            with self._tier.read(PINS, kind.name) as folder:
                return dict(JSON.read(folder)) if folder else {}
        except BaseException as error:
            if not is_failure(error):
                raise
            return {}

    def add(self, kind: Kind, key: str, about: Mapping[str, Any]) -> None:
        """Pin an artefact.

        Raises
        ------
        OSError
            When the pin cannot be written.
        """
        self._change(kind, lambda pins: {**pins, key: dict(about)})

    def remove(self, kind: Kind, key: str | None) -> None:
        """Take back one pin, or all of a kind; nothing happens where there is none."""
        if self.of(kind):
            self._change(kind, lambda pins: {name: pins[name] for name in pins if key not in (None, name)})

    def _change(self, kind: Kind, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        with self._tier.lock(PINS, kind.name):
            pins = change(self.of(kind))
            with self._tier.write(PINS, kind.name, {}) as folder:
                JSON.write(pins, folder)
