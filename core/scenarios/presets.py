"""The scenarios that come with Quarterdeck."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from core.scenarios.io import read_file
from core.scenarios.levers import Scenario

FOLDER = Path(__file__).resolve().parents[2] / "sample_data" / "scenarios"


@lru_cache(maxsize=1)
def load() -> dict[str, Scenario]:
    """Return the shipped scenarios by name; empty where the folder is missing."""
    plans = [read_file(path) for path in sorted(FOLDER.glob("*.yaml"))]
    return {plan.name: plan for plan in plans}
