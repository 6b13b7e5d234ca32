"""The sales team of a source: its own file, else made of the CRM's users."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import polars as pl

from core.sources.findings import Findings
from core.sources.linking import link
from core.sources.vocabulary import folded, meanings

ALWAYS = date(1900, 1, 1)


def full_name(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """Fill a name from first and last name where the file has no whole one."""
    parts = [pl.col(c) for c in ("first_name", "last_name") if c in frame.columns]
    has = pl.col(column) if column in frame.columns else pl.lit(None, pl.String)
    if not parts:
        return frame.with_columns(has.alias(column))
    joined = pl.concat_str(parts, separator=" ", ignore_nulls=True).str.strip_chars()
    whole = pl.when(~has.str.contains("@")).then(has)
    return frame.with_columns(pl.coalesce(whole, pl.when(joined != "").then(joined), has).alias(column))


def users(frame: pl.DataFrame, roles: pl.DataFrame | None, findings: Findings) -> pl.DataFrame:
    """Complete users: names, whether they are active, their role by its id, their manager by name."""
    frame = full_name(frame, "user_name")
    if "user_id" not in frame.columns:
        key = next((c for c in ("email", "user_name") if c in frame.columns), None)
        frame = frame.with_columns((pl.col(key) if key else pl.lit(None, pl.String)).alias("user_id"))
    if "is_active" not in frame.columns and "is_inactive" in frame.columns:
        frame = frame.with_columns(is_active=~pl.col("is_inactive"))
    if roles is not None and {"role_id", "role_name"} <= set(roles.columns) and "role_id" in frame.columns:
        names = dict(roles.select("role_id", "role_name").drop_nulls().iter_rows())
        own = pl.col("role") if "role" in frame.columns else pl.lit(None, pl.String)
        frame = frame.with_columns(
            role=pl.coalesce(own, pl.col("role_id").replace_strict(names, default=None, return_dtype=pl.String))
        )
    pairs = frame.select(id=pl.col("user_id"), name=pl.col("user_name"))
    return link(frame, "manager_id", "manager_name", pairs, "users", findings)


def team_of_users(frame: pl.DataFrame, owners: set[str], findings: Findings) -> pl.DataFrame:
    """Make a sales team of the users who own deals and of their managers; of all where no deal names an owner.

    A user who has people is a manager by the words of the role or title, or because nobody in the team is above or
    below: those whom nobody reports to are reps.
    """
    bosses = dict(frame.select("user_id", "manager_id").iter_rows()) if "manager_id" in frame.columns else {}
    wanted = set(owners)
    for owner in owners:
        boss = bosses.get(owner)
        while boss and boss not in wanted:
            wanted.add(boss)
            boss = bosses.get(boss)
    chosen = frame.filter(pl.col("user_id").is_in(sorted(wanted))) if owners else frame
    chosen = chosen if chosen.height else frame
    managers = {b for u, b in bosses.items() if b}
    words = meanings("role")
    made = [_role(row, managers, words) for row in chosen.iter_rows(named=True)]
    get = {
        c: pl.col(c) if c in chosen.columns else pl.lit(None, pl.String)
        for c in ("team", "region", "manager_id", "role")
    }
    findings.note("The sales team is made of the CRM's users; teams and regions are as they stand there.")
    return chosen.select(
        "_row",
        "_part",
        rep_id="user_id",
        rep_name=pl.coalesce("user_name", "user_id"),
        role=pl.Series(made, dtype=pl.String),
        manager_id=get["manager_id"],
        team=pl.coalesce(get["team"], get["role"]),
        region=get["region"],
        valid_from=pl.lit(ALWAYS),
    )


def _role(row: Mapping[str, object], managers: set[str], words: Mapping[str, str]) -> str:
    role = next(
        (words[folded(str(row[c]))] for c in ("role", "title") if row.get(c) and folded(str(row[c])) in words), None
    )
    if role:
        return role
    return "manager" if row["user_id"] in managers else "rep"


def sales_team(frame: pl.DataFrame, findings: Findings) -> pl.DataFrame:
    """Complete a file of the sales team: names, roles, first days, managers by name."""
    frame = full_name(frame, "rep_name")
    if "rep_id" not in frame.columns:
        frame = frame.with_columns(rep_id=pl.col("rep_name"))
    frame = frame.with_columns(pl.coalesce("rep_name", "rep_id").alias("rep_name"))
    pairs = frame.select(id=pl.col("rep_id"), name=pl.col("rep_name"))
    frame = link(frame, "manager_id", "manager_name", pairs, "people", findings)
    role = pl.col("role") if "role" in frame.columns else pl.lit(None, pl.String)
    begun = pl.col("valid_from") if "valid_from" in frame.columns else pl.lit(None, pl.Date)
    return frame.with_columns(role=role.fill_null("rep"), valid_from=begun.fill_null(ALWAYS))
