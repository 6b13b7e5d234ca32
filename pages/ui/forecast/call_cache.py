"""Caches of what rests on the store: keys hold how much it has of the data's book."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.config import Settings
from core.contracts import Dataset
from pages.ui.kit import bundles


@st.cache_resource(
    show_spinner="Adding up",
    max_entries=128,
    hash_funcs={Dataset: lambda d: d.fingerprint, Settings: lambda s: s.model_dump_json()},
)
def _kept(
    name: str,
    data: Dataset,
    config: Settings,
    stamp: tuple[Any, ...],
    more: tuple[Any, ...],
    _work: Callable[[], Any],
) -> Any:
    return _work()


def result(
    function: Callable[..., Any], data: Dataset, config: Settings, stamp: tuple[Any, ...], *more: Any, **frames: Any
) -> Any:
    """Return a core function's result, models handed to it; `stamp` changes whenever one of the frames does."""
    name = f"{function.__module__}.{function.__qualname__}"
    given = bundles.handed(function, data, config, more)
    return _kept(
        name,
        data,
        config,
        stamp,
        (*given.keys, *given.more),
        lambda: function(data, config, *given.fetch(), *given.more, **frames),
    )
