"""What a function of the core is handed is read off its signature, and what a call needs is defined before it."""

from __future__ import annotations

import ast
import inspect
from dataclasses import fields
from importlib import import_module
from types import SimpleNamespace

import pytest

from core import explain, forecasts, metrics, models
from core.access import view
from core.store import Store
from core.store import database as store_tables
from pages.ui.kit import bundles, cache, definitions


@pytest.mark.parametrize(
    ("function", "names"),
    [
        (metrics.recurring.mrr, ()),
        (models.outlook.current, ("bundle",)),
        (explain.accounts.listed, ("bundle", "customers")),
        (explain.accounts.outlook, ("customers",)),
        (explain.counterfactual.deals.suppose, ("bundle", "landmarks")),
        (forecasts.accuracy.record, ("replays",)),
        (forecasts.calls.rollup, ("bundle",)),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_function_says_by_its_signature_what_it_is_handed(function, names):
    assert bundles.needs(function) == names


def test_what_is_handed_is_what_its_key_says(sample, settings, bundle, customers, landmarks):
    bundle = forecasts.backtest_archive.with_record(sample, settings, bundle)
    given = bundles.handed(explain.accounts.listed, sample, settings, ())
    assert given.fetch() == (bundle, customers)
    assert given.keys == (bundle.key, customers.key)
    given = bundles.handed(explain.counterfactual.deals.fields, sample, settings, ("O1",))
    assert given.keys == (bundle.key, landmarks.key)
    assert given.more == ("O1",)
    part = view(sample, settings, ("EMEA",))
    given = bundles.handed(explain.accounts.listed, part, settings, ())
    assert tuple(value.key for value in given.fetch()) == given.keys
    assert not set(given.keys) & {bundle.key, customers.key}


def test_no_key_loads_or_trains_anything(sample, settings, monkeypatch):
    for name in bundles.SOURCES:
        source = bundles.SOURCES[name]
        monkeypatch.setitem(
            bundles.SOURCES, name, bundles.Source(source.key, lambda *_: pytest.fail("It was fetched."))
        )
    for function in (explain.accounts.listed, explain.counterfactual.deals.fields, forecasts.accuracy.record):
        assert all(bundles.handed(function, sample, settings, ()).keys)


def test_models_that_are_given_are_handed_on(sample, settings, bundle):
    bundle = forecasts.backtest_archive.with_record(sample, settings, bundle)
    given = bundles.handed(models.outlook.current, sample, settings, (bundle, "more"))
    assert given.fetch() == (bundle,)
    assert (given.keys, given.more) == ((bundle.key,), ("more",))
    by_itself = cache.result(models.outlook.current, sample, settings)
    assert cache.result(models.outlook.current, sample, settings, bundle) is by_itself


def test_what_a_call_needs_is_defined_before_it():
    calls = ["forecasts.calls.rollup(data, settings, bundle, calls, edits)", "metrics.recurring.mrr(data, settings)"]
    assert definitions.lines(calls) == [
        "bundle = forecasts.backtest_archive.with_record("
        "data, settings, models.registry.load_or_train(data, settings))",
        "store = Store.open(settings.database)",
        "calls = forecasts.calls.kept(data, store)",
        "edits = forecasts.calls.reviewed(data, store)",
    ]
    assert definitions.imports(calls, ["access"]) == [
        "from core import access, forecasts, metrics, models",
        "from core.store import Store",
    ]
    assert definitions.lines(["explain.accounts.outlook(data, settings, customers)"])[0].startswith("bundle = ")
    assert definitions.lines(["models.close.model.marks(data, settings)"]) == []
    assert definitions.imports(["len('x')"]) == []


@pytest.mark.parametrize("name", definitions.DEFINED)
def test_every_definition_is_a_call_that_exists(name):
    scope = {room: import_module(f"core.{room}") for room in definitions.ROOMS}
    scope["store"] = SimpleNamespace(**{f.name: getattr(store_tables, str(f.type), None) for f in fields(Store)})
    for call in (node for node in ast.walk(ast.parse(definitions.DEFINED[name])) if isinstance(node, ast.Call)):
        function = ast.unparse(call.func)
        if function == "Store.open":
            continue
        parameters = list(inspect.signature(eval(function, scope)).parameters)
        if function.startswith("store."):
            assert len(parameters) > len(call.args)  # The first is the table itself.
            continue
        arguments = ["bundle" if isinstance(value, ast.Call) else ast.unparse(value) for value in call.args]
        assert parameters[: len(arguments)] == [{"data": parameters[0]}.get(value, value) for value in arguments]


def test_no_definition_is_called_as_the_room_it_is_made_in():
    assert set(definitions.DEFINED) & definitions.ROOMS == set()
    assert definitions.lines(["interactions.quiet_deals.quiet(data, settings, conversations)"]) == [
        "store = Store.open(settings.database)",
        "conversations = interactions.interaction_view.of(data, settings, store)",
    ]
