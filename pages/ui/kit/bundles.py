"""What functions of the core are handed besides data and settings: models, and what was worked out with them.

Pages ask for answers and never fetch models themselves. Which of these a function takes is read off its
signature: after data and settings come `bundle`, `customers`, `landmarks` or `replays`, as far as it needs them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from core.config import Settings
from core.contracts import Dataset
from core.models import registry
from core.models.bundle import Bundle
from core.models.customers.account_outlook import Customers
from core.models.keyed import Keyed
from core.models.train import Progress

if TYPE_CHECKING:
    from core.forecasts.backtest import ReplayedDay, Replays


@dataclass(frozen=True)
class Source:
    """Where something comes from: its key, known without fetching it, and how it is fetched or made."""

    key: Callable[[Dataset, Settings], str]
    fetch: Callable[[Dataset, Settings], Any]


def key(data: Dataset, settings: Settings) -> str:
    """Return the key of the models of the data, and of the record of past forecasts; nothing is loaded or trained."""
    from core.forecasts import backtest_archive

    return backtest_archive.recorded_key(
        registry.bundle_key(data, settings), backtest_archive.record_key(data, settings)
    )


def bundle(data: Dataset, settings: Settings) -> Bundle:
    """Return the models of the data, trained where there are none yet, with the record of past forecasts if any."""
    from core.forecasts import backtest_archive

    return backtest_archive.with_record(data, settings, registry.load_or_train(data, settings))


def customers(data: Dataset, settings: Settings) -> Customers:
    """Return what is expected of every account, worked out where it is not yet."""
    from core.models.customers import account_outlook

    return account_outlook.load_or_build(data, settings, bundle(data, settings))


def raised(data: Dataset, settings: Settings) -> list[str]:
    """Return the alarms noted of the models that serve; nothing is loaded or trained."""
    return registry.raised(data, settings)


def _customers_key(data: Dataset, settings: Settings) -> str:
    from core.models.customers import account_outlook

    return account_outlook.key(data, settings, registry.bundle_key(data.company, settings))


def _landmarks_key(data: Dataset, settings: Settings) -> str:
    from core.models.close import landmark_archive

    return landmark_archive.key(data, settings)


def _landmarks(data: Dataset, settings: Settings) -> Any:
    from core.models.close import landmark_archive

    return landmark_archive.load_or_build(data, settings)


def _replays_key(data: Dataset, settings: Settings) -> str:
    from core.forecasts import backtest_archive

    return backtest_archive.key(data, settings)


def replays(data: Dataset, settings: Settings, progress: Progress | None = None) -> Replays:
    """Return past forecasts as they would have been made, replayed where they are not yet."""
    from core.forecasts import backtest_archive

    return backtest_archive.load_or_run(data, settings, progress)


def are_replayed(data: Dataset, settings: Settings) -> bool:
    """Say whether past forecasts are replayed already."""
    from core.forecasts import backtest_archive

    return backtest_archive.is_kept(data, settings)


def replayed_day(data: Dataset, settings: Settings, day: date) -> ReplayedDay:
    """Return the forecast of one past day, worked out where it is not yet."""
    from core.forecasts import backtest_archive

    return backtest_archive.load_or_run_day(data, settings, replays(data, settings), day)


SOURCES = {
    "bundle": Source(key, bundle),
    "customers": Source(_customers_key, customers),
    "landmarks": Source(_landmarks_key, _landmarks),
    "replays": Source(_replays_key, replays),
}


@cache
def needs(function: Callable[..., Any]) -> tuple[str, ...]:
    """Return the names of what a function of the core is handed after data and settings."""
    names = list(inspect.signature(function).parameters)
    return tuple(takewhile(SOURCES.__contains__, names[2:]))


@dataclass(frozen=True)
class Handed:
    """What a call is handed.

    Attributes
    ----------
    keys : tuple of str
        The keys of what it is handed, for the key of its result; nothing is fetched for them.
    more : tuple
        The other arguments after data and settings.
    fetch : callable
        Returns what it is handed.
    """

    keys: tuple[str, ...]
    more: tuple[Any, ...]
    fetch: Callable[[], tuple[Any, ...]]


def handed(function: Callable[..., Any], data: Dataset, settings: Settings, more: tuple[Any, ...]) -> Handed:
    """Return what a function is handed for data and settings.

    Parameters
    ----------
    function : callable
    data : Dataset
    settings : Settings
    more : tuple
        The arguments after data and settings; where they begin with models, these are handed on.
    """
    given = tuple(takewhile(lambda value: isinstance(value, Keyed), more))
    if given:
        return Handed(tuple(value.fingerprint for value in given), more[len(given) :], lambda: given)
    sources = [SOURCES[name] for name in needs(function)]
    keys = tuple(source.key(data, settings) for source in sources)
    return Handed(keys, more, lambda: tuple(source.fetch(data, settings) for source in sources))
