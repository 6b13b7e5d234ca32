"""The lines that must stand before a call so that it runs against `core` by itself."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from core.localization import message

STORE = "from core.store import Store"
DEFINED = {
    "bundle": "forecasts.backtest_archive.with_record(data, settings, models.registry.load_or_train(data, settings))",
    "customers": "models.customers.account_outlook.load_or_build(data, settings, bundle)",
    "landmarks": "models.close.landmark_archive.load_or_build(data, settings)",
    "replays": "forecasts.backtest_archive.load_or_run(data, settings)",
    "store": "Store.open(settings.database)",
    "calls": "forecasts.calls.kept(data, store)",
    "files": "store.benchmark_files.list('company')",
    "runs": "plays.play_view.of(data, settings, store)",
    "conversations": "interactions.interaction_view.of(data, settings, store)",
    "edits": "forecasts.calls.reviewed(data, store)",
    "catalogue": "requirements.catalogue.effective_catalogue.load(store).catalogue",
    "plans": "compensation.plan_versions.in_force(data, store)",
    "granted": "compensation.pay_exceptions.approved(data, store)",
    "library": "requirements.library.recalled_answers.load(store, settings)",
}
ROOMS = {
    "access",
    "compensation",
    "benchmarking",
    "digest",
    "enablement",
    "explain",
    "forecasts",
    "interactions",
    "metrics",
    "models",
    "plays",
    "requirements",
    "scenarios",
    "scope",
    "territories",
}


def names(calls: Iterable[str]) -> list[str]:
    """Return the names calls use that a line defines, each after those it needs itself."""
    used: list[str] = []
    for call in calls:
        for name in sorted(_names(call) & DEFINED.keys(), key=list(DEFINED).index):
            used += [needed for needed in [*names([DEFINED[name]]), name] if needed not in used]
    return used


def lines(calls: Iterable[str]) -> list[str]:
    """Return a line for each name that calls use, in an order that works."""
    return [f"{name} = {DEFINED[name]}" for name in names(calls)]


def imports(calls: Iterable[str], more: Iterable[str] = ()) -> list[str]:
    """Return the lines that import what calls, and the lines before them, take from `core`."""
    texts = [*calls, *(DEFINED[name] for name in names(calls))]
    used = {name for text in texts for name in _names(text)}
    rooms = sorted((used & ROOMS) | set(more))
    return [
        *([message("from core import {rooms}", rooms=", ".join(rooms))] if rooms else []),
        *([STORE] if "Store" in used else []),
    ]


def _names(text: str) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(text, mode="eval")) if isinstance(node, ast.Name)}
