"""Sample companies of the default size, each made once for all that measure it; four of five in the slow part."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from inspect import signature

import pytest

from core.config import Settings
from core.sample import generate
from core.sources import loading
from tests.sample.company_figures import Company

DEFAULT_SEED = signature(generate).parameters["seed"].default


@pytest.fixture(scope="session")
def company_of(tmp_path_factory: pytest.TempPathFactory, default_settings: Settings) -> Callable[[int], Company]:
    """What makes the default company of a seed, once; that of the default seed is there already."""
    home = tmp_path_factory.mktemp("companies")

    def made(seed: int) -> Company:
        folder = home / f"seed_{seed}" / "sample"
        if seed != DEFAULT_SEED:
            return Company(generate(folder, seed=seed))
        for name, content in loading.sample_files(default_settings).items():
            is_truth = name.startswith("truth/")
            file = folder.with_name("sample_truth") / name.removeprefix("truth/") if is_truth else folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        return Company(folder)

    return cache(made)
