"""Companies for tests."""

from __future__ import annotations

from pathlib import Path

ACCOUNTS, TRANSACTIONS = 150, 12_000


def small_home(home: Path) -> Path:
    """Return a home folder whose sample company has 150 accounts; made once, by whoever asks first."""
    from filelock import FileLock

    from core.config.kept import code
    from core.sample import generate

    folder = home / "sample"
    mark = folder / f".complete-{code('sample')}"
    home.mkdir(parents=True, exist_ok=True)
    with FileLock(home / "sample.lock"):
        if not mark.exists():
            generate(folder, ACCOUNTS, TRANSACTIONS)
            mark.touch()
    return home
