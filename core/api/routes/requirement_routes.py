"""Buyers' lists: reading a file, the lists that are saved, and the catalogue they are held against."""

from __future__ import annotations

import tempfile
from pathlib import Path as File
from typing import Annotated, Any

from fastapi import Path, Query, UploadFile
from pydantic import BaseModel

from core.api import paging
from core.api.caller import Asking, Caller
from core.api.paging import Cursor, Limit, Rows
from core.api.problems import ApiError, routes_under
from core.scope import Scope

router = routes_under("/v1", "requirements")
READ, CATALOGUE = "requirements:read", "catalogue:read"


class SavedList(BaseModel):
    """A buyer's list that is saved."""

    name: str
    owner: str
    version: int
    opportunity_id: str | None


class Gaps(BaseModel):
    """A buyer's file held against the catalogue."""

    sentence: str
    warnings: list[str]
    rows: list[dict[str, Any]]


class DraftedAnswers(BaseModel):
    """Draft answers to a buyer's file."""

    sentence: str
    rows: list[dict[str, Any]]


@router.post("/requirements/read", summary="Read a buyer's file", operation_id="read_requirements")
def read(file: UploadFile, asking: Asking) -> dict[str, Any]:
    """Return the lists a file holds, row for row, without matching. Nothing is kept. Takes the right
    `requirements:read`.
    """
    from core.requirements.read import reading_json

    asking.need(READ)
    with tempfile.TemporaryDirectory() as folder:
        return reading_json.as_dict(reading_json.of_paths([_stored(file, folder)]))


@router.post("/requirements/gaps", summary="Hold a buyer's file against the catalogue", operation_id="gaps")
def gaps(file: UploadFile, asking: Asking) -> Gaps:
    """Return what of a buyer's file is supported, what is not and how severe that is. Nothing is kept. Takes the right
    `requirements:read`.
    """
    from core.requirements.export import answered_list

    asking.need(READ)
    with tempfile.TemporaryDirectory() as folder:
        analysis, _, _ = answered_list.held(
            [_stored(file, folder)], asking.settings, asking.store, None, with_library=not asking.identity.is_masked
        )
    return Gaps(
        sentence=analysis.sentence(),
        warnings=list(analysis.warnings),
        rows=paging.page(analysis.frame, max(analysis.frame.height, 1), "", "").rows,
    )


@router.post("/requirements/drafts", summary="Draft the answers to a buyer's file", operation_id="draft_answers")
def drafted(file: UploadFile, asking: Asking, template: Annotated[str, Query(max_length=60)] = "") -> DraftedAnswers:
    """Return a draft answer per row with its sources, whether it is ready to send by the checklist, and what is to be
    mended; `template` is paragraph, one-line, formal or one of the company's own. Nothing is kept. Takes the right
    `requirements:read`.
    """
    from core.requirements.export import answered_list

    asking.need(READ)
    with tempfile.TemporaryDirectory() as folder:
        _, drafts, _ = answered_list.held(
            [_stored(file, folder)],
            asking.settings,
            asking.store,
            None,
            with_library=not asking.identity.is_masked,
            template=template,
        )
    rows = paging.page(drafts.frame, max(drafts.frame.height, 1), "", "").rows
    return DraftedAnswers(sentence=drafts.sentence(), rows=rows)


def _stored(file: UploadFile, folder: str) -> File:
    """Keep an upload in a folder for as long as it is read, under its own ending."""
    name = File(file.filename or "list.xlsx").name or "list.xlsx"
    path = File(folder) / name[-150:]
    path.write_bytes(file.file.read())
    return path


@router.get("/requirements", summary="Lists saved for everybody", operation_id="requirement_lists")
def lists(asking: Asking) -> list[SavedList]:
    """Return the lists the caller may see. Takes the right `requirements:read`."""
    return [
        SavedList(
            name=entry.name,
            owner=entry.owner,
            version=entry.version,
            opportunity_id=entry.payload.get("opportunity_id"),
        )
        for entry in _visible(asking)
    ]


@router.get("/requirements/{name}", summary="One saved list", operation_id="requirement_list")
def single(name: Annotated[str, Path(max_length=200)], asking: Asking) -> dict[str, Any]:
    """Return what is saved of a list. Takes the right `requirements:read`."""
    entry = next((entry for entry in _visible(asking) if entry.name == name), None)
    if entry is None:
        raise ApiError(404, "There is no list of this name.", "It may lie outside what this key sees.")
    return dict(entry.payload)


def _visible(asking: Caller) -> list[Any]:
    from core.access.saved_content import Reader, shared_lists

    asking.need(READ)
    data, _ = asking.part(Scope())
    return list(shared_lists(Reader.of(asking.identity, data), asking.store.requirement_sets))


@router.get("/catalogue", tags=["catalogue"], summary="Capabilities, by id", operation_id="catalogue")
def catalogue(asking: Asking, limit: Limit = paging.USUAL_ROWS, cursor: Cursor = "") -> Rows:
    """Return the capabilities as they stand: imported, and what people added or changed. Takes the right
    `catalogue:read`.
    """
    from core.requirements.catalogue import effective_catalogue

    asking.need(CATALOGUE)
    frame = effective_catalogue.load(asking.store).frame
    hidden = ["author"] if asking.identity.is_masked else []
    return paging.page(frame.drop(hidden), limit, cursor, f"catalogue-{frame.height}")
