"""Caches of what rests on the store: keys hold how much it has of the data's book."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.artifacts import RESULTS
from core.config import Settings
from core.contracts import Dataset
from pages.ui.kit import cache


def result(
    function: Callable[..., Any], data: Dataset, config: Settings, stamp: tuple[Any, ...], *more: Any, **frames: Any
) -> Any:
    """Return a core function's result; `stamp` changes whenever one of the frames does."""
    name = f"{function.__module__}.{function.__qualname__}"
    key = (name, *cache.state(data, config), cache.arguments(stamp), cache.arguments(more))
    return cache.remembered(RESULTS, key, lambda: function(data, config, *more, **frames), "Adding up")
