"""The record of past forecasts: asked for once the first page is up, made by a worker."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache

from core.config import Settings, load
from core.config.stages import fitted
from core.contracts.errors import QuarterdeckError
from core.sources.source_registry import opened

WANTED, KIND, SUBJECT = "QUARTERDECK_REPLAY", "replay", "forecast history"
BY = "Quarterdeck"


@cache
def ask() -> bool:
    """Ask once for the replay of past quarters, where `quarterdeck serve` wants it; say whether it did."""
    if os.environ.get(WANTED) != "1":
        return False
    try:
        with opened(load()) as store:
            store.jobs.ask(KIND, SUBJECT, by=BY)
    except QuarterdeckError:
        return False  # The page offers the replay, and tells what is wrong.
    return True


def replay(settings: Settings, report: Callable[[float, str], None]) -> str:
    """Replay what is not replayed yet of the data the settings name, and say how that ended.

    Parameters
    ----------
    settings : Settings
    report : callable
        Takes the share that is done, from 0 to 1, and what is being done.

    Raises
    ------
    QuarterdeckError
        When the data cannot be read or no model can be trained on them.
    """
    from core.forecasts import backtest, backtest_archive
    from core.sources import load_data

    data = load_data(settings)
    settings = fitted(settings, data)
    if backtest_archive.is_kept(data, settings):
        return "The forecast history was there already."
    quarters = backtest.quarters(data, settings)
    if not quarters:
        return "There is no past quarter to replay yet."
    report(0.0, "Replaying past quarters")
    backtest_archive.load_or_run(data, settings, report)
    return f"{len(quarters)} past quarters are replayed."
