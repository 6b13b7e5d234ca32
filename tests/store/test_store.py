from __future__ import annotations

import multiprocessing
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from sqlalchemy import inspect, text

from core.contracts.errors import StoreError
from core.store import Store
from core.store.reviews import Change
from core.store.tables import Base

pytestmark = pytest.mark.xdist_group("store")
ME = "ann@example.com"


def test_a_scenario_comes_back_as_it_was_saved(store):
    payload = {"levers": [{"lever": "win_rate", "value": 0.1}], "note": "Überzeugt 🚀"}
    saved = store.scenarios.save("Best case 🚀", ME, payload)
    assert store.scenarios.get("Best case 🚀", ME) == saved
    assert saved.payload == payload
    assert saved.version == 1


def test_the_clock_is_the_callers(url):
    times = iter([datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=k) for k in range(5)])
    opened = Store.open(url, clock=lambda: next(times))
    opened.scenarios.save("first", ME, {})
    opened.scenarios.save("second", ME, {})
    assert [s.name for s in opened.scenarios.list(ME)] == ["second", "first"]
    assert opened.scenarios.get("first", ME).saved_at == datetime(2026, 1, 1, tzinfo=UTC)
    opened.close()


def test_saving_over_a_version_raises_it_by_one(store):
    first = store.scenarios.save("plan", ME, {"a": 1})
    assert store.scenarios.save("plan", ME, {"a": 2}, first.version).version == 2
    assert store.scenarios.get("plan", ME).payload == {"a": 2}


def test_a_stale_save_overwrites_nothing_and_says_when(store):
    first = store.scenarios.save("plan", ME, {"a": 1})
    store.scenarios.save("plan", ME, {"a": 2}, first.version)
    with pytest.raises(
        StoreError, match=r"saved by somebody else at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC. Nothing was overwritten"
    ):
        store.scenarios.save("plan", ME, {"a": 3}, first.version)
    assert store.scenarios.get("plan", ME).payload == {"a": 2}


def test_a_deleted_one_is_not_revived(store):
    first = store.scenarios.save("plan", ME, {})
    store.scenarios.delete("plan", ME)
    with pytest.raises(StoreError, match="deleted meanwhile"):
        store.scenarios.save("plan", ME, {}, first.version)
    with pytest.raises(StoreError, match="no scenario called 'plan'"):
        store.scenarios.get("plan", ME)
    assert store.scenarios.list() == []


def test_a_name_is_the_owners_own(store):
    store.scenarios.save("plan", ME, {"of": "me"})
    store.scenarios.save("plan", "bo", {"of": "bo"})
    with pytest.raises(StoreError, match="already a scenario called 'plan'"):
        store.scenarios.save("plan", ME, {})
    assert store.scenarios.get("plan", "bo").payload == {"of": "bo"}
    assert len(store.scenarios.list()) == 2


@pytest.mark.parametrize("name", ["", "   ", "x" * 121])
def test_a_name_has_a_length(store, name):
    with pytest.raises(StoreError, match="1 to 120"):
        store.scenarios.save(name, ME, {})
    store.scenarios.save("fine", ME, {})
    with pytest.raises(StoreError, match="1 to 120"):
        store.scenarios.rename("fine", name, ME)


def test_renaming(store):
    store.scenarios.save("a", ME, {"k": 1})
    store.scenarios.save("b", ME, {})
    assert store.scenarios.rename("a", "c", ME).payload == {"k": 1}
    with pytest.raises(StoreError, match="already"):
        store.scenarios.rename("c", "b", ME)


def test_renaming_what_somebody_has_saved_meanwhile_is_refused(store):
    first = store.scenarios.save("a", ME, {"k": 1})
    store.scenarios.save("a", ME, {"k": 2}, first.version)
    with pytest.raises(StoreError, match="Nothing was overwritten"):
        store.scenarios.rename("a", "b", ME, first.version)
    assert store.scenarios.get("a", ME).payload == {"k": 2}
    store.scenarios.delete(" a ", ME)
    assert store.scenarios.list() == []


def test_a_list_keeps_the_buyers_file_and_takes_it_along(store):
    saved = store.requirement_sets.save("RFP", ME, {"rows": [1, 2]})
    assert store.requirement_sets.file(saved) is None
    store.requirement_sets.keep_file(saved, "rfp.xlsx", b"PK\x00\xff")
    store.requirement_sets.keep_file(saved, "rfp2.xlsx", b"PK\x01")
    assert store.requirement_sets.file(saved) == ("rfp2.xlsx", b"PK\x01")
    assert store.requirement_sets.file_names() == {saved.id: "rfp2.xlsx"}
    store.requirement_sets.delete("RFP", ME)
    assert store.requirement_sets.file(saved) is None


