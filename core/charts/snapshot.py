"""A page as one file to send: HTML or PDF, with charts as vectors and nothing loaded from elsewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from html import escape
from typing import Any, Literal

import polars as pl

from core.branding.letterhead import HOUSE, Letterhead
from core.charts import drawing, page_tables, pdf_pages, theme, typeface
from core.charts.page_tables import PageTable
from core.formats import Formats

ACTUAL, LABEL = theme.paper(theme.ACTUAL), theme.paper(theme.LABEL)
WIDTH, PLOT = 640, 480  # with and without the labels beside a chart
NOT_DRAWN = "A chart that stands here on the page could not be drawn in this file."
SIDE_BY_SIDE = ("hconcat", "vconcat", "concat", "facet", "repeat", "spec")


@dataclass(frozen=True)
class Part:
    """One thing a page shows.

    Attributes
    ----------
    question : str
        The heading it stands under; empty for what stands above all questions.
    kind : {"text", "chart", "tile", "table"}
    body : str, dict or PageTable
        A sentence; a Vega-Lite specification with its data; name, value and change of a tile; or a table.
    """

    question: str
    kind: Literal["text", "chart", "tile", "table"]
    body: Any


@dataclass(frozen=True)
class Snapshot:
    """A page at a moment.

    Attributes
    ----------
    title : str
    about : str
        Company, source and as-of date, in words.
    parts : tuple of Part
        In the order of the page.
    formats : Formats
        How the reader writes numbers and days.
    head : Letterhead
        The brand it bears.
    """

    title: str
    about: str
    parts: tuple[Part, ...]
    formats: Formats = field(default_factory=Formats)
    head: Letterhead = HOUSE

    def questions(self) -> list[str]:
        """Return the headings in the order of the page."""
        return list(dict.fromkeys(part.question for part in self.parts))

    def tables(self) -> list[tuple[str, PageTable]]:
        """Return the tables, each with the question it stands under."""
        return [(part.question or self.title, part.body) for part in self.parts if part.kind == "table"]

    def of(self, question: str) -> list[Part]:
        """Return what stands under a heading."""
        return [part for part in self.parts if part.question == question]


def drawn(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return a specification whose data are plain rows, as wide as a page.

    Parameters
    ----------
    spec : mapping
        A Vega-Lite specification; datasets may be Arrow bytes.
    """
    data = {name: _rows(rows) for name, rows in spec.get("datasets", {}).items()}
    plain = {name: part for name, part in spec.items() if name != "datasets"}
    out: dict[str, Any] = json.loads(theme.paper(theme.settled(json.dumps(plain), PLOT)))
    out |= {"datasets": data} if data else {}
    if not any(name in out for name in SIDE_BY_SIDE):
        out["width"] = WIDTH
        out["autosize"] = {"type": "fit-x", "contains": "padding"}
    out["background"] = "white"
    return out


def _rows(data: Any) -> Any:
    if not isinstance(data, bytes):
        return data
    frame = pl.read_ipc_stream(data)
    return [{name: _plain(value) for name, value in row.items()} for row in frame.iter_rows(named=True)]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return f"{value.isoformat()}T00:00:00" if isinstance(value, date) else value


def vector(spec: Mapping[str, Any], mark: str) -> str:
    """Return a chart as SVG; `mark` keeps its inner names apart from those of other charts.

    Raises
    ------
    DrawingError
        When vl-convert cannot draw it.
    """
    svg = drawing.svg(drawn(spec))
    return re.sub(r'(\bid="|url\(#|href="#)', lambda match: f"{match.group(1)}{mark}-", svg)


def html(page: Snapshot) -> str:
    """Return the page as one HTML file that prints without cutting a chart.

    Nothing in it is loaded from elsewhere and nothing runs; text from the data is shown as text.
    """
    body = []
    for number, question in enumerate(page.questions()):
        inside = [
            _html(part, f"c{number}-{k}", page.formats)
            for k, part in enumerate(page.of(question))
            if part.kind != "tile"
        ]
        tiles = "".join(_tile(part) for part in page.of(question) if part.kind == "tile")
        head = f"<h2>{escape(question)}</h2>" if question else ""
        body.append(f"<section>{head}{f'<div class=tiles>{tiles}</div>' if tiles else ''}{''.join(inside)}</section>")
    return _SHELL.format(
        title=escape(page.title),
        about=escape(page.about),
        body="\n".join(body),
        style=f"{typeface.stylesheet()}\n{_STYLE}{_accented(page.head)}",
        logo=_logo(page.head),
    )


def section(page: Snapshot, question: str, shows: Sequence[str]) -> str:
    """Return what stands under a heading as HTML; empty where nothing does.

    Parameters
    ----------
    page : Snapshot
    question : str
    shows : sequence of {"sentence", "chart", "rows"}
        Tiles count as sentences.
    """
    kinds = {"text": "sentence", "tile": "sentence", "chart": "chart", "table": "rows"}
    parts = [part for part in page.of(question) if kinds[part.kind] in shows]
    return "".join(
        _tile(part) if part.kind == "tile" else _html(part, f"c{k}", page.formats) for k, part in enumerate(parts)
    )


def _accented(head: Letterhead) -> str:
    return f"\nth {{ background: {head.accent} }} .tile b {{ color: {head.accent} }}" if head.accent else ""


def _logo(head: Letterhead) -> str:
    if not head.logo:
        return ""
    return f'<img src="{head.source}" alt="{escape(head.name)}" style="height:32px;max-width:100%;margin-bottom:12px">'


def _html(part: Part, mark: str, formats: Formats) -> str:
    if part.kind == "table":
        return page_tables.html(part.body, formats)
    if part.kind == "chart":
        return figure(part.body, mark)
    return f"<p>{bold(escape(str(part.body)))}</p>"


