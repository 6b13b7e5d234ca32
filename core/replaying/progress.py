"""How far the replay beside the server has come, as a file both sides know."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from core.config import Settings

FILE = "replaying.txt"


def write(settings: Settings, done: float) -> None:
    """Note how much is done; a disk that is full loses the line and nothing else."""
    with suppress(OSError):
        _file(settings).write_text(f"{min(max(done, 0.0), 1.0):.3f}", encoding="utf-8")


def share(settings: Settings) -> float | None:
    """Return how much is done, from 0 to 1; None where nothing is being replayed."""
    try:
        return float(_file(settings).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def clear(settings: Settings) -> None:
    """Note that nothing is being replayed any more."""
    with suppress(OSError):
        _file(settings).unlink(missing_ok=True)


def _file(settings: Settings) -> Path:
    return settings.home / FILE
