"""Fixtures for tests that speak of the default sample company; whoever imports them has a server of its own."""

from __future__ import annotations

import pytest

from tests.default_company import bundle, sample, settings
from tests.servers import own_database, serving

__all__ = ["bundle", "sample", "settings", "url"]


@pytest.fixture(scope="session")
def url(settings, sample, bundle, tmp_path_factory):
    """The address of a server on the company of these fixtures, with a store of its own; it starts slowly."""
    folder = tmp_path_factory.mktemp("served")
    with serving(folder, own_database(settings.home, folder)) as address:
        yield address
