"""Who finished which course, and who of the learners is nobody of the sales team."""

from __future__ import annotations

from typing import Any

import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.contracts.constants import NOT_KNOWN
from core.localization import joined, message, message_plural
from core.metrics.measure import Measure, counted, percent, ratio

COURSES: dict[str, Any] = {
    "course": pl.String,
    "n_people": pl.Int64,
    "n_finished": pl.Int64,
    "finished_rate": pl.Float64,
    "average_score": pl.Float64,
    "n_scored": pl.Int64,
    "last_finished_on": pl.Date,
}
# Of people who began something: how many, how many finished, and how well.
TALLY = (
    pl.len().alias("n_people"),
    pl.col("is_completed").sum().alias("n_finished"),
    pl.col("is_completed").mean().alias("finished_rate"),
    pl.col("score_rate").mean().alias("average_score"),
)
MODULES: dict[str, Any] = {
    "course": pl.String,
    "module": pl.String,
    "n_people": pl.Int64,
    "n_finished": pl.Int64,
    "finished_rate": pl.Float64,
    "average_score": pl.Float64,
}
PEOPLE: dict[str, Any] = {
    "rep_id": pl.String,
    "rep_name": pl.String,
    "course": pl.String,
    "status": pl.String,
    "score_rate": pl.Float64,
    "started_on": pl.Date,
    "completed_on": pl.Date,
}


def records(data: Dataset) -> pl.DataFrame:
    """Return one row per person and course, as of the day of the data: whether and when it was first finished.

    Returns
    -------
    pl.DataFrame
        rep_id (null for learners who are nobody of the sales team), learner_name, course, status (of the latest
        attempt), is_completed, score_rate (the best), started_on, completed_on (the first; null where it was finished
        on no known day). Of somebody whose records speak of single modules, the course is finished on the day all its
        modules were, and its score is the mean of their best.
    """
    rows = _attempts(data)
    parts = _parts(rows.filter(pl.col("n_modules").is_not_null()))
    whole = _together(rows.filter(pl.col("n_modules").is_null()), ("person", "course"))
    columns = ["rep_id", "learner_name", "course", "status", "is_completed", "score_rate", "started_on", "completed_on"]
    both = pl.concat([whole.select("person", *columns), parts.select("person", *columns)])
    return _together(both, ("person", "course")).select(columns)


def _attempts(data: Dataset) -> pl.DataFrame:
    """Return the records as of the day of the data, with who it is, the first finished first."""
    rows = data.course_completions.with_columns(
        course=pl.col("course_name"),
        is_completed=pl.col("is_completed") & (pl.col("completed_on") <= data.as_of).fill_null(value=True),
    ).filter((pl.col("started_on") <= data.as_of).fill_null(value=True))
    dated = rows.with_columns(completed_on=pl.when("is_completed").then("completed_on"))
    # Who has no name here, for names are hidden, is told apart from others by the record alone.
    person = pl.coalesce("rep_id", "learner_name", "completion_id")
    return dated.with_columns(person=person).sort("completed_on", "completion_id", nulls_last=True)


def _together(rows: pl.DataFrame, keys: tuple[str, ...]) -> pl.DataFrame:
    return rows.group_by(keys, maintain_order=True).agg(
        pl.col("rep_id", "learner_name").first(),
        pl.col("status").last(),
        pl.col("is_completed").any(),
        pl.col("score_rate").max(),
        pl.col("started_on", "completed_on").min(),
    )


