"""Playbooks: the plays, their record, and the tasks they brought, to be read and finished."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from core.api import paging
from core.api.caller import Asking, Caller, Scoped
from core.api.paging import Cursor, Limit, Rows
from core.api.problems import ApiError, routes_under
from core.scope import Scope

if TYPE_CHECKING:
    from core.plays.play_view import Runs

router = routes_under("/v1", "plays")
READ, WRITE, CUSTOMERS = "pipeline:read", "review:write", "customers:read"
Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="The task's `step_id`.")]
State = Literal["", "waiting", "done", "skipped", "missed", "over"]


class PlayShown(BaseModel):
    """A play as it is in force."""

    key: str
    name: str
    purpose: str
    starts_when: str
    is_on: bool
    retired: str
    definition: dict[str, Any]


class TaskMarked(BaseModel):
    """What became of a task."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"state": "done"}]})

    state: Literal["waiting", "done", "skipped"]
    reason: str = Field("", max_length=1_000, description="Why it is skipped.")


def _runs(asking: Caller, scoped: Scope) -> tuple[Any, Any, Runs]:
    import polars as pl

    from core.plays import play_view

    asking.need(READ)
    data, settings = asking.part(scoped)
    runs = play_view.of(data, settings, asking.store)
    if not asking.may(CUSTOMERS):
        runs = runs.among(runs.runs.filter(pl.col("kind") != "account"))
    return data, settings, runs


@router.get("/plays", summary="The plays", operation_id="plays")
def listed_plays(asking: Asking) -> list[PlayShown]:
    """Return every play as it is in force. Takes the right `pipeline:read`."""
    from core.plays import play_definition

    asking.need(READ)
    plays = [entry.play for entry in play_definition.in_force(asking.store)]
    return [
        PlayShown(
            key=play.key,
            name=play.name,
            purpose=play.purpose,
            starts_when=play.when(),
            is_on=play.is_on,
            retired=play.retired,
            definition={} if asking.identity.is_masked else play.model_dump(mode="json"),
        )
        for play in plays
    ]


@router.get("/plays/record", summary="What plays came to", operation_id="play_record")
def shown_record(asking: Asking, scoped: Scoped) -> Rows:
    """Return how far each play is followed, and its outcome beside comparable cases that were not played. Takes the
    right `pipeline:read`.
    """
    from core.plays import play_record

    data, settings, runs = _runs(asking, scoped)
    frame = play_record.record(data, settings, runs).frame
    return paging.page(frame, max(frame.height, 1), "", "", data.as_of)


@router.get("/plays/tasks", summary="Tasks of plays", operation_id="play_tasks")
def shown_tasks(
    asking: Asking, scoped: Scoped, state: State = "waiting", limit: Limit = 100, cursor: Cursor = ""
) -> Rows:
    """Return the steps of plays on deals and accounts the caller sees, those due first in front. Takes the right
    `pipeline:read`.
    """
    from core.plays import play_board

    data, settings, runs = _runs(asking, scoped)
    frame = play_board.board(data, settings, runs, state).frame
    return paging.page(frame, limit, cursor, f"{data.fingerprint} {frame.height} {state}", data.as_of)


@router.post("/plays/tasks/{number}", summary="Finish a task of a play", operation_id="mark_play_task")
def mark_task(number: Number, given: TaskMarked, asking: Asking) -> TaskMarked:
    """Mark a task done, skipped for a reason, or to be done after all. Takes the right `review:write`."""
    import polars as pl

    asking.need(WRITE)
    data, _, runs = _runs(asking, Scope())
    if data.is_masked:
        raise ApiError(403, "Tasks are worked on under true names.", "It takes a key that sees true names.")
    if runs.steps.filter(pl.col("id") == number).is_empty():
        raise ApiError(404, "There is no task of this number.", "It may lie outside what this key sees.")
    asking.store.play_runs.mark(number, given.state, given.reason, asking.identity.user, data.as_of)
    return given
