"""The columns of what courses and documents go with, and which goal of new reps is looked at."""

from __future__ import annotations

import polars as pl
import streamlit as st

from core import metrics
from core.access import can
from core.access.row_scope import rep_of_mail, reports
from core.metrics.ramp_up import FIRST_WIN, TARGET
from pages.ui.kit import address_choice
from pages.ui.kit.shell import Page

WRITE = "enablement:write"
NUMBER, FLAG, DAY = st.column_config.NumberColumn, st.column_config.CheckboxColumn, st.column_config.DateColumn
GOALS = {FIRST_WIN: "First won deal", TARGET: "First quota"}
RANGE = {"difference": "Difference", "low": "From", "high": "To"}
COURSES = {
    "course": "Course",
    "n_people": NUMBER("Began", format="localized"),
    "n_finished": NUMBER("Finished", format="localized"),
    "finished_rate": st.column_config.ProgressColumn("Share", format="percent", min_value=0, max_value=1),
    "average_score": NUMBER("Average score", format="percent"),
    "last_finished_on": DAY("Last finished"),
}
MODULES = {
    "course": "Course",
    "module": "Module",
    "n_people": NUMBER("Began", format="localized"),
    "n_finished": NUMBER("Finished", format="localized"),
    "finished_rate": st.column_config.ProgressColumn("Share", format="percent", min_value=0, max_value=1),
    "average_score": NUMBER("Average score", format="percent"),
}
PEOPLE = {
    "rep_name": "Person",
    "course": "Course",
    "status": "Status",
    "score_rate": NUMBER("Best score", format="percent"),
    "completed_on": DAY("Finished"),
}
STRANGERS = {"learner": "Learner", "n_courses": NUMBER("Courses", format="localized")}
EFFECT = {
    "course": "Course",
    "n_trained": NUMBER("Trained", format="localized"),
    "n_others": NUMBER("Others", format="localized"),
    "rate_before": NUMBER("Won before", format="percent"),
    "rate_after": NUMBER("Won after", format="percent"),
    "others_change": NUMBER("Change of others", format="percent"),
    **{name: NUMBER(words, format="percent") for name, words in RANGE.items()},
    "before_difference": NUMBER("Half a year earlier", format="percent"),
    "verdict": "Verdict",
}
RAMP = {
    "course": "Course",
    "n_trained": NUMBER("Trained early", format="localized"),
    "n_others": NUMBER("Others", format="localized"),
    "days": NUMBER("Days", format="%.0f"),
    "others_days": NUMBER("Days of others", format="%.0f"),
    **{name: NUMBER(words, format="%.0f") for name, words in RANGE.items()},
    "is_sure": FLAG("Beyond chance"),
}
CONTENT = {
    "content": "Document",
    "content_kind": "Kind",
    "n_deals": NUMBER("Deals", format="localized"),
    "n_won": NUMBER("Of them won", format="localized"),
    "won_rate": NUMBER("Of all won deals", format="percent"),
    "won_amount": NUMBER("Won amount", format="compact"),
    "n": NUMBER("Used early", format="localized"),
    "win_rate": NUMBER("Won", format="percent"),
    "others_rate": NUMBER("Without it", format="percent"),
    **{name: NUMBER(words, format="percent") for name, words in RANGE.items()},
    "is_sure": FLAG("Beyond chance"),
}
LOAD = "Load an export of your learning system, SCORM results or xAPI statements on the Data page."
PACKAGES = (
    "Load the SCORM packages (zip) of your courses beside their results, and courses and modules bear their titles."
)
LOAD_CONTENT = "Load a list of which document was used in which deal, and when, on the Data page."


def goal() -> str:
    """Draw the choice of what new reps are to reach."""
    return address_choice.buttons("Until", GOALS, "ramp_goal", FIRST_WIN, GOALS.__getitem__)


def keeps_courses(page: Page) -> bool:
    """Say whether somebody keeps the courses, and so sees everybody's."""
    return can(page.identity, WRITE, page.settings.roles)


def of_those_below(page: Page, people: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of oneself and of everybody who reports to one; all of them for whoever keeps the courses."""
    if keeps_courses(page):
        return people
    company = (page.visible or page.data).company
    own = rep_of_mail(company, page.identity.user)
    is_there = own in set(company.sales_team["rep_id"])
    below = reports(company.sales_team, own, company.as_of) if is_there else set()
    return people.filter(pl.col("rep_id").is_in(list(below)))


def has_effects(measure: metrics.Measure) -> bool:
    """Say whether anything in a measure could be compared."""
    return bool(measure.frame["difference"].count())
