"""Every cache of the app. Keys hold the data's fingerprint, so other data never shows old numbers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.config import Settings, load
from core.contracts import Dataset
from core.metrics import growth
from core.sources import load_data
from pages.ui.kit import bundles, kept_charts, kept_results

if TYPE_CHECKING:
    from core.store import Store


def settings() -> Settings:
    """Return the settings in force."""
    return load()


@st.cache_resource(show_spinner="Loading the data", hash_funcs={Settings: lambda s: s.model_dump_json()})
def data(config: Settings) -> Dataset:
    """Return the data the settings name, read once per process."""
    return load_data(config)


def result(function: Callable[..., Any], dataset: Dataset, config: Settings, *more: Any) -> Any:
    """Return a core function's result for a dataset, settings and what else it takes; models are handed to it."""
    name = f"{function.__module__}.{function.__qualname__}"
    given = bundles.handed(function, dataset, config, more)
    arguments = (*given.keys, *given.more)
    return _result(name, dataset, config, arguments, lambda: function(dataset, config, *given.fetch(), *given.more))


@st.cache_resource(
    show_spinner="Working it out",
    max_entries=512,
    hash_funcs={Dataset: lambda d: d.fingerprint, Settings: lambda s: s.model_dump_json()},
)
def _result(name: str, dataset: Dataset, config: Settings, more: tuple[Any, ...], _work: Callable[[], Any]) -> Any:
    return kept_results.result(kept_results.place(name, dataset, config, more), _work)


def change(measure: Callable[..., Any], dataset: Dataset, config: Settings) -> str:
    """Return a measure's change on a year ago, as a tile shows it."""
    name = f"change of {measure.__module__}.{measure.__qualname__}"
    return str(_result(name, dataset, config, (), lambda: growth.change(dataset, config, measure)[1]))


def drawing(function: Callable[..., Any], args: tuple[Any, ...], home: Path | None) -> dict[str, Any]:
    """Return a chart's finished specification, built once per function and arguments.

    With a home folder it outlives the process; without one it does not.
    """
    name = kept_charts.key(function, args)
    if name is None:
        return kept_charts.finished(function, args, None)
    return _drawing(name, function, args, home / "charts" / name if home else None)


@st.cache_resource(show_spinner=False, max_entries=512)
def _drawing(name: str, _function: Callable[..., Any], _args: tuple[Any, ...], _place: Path | None) -> dict[str, Any]:
    return kept_charts.finished(_function, _args, _place)


@st.cache_resource(show_spinner=False)
def store(url: str) -> Store:
    """Return the open database, one per process and URL."""
    from core.store import Store

    return Store.open(url)


def forget() -> None:
    """Forget every result, as after another version of the models has been chosen."""
    _result.clear()
