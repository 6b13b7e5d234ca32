"""The demo goes back to its first day; the audit log and what is no demo stay."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import chain

import polars as pl
import pytest
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Double,
    Integer,
    LargeBinary,
    func,
    insert,
    select,
)
from typer.testing import CliRunner

from core.alerts import company_events, delivering, tick
from core.cli import app
from core.config import load
from core.contracts.errors import SourceError
from core.sources import demo_company
from core.store import Store, demo_reset
from core.store.capabilities import CapabilityEdit
from core.store.tables import Base


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


def test_every_table_is_cleared_or_kept_for_a_reason():
    cleared = [*chain.from_iterable(demo_reset.EMPTIED.values()), *demo_reset.MADE_ANEW, *demo_reset.FOLLOWS]
    listed = [*cleared, *demo_reset.KEPT]
    assert len(listed) == len(set(listed))
    names = {table.__tablename__ for table in listed}
    assert names == set(Base.metadata.tables), "A new table: does a reset of the demo clear it, or why not?"
    assert all((*demo_reset.KEPT.values(), *demo_reset.FOLLOWS.values()))


def test_after_a_reset_no_row_of_peoples_work_is_left_and_what_stays_is_as_it_was(settings, store):
    now = datetime(2026, 5, 15, tzinfo=UTC)
    with store.engine.begin() as connection:
        for table in Base.metadata.sorted_tables:  # What others hang on comes first.
            if table.name not in ("audit", "audit_head", "shared_notes"):
                plant(connection, table, now)
    store.alert_ledger.set_bookmarks({company_events.SINCE: "x", delivering.SITE: "https://sales.example.com"})
    left = {table.__tablename__: rows(store, table) for table in demo_reset.KEPT}
    store.demo_reset.apply("anna")
    gone = [*chain.from_iterable(demo_reset.EMPTIED.values()), *demo_reset.FOLLOWS]
    assert {table.__tablename__: rows(store, table) for table in gone} == dict.fromkeys(
        (table.__tablename__ for table in gone), 0
    )
    changed = {name: n for name, n in left.items() if name not in ("audit", "shared_notes")}
    assert {table.__tablename__: rows(store, table) for table in demo_reset.KEPT if table.__tablename__ in changed} == (
        changed
    )
    assert store.alert_ledger.bookmarks([company_events.SINCE, delivering.SITE]) == {
        delivering.SITE: "https://sales.example.com"
    }
    assert store.audit.verify().is_whole
    assert all(
        name.startswith(demo_reset.BOOKMARK)
        for name in (company_events.LAST_CALL, company_events.SINCE, company_events.SEEN, tick.SEEN)
    )


def plant(connection, table, now):
    """Write one row with something in every column that must have something."""
    made = {Integer: 77, BigInteger: 77, Double: 1.0, Boolean: False, JSON: {}, Date: now.date(), LargeBinary: b"x"}
    values = {}
    for column in table.columns:
        if column.nullable or (column.name == "id" and isinstance(column.type, Integer)):
            continue
        keys = list(column.foreign_keys)
        first = connection.execute(select(keys[0].column)).scalar() if keys else None
        kind = next((value for kind, value in made.items() if isinstance(column.type, kind)), "x")
        values[column.name] = first or (now if isinstance(column.type, DateTime) else kind)
    connection.execute(insert(table).values(values))


def rows(store, table):
    with store.engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(table.__table__))


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
