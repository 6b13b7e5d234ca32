"""Small lists and questionnaires with one difficulty each; skipped where they are not beside the project."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from core.requirements.read import reading_json
from core.requirements.read.requirement_list import read_any

DATA = Path(os.environ.get("QUARTERDECK_REAL_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
CASES = DATA / "requirement_cases"
NAMES = sorted(path.name.removesuffix(".json") for path in CASES.glob("*.json"))
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not NAMES, reason="the requirement cases are not beside the project"),
]


def bare(heading):
    """Return a heading without the words in brackets that explain it."""
    return re.sub(r"\s*\([^)]*\)\s*$", "", heading or "")


def differences(read, wanted):
    """Say where a reading differs from the right answer."""
    out = []
    sheets = [part["sheet"] for part in read]
    if sheets != [part["sheet"] for part in wanted]:
        return [f"sheets {sheets}"]
    for part, right in zip(read, wanted, strict=True):
        seen = {"header_row": part["header_row"], **part["columns"], "rows": len(part["rows"])}
        # where a case gives no rows, it says nothing about the columns it leaves out either
        loose = {key for key in ("priority", "category") if right["row_numbers"] is None and right[key] is None}
        wrong = [key for key in seen if key not in loose and seen[key] != right[key]]
        out += [f"{key} {seen[key]!r} not {right[key]!r}" for key in wrong]
        numbers = [row["row"] for row in part["rows"]]
        if right["row_numbers"] is not None and numbers != right["row_numbers"]:
            out.append(f"rows {numbers}")
        answers = {bare(name) for name in part["answer_columns"]}
        lacking = {bare(name) for name in right["answer_columns"]} - answers
        out += [f"answers {part['answer_columns']}"] if lacking else []
    return out


@pytest.mark.parametrize("name", NAMES)
def test_a_case_is_read_right(name):
    right = json.loads((CASES / f"{name}.json").read_text(encoding="utf-8"))
    read = reading_json.as_dict(read_any(CASES / name))
    assert differences(read["lists"], right["lists"]) == [], right["why"]
    assert all(row["text"] for part in read["lists"] for row in part["rows"])
