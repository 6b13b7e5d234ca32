"""The demo goes back to its first day; the audit log and what is no demo stay."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from typer.testing import CliRunner

from core.cli import app
from core.config import load
from core.contracts.errors import SourceError
from core.sources import demo_company
from core.store import Store
from core.store.capabilities import CapabilityEdit


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("QUARTERDECK_HOME", str(tmp_path))
    monkeypatch.delenv("QUARTERDECK_DATA", raising=False)
    return load()


@pytest.fixture
def store(settings):
    store = Store.open(settings.database)
    yield store
    store.close()


def fill(store):
    store.scenarios.save("Push", "anna", {"levers": []})
    edit = CapabilityEdit("X-1", 0, {"name": "New", "status": "available"})
    saved = store.requirement_sets.save_with_file("RFP", "anna", {"rows": 1}, ("l.csv", b"Requirement\nSSO\n"))
    assert store.requirement_sets.file(saved)
    store.capabilities.save_all("catalogue", [edit], "anna")
    store.preferences.save("names", "anna", {"is_on": True})


def test_a_reset_takes_back_what_people_made_and_says_so(settings, store):
    fill(store)
    assert demo_company.sentence(store.demo_reset.counts()).startswith("1 scenario, 2 requirement lists")
    demo_company.reset(settings, store, "anna")
    assert store.demo_reset.counts() == {}
    assert (store.scenarios.list(), store.requirement_sets.list()) == ([], [])
    assert store.capabilities.newest("catalogue").is_empty()
    assert store.preferences.list("anna")
    newest = store.audit.newest(1).row(0, named=True)
    assert (newest["action"], newest["target"]) == ("reset", "demo")
    assert store.audit.verify().is_whole


def test_past_calls_of_the_sample_do_not_count_as_made(store):
    row = {"manager_id": "M1", "period_start_on": date(2026, 4, 1), "called_on": date(2026, 4, 2), "version": 1}
    amounts = dict.fromkeys(("commit_amount", "best_case_amount", "pipeline_amount"), 1.0)
    store.calls.seed("Sample company", pl.DataFrame([row | amounts | {"note": ""}]), "sample")
    assert store.demo_reset.counts() == {}


def test_a_workspace_with_data_of_its_own_is_not_reset(settings, store, tmp_path):
    fill(store)
    own = settings.model_copy(update={"source": settings.source.model_copy(update={"folder": str(tmp_path)})})
    with pytest.raises(SourceError, match="data of its own"):
        demo_company.reset(own, store, "anna")
    assert store.scenarios.list()


def test_the_command_line_asks_and_then_deletes(settings, store):
    fill(store)
    runner = CliRunner()
    assert runner.invoke(app, ["demo", "reset"], input="n\n").exit_code == 1
    assert store.scenarios.list()
    assert "Industry software" in runner.invoke(app, ["demo", "show"]).stdout
    assert runner.invoke(app, ["demo", "reset", "--yes"]).stdout.startswith("Deleted: 1 scenario")
    assert not store.scenarios.list()
