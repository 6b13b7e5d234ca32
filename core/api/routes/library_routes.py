"""The answer library: search, one answer with its history, a new wording, an approval."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import BaseModel, Field

from core.api import paging
from core.api.caller import Asking, Caller
from core.api.paging import Cursor, Limit, Rows
from core.api.problems import ApiError, routes_under

router = routes_under("/v1/library", "library")
READ, WRITE = "requirements:read", "requirements:write"
AnswerId = Annotated[str, Path(max_length=40)]


class Wording(BaseModel):
    """What an answer shall say; a field left out stays as it is."""

    version: int = Field(0, ge=0, description="The version it is written over; 0 for a new answer.")
    question: str | None = None
    answer: str | None = None
    detail: str | None = None
    evidence: str | None = None
    tags: str | None = None
    product: str | None = None
    language: str | None = None
    category: str | None = None
    capability_id: str | None = None
    owner: str | None = None
    source: str | None = None
    reviewed_on: date | None = None


class Approval(BaseModel):
    """The version of an answer that is approved."""

    version: int = Field(ge=1)


class SavedAnswer(BaseModel):
    """An answer as it was saved."""

    answer_id: str
    version: int
    state: str


@router.get("", summary="Answers, by id or nearest to a query", operation_id="library_answers")
def answers(
    asking: Asking,
    query: Annotated[str, Query(max_length=400)] = "",
    state: Annotated[str | None, Query(max_length=20)] = None,
    limit: Limit = paging.USUAL_ROWS,
    cursor: Cursor = "",
) -> Rows:
    """Return the answers the caller may see that are not retired; with a query the nearest first. Takes the right
    `requirements:read`.
    """
    from core.artifacts import ANALYSES
    from core.artifacts.opened import process_shelf
    from core.requirements.library import answer_search

    library = _library(asking)
    rows = library.live if state is None else library.live.filter(library.live["state"] == state)
    if query:
        key = ("library by the API", str(rows.select("answer_id", "version", "question").hash_rows(seed=7).sum()))
        index = process_shelf(ANALYSES).get(
            (*key, rows.height), lambda: answer_search.build(rows, asking.settings.home)
        )
        rows = answer_search.shown(rows, answer_search.search(index, query))
    return paging.page(rows, limit, cursor, f"library-{library.frame.height}-{query}-{state}")


@router.get("/{answer_id}", summary="One answer with its history", operation_id="library_answer")
def single(answer_id: AnswerId, asking: Asking) -> dict[str, Any]:
    """Return an answer, and who changed what. Takes the right `requirements:read`."""
    from core.requirements.library import answer_edition

    library = _library(asking)
    row = library.row(answer_id)
    if row is None:
        raise ApiError(404, "There is no answer of this id.", "It may lie outside what this key sees.")
    history: list[dict[str, Any]] = []
    if not asking.identity.is_masked:
        versions = asking.store.library.versions_of(answer_edition.BOOK, library.ids_of(answer_id))
        history = answer_edition.history(versions).to_dicts()
    return {"answer": row, "history": history}


@router.put("/{answer_id}", summary="Write an answer", operation_id="write_library_answer")
def write(answer_id: AnswerId, wording: Wording, asking: Asking) -> SavedAnswer:
    """Save a wording over the version that was read; 409 where somebody saved in between, with nothing overwritten. An
    id of `new` adds an answer. What a buyer reads having changed, it waits for approval. Takes the right
    `requirements:write`.
    """
    from core.requirements.library import answer_edition

    asking.need(WRITE)
    values = wording.model_dump(exclude_unset=True, exclude={"version"})
    if answer_id == "new":
        checked = answer_edition.checked(values)
        key = answer_edition.new_id(checked["question"], checked["product"], checked["language"])
        row: dict[str, Any] = {"answer_id": key, "version": 0}
    else:
        row = _row(asking, answer_id)
    edit = answer_edition.changed({**row, "version": wording.version}, asking.identity.user, **values)
    return _saved(asking, edit)


@router.post("/{answer_id}/approval", summary="Approve an answer", operation_id="approve_library_answer")
def approve(answer_id: AnswerId, approval: Approval, asking: Asking) -> SavedAnswer:
    """Approve an answer as it stands in a version. Takes a role that approves (`requirements.approvers`); with
    `answers.four_eyes` somebody else than who wrote it.
    """
    from core.requirements.library import answer_edition
    from core.requirements.work import row_review

    asking.need(READ)
    if not row_review.may_approve(asking.identity, asking.settings):
        raise ApiError(403, "This key approves no answers.", "Its person needs a role of requirements.approvers.")
    row = {**_row(asking, answer_id), "version": approval.version}
    today, four_eyes = asking.store.library.today(), asking.settings.answers.four_eyes
    return _saved(asking, answer_edition.approval(row, asking.identity.user, today, four_eyes=four_eyes))


def _library(asking: Caller) -> Any:
    from dataclasses import replace

    from core.access import saved_content
    from core.access.saved_content import Reader
    from core.requirements.catalogue import effective_catalogue
    from core.requirements.library import answer_edition, sample_answers
    from core.scope import Scope

    asking.need(READ)
    data, _ = asking.part(Scope())
    reader = Reader.of(asking.identity, data)
    sample = sample_answers.answers(data.company, effective_catalogue.load(asking.store).catalogue)
    whole = answer_edition.load(asking.store, asking.settings.answers.stale_days, sample)
    sources: set[str] = set()
    if reader.is_bound:
        every = asking.store.requirement_sets.list()
        mine = {entry.id for entry in saved_content.lists(reader, every)}
        sources = {entry.name for entry in every if entry.id not in mine}
    return replace(whole, frame=saved_content.library(reader, whole.frame, sources))


def _row(asking: Caller, answer_id: str) -> dict[str, Any]:
    if asking.identity.is_masked:
        raise ApiError(403, "Names are hidden from this key, so that it writes no answers.", "Use another key.")
    row: dict[str, Any] | None = _library(asking).row(answer_id)
    if row is None:
        raise ApiError(404, "There is no answer of this id.", "It may lie outside what this key sees.")
    return row


def _saved(asking: Caller, edit: Any) -> SavedAnswer:
    from core.requirements.library.answer_edition import BOOK

    about = {"answer_id": edit.answer_id}
    version = asking.store.library.save(BOOK, about, edit.values, asking.identity.user, edit.version)
    return SavedAnswer(answer_id=edit.answer_id, version=version, state=str(edit.values["state"]))
