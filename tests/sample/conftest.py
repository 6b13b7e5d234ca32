"""Five sample companies of the default size, made once for all that measure them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.sample import generate
from tests.sample.company_figures import Company

SEEDS = (10, 11, 23, 42, 101)


@pytest.fixture(scope="session")
def companies(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Company]:
    """The default company by five seeds."""
    home = tmp_path_factory.mktemp("companies")

    def made(seed: int) -> Path:
        return generate(home / f"seed_{seed}" / "sample", seed=seed)

    with ThreadPoolExecutor(2) as pool:
        folders = list(pool.map(made, SEEDS))
    return {seed: Company(folder) for seed, folder in zip(SEEDS, folders, strict=True)}
