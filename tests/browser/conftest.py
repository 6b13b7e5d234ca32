"""The app served from the checkout, and Chromium."""

from __future__ import annotations

import pytest

from tests.servers import serving


@pytest.fixture(scope="session")
def url(settings, sample, bundle, tmp_path_factory):
    """The address of a server on the sample company, with a store of its own; one for all, for it starts slowly."""
    folder = tmp_path_factory.mktemp("served")
    env = {
        "QUARTERDECK_HOME": str(settings.home),
        "QUARTERDECK_DATABASE_URL": f"sqlite:///{folder / 'store.db'}",
        "QUARTERDECK_CONFIG": "",
        "QUARTERDECK_DATA": "",
    }
    with serving(folder, env) as address:
        yield address
