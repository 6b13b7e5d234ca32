"""The sample company in its default size, under the names of the small one: for tests that import its fixtures.

What needs its models is marked slow, for they take two minutes of processor to learn.
"""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def settings(default_settings):
    """The settings of the default company's home."""
    return default_settings


@pytest.fixture(scope="session")
def sample(default_sample):
    """The default company."""
    return default_sample


@pytest.fixture(scope="session")
def bundle(default_bundle):
    """The models of the default company."""
    return default_bundle
