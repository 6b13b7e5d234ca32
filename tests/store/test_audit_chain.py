"""The audit log cannot be changed through the database; where it was all the same, the first such row is named."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from core.store import Store, audit_chain
from core.store.audit_chain import BEFORE_THE_FIRST, row_hash, write_down

GUARDS = ("audit_no_update", "audit_no_delete", "audit_no_change", "audit_no_truncate")


def past_the_guards(store, *lines):
    """Run SQL as somebody who owns the database and has taken the guards away."""
    on = "" if store.engine.dialect.name == "sqlite" else " ON audit"
    with store.engine.begin() as connection:
        for name in GUARDS:
            connection.execute(text(f"DROP TRIGGER IF EXISTS {name}{on}"))
        for line in lines:
            connection.execute(text(line))


@pytest.fixture
def trail(store):
    for n in range(6):
        store.audit.add(f"user {n} ü", "did", f"thing {n}", "a\nb")
    return store


def test_a_trail_is_whole_and_its_head_is_the_newest_rows_hash(trail):
    verdict = trail.audit.verify()
    assert (verdict.n_rows, verdict.problem, verdict.is_whole) == (6, "", True)
    with trail.engine.connect() as connection:
        newest = connection.execute(text("SELECT hash FROM audit ORDER BY id DESC")).scalar()
    assert verdict.head == newest


@pytest.mark.parametrize("line", ["UPDATE audit SET target = 'x'", "DELETE FROM audit WHERE id = 3", "TRUNCATE audit"])
def test_the_database_refuses_changes(trail, line):
    if line.startswith("TRUNCATE") and trail.engine.dialect.name == "sqlite":
        pytest.skip("SQLite knows no TRUNCATE")
    with pytest.raises(DatabaseError, match="only added to"), trail.engine.begin() as connection:
        connection.execute(text(line))
    assert trail.audit.verify().is_whole


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (["UPDATE audit SET target = 'nothing' WHERE number = 3"], "Row 3 was altered"),
        (["UPDATE audit SET at = '2020-01-01 00:00:00' WHERE number = 2"], "Row 2 was altered"),
        (["DELETE FROM audit WHERE number = 4"], "Row 4 was removed"),
        (["DELETE FROM audit WHERE number = 1"], "Row 1 was removed"),
        (["DELETE FROM audit WHERE number = 6"], "ends with row 5, and 6 were written"),
        (["DELETE FROM audit"], "ends with row 0, and 6 were written"),
        (["DELETE FROM audit_head"], "ends with row 6, and 0 were written"),
    ],
)
def test_the_first_row_that_was_changed_is_named(trail, lines, problem):
    past_the_guards(trail, *lines)
    verdict = trail.audit.verify()
    assert problem in verdict.problem
    assert not verdict.is_whole


def test_a_row_put_in_is_named_and_so_is_one_rewritten_with_its_hash(trail):
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    entry = {"at": at, "user": "boss", "action": "did", "target": "nothing", "detail": ""}
    forged = row_hash(BEFORE_THE_FIRST, 1, entry)
    stamp = "2026-03-01 12:00:00.000000" if trail.engine.dialect.name == "sqlite" else "2026-03-01 12:00:00+00"
    past_the_guards(
        trail,
        f"UPDATE audit SET at = '{stamp}', user_name = 'boss', target = 'nothing', detail = '', hash = '{forged}' "
        "WHERE number = 1",
    )
    assert "Row 2 does not follow the one before it" in trail.audit.verify().problem


def test_a_chain_rewritten_as_a_whole_misses_what_was_published(trail):
    published = trail.audit.verify().head
    trail.audit.add("ana", "did", "more")
    assert trail.audit.verify([published]).is_whole
    assert "is that of no row" in trail.audit.verify(["f" * 64]).problem


def test_eight_writers_at_once_keep_one_chain(url):
    def write(writer):
        own = Store.open(url)
        for n in range(10):
            own.audit.add(f"writer {writer}", "did", str(n))
        own.close()

    Store.open(url).close()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    store = Store.open(url)
    verdict = store.audit.verify()
    assert (verdict.n_rows, verdict.problem) == (80, "")
    store.close()


def test_what_is_not_saved_leaves_no_link(store):
    store.audit.add("ana", "did", "this")

    def interrupted():
        with store.audit._sessions.begin() as session:
            write_down(session, [{"at": datetime.now(UTC), "user": "bo", "action": "did", "target": "that"}])
            write_down(session, [])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        interrupted()
    store.audit.add("cy", "did", "more")
    verdict = store.audit.verify()
    assert (verdict.n_rows, verdict.is_whole) == (2, True)


def test_a_writer_who_owns_nothing_adds_and_can_do_no_more(url):
    if url.startswith("sqlite"):
        pytest.skip("SQLite has no accounts")
    owner = Store.open(url)
    name = f"writer_{url.rsplit('/', 1)[1]}"
    with owner.engine.begin() as connection:
        for line in (
            f"CREATE ROLE {name} LOGIN",
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}",
            f"REVOKE UPDATE, DELETE ON audit FROM {name}",
            f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {name}",
        ):
            connection.execute(text(line))
    writer = Store.open(url.replace("quarterdeck@", f"{name}@"))
    writer.audit.add("ana", "did", "this")
    writer.scenarios.save("Plan", "ana", {})
    writer.scenarios.delete("Plan", "ana")
    assert writer.audit.verify().n_rows == 3
    for line in (
        "UPDATE audit SET target = 'x'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "DROP TRIGGER audit_no_change ON audit",
    ):
        with (
            pytest.raises(DatabaseError, match=r"permission denied|must be owner"),
            writer.engine.begin() as connection,
        ):
            connection.execute(text(line))
    writer.close()
    owner.close()


def test_rows_are_added_by_the_chain_alone():
    folder = Path(audit_chain.__file__).parents[1]
    writers = [path.name for path in folder.rglob("*.py") if "insert(AuditRow)" in path.read_text(encoding="utf-8")]
    assert writers == ["audit_chain.py"]
