"""The process that replays past quarters, and how the server starts it once its first page is up."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache

from core.config import load
from core.config.stages import fitted
from core.contracts.errors import QuarterdeckError
from core.replaying import progress

WANTED, LOWEST = "QUARTERDECK_REPLAY", 15


@cache
def start() -> bool:
    """Start the replay in a process of its own, once, where `quarterdeck serve` asked for it; say whether it did."""
    if os.environ.get(WANTED) != "1":
        return False
    environment = {name: value for name, value in os.environ.items() if name != WANTED}
    subprocess.Popen(
        [sys.executable, "-m", "core.replaying.worker"],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return True


def main() -> None:
    """Replay the past quarters of the data the settings name, at the lowest priority; what is there is kept."""
    if hasattr(os, "nice"):
        os.nice(LOWEST)
    settings = load()
    try:
        replay()
    except QuarterdeckError:
        return  # The page offers the replay and tells the reason.
    finally:
        progress.clear(settings)


def replay() -> None:
    """Replay what is not replayed yet, noting how far it has come."""
    from core.forecasts import backtest, backtest_archive
    from core.sources import load_data

    settings = load()
    data = load_data(settings)
    settings = fitted(settings, data)
    if backtest_archive.is_kept(data, settings) or not backtest.quarters(data, settings):
        return
    progress.write(settings, 0.0)
    backtest_archive.load_or_run(data, settings, lambda done, _: progress.write(settings, done))


if __name__ == "__main__":
    main()
