"""A scenario as one leaf for the board, in PDF: headline, chart, levers and what would have to be true."""

from __future__ import annotations

from typing import Any

from core.branding.letterhead import HOUSE, Letterhead
from core.charts import scenarios, snapshot
from core.charts.scenarios import Drawing
from core.charts.snapshot import Part, Snapshot
from core.localization import message
from core.scenarios.analysis.whatif import WhatIf
from core.scenarios.levers import LEVERS, LeverSetting

HIGH = 210


def pdf(what_if: WhatIf, head: Letterhead = HOUSE) -> bytes:
    """Return the brief of a scenario as PDF; the same words and numbers as the page and the HTML brief.

    Parameters
    ----------
    what_if : WhatIf
    head : Letterhead
    """
    base, plan = what_if.ground.base, what_if.plan
    first = [what_if.sentence(), what_if.recurring_sentence(), *([plan.description] if plan.description else [])]
    chart = scenarios.months(what_if.frame, base.currency, what_if.noun, what_if.is_rate)
    parts = [*(Part("", "text", words) for words in first), Part("", "chart", finished(chart, HIGH))]
    true = "What would have to be true"
    parts += [Part(true, "text", _lever(what_if, s)) for s in plan.moved] or [Part(true, "text", "No lever is moved.")]
    if not what_if.shown_parts.is_empty():
        split = scenarios.difference(what_if.shown_parts, base.currency, what_if.is_rate)
        parts += [
            Part("What each lever adds", "text", what_if.part_sentence()),
            Part("What each lever adds", "chart", finished(split)),
        ]
    parts += [Part("Beyond past range", "text", warning) for warning in what_if.warnings()]
    close = message(
        "{tail} {correlation} Levers are arithmetic on the company's own past; ",
        tail=what_if.tail(),
        correlation=base.correlation.sentence(),
    )
    parts.append(Part("How it is calculated", "text", message("{close}independent.", close=close)))
    return snapshot.pdf(
        Snapshot(plan.name, message("As of {as_of:%d %B %Y}", as_of=base.as_of), tuple(parts), head=head)
    )


def finished(drawing: Drawing, height: int | None = None) -> dict[str, Any]:
    """Return a drawing as one specification that holds its rows."""
    size = {} if height is None else {"height": height}
    return {**drawing.spec, **size, "data": {"name": "rows"}, "datasets": {"rows": drawing.frame.to_dicts()}}


def _lever(what_if: WhatIf, s: LeverSetting) -> str:
    past, lever = what_if.ground.seen, LEVERS[s.lever]
    past_range = past.range(s.lever)
    if past_range is None:
        return message("{words}: {rule} There is no past range for it.", words=s.words(), rule=lever.rule)
    seen = message(
        "{shown} to {shown_2}; {rank}",
        shown=lever.shown(past_range[0]),
        shown_2=lever.shown(past_range[1]),
        rank=past.rank(s.lever, s.value, lever.better),
    )
    return message("{words}: {rule} Past range: {seen}.", words=s.words(), rule=lever.rule, seen=seen)
