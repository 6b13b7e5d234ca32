"""Sample companies of the default size, each made once for all that measure it; four of five in the slow part."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from core.sample import generate
from tests.sample.company_figures import Company


@pytest.fixture(scope="session")
def company_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Company]:
    """What makes the default company of a seed, once."""
    home = tmp_path_factory.mktemp("companies")
    return cache(lambda seed: Company(generate(home / f"seed_{seed}" / "sample", seed=seed)))
