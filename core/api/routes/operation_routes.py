"""What keeps an installation going: models, sources, syncs, background work, people, the audit log, alerts to come."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import BaseModel

from core.api import paging
from core.api.caller import Asking
from core.api.paging import Cursor, Limit, Rows
from core.api.problems import routes_under
from core.store.jobs import Job

router = routes_under("/v1")
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]


class Work(BaseModel):
    """A job of a worker."""

    id: int
    kind: str
    subject: str
    state: str
    share: float
    message: str
    asked_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class Connected(BaseModel):
    """A connected system."""

    name: str
    system: str
    is_running: bool
    synced_at: datetime | None
    due_at: datetime | None
    failure: str


class Chain(BaseModel):
    """Whether the audit log is whole."""

    is_whole: bool
    problem: str
    n_rows: int
    head: str


@router.get("/models", tags=["models"], summary="Versions of the models, newest first", operation_id="models")
def models(asking: Asking) -> list[dict[str, Any]]:
    """Return each version with what it was trained on and how good it was. Takes the right `models:read`."""
    from core.models import versions

    asking.need("models:read")
    frame = versions.versions(asking.settings)
    return paging.page(frame, max(frame.height, 1), "", "").rows


@router.get("/sources", tags=["data"], summary="Sources of the workspace", operation_id="sources")
def sources(asking: Asking) -> list[dict[str, Any]]:
    """Return the newest version of each source, and which serves everybody. Takes the right `data:read`."""
    asking.need("data:read")
    chosen = asking.store.sources.chosen()
    return [
        {
            "name": entry.name,
            "version": entry.version,
            "rows": entry.n_rows,
            "as_of": str(entry.as_of_on) if entry.as_of_on else None,
            "serves_everybody": chosen == (entry.name, entry.version),
        }
        for entry in asking.store.sources.standing()
    ]


@router.get("/connectors", tags=["data"], summary="Connected systems", operation_id="connectors")
def connectors(asking: Asking) -> list[Connected]:
    """Return how current each connected system is. Takes the right `data:read`."""
    from core.api.clock import now
    from core.sources.connectors import sync_run

    asking.need("data:read")
    return [
        Connected(
            name=entry.name,
            system=entry.vendor,
            is_running=entry.running,
            synced_at=entry.last.started_at if entry.last else None,
            due_at=entry.due_at,
            failure=entry.last.message if entry.last else "",
        )
        for entry in sync_run.freshness(asking.settings, now)
    ]


@router.post(
    "/connectors/{name}/sync", tags=["data"], status_code=202, summary="Ask for a sync", operation_id="ask_sync"
)
def sync(name: Annotated[str, Path(max_length=200)], asking: Asking) -> Work:
    """Ask a worker to bring a connected system up to date; asked twice, it is done once. Takes the right
    `data:write`.
    """
    from core.sources.connectors import sync_request

    asking.need("data:write")
    entry = sync_request.ask(asking.settings, name, asking.identity.user)
    asking.audit("sync", f"connector {name}")
    return _work(entry)


@router.get("/jobs", tags=["operation"], summary="Background work", operation_id="jobs")
def jobs(asking: Asking, most: Annotated[int, Query(ge=1, le=500)] = 50) -> list[Work]:
    """Return what waits and runs, then what ended, newest first. Takes the right `data:read`."""
    asking.need("data:read")
    return [_work(entry) for entry in asking.store.jobs.recent(most)]


@router.get("/jobs/{number}", tags=["operation"], summary="One job", operation_id="job")
def job(number: Number, asking: Asking) -> Work:
    """Return how far a job is. Takes the right `data:read`."""
    asking.need("data:read")
    return _work(asking.store.jobs.get(number))


@router.post("/jobs/{number}/cancel", tags=["operation"], summary="End a job", operation_id="cancel_job")
def cancel(number: Number, asking: Asking) -> Work:
    """Ask for the end of a job that waits or runs. Takes the right `data:write`."""
    asking.need("data:write")
    wanted = asking.store.jobs.get(number)
    asking.store.jobs.cancel(number)
    asking.audit("cancelled work", f"{wanted.kind} {wanted.subject}")
    return _work(asking.store.jobs.get(number))


@router.post("/jobs/{number}/again", tags=["operation"], summary="Ask for a job once more", operation_id="repeat_job")
def again(number: Number, asking: Asking) -> Work:
    """Ask for a job that ended once more. Takes the right `data:write`."""
    asking.need("data:write")
    fresh_job = asking.store.jobs.again(number, asking.identity.user)
    asking.audit("asked for work again", f"{fresh_job.kind} {fresh_job.subject}")
    return _work(fresh_job)


@router.get("/audit", tags=["access"], summary="The audit log, newest first", operation_id="audit")
def audit(asking: Asking, limit: Limit = paging.USUAL_ROWS, cursor: Cursor = "") -> Rows:
    """Return the newest 10,000 lines of the audit log. Takes the right `admin:read`."""
    from core.access import saved_content
    from core.access.saved_content import Reader
    from core.scope import Scope

    asking.need("admin:read")
    data, _ = asking.part(Scope())
    frame = saved_content.log(Reader.of(asking.identity, data), asking.store.audit.newest(10_000))
    # A line more moves every row: pages of one walk see the log as it was when the walk began.
    return paging.page(frame, limit, cursor, "audit")


@router.get("/audit/verify", tags=["access"], summary="Whether the audit log is whole", operation_id="verify_audit")
def verify(asking: Asking) -> Chain:
    """Work the chain of hashes out anew. Takes the right `admin:read`."""
    asking.need("admin:read")
    verdict = asking.store.audit.verify()
    return Chain(is_whole=not verdict.problem, problem=verdict.problem, n_rows=verdict.number, head=verdict.head)


@router.get("/people", tags=["access"], summary="People with a rule, and what they may do", operation_id="people")
def people(asking: Asking) -> list[dict[str, Any]]:
    """Return the rules for people. Takes the right `admin:read`; of a key that does not see names nothing."""
    from core.access.directory import in_force

    asking.need("admin:read")
    if asking.identity.is_masked:
        return []
    rules = in_force(asking.settings, asking.store.access.current())
    return [
        {
            "user": user,
            "name": rule.name,
            "roles": list(rule.roles),
            "regions": list(rule.regions),
            "team": rule.team_of,
        }
        for user, rule in sorted(rules.people.items())
    ]


@router.get("/usage", tags=["operation"], summary="What is used of the limits", operation_id="usage")
def usage(asking: Asking) -> list[dict[str, Any]]:
    """Return rows, bytes and seats in use, and how many there may be. Takes the right `admin:read`."""
    from core.sources import usage_report

    asking.need("admin:read")
    rows = usage_report.standing(None, asking.settings, asking.store).frame
    return list(rows.iter_rows(named=True))


@router.get("/keys", tags=["access"], summary="API keys", operation_id="keys")
def keys(asking: Asking) -> list[dict[str, Any]]:
    """Return one's own keys, or all with the right `admin:read`; never what opens anything."""
    owner = None if asking.may("admin:read") else asking.identity.user
    return [
        {
            "prefix": key.prefix,
            "name": key.name,
            "owner": key.owner,
            "rights": list(key.rights),
            "expires_at": key.expires_at,
            "used_at": key.used_at,
            "revoked_at": key.revoked_at,
        }
        for key in asking.store.api_keys.list(owner)
    ]


def _work(entry: Job) -> Work:
    return Work(
        id=entry.id,
        kind=entry.kind,
        subject=entry.subject,
        state=entry.state,
        share=entry.share,
        message=entry.message,
        asked_at=entry.asked_at,
        started_at=entry.started_at,
        ended_at=entry.ended_at,
    )
