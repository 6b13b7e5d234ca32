"""A test that takes too much of the processor fails, and who may take more is a test there is."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from tests import processor_time

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("seconds", "mark", "when", "outcome"),
    [
        (31.0, None, "call", "failed"),
        (31.0, "slow", "call", "passed"),
        (31.0, None, "setup", "passed"),
        (29.0, None, "call", "passed"),
    ],
)
def test_a_test_that_takes_too_much_fails_and_says_what_to_do(seconds, mark, when, outcome):
    clock = iter((100.0, 100.0 + seconds))
    counting = processor_time.ProcessorTime(lambda: next(clock))
    name = "tests/metrics/test_a.py::test_one[x]"
    item = SimpleNamespace(nodeid=name, get_closest_marker=lambda _: mark)
    report = SimpleNamespace(nodeid=name, when=when, passed=True, outcome="passed", longrepr=None)
    counting.pytest_runtest_logstart()
    making = counting.pytest_runtest_makereport(item)
    next(making)
    with pytest.raises(StopIteration):
        making.send(report)
    assert report.outcome == outcome
    assert (report.longrepr is not None) == (outcome == "failed")
    counting.pytest_runtest_logreport(report)
    assert counting.by_file == {"tests/metrics/test_a.py": seconds}


def test_who_may_take_more_is_there_and_they_become_no_more():
    for name in processor_time.ALLOWED:
        file, _, function = name.partition("::")
        assert f"def {function}(" in (ROOT / file).read_text(encoding="utf-8"), name
    assert len(processor_time.ALLOWED) <= 1
