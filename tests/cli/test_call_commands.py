"""`quarterdeck calls remind`: who has yet to submit, and reminders that wait for a sender."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from core import cli
from core.contracts.errors import StoreError
from core.forecasts.calls import book
from core.store import Store


@pytest.fixture
def url(settings, monkeypatch, tmp_path):
    address = f"sqlite:///{tmp_path / 'store.db'}"
    monkeypatch.setenv("QUARTERDECK_HOME", str(settings.home))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", address)
    monkeypatch.chdir(tmp_path)
    return address


def remind(*words):
    return CliRunner().invoke(cli.app, ["calls", "remind", *words], catch_exceptions=True)


def test_missing_forecasts_are_queued_once(url, sample):
    dry = remind("--quarter", "2026-07-20", "--dry-run")
    assert dry.exit_code == 0, (dry.output, dry.exception)
    assert "forecasts for Q3 2026 are settled" in dry.output
    assert "missing" in dry.output
    assert "queued" not in dry.output
    done = remind("--quarter", "2026-07-20")
    assert "reminders queued for Q3 2026, due 2" in done.output
    store = Store.open(url)
    rows = store.call_reminders.waiting(book(sample))
    store.close()
    assert set(rows["queued_by"]) == {"command line"}
    assert f"{rows['manager_id'][0]})" in done.output
    assert (
        f"0 reminders queued for Q3 2026, due 23 September 2026; {rows.height} queued before."
        in remind("--quarter", "2026-07-20").output
    )


def test_a_quarter_that_is_over_is_refused(url):
    done = remind("--quarter", "2025-01-20")
    assert isinstance(done.exception, StoreError)
    assert "cannot be forecast now" in str(done.exception)
