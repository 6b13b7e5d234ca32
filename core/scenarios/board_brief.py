"""A scenario as one page for the board: HTML that needs nothing else and prints."""

from __future__ import annotations

from html import escape

from core.branding.letterhead import HOUSE, Letterhead
from core.localization import message
from core.scenarios.analysis.whatif import WhatIf
from core.scenarios.levers import LEVERS, LeverSetting

WIDE, HIGH, EDGE = 720, 220, 46
STYLE = """
body{font:15px/1.45 system-ui,sans-serif;color:#1b2733;max-width:760px;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem;margin:0}h2{font-size:1.05rem;margin:1.4rem 0 .3rem}table{border-collapse:collapse;width:100%}
td,th{text-align:left;padding:.25rem .5rem;border-bottom:1px solid #dcd8cc;vertical-align:top}
td.n{text-align:right;white-space:nowrap}.muted{color:#66727c;font-size:.85rem}
@media print{body{margin:0}}
"""


def html(what_if: WhatIf, head: Letterhead = HOUSE) -> str:
    """Write the headline, the chart, the levers with their seen range, and what would have to be true.

    Every text of the scenario is escaped; the page loads nothing and runs nothing. `head` gives logo, colour, font and
    legal links.
    """
    base, plan = what_if.ground.base, what_if.plan
    rows = "".join(_row(what_if, s) for s in plan.moved) or "<tr><td>No lever is moved.</td></tr>"
    parts = "".join(
        f"<tr><td>{escape(r['label'])}</td><td class=n>{escape(what_if.shown(r['amount']))}</td></tr>"
        for r in what_if.parts.iter_rows(named=True)
    )
    warnings = "".join(f"<li>{escape(w)}</li>" for w in what_if.warnings())
    about = f"<p>{escape(plan.description)}</p>" if plan.description else ""
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(plan.name)}</title>"
        f"<style>{STYLE}{_brand(head)}</style>{_logo(head)}"
        f"<h1>{escape(plan.name)}</h1><p class=muted>As of {base.as_of:%d %B %Y}</p>"
        f"<p>{escape(what_if.sentence())}</p><p>{escape(what_if.recurring_sentence())}</p>{about}{_chart(what_if)}"
        f"<h2>What would have to be true</h2><table><tr><th>Lever<th>What it means<th>Past range</tr>"
        f"{rows}</table>"
        f"<h2>What each lever adds</h2><table>{parts}</table><p class=muted>{escape(what_if.check())}</p>"
        + (f"<h2>Beyond past range</h2><ul>{warnings}</ul>" if warnings else "")
        + f"<p class=muted>{escape(what_if.tail())} {escape(base.correlation.sentence())} Levers are arithmetic on the "
        f"company's own past; levers are independent.</p>{_foot(head)}</html>"
    )


def _brand(head: Letterhead) -> str:
    return f"h1,h2{{color:{head.accent}}}a{{color:{head.accent}}}" if head.accent else ""


def _logo(head: Letterhead) -> str:
    return f'<img src="{head.source}" alt="{escape(head.name)}" style="height:32px">' if head.logo else ""


def _foot(head: Letterhead) -> str:
    links = " · ".join(f'<a href="{escape(address)}">{escape(label)}</a>' for label, address in head.links)
    name = escape(" · ".join(part for part in (head.company, head.name) if part))
    return f"<p class=muted>{' · '.join(part for part in (name, links) if part)}</p>" if head != HOUSE else ""


def _row(what_if: WhatIf, s: LeverSetting) -> str:
    past = what_if.ground.seen
    past_range = past.range(s.lever)
    lever = LEVERS[s.lever]
    seen = "no history"
    if past_range is not None:
        rank = past.rank(s.lever, s.value, lever.better)
        seen = message(
            "{shown} to {shown_2}; {rank}",
            shown=lever.shown(past_range[0]),
            shown_2=lever.shown(past_range[1]),
            rank=rank,
        )
    return f"<tr><td>{escape(s.words())}</td><td>{escape(lever.rule)}</td><td>{escape(seen)}</td></tr>"


def _chart(what_if: WhatIf) -> str:
    """Draw the months before and after as a picture in the text."""
    frame = what_if.frame
    top = max([v for c in ("upper", "before_amount", "amount") for v in frame[c].to_list() if v is not None] or [1.0])
    top = top if top > 0 else 1.0
    n = frame.height

    def points(column: str) -> list[str]:
        return [
            f"{EDGE + i * (WIDE - EDGE) / max(n - 1, 1):.1f},{HIGH - (v or 0.0) / top * (HIGH - 20):.1f}"
            for i, v in enumerate(frame[column].to_list())
        ]

    band = " ".join([*points("lower"), *reversed(points("upper"))])
    step = (WIDE - EDGE) / max(n - 1, 1)
    labels = "".join(
        f'<text x="{EDGE + i * step:.0f}" y="{HIGH + 18}" text-anchor="middle">{m:%b %y}</text>'
        for i, m in enumerate(frame["month"].to_list())
        if i % 3 == 0
    )
    unit = f"{what_if.ground.base.currency} M" if not what_if.is_rate else "rate"
    per = 1 if what_if.is_rate else 1e6
    scale = "".join(
        f'<text x="0" y="{HIGH - share * (HIGH - 20) + 4:.0f}">{top * share / per:.1f}</text>' for share in (0, 0.5, 1)
    )
    return (
        f'<svg viewBox="-4 -6 {WIDE + 30} {HIGH + 30}" width="100%" font-size="11" fill="#66727c" role="img" '
        f'aria-label="{escape(what_if.noun)} by month"><polygon points="{band}" fill="#e08a2c" opacity=".18"/>'
        f'<polyline points="{" ".join(points("before_amount"))}" fill="none" stroke="#8d99a3" stroke-dasharray="5 4"/>'
        f'<polyline points="{" ".join(points("amount"))}" fill="none" stroke="#e08a2c" stroke-width="2"/>'
        f'{labels}{scale}<text x="0" y="4">{unit}</text></svg>'
        "<p class=muted>Grey: as things stand. Amber: the scenario, with its likely range (80 %).</p>"
    )
