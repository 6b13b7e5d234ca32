"""Triggers by which the database itself refuses changes of the audit log."""

from __future__ import annotations

from sqlalchemy import Connection

REFUSAL = "the audit log is only added to"
NAMES = ("audit_no_update", "audit_no_delete", "audit_no_change", "audit_no_truncate")


def create(connection: Connection) -> None:
    """Let the database refuse changes of rows that were written."""
    if connection.dialect.name == "sqlite":
        for event in ("UPDATE", "DELETE"):
            connection.exec_driver_sql(
                f"CREATE TRIGGER audit_no_{event.lower()} BEFORE {event} ON audit "
                f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
            )
        return
    connection.exec_driver_sql(
        "CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$"
    )
    connection.exec_driver_sql(
        "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_refuse()"
    )
    connection.exec_driver_sql(
        "CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
    )


def drop(connection: Connection) -> None:
    """Take the refusals away, for whoever puts them back in the same transaction."""
    for name in NAMES:
        on = "" if connection.dialect.name == "sqlite" else " ON audit"
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}{on}")
