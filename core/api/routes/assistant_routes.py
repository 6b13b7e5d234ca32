"""What assistants ask beside the measures: one requirement held against the catalogue, with a draft answer."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path as File
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from core.api import paging
from core.api.caller import Asking
from core.api.problems import routes_under

router = routes_under("/v1/assistants", "assistants")
READ = "requirements:read"


class Requirement(BaseModel):
    """One requirement of a buyer, in the buyer's words."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(examples=["Users must sign in by SAML."], min_length=3, max_length=4_000)


class Matched(BaseModel):
    """What answers a requirement, and a draft answer whose every sentence has its source."""

    sentence: str
    row: dict[str, Any]
    statement: str
    draft: str | None
    sources: str | None


@router.post("/requirement", summary="Match one requirement, and draft its answer", operation_id="match_requirement")
def requirement(asked: Requirement, asking: Asking) -> Matched:
    """Return the capability that answers a requirement, whether it is supported, and a draft made only of what the
    catalogue and earlier answers say. Nothing is kept. Takes the right `requirements:read`.
    """
    from core.requirements.export import answered_list

    asking.need(READ)
    with tempfile.TemporaryDirectory() as folder:
        path = File(folder) / "requirement.csv"
        path.write_text(_written(asked.text), encoding="utf-8")
        with_library = not asking.identity.is_masked
        analysis, drafts, _ = answered_list.held([path], asking.settings, asking.store, None, with_library=with_library)
    draft = drafts.frame.row(0, named=True)
    row = paging.page(analysis.frame.head(1), 1, "", "").rows[0]
    drafted = {name: draft[name] for name in ("statement", "draft", "sources")}
    return Matched(sentence=analysis.sentence(), row=row, **drafted)


def _written(text: str) -> str:
    """Return a requirement as a list of one row."""
    out = io.StringIO()
    csv.writer(out).writerows([["ID", "Requirement"], ["1", " ".join(text.split())]])
    return out.getvalue()
