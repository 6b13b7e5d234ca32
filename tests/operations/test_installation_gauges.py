from __future__ import annotations

import json
from datetime import timedelta
from itertools import count

import polars as pl
import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from core.contracts.errors import StoreError
from core.operations import installation_gauges
from core.operations.installation_gauges import InstallationGauges
from core.operations.readiness import Readiness
from core.sources.connectors import connector_files
from core.sources.connectors.sync_state import SyncState


def figures(gauges):
    registry = CollectorRegistry()
    registry.register(gauges)
    families = text_string_to_metric_families(generate_latest(registry).decode())
    return {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}


def of(settings, opened, now):
    return InstallationGauges(settings, Readiness(settings, opened), opened, lambda: now)


@pytest.fixture
def sample_versions(small_settings, small_bundle, monkeypatch):
    """The versions there are, and a newer one of another company, which is nobody's business here."""
    versions = installation_gauges.versions
    rows = versions.versions(small_settings)
    newest = rows.filter(pl.col("source") == "Sample company").head(1)
    foreign = newest.with_columns(source=pl.lit("Another"), close_calibration_error=pl.lit(0.9))
    monkeypatch.setattr(versions, "versions", lambda _: pl.concat([foreign, rows]))
    monkeypatch.setattr(installation_gauges.loading, "title_of", lambda *_: "Sample company")


def test_work_models_disk_and_audit_log_are_told(small_settings, sample_versions, opened, now):
    store = opened()
    store.audit.add("Ann", "saved", "a plan")
    store.jobs.ask("sync", "crm")
    seen = figures(of(small_settings, opened, now + timedelta(minutes=5)))
    assert seen["quarterdeck_audit_head",] == 1
    assert seen["quarterdeck_jobs", "sync", "queued"] == 1
    assert seen["quarterdeck_job_wait_seconds", "sync"] == 300
    assert seen["quarterdeck_workers",] == 0
    assert seen["quarterdeck_ready", "models"] == 1
    assert seen["quarterdeck_disk_free_bytes",] > 0
    assert 0 <= seen["quarterdeck_model_calibration_error", "close"] < 0.3
    assert ("quarterdeck_model_age_seconds",) in seen
    assert ("quarterdeck_data_age_days",) in seen


def test_the_models_told_of_are_those_that_serve():
    rows = [("of nothing", None, False), ("newest", "boosted trees", False), ("older", "boosted trees", False)]
    table = pl.DataFrame(rows, schema=["version", "close_winner", "is_held"], orient="row")
    assert installation_gauges._serving(table)["version"] == "newest"
    going_back = table.with_columns(is_held=pl.col("version") == "older")
    assert installation_gauges._serving(going_back)["version"] == "older"
    assert installation_gauges._serving(table.head(1))["version"] == "of nothing"


def test_work_that_was_given_up_counts_for_a_day(empty, opened, now):
    queue = opened().jobs
    queue.ask("sync", "crm")
    job = queue.claim("w", ["sync"])
    queue.fail(job.id, "w", "The token was refused.")
    assert figures(of(empty, opened, now))["quarterdeck_jobs_failed", "sync"] == 1
    assert ("quarterdeck_jobs_failed", "sync") not in figures(of(empty, opened, now + timedelta(days=2)))


@pytest.fixture
def crm(empty, now):
    folder = connector_files.folder_of(empty, "crm")
    folder.mkdir(parents=True)
    description = {"vendor": "x", "base": "https://x.example.com", "every_minutes": 60, "tables": {"deals": {}}}
    (folder.parent / "crm.yaml").write_text(json.dumps(description), encoding="utf-8")
    state = SyncState(folder)
    number = state.begun((now - timedelta(hours=3)).isoformat(), 1)
    state.ended(number, (now - timedelta(hours=2, minutes=59)).isoformat(), 0, 0, "The token was refused.")
    state.close()


def test_a_sync_that_is_late_and_failed_is_told(empty, crm, opened, now, monkeypatch):
    freshness = installation_gauges.sync_run.Freshness
    state = SyncState(connector_files.folder_of(empty, "crm"))
    last = state.runs()[0]
    state.close()
    entry = freshness("crm", "x", last, False, now - timedelta(hours=2))
    monkeypatch.setattr(installation_gauges.connector_files, "names", lambda _: ["crm"])
    monkeypatch.setattr(installation_gauges.sync_run, "freshness_of", lambda *_: entry)
    seen = figures(of(empty, opened, now))
    assert seen["quarterdeck_sync_lag_seconds", "crm"] == 7_200
    assert seen["quarterdeck_sync_age_seconds", "crm"] == 3 * 3_600 - 60
    assert seen["quarterdeck_sync_failed", "crm"] == 1


def test_what_cannot_be_read_is_left_out_and_the_rest_is_told(empty, now):
    def away():
        raise StoreError("The database cannot be opened.")

    seen = figures(of(empty, away, now))
    assert seen["quarterdeck_ready", "database"] == 0
    assert not [name for name in seen if name[0] == "quarterdeck_audit_head"]


def test_what_was_read_serves_for_ten_seconds(empty, opened, now):
    seconds = count(0, 6)
    gauges = InstallationGauges(
        empty, Readiness(empty, opened), opened, lambda: now, monotonic=lambda: float(next(seconds))
    )
    first = list(gauges.collect())
    assert next(iter(gauges.collect())) is first[0]
    assert next(iter(gauges.collect())) is not first[0]
