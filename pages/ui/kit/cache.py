"""The caches of the app, all in the one place that keeps what was worked out: `core.artifacts`.

Keys hold the data's fingerprint, so other data never shows old numbers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, TypeVar

import streamlit as st

from core.artifacts import (
    CHARTS,
    RESULTS,
    SNAPSHOTS,
    Kind,
    Shelf,
    open_cache,
    process_shelf,
    result_text,
    settings_text,
)
from core.config import Settings, load
from core.contracts import Dataset
from core.metrics import growth
from core.operations import instruments
from core.replicas import sharing
from core.sources import load_data, source_registry
from core.store import source_in_force
from pages.ui.kit import bundles, chart_specs, data_states, lasting_results

if TYPE_CHECKING:
    from core.store import Store

T = TypeVar("T")


def settings() -> Settings:
    """Return the settings in force; what they let servers share is shared from then on."""
    config = load()
    sharing.share(config, data_states.now)
    return config


def data(config: Settings, source: tuple[str, int] | None = None) -> Dataset:
    """Return the data of a source of the workspace, by default of the one that serves everybody; read once.

    While changed data of that one are being prepared, those that were shown before; see `data_states`.
    """
    if source is not None:
        name, version = source
        key = (settings_text(config), name, version)
        return remembered(SNAPSHOTS, key, lambda: load_data(config, source=name, version=version), "Loading the data")
    return of_state(config, served(config))


def is_read(config: Settings, shown: data_states.Served | None, source: tuple[str, int] | None) -> bool:
    """Say whether the rows of what a page shows are in the memory of this process."""
    if shown is not None:
        return _state_key(config, shown) in process_shelf(SNAPSHOTS)
    return source is not None and (settings_text(config), *source) in process_shelf(SNAPSHOTS)


def of_state(config: Settings, shown: data_states.Served) -> Dataset:
    """Return the rows of a state of the source that serves everybody."""
    key = _state_key(config, shown)
    return remembered(SNAPSHOTS, key, lambda: data_states.read(config, shown), "Loading the data")


def _state_key(config: Settings, shown: data_states.Served) -> tuple[Hashable, ...]:
    return (settings_text(config), shown.source, shown.state or shown.version)


def served(config: Settings) -> data_states.Served:
    """Return which state of the source that serves everybody is shown, and whether a newer one is being prepared."""
    return data_states.served(config, *in_force(config))


def in_force(config: Settings) -> tuple[str, int]:
    """Return the name and version of the source that serves everybody; asked anew on every run of a page."""
    is_file = source_in_force.is_plain_file(config.database)
    return source_registry.in_force(config, None if is_file else store(config.database))


def result(function: Callable[..., Any], dataset: Dataset, config: Settings, *more: Any) -> Any:
    """Return a core function's result for a dataset, settings and what else it takes; models are handed to it."""
    name = f"{function.__module__}.{function.__qualname__}"
    given = bundles.handed(function, dataset, config, more)

    def make() -> Any:
        return function(dataset, config, *given.fetch(), *given.more)

    return _result(name, (function.__module__,), dataset, config, (*given.keys, *given.more), make)


def change(measure: Callable[..., Any], dataset: Dataset, config: Settings) -> str:
    """Return a measure's change on a year ago, as a tile shows it."""
    name = f"change of {measure.__module__}.{measure.__qualname__}"
    modules = (measure.__module__, growth.__name__)
    return str(_result(name, modules, dataset, config, (), lambda: growth.change(dataset, config, measure)[1]))


def _result(
    name: str,
    modules: tuple[str, ...],
    dataset: Dataset,
    config: Settings,
    more: tuple[Any, ...],
    make: Callable[[], Any],
) -> Any:
    cache = open_cache(config.home)
    alias = (name, *state(dataset, config), arguments(more))
    is_kept = lasting_results.is_kept(name, dataset, more)
    return waiting(
        cache.in_memory(RESULTS),
        alias,
        lambda: cache.get(
            RESULTS,
            lambda: lasting_results.name_of(name, modules, dataset, config, more),
            make,
            keep=is_kept,
            alias=alias,
        ),
        "Working it out",
    )


def drawing(
    function: Callable[..., Any], args: tuple[Any, ...], config: Settings, keep: bool = False
) -> dict[str, Any]:
    """Return a chart's finished specification, built once per function and arguments.

    Parameters
    ----------
    function : callable
        Takes `args` and returns an Altair chart.
    config : Settings
    keep : bool
        Whether it may outlive the process: False for one session's data and one person's part.
    """
    name = chart_specs.name_of(function, args)
    if name is None:
        return chart_specs.built(function, args)
    return open_cache(config.home).get(
        CHARTS, name, lambda: chart_specs.built(function, args), chart_specs.CODEC, keep=keep
    )


def remembered(kind: Kind, key: Hashable, make: Callable[[], T], words: str = "") -> T:
    """Return what is in the memory of this process, made where it is not there; never written.

    Parameters
    ----------
    kind : Kind
    key : hashable
        What it is and what it depends on.
    make : callable
        Works it out. Of all sessions that ask at once, one does; the others wait.
    words : str
        What is shown while it is worked out; nothing where empty.
    """
    shelf = process_shelf(kind)
    return waiting(shelf, key, lambda: shelf.get(key, make), words)


def waiting(shelf: Shelf, key: Hashable, get: Callable[[], T], words: str) -> T:
    """Return what `get` gives, with a spinner where it is not in memory yet."""
    is_there = key in shelf
    instruments.looked_up(shelf.name, is_there)
    if not words or is_there:
        return get()
    with st.spinner(words):
        return get()


def state(dataset: Dataset, config: Settings) -> tuple[Hashable, ...]:
    """Return what a result of data and settings is remembered by; who reads a database names it beside this."""
    return (dataset.fingerprint, dataset.as_of, result_text(config))


def arguments(values: Any) -> Hashable:
    """Return arguments as something that can be hashed: lists as tuples, mappings as their pairs."""
    if isinstance(values, dict):
        return ("mapping", *((name, arguments(value)) for name, value in values.items()))
    if isinstance(values, list | tuple):
        return (type(values).__name__, *(arguments(value) for value in values))
    return values  # type: ignore[no-any-return]


def digest(content: bytes) -> bytes:
    """Return what a file's content is remembered by, so that a key does not hold the file itself."""
    return hashlib.blake2b(content, digest_size=16).digest()


@st.cache_resource(show_spinner=False)
def store(url: str) -> Store:
    """Return the open database, one per process and URL."""
    from core.store import Store

    return Store.open(url)


def forget() -> None:
    """Forget every result, as after another version of the models has been chosen."""
    open_cache(settings().home).forget(RESULTS)
