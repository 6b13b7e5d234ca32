from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core.config import load
from core.operations.examination import examine
from core.store import Store

pytestmark = [pytest.mark.xdist_group("store"), pytest.mark.postgres]


def test_the_clock_is_held_against_that_of_the_database_server(cluster, tmp_path):
    url = f"{cluster}/postgres"
    Store.open(url).close()
    settings = load(environ={"QUARTERDECK_HOME": str(tmp_path), "QUARTERDECK_DATABASE_URL": url})
    name = "The clock goes right"
    good = {entry.name: entry for entry in examine(settings, datetime.now(UTC), {})}
    assert good[name].is_good
    assert good["The database opens"].is_good
    skewed = {entry.name: entry for entry in examine(settings, datetime(2020, 1, 1, tzinfo=UTC), {})}
    assert not skewed[name].is_good
    assert "off the database's" in skewed[name].seen
