"""Leads that can be worked today, with their chance and the reasons for it."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query

from core.api import paging
from core.api.caller import Asking, Scoped
from core.api.paging import Cursor, Limit, Rows
from core.api.problems import routes_under

router = routes_under("/v1", "leads")
READ = "pipeline:read"
Outcome = Annotated[
    Literal["deal", "won"], Query(description="To become a deal within 90 days, or to be won within 180.")
]


@router.get("/leads/scores", summary="Leads by their chance", operation_id="lead_scores")
def lead_scores(
    asking: Asking, scoped: Scoped, outcome: Outcome = "deal", limit: Limit = 100, cursor: Cursor = ""
) -> Rows:
    """Return the leads that can be worked today, the likeliest first, with what speaks for and against each. No rows
    where too few leads came true to learn from. Takes the right `pipeline:read`.
    """
    from core.models import leads

    data, settings = asking.opened(scoped, READ)
    scored = asking.result("lead scores", data, settings, lambda: leads.scores(data, settings, outcome), outcome)
    return paging.page(scored.frame, limit, cursor, f"{data.fingerprint} {outcome}", data.as_of)
