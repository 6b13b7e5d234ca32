"""Caches of what rests on the store: keys hold how much it has of the data's book."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.artifacts import RESULTS
from core.config import Settings
from core.contracts import Dataset
from pages.ui.kit import bundles, cache


def result(
    function: Callable[..., Any], data: Dataset, config: Settings, stamp: tuple[Any, ...], *more: Any, **frames: Any
) -> Any:
    """Return a core function's result, models handed to it; `stamp` changes whenever one of the frames does."""
    name = f"{function.__module__}.{function.__qualname__}"
    given = bundles.handed(function, data, config, more)
    key = (
        name,
        config.database,
        *cache.state(data, config),
        cache.arguments(stamp),
        given.keys,
        cache.arguments(given.more),
    )
    return cache.remembered(
        RESULTS, key, lambda: function(data, config, *given.fetch(), *given.more, **frames), "Adding up"
    )
