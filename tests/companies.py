"""Companies for tests."""

from __future__ import annotations

from pathlib import Path

ACCOUNTS, TRANSACTIONS = 240, 19_200


def small_home(home: Path) -> Path:
    """Return a home folder whose sample company has 240 accounts; made once, by whoever asks first."""
    from core.config import load
    from core.sources import loading

    loading.put_sample(load(environ={"QUARTERDECK_HOME": str(home)}), ACCOUNTS, TRANSACTIONS)
    return home
