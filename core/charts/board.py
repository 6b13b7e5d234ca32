"""A scenario as one leaf for the board, in PDF: headline, chart, levers and what would have to be true."""

from __future__ import annotations

from typing import Any

from core.charts import scenarios, snapshot
from core.charts.scenarios import Drawing
from core.charts.snapshot import Part, Snapshot
from core.scenarios.levers import LEVERS, LeverSetting
from core.scenarios.whatif import WhatIf

HIGH = 210


def pdf(found: WhatIf) -> bytes:
    """Return the brief of a scenario as PDF; the same words and numbers as the page and the HTML brief.

    Parameters
    ----------
    found : WhatIf
    """
    base, plan = found.ground.base, found.plan
    head = [found.sentence(), found.recurring_sentence(), *([plan.description] if plan.description else [])]
    chart = scenarios.months(found.frame, base.currency, found.noun, found.is_rate)
    parts = [*(Part("", "text", words) for words in head), Part("", "chart", finished(chart, HIGH))]
    true = "What would have to be true"
    parts += [Part(true, "text", _lever(found, s)) for s in plan.moved] or [Part(true, "text", "No lever is moved.")]
    if not found.shown_parts.is_empty():
        split = scenarios.difference(found.shown_parts, base.currency, found.is_rate)
        parts += [
            Part("Which lever makes the difference", "text", found.part_sentence()),
            Part("Which lever makes the difference", "chart", finished(split)),
        ]
    parts += [Part("Further than seen", "text", warning) for warning in found.warnings()]
    close = f"{found.tail()} {base.correlation.sentence()} Levers are arithmetic on the company's own past; none is "
    parts.append(Part("How it was worked out", "text", f"{close}claimed to move another."))
    return snapshot.pdf(Snapshot(plan.name, f"As of {base.as_of:%d %B %Y}", tuple(parts)))


def finished(drawing: Drawing, height: int | None = None) -> dict[str, Any]:
    """Return a drawing as one specification that holds its rows."""
    size = {} if height is None else {"height": height}
    return {**drawing.spec, **size, "data": {"name": "rows"}, "datasets": {"rows": drawing.frame.to_dicts()}}


def _lever(found: WhatIf, s: LeverSetting) -> str:
    past, lever = found.ground.seen, LEVERS[s.lever]
    known = past.range(s.lever)
    if known is None:
        return f"{s.words()}: {lever.rule} The past shows no range of its own."
    seen = f"{lever.shown(known[0])} to {lever.shown(known[1])}; {past.rank(s.lever, s.value, lever.better)}"
    return f"{s.words()}: {lever.rule} Seen in the past: {seen}."
