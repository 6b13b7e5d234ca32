"""The app served from the checkout on the small company, and Chromium."""

from __future__ import annotations

import pytest

from tests.servers import own_database, serving
from tests.small_company import bundle, customers, landmarks, sample, settings

__all__ = ["bundle", "customers", "landmarks", "sample", "settings"]


@pytest.fixture(scope="session")
def url(settings, sample, bundle, tmp_path_factory):
    """The address of a server on the small company, with a store of its own; one for all, for it starts slowly."""
    folder = tmp_path_factory.mktemp("served")
    with serving(folder, own_database(settings.home, folder)) as address:
        yield address
