"""The scenarios that come with Quarterdeck."""

from __future__ import annotations

from collections.abc import Container
from functools import cache

from core.resources import sample_file
from core.scenarios.files import read_file
from core.scenarios.levers import Scenario

FOLDER = sample_file("scenarios")


@cache
def load() -> dict[str, Scenario]:
    """Return the shipped scenarios by name; empty where the folder is missing."""
    plans = [read_file(path) for path in sorted(FOLDER.glob("*.yaml"))]
    return {plan.name: plan for plan in plans}


def fitting(capabilities: Container[str], sources: Container[str]) -> dict[str, Scenario]:
    """Return those that speak of nothing the company lacks, such as a product gap no open deal waits for.

    Parameters
    ----------
    capabilities : container of str
        What open deals wait for.
    sources : container of str
        Lead sources of deals to come.
    """
    return {
        name: plan
        for name, plan in load().items()
        if all(s.detail in capabilities for s in plan.of("gap_closed"))
        and all(s.detail in sources for s in plan.of("lead_mix"))
    }
