"""A digest as HTML mail with pictures, as Markdown and as JSON."""

from __future__ import annotations

import base64
import json
from datetime import date, datetime
from html import escape
from pathlib import Path
from typing import Any

from core.branding.letterhead import HOUSE, Letterhead
from core.charts import drawing, page_tables, snapshot
from core.contracts.errors import ConfigError
from core.digest.contents import Digest, Section
from core.formats import Formats
from core.localization import message

FONT = "font-family:Source Sans 3,Segoe UI,Helvetica,Arial,sans-serif;color:#17242d"
CELL = "padding:4px 8px;border-bottom:1px solid #dfe3e6;font-size:13px;vertical-align:top"
BAND, HEAD = "#0a4f4d", "color:#ffffff;text-align:left"
WIDE = 640
MAIL = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
    '<body style="margin:0;background:#ffffff">{body}</body></html>'
)


def html(content: Digest, formats: Formats | None = None, head: Letterhead = HOUSE) -> str:
    """Return the digest as one HTML file that mail programs show: styles inline, pictures inside, nothing loaded.

    Text from the data is shown as text. A chart that cannot be drawn is left out, for its numbers stand in the
    sentence above it.
    """
    return MAIL.format(title=escape(content.title), body=inside(content, formats or Formats(), head))


def inside(content: Digest, formats: Formats, head: Letterhead = HOUSE) -> str:
    """Return the digest's body, for a preview inside a page."""
    top = (
        f'{_logo(head)}<h1 style="font-size:22px;margin:0">{escape(content.company)}</h1>'
        f'<p style="margin:2px 0 14px;color:#5c6a74">{escape(_about(content, formats))}</p>'
    )
    parts = "".join(_section(section, formats, head.accent or BAND) for section in content.sections)
    return (
        f'<table role="presentation" width="{WIDE}" align="center" cellpadding="0" cellspacing="0" '
        f'style="{FONT};max-width:100%"><tr><td style="padding:20px">{top}{parts}{_foot(head)}</td></tr></table>'
    )


def _logo(head: Letterhead) -> str:
    if not head.logo:
        return ""
    return f'<p style="margin:0 0 12px"><img src="{head.source}" alt="{escape(head.name)}" height="32"></p>'


def _foot(head: Letterhead) -> str:
    """Return the name and the legal links at the foot; nothing where the brand is the house's."""
    if head.name == HOUSE.name and not head.links:
        return ""
    links = "".join(f' · <a href="{escape(to)}" style="color:#5c6a74">{escape(label)}</a>' for label, to in head.links)
    return f'<p style="margin:24px 0 0;font-size:12px;color:#5c6a74">{escape(head.name)}{links}</p>'


def _about(content: Digest, formats: Formats) -> str:
    who = message("For {person}: ", person=content.plan.person) if content.plan.person else ""
    days = message("{day} to {day_2}", day=formats.day(content.since), day_2=formats.day(content.as_of))
    return f"{who}{content.plan.scope}, {days}. {content.source}."


def _section(section: Section, formats: Formats, accent: str) -> str:
    out = f'<h2 style="font-size:16px;margin:22px 0 4px">{escape(section.title)}</h2>'
    out += f'<p style="margin:0 0 8px;font-size:14px;line-height:1.45">{escape(section.text)}</p>'
    return out + _picture(section) + _table(section, formats, accent)


def _picture(section: Section) -> str:
    if section.chart is None:
        return ""
    try:
        png = drawing.png(snapshot.drawn(section.chart))
    except drawing.DrawingError:
        return ""
    source = f"data:image/png;base64,{base64.b64encode(png).decode()}"
    return f'<img src="{source}" alt="{escape(section.title)}" width="{WIDE - 40}" style="max-width:100%;height:auto">'


def _table(section: Section, formats: Formats, accent: str) -> str:
    if section.table is None:
        return ""
    names, *body = page_tables.rows_of_text(section.table, formats)
    sides = ["" if column.look == "text" else ";text-align:right" for column in section.table.columns]
    look = f"{CELL};background:{accent};{HEAD}"
    top = "".join(f'<th style="{look}{side}">{escape(word)}</th>' for word, side in zip(names, sides, strict=True))
    rows = "".join(f"<tr>{_cells(row, sides)}</tr>" for row in body)
    return f'<table width="100%" cellpadding="0" cellspacing="0"><tr>{top}</tr>{rows}</table>'


def _cells(row: list[str], sides: list[str]) -> str:
    return "".join(f'<td style="{CELL}{side}">{escape(value)}</td>' for value, side in zip(row, sides, strict=True))


def markdown(content: Digest, formats: Formats | None = None) -> str:
    """Return the digest as Markdown, for chat and wikis; what the data say is escaped."""
    chosen = formats or Formats()
    lines = [f"# {_plain(content.company)}", "", _plain(_about(content, chosen))]
    for section in content.sections:
        lines += ["", f"## {section.title}", "", _plain(section.text)]
        if section.table is not None:
            head, *body = page_tables.rows_of_text(section.table, chosen)
            sides = [":--" if column.look == "text" else "--:" for column in section.table.columns]
            lines += ["", _row(head), _row(sides, plain=False), *(_row(row) for row in body)]
    return "\n".join(lines) + "\n"


def _row(cells: list[str], plain: bool = True) -> str:
    return f"| {' | '.join(_plain(cell) if plain else cell for cell in cells)} |"


def _plain(text: str) -> str:
    for sign in "\\`*_[]<>|#":
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.split())


def as_json(content: Digest, formats: Formats | None = None) -> str:
    """Return the digest as JSON: plain numbers, days as YYYY-MM-DD, whatever the reader's way to write them."""
    sections = [
        {
            "title": section.title,
            "text": section.text,
            "rows": []
            if section.table is None
            else section.table.frame.select([c.name for c in section.table.columns]).to_dicts(),
        }
        for section in content.sections
    ]
    return json.dumps(
        {
            "company": content.company,
            "person": content.plan.person,
            "scope": content.plan.scope,
            "source": content.source,
            "since": content.since,
            "as_of": content.as_of,
            "sections": sections,
        },
        default=_day,
        indent=2,
        ensure_ascii=False,
        allow_nan=False,
    )


def _day(value: Any) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)


WRITERS = {".html": html, ".md": markdown, ".json": as_json}


def written(content: Digest, target: Path, head: Letterhead = HOUSE) -> str:
    """Return a digest as the ending of a file's name asks for: .html, .md or .json.

    Raises
    ------
    ConfigError
        When it has another ending.
    """
    if target.suffix.lower() not in WRITERS:
        raise ConfigError(
            message(
                "A digest is written as HTML, Markdown or JSON, not as {suffix}.",
                suffix=target.suffix or message("a file without an ending"),
            ),
            str(target),
            "Name a file that ends in .html, .md or .json.",
        )
    write = WRITERS[target.suffix.lower()]
    return html(content, head=head) if write is html else write(content)