def test_the_audit_trail_is_newest_first(store):
    store.audit.add(ME, "save", "plan")
    store.audit.add(ME, "export", "customers", "120 rows")
    rows = store.audit.newest()
    assert rows["action"].to_list() == ["export", "save"]
    assert rows["detail"].to_list() == ["120 rows", ""]


def test_nothing_is_lost_over_a_restart(url):
    opened = Store.open(url)
    opened.scenarios.save("plan", ME, {"a": 1})
    opened.close()
    code = f"from core.store import Store; print(Store.open({url!r}).scenarios.get('plan', {ME!r}).payload)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=240)
    assert out.stdout.strip() == "{'a': 1}"


def test_two_sessions_at_once_lose_nothing(url):
    first, second = Store.open(url), Store.open(url)

    def write(store, who):
        for k in range(50):
            store.scenarios.save(f"{who}-{k}", who, {"k": k})

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(write, first, "ann"), pool.submit(write, second, "bo")]:
            done.result(timeout=240)
    assert len(first.scenarios.list("ann")) == len(second.scenarios.list("bo")) == 50
    first.close()
    second.close()


def test_of_many_saves_over_one_version_one_wins(store):
    version = store.scenarios.save("plan", ME, {"by": -1}).version

    def save(k):
        try:
            return store.scenarios.save("plan", ME, {"by": k}, version).payload["by"]
        except StoreError:
            return None

    with ThreadPoolExecutor(8) as pool:
        won = [k for k in pool.map(save, range(16)) if k is not None]
    assert len(won) == 1
    assert store.scenarios.get("plan", ME).payload == {"by": won[0]}


def _open_and_close(url):
    Store.open(url).close()


def test_processes_that_start_together_do_not_collide(url):
    # Imports what they need once and splits into them; this process has threads, and must not be split.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    running = [context.Process(target=_open_and_close, args=(url,)) for _ in range(3)]
    for process in running:
        process.start()
    for process in running:
        process.join(240)
    assert [process.exitcode for process in running] == [0, 0, 0]


def test_tables_and_migrations_agree(store):
    seen = inspect(store.engine)
    for name, table in Base.metadata.tables.items():
        assert {c["name"] for c in seen.get_columns(name)} == {c.name for c in table.columns}


def test_a_newer_database_is_left_alone(url):
    opened = Store.open(url)
    with opened.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    opened.close()
    with pytest.raises(StoreError, match="newer Quarterdeck"):
        Store.open(url)


def test_sqlite_waits_and_minds_foreign_keys(tmp_path):
    opened = Store.open(f"sqlite:///{tmp_path / 'q.db'}")
    with opened.engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
    opened.close()


def test_settings_name_the_database(settings, tmp_path):
    opened = Store.open(settings.model_copy(update={"home": tmp_path}).database)
    assert (tmp_path / "quarterdeck.db").exists()
    opened.close()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("not a url", "not a URL"),
        ("mysql://host/name", "mysql are not used"),
        ("postgresql://nobody@127.0.0.1:1/none", "cannot be opened"),
        ("sqlite:////proc/nowhere/q.db", "cannot be made"),
    ],
)
def test_a_database_that_cannot_be_had_is_named(given, said):
    with pytest.raises(StoreError, match=said):
        Store.open(given)


def test_every_change_of_a_requirement_row_is_in_the_audit_list(store):
    saved = store.requirement_sets.save("RFP", ME, {})
    before = store.audit.newest().height
    first = [Change("Sheet 1", k, 0, {"state": "new", "answer": f"Yes {k}"}) for k in range(800)]
    store.reviews.change(saved.id, first, ME)
    assert store.audit.newest(5_000).height == before + 800
    second = [Change("Sheet 1", 7, 1, {"answer": "No", "owner": "bo"}), Change("Sheet 1", 8, 0, {"answer": "late"})]
    met = store.reviews.change(saved.id, second, "bo")
    assert [conflict.wanted.row for conflict in met] == [8]
    rows = store.audit.about("requirement list RFP, Sheet 1, row 7").filter(pl.col("target").str.ends_with(" 7"))
    assert rows["user"].to_list() == [ME, "bo"]
    assert rows["detail"].to_list() == [
        "state: empty → new; answer: empty → Yes 7",
        "answer: Yes 7 → No; owner: empty → bo",
    ]
    assert store.audit.newest(5_000).height == before + 801
