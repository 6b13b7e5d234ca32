"""What every test may ask for: settings, the sample company and the models trained on it, built once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.config import Settings, load

if TYPE_CHECKING:
    from core.contracts import Dataset
    from core.models.bundle import Bundle
    from core.models.close.landmark_archive import Landmarks
    from core.models.customers.account_outlook import Customers

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def settings() -> Settings:
    """The defaults, with the home that `quarterdeck build` fills (all workers share it)."""
    home = os.environ.get("QUARTERDECK_TEST_HOME") or str(ROOT / ".quarterdeck")
    return load(environ={"QUARTERDECK_HOME": home})


@pytest.fixture(scope="session")
def sample(settings: Settings) -> Dataset:
    """The default sample company."""
    from core.sources import load_sample

    return load_sample(settings)


@pytest.fixture(scope="session")
def bundle(sample: Dataset, settings: Settings) -> Bundle:
    """The models trained on the sample company."""
    from core.models import registry

    return registry.load_or_train(sample, settings)


@pytest.fixture(scope="session")
def customers(sample: Dataset, settings: Settings, bundle: Bundle) -> Customers:
    """What is expected of the sample company's accounts."""
    from core.models.customers import account_outlook

    return account_outlook.load_or_build(sample, settings, bundle)


@pytest.fixture(scope="session")
def landmarks(sample: Dataset, settings: Settings) -> Landmarks:
    """Past landmarks of the sample company's deals."""
    from core.models.close import landmark_archive

    return landmark_archive.load_or_build(sample, settings)