def figure(spec: Mapping[str, Any], mark: str = "c0") -> str:
    """Return a chart as HTML: as vectors, or a sentence where it cannot be drawn.

    Parameters
    ----------
    spec : mapping
        A Vega-Lite specification with its data.
    mark : str
        Keeps its inner names apart from those of other charts.
    """
    try:
        return f"<figure>{vector(spec, mark)}</figure>"
    except drawing.DrawingError:
        return f"<p><i>{escape(NOT_DRAWN)}</i></p>"


def _tile(part: Part) -> str:
    name, value, change = (escape(str(word)) for word in part.body)
    return f"<div class=tile><span>{name}</span><b>{value}</b><i>{change}</i></div>"


def bold(text: str) -> str:
    """Turn **words** into bold ones."""
    return re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", text)


def pdf(page: Snapshot) -> bytes:
    """Return the page as a PDF of A4 leaves; a chart, and a heading with what follows it, is never cut."""
    try:
        leaves = pdf_pages.leaves(_blocks(page, _figure_of), page.title, page.head)
        return pdf_pages.bound(leaves, page.title, only_vectors=True, creator=page.head.name)
    except (
        drawing.DrawingError
    ):  # Which chart it is shows only when each is drawn by itself, which takes as long again.
        leaves = pdf_pages.leaves(_blocks(page, _drawable), page.title, page.head)
        return pdf_pages.bound(leaves, page.title, creator=page.head.name)


def _blocks(page: Snapshot, chart: Callable[[Mapping[str, Any], str], pdf_pages.Block]) -> list[pdf_pages.Block]:
    blocks: list[pdf_pages.Block] = [pdf_pages.title(page.title, page.about, page.head)]
    for number, question in enumerate(page.questions()):
        parts = page.of(question)
        if question:
            blocks.append(pdf_pages.heading(question))
        tiles = [part.body for part in parts if part.kind == "tile"]
        if tiles:
            blocks += pdf_pages.tiles(tiles)
        for k, part in enumerate(parts):
            if part.kind == "text":
                speaks_of_chart = k + 1 < len(parts) and parts[k + 1].kind == "chart"
                blocks.append(pdf_pages.paragraph(str(part.body), is_tied=speaks_of_chart))
            elif part.kind == "chart":
                blocks.append(chart(part.body, f"c{number}-{k}"))
            elif part.kind == "table":
                blocks += _table(part.body, page.formats)
    return blocks


def _figure_of(spec: Mapping[str, Any], mark: str) -> pdf_pages.Block:
    return pdf_pages.figure(vector(spec, mark))


def _drawable(spec: Mapping[str, Any], mark: str) -> pdf_pages.Block:
    """Return a chart for a leaf: as vectors, else as a picture, else a sentence that says it is missing."""
    try:
        svg = vector(spec, mark)
        drawing.pdf(svg)
    except drawing.DrawingError:
        try:
            return pdf_pages.picture(drawing.png(drawn(spec)))
        except drawing.DrawingError:
            return pdf_pages.paragraph(NOT_DRAWN, is_tied=False)
    return pdf_pages.figure(svg)


def _table(table: PageTable, formats: Formats) -> list[pdf_pages.Block]:
    """Return the first rows of a table for a leaf, and how many there are besides."""
    narrow = table.narrow()
    if not narrow.columns:
        return []
    blocks = pdf_pages.table(page_tables.rows_of_text(narrow, formats), page_tables.widths(narrow, pdf_pages.ROOM))
    rest = page_tables.left_out(narrow)
    return [*blocks, pdf_pages.paragraph(rest, is_tied=False)] if rest else blocks


def collected(
    title: str,
    about: str,
    shown: Sequence[tuple[str, str, Any]],
    formats: Formats | None = None,
    head: Letterhead = HOUSE,
) -> Snapshot:
    """Return a snapshot of what a page has shown: question, kind, and a body or a function that makes it."""
    parts = [Part(q, kind, body() if callable(body) else body) for q, kind, body in shown]  # type: ignore[arg-type]
    return Snapshot(title, about, tuple(parts), formats or Formats(), head)


_STYLE = f"""@page {{ size: A4; margin: 16mm 14mm }}
body {{ font: 15px/1.5 {typeface.FAMILY}, system-ui, sans-serif; color: #17242d; max-width: 720px;
  margin: 32px auto; padding: 0 16px; background: white }}
h1 {{ font-size: 28px; margin: 0 }} h2 {{ font-size: 19px; margin: 30px 0 6px; break-after: avoid }}
header p {{ color: {LABEL}; margin: 2px 0 18px }} p {{ margin: 6px 0; break-inside: avoid; orphans: 3 }}
figure {{ margin: 10px 0; break-inside: avoid }} figure svg {{ max-width: 100%; height: auto }}
.tiles {{ display: grid; grid-template-columns: repeat(3, 1fr); gap: 10px }}
table {{ border-collapse: collapse; width: 100%; font-size: 12px; margin: 8px 0 }}
th, td {{ text-align: left; padding: 3px 6px; border-bottom: 1px solid #dfe3e6; vertical-align: top }}
th {{ background: #0a4f4d; color: white }} .n {{ text-align: right }} tr {{ break-inside: avoid }}
.tile {{ border: 1px solid #dfe3e6; border-radius: 6px; padding: 8px 12px; break-inside: avoid }}
.tile span, .tile i {{ display: block; color: {LABEL}; font-size: 12px; font-style: normal }}
.tile b {{ font-size: 20px; color: {ACTUAL} }}
section > h2 + p {{ break-before: avoid }} section > p + figure {{ break-before: avoid }}"""
_SHELL = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>{style}</style></head>
<body><header>{logo}<h1>{title}</h1><p>{about}</p></header>
{body}
</body></html>
"""
