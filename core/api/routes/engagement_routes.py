"""Engagement: what mails, meetings and calls with customers come to."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import Path

from core.api import paging
from core.api.caller import Asking, Caller, Scoped
from core.api.measure_routes import MeasureValue
from core.api.paging import Cursor, Limit, Rows
from core.api.problems import routes_under
from core.scope import Scope

if TYPE_CHECKING:
    from core.metrics.measure import Measure

router = routes_under("/v1", "engagement")
READ = "pipeline:read"
Name = Literal[
    "contacts", "answers", "answers_by_person", "quiet", "meetings", "calls", "talk", "topics", "moods", "steps"
]
Named = Annotated[Name, Path(description="Which measure.")]


def _measured(asking: Caller, scoped: Scope, name: str) -> tuple[Measure, Any, Any, str]:
    from core.interactions import (
        call_record,
        contact_breadth,
        meeting_record,
        next_steps,
        quiet_deals,
        reply_times,
    )

    functions = {
        "contacts": contact_breadth.by_deal,
        "answers": reply_times.by_side,
        "answers_by_person": reply_times.by_rep,
        "quiet": quiet_deals.quiet,
        "meetings": meeting_record.by_deal,
        "calls": call_record.by_call,
        "talk": call_record.by_rep,
        "topics": call_record.topics,
        "moods": call_record.moods,
        "steps": next_steps.steps,
    }
    asking.need(READ)
    data, settings = asking.part(scoped)
    interactions = asking.interactions(data, settings)
    formula = (functions[name].__doc__ or "").partition("\n\n    Parameters")[0]
    return functions[name](data, settings, interactions), data, interactions, formula


@router.get("/engagement/{name}", summary="A measure of engagement", operation_id="engagement")
def engagement(name: Named, asking: Asking, scoped: Scoped) -> MeasureValue:
    """Return a measure of mails, meetings and calls: its value and sentence. Takes the right `pipeline:read`."""
    from core.contracts.amount_visibility import spoken

    measure, data, _, formula = _measured(asking, scoped, name)
    return MeasureValue(
        name=measure.name,
        value=None if measure.value is None or not math.isfinite(measure.value) else float(measure.value),
        unit=measure.unit,
        currency=None,
        sentence=spoken(measure.sentence(), data.amounts),
        formula=formula,
        as_of=data.as_of,
        n_rows=measure.frame.height,
        data=data.fingerprint,
    )


@router.get("/engagement/{name}/rows", summary="Rows of a measure of engagement", operation_id="engagement_rows")
def engagement_rows(name: Named, asking: Asking, scoped: Scoped, limit: Limit = 100, cursor: Cursor = "") -> Rows:
    """Return the rows behind a measure of mails, meetings and calls. Takes the right `pipeline:read`."""
    measure, data, interactions, _ = _measured(asking, scoped, name)
    return paging.page(measure.frame, limit, cursor, f"{interactions.fingerprint} {name}", data.as_of)
