from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from enum import Enum

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from core.artifacts import FRAME, JSON, PARQUET, TEXT, VALUES, Entry, UnkeepableError
from core.artifacts.values import ValueCodec
from core.metrics import Measure

FRAMES = pl.DataFrame(
    {
        "text": ["ä", None, ""],
        "day": [date(2026, 1, 1), None, date(1970, 1, 1)],
        "at": [datetime(2026, 1, 1, tzinfo=UTC), None, datetime(1970, 1, 1, tzinfo=UTC)],
        "amount": [0.1, float("nan"), None],
        "list": [[1], [], None],
        "kind": pl.Series(["a", "b", "a"], dtype=pl.Categorical),
        "nothing": [None, None, None],
    }
)
PLAIN = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.dates()
    | st.binary()
    | st.datetimes().map(lambda moment: moment.replace(fold=0))
    | st.timedeltas()
)
NESTED = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=3) | st.integers() | st.dates(), inner, max_size=3)
        | st.frozensets(st.integers() | st.text(max_size=2), max_size=3)
        | st.builds(lambda about: Entry("results", "key", 1, 2, about=about), inner)
    ),
)


def there_and_back(codec, value, folder):
    codec.write(value, folder)
    return codec.read(folder)


@given(NESTED)
@settings(deadline=None, max_examples=150)
def test_values_come_back_as_they_were(tmp_path_factory, value):
    again = there_and_back(VALUES, value, tmp_path_factory.mktemp("value"))
    assert again == value
    assert _typed(again) == _typed(value)


def _typed(value: object) -> object:
    """Return a value with its types, for 1, 1.0 and True are equal."""
    if isinstance(value, dict):
        return [(_typed(name), _typed(item)) for name, item in value.items()]
    if isinstance(value, list | tuple | frozenset):
        items = sorted(value, key=repr) if isinstance(value, frozenset) else value
        return (type(value), *map(_typed, items))
    return (type(value), _typed(value.about) if isinstance(value, Entry) else repr(value))


@pytest.mark.parametrize("codec", [FRAME, PARQUET])
def test_a_frame_comes_back_with_its_types(codec, tmp_path):
    assert_frame_equal(there_and_back(codec, FRAMES, tmp_path), FRAMES)


def test_a_measure_comes_back_with_its_frame(tmp_path):
    measure = Measure("Open pipeline", 1.5, "money", FRAMES, "It is 1.5.")
    again = there_and_back(VALUES, (measure, {"inner": [measure, FRAMES["text"]]}), tmp_path)
    assert_frame_equal(again[0].frame, FRAMES)
    assert replace(again[0], frame=FRAMES) == replace(measure, frame=FRAMES)
    assert again[1]["inner"][1].to_list() == ["ä", None, ""]


def test_arrays_come_back_with_their_types(tmp_path):
    arrays = (
        np.eye(3, dtype=np.float32),
        np.array([], np.int8),
        np.array(["a", "bc"]),
        np.array(["2026-01-01"], "M8[D]"),
    )
    for array, again in zip(arrays, there_and_back(VALUES, arrays, tmp_path), strict=True):
        assert again.dtype == array.dtype
        np.testing.assert_array_equal(again, array)


def test_numpy_floats_and_infinities_come_back_as_floats(tmp_path):
    again = there_and_back(VALUES, (np.float64(0.1), float("inf"), float("nan")), tmp_path)
    assert again[:2] == (0.1, float("inf"))
    assert again[2] != again[2]
    assert type(again[0]) is float


@dataclass(frozen=True)
class Stranger:
    """A dataclass that is not of core."""

    value: int = 1


class Colour(Enum):
    RED = 1


@pytest.mark.parametrize(
    "value",
    [
        object(),
        Stranger(),
        Colour.RED,
        len,
        Measure,
        np.array([object()]),
        np.int64(3),
        pl.DataFrame({"a": [object()]}),
        FRAMES.lazy(),
    ],
    ids=lambda value: type(value).__name__,
)
def test_other_types_are_not_written(value, tmp_path):
    with pytest.raises(UnkeepableError):
        ValueCodec().write({"inner": (1, value)}, tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        '{"class": ["os", "system"], "fields": {"command": "true"}}',
        '{"class": ["core.artifacts.values", "import_module"], "fields": {"name": "os"}}',
        '{"class": ["core.artifacts.values", "ValueCodec"], "fields": {}}',
        '{"enum": ["core.artifacts.tiers", "Entry", "kind"]}',
        '{"frame": "../other"}',
        '{"unheard of": 1}',
        "{}",
        "[",
    ],
)
def test_what_is_read_makes_nothing_but_dataclasses_and_enums_of_core(content, tmp_path):
    (tmp_path / "value.json").write_text(content, encoding="utf-8")
    with pytest.raises((ValueError, KeyError, TypeError, AttributeError)):
        VALUES.read(tmp_path)


def test_text_and_json_come_back(tmp_path):
    assert there_and_back(TEXT, "tree\r\n\n Ω \x00", tmp_path) == "tree\r\n\n Ω \x00"
    assert there_and_back(JSON, {"a": [1, None, 0.1, "x"]}, tmp_path) == {"a": [1, None, 0.1, "x"]}


@pytest.mark.parametrize("value", [{1: "a"}, (1, 2), {"a": date(2026, 1, 1)}, float("nan")])
def test_json_refuses_what_would_come_back_as_something_else(value, tmp_path):
    with pytest.raises(UnkeepableError):
        JSON.write(value, tmp_path)
