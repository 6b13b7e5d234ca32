"""Completes records of courses and uses of content: who, what, whether it was finished, and the score as a rate."""

from __future__ import annotations

import polars as pl

from core.localization import joined, message
from core.sources import entities, people
from core.sources.entities import has
from core.sources.findings import Findings
from core.sources.linking import link
from core.sources.vocabulary import folded, words

PER_CENT = 100
PAIRS = {"id": pl.String, "name": pl.String}


def completions(frame: pl.DataFrame, sellers: pl.DataFrame, mails: pl.DataFrame, findings: Findings) -> pl.DataFrame:
    """Return records of courses with their person, course and score, and whether each was finished.

    A course was finished where a column says so, the status does, a day of finishing is there, or all of it is done.
    Statements about parts of a course, and those that were voided, are left out.

    Parameters
    ----------
    frame : pl.DataFrame
        Records as they were read.
    sellers : pl.DataFrame
        [id, name] of everybody who may own a deal.
    mails : pl.DataFrame
        [id, name] of users by their mail address.
    findings : Findings
    """
    frame = _records(people.full_name(frame, "learner_name"), findings)
    frame = _with_person(frame, sellers, mails, findings)
    flag = has(frame, "is_completed", pl.Boolean).fill_null(value=False)
    states = _is_finished(frame, "status") | _is_finished(frame, "success_status", with_truth=True)
    all_done = _rate(frame, "progress_rate").fill_null(0.0) >= 1
    ended = has(frame, "completed_on", pl.Date)
    names = ("course_name", "course_id", "course_path", "module_name")
    course = pl.coalesce(has(frame, name) for name in names)
    return (
        frame.with_columns(is_completed=flag | states | all_done | ended.is_not_null(), score_rate=_score(frame))
        .with_columns(
            completed_on=pl.when("is_completed").then(pl.coalesce(ended, has(frame, "recorded_on", pl.Date))),
            started_on=has(frame, "started_on", pl.Date),
            course_name=course.str.strip_chars(),
            course_id=pl.coalesce(has(frame, "course_id"), has(frame, "course_path")),
        )
        .with_columns(course_name=pl.when(pl.col("course_name") != "").then("course_name"))
    )


def _records(frame: pl.DataFrame, findings: Findings) -> pl.DataFrame:
    """Return the records of courses, their status in one word, without parts of courses and what was voided."""
    if "status" not in frame.columns:
        return frame
    verb = pl.col("status").str.strip_chars_end("/#").str.split("/").list.last().str.split("#").list.last()
    is_address = pl.col("status").str.contains("://")
    frame = frame.with_columns(status=pl.when(is_address).then(verb).otherwise(pl.col("status")))
    if not {"completion_id", "course_path"} <= set(frame.columns):
        return frame
    voided = frame.filter(pl.col("status") == "voided")["course_path"].drop_nulls()
    parts = [s for s in frame["status"].drop_nulls().unique() if folded(s) in words("part_of_course")]
    is_part = pl.col("status").is_in(parts) | pl.col("completion_id").is_in(voided.implode())
    whole = frame.filter(~is_part.fill_null(value=False))
    if whole.height < frame.height:
        n = frame.height - whole.height
        findings.note(
            message("{n:,} of the statements speak of parts of a course, or were voided; they are not counted.", n=n)
        )
    return whole


def _is_finished(frame: pl.DataFrame, column: str, *, with_truth: bool = False) -> pl.Expr:
    """Say whether a column of words says that a course was finished; a plain yes does where it is asked for."""
    if column not in frame.columns:
        return pl.lit(value=False)
    if frame.schema[column] == pl.Boolean:
        return pl.col(column).fill_null(value=False)
    accepted = words("finished_course") | (words("yes") if with_truth else frozenset())
    finished = [text for text in frame[column].drop_nulls().unique() if folded(text) in accepted]
    return pl.col(column).is_in(finished).fill_null(value=False)


