"""Companies for tests. `python -m tests.companies` learns what their tests wait for, while those run that do not."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.config import Settings

ROOT = Path(__file__).resolve().parents[1]
HOME = Path(os.environ.get("QUARTERDECK_TEST_HOME") or ROOT / ".quarterdeck-tests")
ACCOUNTS, TRANSACTIONS = 240, 19_200


def settings_of(home: Path) -> Settings:
    """Return the defaults with a home, in which more of what is trained stays than elsewhere."""
    from core.config import load
    from tests import retention

    retention.widen(HOME)
    return load(environ={"QUARTERDECK_HOME": str(home)})


def small_home(home: Path) -> Path:
    """Return a home folder whose sample company has 240 accounts; made once, by whoever asks first."""
    from core.sources import loading

    loading.put_sample(settings_of(home), ACCOUNTS, TRANSACTIONS)
    return home


def learn(home: Path) -> None:
    """Train the models of the company in a home, and what rests on them; replays of past forecasts are left out."""
    from core.models import registry
    from core.models.close import landmark_archive
    from core.models.customers import account_outlook
    from core.sources import load_sample

    settings = settings_of(home)
    data = load_sample(settings)
    bundle = registry.load_or_train(data, settings)
    account_outlook.load_or_build(data, settings, bundle)
    landmark_archive.load_or_build(data, settings)


def main() -> None:
    """Learn the small company and make the default one, whose models only slow tests learn."""
    from core.sources import load_sample

    learn(small_home(HOME / "small"))
    load_sample(settings_of(HOME))


if __name__ == "__main__":
    main()
