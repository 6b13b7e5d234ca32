"""Pages are tested on the small company: what is tested is their wiring."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def settings(small_settings):
    """The settings of the small company's home."""
    return small_settings


@pytest.fixture(scope="session")
def sample(small):
    """The small company."""
    return small


@pytest.fixture(scope="session")
def bundle(small_bundle):
    """The models of the small company."""
    return small_bundle
