"""Rooms that import their modules late offer what they say, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import pytest

from core import charts, explain, scenarios


@pytest.mark.parametrize("room", [charts, explain, scenarios], ids=lambda room: room.__name__)
def test_every_name_a_room_offers_is_there(room):
    found = {name: getattr(room, name) for name in room.__all__}
    for name, one in found.items():
        home = one.__name__ if isinstance(one, ModuleType) else one.__module__
        assert home.startswith(f"{room.__name__}."), name


def test_a_name_may_stand_for_another_module_or_for_something_in_one():
    assert scenarios.files.__name__ == "core.scenarios.files"
    assert explain.contributions.explain.__name__ == "explain"
    assert explain.contributions.explain.__module__ == "core.explain.contributions"


def test_another_name_is_told_to_be_missing():
    with pytest.raises(AttributeError, match=r"'core.explain' has no attribute 'reasons'"):
        _ = explain.reasons


def test_a_room_by_itself_imports_none_of_its_modules():
    code = "import sys, core.explain; print([m for m in sys.modules if m.startswith('core.explain.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