def _modules(rows: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each person and module."""
    once = _together(rows, ("person", "course", "module_name"))
    sizes = rows.group_by("course").agg(pl.col("n_modules").max())
    return once.join(sizes, on="course", how="left", maintain_order="left")


def _parts(rows: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each person and course of which single modules are on record."""
    is_done = pl.col("is_completed").sum() >= pl.col("n_modules").first()
    grouped = _modules(rows).group_by("person", "course", maintain_order=True)
    parts = grouped.agg(
        pl.col("rep_id", "learner_name").first(),
        n_done=pl.col("is_completed").sum(),
        n_modules=pl.col("n_modules").first(),
        is_completed=is_done,
        score_rate=pl.col("score_rate").mean(),
        started_on=pl.col("started_on").min(),
        # A module finished on no known day leaves the day of the whole unknown.
        completed_on=pl.when(is_done & pl.col("completed_on").is_not_null().all()).then(pl.col("completed_on").max()),
    )
    return parts.with_columns(status=pl.format("{} of {} modules", "n_done", "n_modules"))


def by_module(data: Dataset, settings: Settings) -> Measure:
    """How many of those who began each module of a course have finished it.

    Formula: people with a finished record over people with any record of the module. Modules are named by the SCORM
    package of their course; records that speak of whole courses are not counted here.

    Parameters
    ----------
    data : Dataset
    settings : Settings

    Returns
    -------
    Measure
        Unit rate. Value: finished over begun, of all modules; None without a record of one. Frame: course, module,
        n_people, n_finished, finished_rate, average_score (null where nobody has one); by course, the module fewest
        finished first.
    """
    rows = _modules(_attempts(data).filter(pl.col("n_modules").is_not_null()))
    grouped = rows.group_by("course", module="module_name").agg(*TALLY)
    frame = grouped.select(pl.col(name).cast(dtype) for name, dtype in MODULES.items())
    frame = frame.sort("course", "finished_rate", "module")
    value = ratio(int(frame["n_finished"].sum()), rows.height)
    if value is None:
        return Measure("Modules finished", None, "rate", frame, "No record speaks of a single module of a course.")
    last = frame.sort("finished_rate", "course", "module").row(0, named=True)
    text = message(
        "{rate} of {modules} were finished; fewest finish {module} in {course} ({least}).",
        rate=percent(value),
        modules=counted(rows.height, "module begun", "modules begun"),
        module=last["module"],
        course=last["course"],
        least=percent(last["finished_rate"]),
    )
    return Measure("Modules finished", value, "rate", frame, text)


def finished_on(data: Dataset) -> pl.DataFrame:
    """Return [rep_id, course, completed_on] of courses the sales team finished on days that are known."""
    rows = records(data).filter("is_completed").drop_nulls(["rep_id", "completed_on"])
    return rows.select("rep_id", "course", "completed_on")


def by_course(data: Dataset, settings: Settings) -> Measure:
    """How many of those who began each course have finished it.

    Formula: people with a finished record over people with any record of the course. Several attempts of one person
    count once; the best score counts. Learners who are nobody of the sales team count here, and in no effect.

    Parameters
    ----------
    data : Dataset
    settings : Settings

    Returns
    -------
    Measure
        Unit rate. Value: finished over begun, of all courses; None without a record. Frame: course, n_people,
        n_finished, finished_rate, average_score (null where nobody has one), n_scored, last_finished_on; the course
        most people began first.
    """
    rows = records(data)
    grouped = rows.group_by("course").agg(
        *TALLY,
        n_scored=pl.col("score_rate").count(),
        last_finished_on=pl.col("completed_on").max(),
    )
    frame = grouped.select(pl.col(name).cast(dtype) for name, dtype in COURSES.items()).sort(
        "n_people", "course", descending=[True, False]
    )
    n_finished = int(frame["n_finished"].sum())
    value = ratio(n_finished, rows.height)
    if value is None:
        return Measure("Courses finished", None, "rate", frame, "No record of a course is loaded.")
    people = rows.select(pl.coalesce("rep_id", "learner_name")).to_series()
    text = message(
        "{rate} of {courses} by {people} were finished, in {courses_2}.",
        rate=percent(value),
        courses=counted(rows.height, "course begun", "courses begun"),
        people=counted(people.n_unique(), "person", "people"),
        courses_2=counted(frame.height, "course"),
    )
    return Measure("Courses finished", value, "rate", frame, joined(text, _strangers_text(rows), by=""))


def _strangers_text(rows: pl.DataFrame) -> str:
    alone = rows.filter(pl.col("rep_id").is_null())
    if alone.is_empty():
        return ""
    n = alone["learner_name"].n_unique()
    verb, count = ("is", "counts") if n == 1 else ("are", "count")
    return message(
        " {learners} {verb} nobody of the sales team and {count} in no effect.",
        learners=counted(n, "learner"),
        verb=verb,
        count=count,
    )


def by_person(data: Dataset, settings: Settings) -> Measure:
    """Each person's courses: status, best score, and when it was first finished.

    Parameters
    ----------
    data : Dataset
    settings : Settings

    Returns
    -------
    Measure
        Unit count. Value: people of the sales team with a record; 0 without. Frame: rep_id, rep_name, course, status,
        score_rate, started_on, completed_on; the latest finished first.
    """
    names = data.sales_team.sort("valid_from").unique("rep_id", keep="last").select("rep_id", "rep_name")
    rows = records(data).drop_nulls("rep_id").join(names, on="rep_id", how="left")
    frame = (
        rows.with_columns(pl.col("rep_name").fill_null(pl.col("rep_id")), pl.col("status").fill_null(NOT_KNOWN))
        .select(pl.col(name).cast(dtype) for name, dtype in PEOPLE.items())
        .sort("completed_on", "rep_name", "course", descending=[True, False, False], nulls_last=True)
    )
    n = frame["rep_id"].n_unique()
    text = message_plural(
        "{people} of the sales team has a record of a course.",
        "{people} of the sales team have a record of a course.",
        n,
        people=counted(n, "person", "people"),
    )
    return Measure("People with courses", float(n), "count", frame, text)


def strangers(data: Dataset) -> pl.DataFrame:
    """Return [learner, n_courses]: learners who are nobody of the sales team, those with most courses first."""
    rows = records(data).filter(pl.col("rep_id").is_null())
    named = rows.with_columns(learner=pl.col("learner_name").fill_null(NOT_KNOWN))
    return named.group_by("learner").agg(n_courses=pl.len()).sort("n_courses", "learner", descending=[True, False])
