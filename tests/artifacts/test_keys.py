from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import Enum
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.artifacts import CHARTS, RESULTS, UnkeyedError, key, result_text, settings_text
from core.config import load

SETTINGS = load(environ={})
MODULE = "core.metrics.measure"


class Colour(Enum):
    RED = 1
    BLUE = 2


@dataclass(frozen=True)
class Window:
    first: date
    days: int


PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.dates() | st.binary()
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)


def named(*more: object, data: object = "data", settings: object = SETTINGS) -> str:
    return key(RESULTS, data, settings, MODULE, *more)


def test_a_key_is_32_digits_and_stable():
    assert named(1) == named(1)
    assert len(named(1)) == 32
    assert int(named(1), 16) > 0


def test_each_part_changes_the_key(dataset):
    other = SETTINGS.model_copy(update={"currency": "EUR"})
    keys = [
        named(),
        key(CHARTS, "data", SETTINGS, MODULE),
        named(data="other"),
        named(data=dataset),
        named(data=replace(dataset, as_of=date(2026, 8, 15), known_fingerprint=dataset.fingerprint)),
        named(data=[dataset, "other"]),
        named(settings=other),
        named(settings=[SETTINGS.models, SETTINGS.stages]),
        key(RESULTS, "data", SETTINGS, "core.metrics.deal_scope"),
        named(None),
    ]
    assert len(set(keys)) == len(keys)


def test_where_the_home_and_the_database_lie_changes_no_key():
    moved = SETTINGS.model_copy(update={"home": Path("elsewhere"), "database_url": "sqlite://"})
    assert named(settings=moved) == named()
    assert settings_text(moved) != settings_text(SETTINGS)
    other = SETTINGS.model_copy(update={"database_url": "sqlite:///elsewhere.db"})
    assert result_text(other) == result_text(SETTINGS)
    assert settings_text(other) != settings_text(SETTINGS)
    assert result_text(moved) != result_text(SETTINGS)


def test_equal_settings_share_one_text():
    assert settings_text(load(environ={})) is settings_text(SETTINGS)


FRAME = pl.DataFrame({"a": [1, 2]})


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (1, 1.0),
        (1, True),
        (1, "1"),
        (None, "None"),
        ("", ()),
        (("a", "b"), ("ab",)),
        ((("a",), "b"), ("a", ("b",))),
        (date(2026, 1, 1), datetime(2026, 1, 1)),
        (Colour.RED, Colour.BLUE),
        (Window(date(2026, 1, 1), 1), Window(date(2026, 1, 1), 2)),
        (FRAME, FRAME.rename({"a": "b"})),
        (FRAME, FRAME.reverse()),
        (FRAME, FRAME.cast(pl.Int32)),
        (FRAME, FRAME.clear()),
        (np.array([1, 2]), np.array([1, 3])),
        (np.array([1, 2]), np.array([[1, 2]])),
        (b"1", "1"),
        (Path("a"), "a"),
        ({"a": 1}, {"a": 2}),
        ({"a", "b"}, {"a"}),
    ],
)
def test_values_that_differ_have_different_keys(left, right):
    assert named(left) != named(right)


def test_the_order_of_names_and_of_members_does_not_count():
    assert named({"a": 1, "b": 2}) == named({"b": 2, "a": 1})
    assert named({"x", "y", "z"}) == named({"z", "y", "x"})


@given(VALUES, VALUES)
@settings(deadline=None)
def test_two_values_share_a_key_only_if_they_read_alike(left, right):
    assert (named(left) == named(right)) == (repr(_sorted(left)) == repr(_sorted(right)))


def _sorted(value: object) -> object:
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return tuple(map(_sorted, value)) if isinstance(value, tuple) else value


@pytest.mark.parametrize("value", [object(), len, lambda: 1, FRAME.lazy(), np.array([object()]), Window])
def test_what_has_no_stable_text_is_refused(value):
    with pytest.raises(UnkeyedError, match="cannot be part of a key"):
        named((1, value))


def test_an_unknown_module_is_refused():
    with pytest.raises(ValueError, match=r"core\.nothing"):
        key(RESULTS, "data", SETTINGS, ["core.metrics.flow", "core.nothing"])