def _rate(frame: pl.DataFrame, column: str) -> pl.Expr:
    """Return a column as a share: per cent where anything in it is above 1."""
    if column not in frame.columns:
        return pl.lit(None, pl.Float64)
    value = pl.col(column).cast(pl.Float64, strict=False)
    highest = frame.select(value.max()).item()
    return value / PER_CENT if highest is not None and highest > 1 else value


def _score(frame: pl.DataFrame) -> pl.Expr:
    points = has(frame, "score_points", pl.Float64).cast(pl.Float64, strict=False)
    most = has(frame, "score_most", pl.Float64).cast(pl.Float64, strict=False)
    of_points = pl.when(most > 0).then(points / most).otherwise(_rate(frame, "score_points"))
    return pl.coalesce(_rate(frame, "score_rate"), _rate(frame, "score_scaled"), of_points)


def _with_person(frame: pl.DataFrame, sellers: pl.DataFrame, mails: pl.DataFrame, findings: Findings) -> pl.DataFrame:
    """Return records with the seller's id; empty where the learner is none, which is told."""
    mail = has(frame, "learner_email").str.strip_chars().str.replace(r"(?i)^mailto:", "")
    frame = frame.with_columns(learner_email=pl.when(mail != "").then(mail), rep_id=has(frame, "rep_id"))
    called = pl.coalesce(has(frame, "learner_name"), "learner_email", "rep_id")
    ids = sellers["id"].implode()
    by_name = link(
        frame.select(rep_id=pl.lit(None, pl.String), name=called), "rep_id", "name", sellers, "people", findings
    )
    by_mail = link(
        frame.select(rep_id=pl.lit(None, pl.String), name="learner_email"), "rep_id", "name", mails, "people", findings
    )
    options = [frame["rep_id"], by_mail["rep_id"], frame["learner_email"], by_name["rep_id"]]
    known_ones = [pl.when(pl.lit(s).is_in(ids)).then(pl.lit(s)) for s in options]
    frame = frame.with_columns(learner_name=called, rep_id=pl.coalesce(known_ones))
    lost = (
        frame.filter(pl.col("rep_id").is_null(), pl.col("learner_name").is_not_null())["learner_name"].unique().sort()
    )
    if lost.len():
        shown = joined(*lost.head(3).to_list(), by=", ") + (" and more" if lost.len() > 3 else "")
        findings.note(
            message(
                "{len:,} of those who took courses are not on the sales team; they count in no effect: {shown}.",
                len=lost.len(),
                shown=shown,
            )
        )
    return frame


def content(frame: pl.DataFrame, deals: pl.DataFrame, findings: Findings) -> pl.DataFrame:
    """Return uses of content with their deal and, of that, the account and the owner where the file has none.

    Parameters
    ----------
    frame : pl.DataFrame
        Uses as they were read, linked to accounts and people.
    deals : pl.DataFrame
        Completed deals; may be empty.
    findings : Findings
    """
    frame = frame.with_columns(content_name=pl.coalesce(has(frame, "content_name"), has(frame, "content_id")))
    pairs = deals.select(id="opportunity_id", name=entities.has(deals, "opportunity_name")) if deals.width else None
    frame = link(frame, "opportunity_id", "opportunity_name", _or_none(pairs), "deals", findings)
    if not deals.width:
        return frame
    about = deals.select("opportunity_id", _account=has(deals, "account_id"), _owner=has(deals, "owner_id")).unique(
        "opportunity_id", keep="first"
    )
    joined = frame.join(about, on="opportunity_id", how="left", maintain_order="left")
    return joined.with_columns(
        account_id=pl.coalesce(has(frame, "account_id"), "_account"), rep_id=pl.coalesce(has(frame, "rep_id"), "_owner")
    ).drop("_account", "_owner")


def _or_none(pairs: pl.DataFrame | None) -> pl.DataFrame:
    return pl.DataFrame(schema=PAIRS) if pairs is None else pairs
