"""What the files leave open, told at the step where it is answered."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from core.localization import message
from core.sources.findings import Question
from pages.ui.kit.escaping import escaped

COLUMNS, STAGES, FORMS = "columns", "stages", "dates and amounts"
STEP = {COLUMNS: "step 2", STAGES: "step 3", FORMS: "step 4"}


def subject(question: Question) -> str:
    """Return which step answers a question."""
    part = question.key.split(".")[1:2]
    return part[0] if part and part[0] in (COLUMNS, STAGES) else FORMS


def tell(questions: Iterable[Question], step: str, entity: str | None = None) -> None:
    """Ask the questions of a step; those of one entity where it is named."""
    for question in questions:
        if subject(question) == step and (entity is None or question.key.startswith(f"{entity}.")):
            st.info(escaped(question.sentence()), icon=":material/help:")


def sentences(questions: Iterable[Question]) -> list[str]:
    """Return every open question with where it is answered."""
    return [message("Open, answered in {step}: {q}", step=STEP[subject(q)], q=q.sentence()) for q in questions]
