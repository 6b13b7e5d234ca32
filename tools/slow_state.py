"""What is remembered of the slow parts: for which files each has passed, and how long that took.

`tests/slow.state` has a line for each part that passed: name, hash and minutes. A part of which a test was left out,
because something is not installed here or this is not root, has not passed.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

STATE = Path(__file__).resolve().parents[1] / "tests" / "slow.state"


class Record(NamedTuple):
    """How a part was when it last passed, and how long it took."""

    digest: str
    minutes: float


def passed() -> dict[str, Record]:
    """Return how the parts were when they last passed."""
    if not STATE.exists():
        return {}
    rows = [line.split() for line in STATE.read_text(encoding="utf-8").splitlines() if line.strip()]
    return {part: Record(digest, float(minutes)) for part, digest, minutes in rows}


def write_down(part: str, record: Record) -> None:
    """Note that a part has passed."""
    state = passed() | {part: record}
    lines = (f"{name} {state[name].digest} {state[name].minutes:.1f}\n" for name in sorted(state))
    STATE.write_text("".join(lines), encoding="utf-8")


def missing(report: Path) -> list[str]:
    """Return why tests of a report were left out, each reason once."""
    if not report.exists():
        return []
    return sorted({tag.get("message") or "" for tag in ElementTree.parse(report).iter("skipped")})
