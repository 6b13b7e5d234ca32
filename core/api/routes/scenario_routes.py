"""What-if scenarios: the levers, the presets, a run, and those that are saved."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from core.api import paging
from core.api.caller import Asking, Scoped
from core.api.problems import routes_under
from core.contracts.errors import ModelError

router = routes_under("/v1/scenarios", "scenarios")
READ, WRITE = "scenarios:read", "scenarios:write"
Name = Annotated[str, Path(min_length=1, max_length=120)]


class Setting(BaseModel):
    """A lever that is moved."""

    model_config = ConfigDict(extra="forbid")

    lever: str = Field(examples=["win_rate"], max_length=40)
    value: float = Field(examples=[0.1], description="Relative for levers in per cent: 0.1 is +10 %.", ge=-1e6, le=1e6)
    scope: str = Field("all", max_length=300)
    at: str = Field("", max_length=20, description="The month it begins, as 2026-09.")
    detail: str = Field("", max_length=300)
    extra: float | None = Field(None, ge=-100, le=100)


class Plan(BaseModel):
    """A scenario."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field("Scenario", max_length=120)
    levers: list[Setting] = Field(default_factory=list, max_length=200)
    correlation: float | None = Field(None, ge=0, le=0.9)
    description: str = Field("", max_length=2_000)


class Result(BaseModel):
    """What a scenario changes."""

    as_of: date
    name: str
    sentence: str
    difference: float | None
    warnings: list[str]
    months: list[dict[str, Any]]
    parts: list[dict[str, Any]]


class Lever(BaseModel):
    """A lever there is."""

    name: str
    label: str
    meaning: str
    unit: str
    kind: str
    scopes: list[str]


class SavedPlan(BaseModel):
    """A saved scenario."""

    key: str
    name: str
    owner: str
    version: int
    is_shared: bool
    is_locked: bool
    plan: dict[str, Any]


@router.get("/levers", summary="The levers there are", operation_id="levers")
def levers(asking: Asking) -> list[Lever]:
    """Return each lever with its unit and what it can be narrowed to. Takes the right `scenarios:read`."""
    from core.scenarios.levers import LEVERS

    asking.need(READ)
    return [
        Lever(
            name=name,
            label=lever.label,
            meaning=lever.rule,
            unit=lever.unit,
            kind=lever.kind,
            scopes=list(lever.scopes),
        )
        for name, lever in LEVERS.items()
    ]


@router.get("/presets", summary="Scenarios to begin with", operation_id="presets")
def presets(asking: Asking) -> list[dict[str, Any]]:
    """Return the presets. Takes the right `scenarios:read`."""
    from core.scenarios import files
    from core.scenarios import presets as shipped

    asking.need(READ)
    return [files.to_dict(plan) for plan in shipped.load().values()]


@router.post("/run", summary="Run a scenario", operation_id="run_scenario")
def run(
    plan: Plan,
    asking: Asking,
    scoped: Scoped,
    measure: Annotated[str, Query(max_length=40, description="bookings_amount, mrr_amount or another.")] = (
        "bookings_amount"
    ),
    window: Annotated[int, Query(ge=0, le=4, description="The quarter whose range is told; 0 is the running one.")] = 0,
) -> Result:
    """Return what a scenario changes, how much of it each lever adds, and what is beyond the company's past. Nothing is
    saved. Takes the right `scenarios:read`.
    """
    from core.scenarios import files
    from core.scenarios.analysis import whatif

    asking.need(READ)
    data, settings = asking.part(scoped)
    try:
        bundle = asking.bundle(data, settings)
    except ModelError:
        bundle = None  # A young company has none; scenarios are worked out from its past alone.
    key = bundle.key if bundle else ""
    start = asking.result("ground", data, settings, lambda: whatif.ground(data, settings, bundle), key)
    outcome = whatif.work_out(start, files.from_dict(plan.model_dump()), measure, window)
    return Result(
        as_of=data.as_of,
        name=outcome.plan.name,
        sentence=outcome.sentence(),
        difference=float(outcome.difference),
        warnings=list(outcome.warnings()),
        months=paging.page(outcome.frame, 200, "", "").rows,
        parts=paging.page(outcome.parts, 500, "", "").rows,
    )


@router.get("", summary="Saved scenarios the caller may see", operation_id="saved_scenarios")
def saved(asking: Asking) -> list[SavedPlan]:
    """Return one's own scenarios and those others share. Takes the right `scenarios:read`."""
    asking.need(READ)
    return [_shown(branch) for branch in asking.store.scenarios.visible(asking.identity.user)]


@router.put("/{name}", summary="Save a scenario of one's own", operation_id="save_scenario")
def save(
    name: Name,
    plan: Plan,
    asking: Asking,
    version: Annotated[
        int | None, Query(ge=1, description="That of the one being replaced; none for a new one.")
    ] = None,
    is_shared: Annotated[bool, Query(alias="shared")] = False,
) -> SavedPlan:
    """Save a scenario; one that was saved in between is never overwritten. Takes the right `scenarios:write`."""
    from core.scenarios import files

    asking.need(WRITE)
    payload = files.to_dict(files.from_dict(plan.model_dump()))
    branch = asking.store.scenarios.keep(
        name, asking.identity.user, payload, version, description=plan.description, is_shared=is_shared
    )
    return _shown(branch)


@router.delete("/{name}", status_code=204, summary="Delete a scenario of one's own", operation_id="delete_scenario")
def delete(name: Name, asking: Asking) -> Response:
    """Delete a scenario that is not locked. Takes the right `scenarios:write`."""
    asking.need(WRITE)
    asking.store.scenarios.branch(f"{asking.identity.user}/{name}", asking.identity.user)
    asking.store.scenarios.remove(name, asking.identity.user)
    return Response(status_code=204)


def _shown(branch: Any) -> SavedPlan:
    return SavedPlan(
        key=branch.key,
        name=branch.name,
        owner=branch.owner,
        version=branch.version,
        is_shared=branch.is_shared,
        is_locked=branch.is_locked,
        plan=branch.payload,
    )
