"""Companies for tests. `python -m tests.companies` learns what their tests wait for, while those run that do not."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HOME = Path(os.environ.get("QUARTERDECK_TEST_HOME") or ROOT / ".quarterdeck-tests")
ACCOUNTS, TRANSACTIONS = 240, 19_200


def small_home(home: Path) -> Path:
    """Return a home folder whose sample company has 240 accounts; made once, by whoever asks first."""
    from core.config import load
    from core.sources import loading

    loading.put_sample(load(environ={"QUARTERDECK_HOME": str(home)}), ACCOUNTS, TRANSACTIONS)
    return home


def learn(home: Path) -> None:
    """Train the models of the company in a home, and what rests on them; replays of past forecasts are left out."""
    from core.config import load
    from core.models import registry
    from core.models.close import landmark_archive
    from core.models.customers import account_outlook
    from core.sources import load_sample

    settings = load(environ={"QUARTERDECK_HOME": str(home)})
    data = load_sample(settings)
    bundle = registry.load_or_train(data, settings)
    account_outlook.load_or_build(data, settings, bundle)
    landmark_archive.load_or_build(data, settings)


def main() -> None:
    """Learn the small company and make the default one, whose models only slow tests learn."""
    from core.config import load
    from core.sources import load_sample
    from tests import retention

    retention.widen(HOME)
    learn(small_home(HOME / "small"))
    load_sample(load(environ={"QUARTERDECK_HOME": str(HOME)}))


if __name__ == "__main__":
    main()
