"""Errors as problem details (RFC 9457): what is wrong, where, and how to mend it, as everywhere in Quarterdeck."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from core.contracts.errors import (
    AccessError,
    ConfigError,
    ConflictError,
    ContractError,
    ModelError,
    QuarterdeckError,
    RequirementError,
    ScenarioError,
    SourceError,
    StoreError,
)

logger = logging.getLogger(__name__)
MEDIA = "application/problem+json"
STATUS: Mapping[type[QuarterdeckError], int] = {
    ConflictError: 409,
    AccessError: 403,
    ConfigError: 503,
    ContractError: 422,
    ModelError: 409,
    RequirementError: 422,
    ScenarioError: 422,
    SourceError: 422,
}


class Problem(BaseModel):
    """What went wrong."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str = ""
    where: str = ""
    mend: str = ""


PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": text}
    for status, text in (
        (400, "The body cannot be read."),
        (401, "No key, or one that opens nothing."),
        (403, "The key may not do that."),
        (404, "There is nothing of that name."),
        (409, "The data, or what was saved, have changed meanwhile; or there is too little to answer from."),
        (422, "Something that was sent is not what is taken."),
        (429, "The key asks too often."),
        (503, "The database or the settings cannot be read."),
    )
}


def routes_under(prefix: str, *tags: str) -> APIRouter:
    """Return a router for routes under a prefix; the document says of each which problems it may answer with."""
    return APIRouter(prefix=prefix, tags=list(tags), responses=PROBLEMS)


class ApiError(Exception):
    """A problem of the API itself, with its status."""

    def __init__(self, status: int, detail: str, mend: str = "", headers: Mapping[str, str] | None = None) -> None:
        self.status, self.detail, self.mend, self.headers = status, detail, mend, dict(headers or {})
        super().__init__(status, detail)


class NotModifiedError(Exception):
    """What was asked for is as it was."""

    def __init__(self, etag: str) -> None:
        self.etag = etag
        super().__init__(etag)


def answer(
    status: int, detail: str, where: str = "", mend: str = "", headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """Return a problem as an answer."""
    content = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, where=where, mend=mend)
    return JSONResponse(content.model_dump(), status, dict(headers or {}), MEDIA)


def install(app: FastAPI) -> None:
    """Let every error of an application end as a problem; of one nobody foresaw nothing is told."""
    app.add_exception_handler(QuarterdeckError, _known)
    app.add_exception_handler(ApiError, _own)
    app.add_exception_handler(NotModifiedError, _not_modified)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unforeseen)


def _known(_: Request, error: Any) -> JSONResponse:
    return answer(status_of(error), error.what, error.where, error.mend)


def status_of(error: QuarterdeckError) -> int:
    """Return the status of an error: what is not there is 404, a database that is away 503."""
    if isinstance(error, StoreError) and not isinstance(error, ConflictError):
        return 503 if error.where == "the database" else 404 if error.what.startswith("There is no ") else 409
    if isinstance(error, ContractError | SourceError) and error.what.startswith("There is no "):
        return 404
    kind = next((kind for kind in type(error).__mro__ if kind in STATUS), None)
    return STATUS[kind] if kind else 500


def _own(_: Request, error: Any) -> JSONResponse:
    return answer(error.status, error.detail, mend=error.mend, headers=error.headers)


def _not_modified(_: Request, error: Any) -> JSONResponse:
    response = JSONResponse(None, 304, {"ETag": error.etag})
    response.body = b""
    response.headers["content-length"] = "0"
    return response


def _invalid(_: Request, error: Any) -> JSONResponse:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return answer(422, f"{first['msg']}.", where, "The document at /api/openapi.json says what is taken.")


def _http(request: Request, error: Any) -> JSONResponse:
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(sorted(_methods(request)))
    return answer(error.status_code, str(error.detail), headers=headers)


def _methods(request: Request) -> set[str]:
    """Return the methods of a path, whichever of its operations they belong to."""
    path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    fitting = [ways for form, ways in request.app.openapi()["paths"].items() if compile_path(form)[0].match(path)]
    return {method.upper() for ways in fitting for method in ways}


def _unforeseen(request: Request, error: Any) -> JSONResponse:
    logger.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return answer(500, "Something went wrong; the log tells the administrator what.")
