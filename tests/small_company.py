"""What stands for the sample company in tests: the small one, under the names of the default one's fixtures."""

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


@pytest.fixture(scope="session")
def customers(small, small_settings, small_bundle):
    """What is expected of the small company's accounts."""
    from core.models.customers import account_outlook

    return account_outlook.load_or_build(small, small_settings, small_bundle)


@pytest.fixture(scope="session")
def landmarks(small, small_settings):
    """Past landmarks of the small company's deals."""
    from core.models.close import landmark_archive

    return landmark_archive.load_or_build(small, small_settings)
