"""The forecast on one page to send, as PDF and as one slide: number, range, record, gap, walk, deals, calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from core.branding.letterhead import HOUSE, Letterhead
from core.charts import deal_page, drawing, pdf_pages, snapshot
from core.enablement import house_slides
from core.enablement.office_file import clean, described, repeatable, signed
from core.forecasts.monday import Monday
from core.forecasts.quarter_walk import Walk
from core.localization import message
from core.metrics.measure import money

MOST_MANAGERS, MOST_DEALS, FEWEST = 14, 8, 3
CHART_HIGH = 200
MANAGERS = ("Manager", "Closed", "Commit", "Manager's call", "Forecast", "Quota", "Short of quota", "vs last week")
FIELDS = (
    "closed_amount",
    "commit_amount",
    "call_amount",
    "model_amount",
    "quota_amount",
    "gap_amount",
    "model_change_amount",
)
DEALS = ("Deal", "Account", "Owner", "Why", "Change")
Row = tuple[str, ...]
SIGNED = ("model_change_amount", "change_amount")
POINTS = 10


@dataclass(frozen=True)
class Pack:
    """What the page says.

    Attributes
    ----------
    title, about : str
    tiles : tuple of (str, str, str)
        Name, value and what stands below.
    sentences : tuple of str
        The number, what moved it, what was pulled in, and the record.
    managers, deals : tuple of tuples of str
        Tables, the first row being the head.
    walk : Walk
    """

    title: str
    about: str
    tiles: tuple[tuple[str, str, str], ...]
    sentences: tuple[str, ...]
    managers: tuple[tuple[str, ...], ...]
    deals: tuple[tuple[str, ...], ...]
    walk: Walk


def pack(quarter: Monday, walk: Walk, record: str, about: str) -> Pack:
    """Put the forecast of the quarter together for one page.

    Parameters
    ----------
    quarter : Monday
    walk : Walk
    record : str
        How good past forecasts were, in a sentence; empty where that is not known.
    about : str
        Company, source and as-of date.
    """
    unit, whole = quarter.currency, quarter.whole
    low, high = money(whole["lower"], unit), money(whole["upper"], unit)
    gap = None if not whole["quota_amount"] or whole["amount"] is None else whole["quota_amount"] - whole["amount"]
    tiles = (
        (
            message("Forecast of {label}", label=quarter.label),
            money(whole["amount"], unit),
            message("{low} to {high}", low=low, high=high),
        ),
        (
            "Closed so far",
            money(whole["closed_amount"], unit),
            message("quota {quota_amount}", quota_amount=money(whole["quota_amount"], unit)),
        ),
        (
            "Short of quota",
            money(gap, unit),
            message("since {since:%d %B} {change}", since=walk.since, change=money(walk.change, unit, sign=True)),
        ),
    )
    sentences = (walk.sentence(), quarter.pulled(), record)
    managers = _table(MANAGERS, quarter.frame.head(MOST_MANAGERS), ("who", *FIELDS), unit)
    names = ("opportunity_name", "account_name", "owner", "reason", "change_amount")
    deals = _table(DEALS, walk.deals.head(MOST_DEALS), names, unit)
    return Pack(
        message("{label} forecast", label=quarter.label),
        about,
        tiles,
        tuple(s for s in sentences if s),
        managers,
        deals,
        walk,
    )


def _table(head: Row, frame: pl.DataFrame, names: Row, unit: str) -> tuple[Row, ...]:
    rows = frame.select(names).iter_rows()
    return (head, *(tuple(_cell(value, name, unit) for name, value in zip(names, row, strict=True)) for row in rows))


def _cell(value: Any, name: str, unit: str) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return money(value, unit, sign=name in SIGNED).removeprefix(f"{unit} ")
    return str(value)


def pdf(content: Pack, head: Letterhead = HOUSE) -> bytes:
    """Return the pack as a PDF of one A4 leaf; rows that would not fit are left out, those of deals first."""
    n_managers, n_deals, chart = len(content.managers), len(content.deals), _chart(content.walk)
    while True:
        leaves = pdf_pages.leaves(_blocks(content, chart, n_managers, n_deals, head), content.title, head)
        if len(leaves) == 1 or n_managers <= FEWEST:
            return pdf_pages.bound(leaves[:1], content.title, creator=head.name)
        n_managers, n_deals = (n_managers, n_deals - 1) if n_deals > FEWEST else (n_managers - 1, n_deals)


def _blocks(
    content: Pack, chart: list[pdf_pages.Block], n_managers: int, n_deals: int, head: Letterhead
) -> list[pdf_pages.Block]:
    first = pdf_pages.ROOM * 0.23
    by_manager = [first, *[(pdf_pages.ROOM - first) / len(FIELDS)] * len(FIELDS)]
    by_deal = [pdf_pages.ROOM * share for share in (0.36, 0.22, 0.15, 0.13, 0.14)]
    return [
        pdf_pages.title(content.title, content.about, head),
        *pdf_pages.tiles(content.tiles),
        *(pdf_pages.paragraph(words, is_tied=False) for words in content.sentences),
        *chart,
        *pdf_pages.table(content.managers[:n_managers], by_manager),
        *pdf_pages.table(content.deals[:n_deals], by_deal),
    ]


def _chart(walk: Walk) -> list[pdf_pages.Block]:
    spec = deal_page.moves(walk.frame, walk.currency).to_dict() | {"height": CHART_HIGH}
    try:
        return [pdf_pages.figure(snapshot.vector(spec, "walk"))]
    except drawing.DrawingError:
        return []


def pptx(content: Pack, head: Letterhead = HOUSE) -> bytes:
    """Return the pack as a presentation of one slide, its tables as tables that can be changed."""
    deck = house_slides.presentation(head)
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = clean(f"{content.title}: {content.tiles[0][1]} ({content.tiles[0][2]})")
    body = next(p for p in slide.placeholders if p != slide.shapes.title)
    body._element.getparent().remove(body._element)
    edge, room = house_slides.EDGE, house_slides.ROOM
    _text(slide, content.sentences, edge, 1_250_000, room, 1_000_000)
    half = room // 2 - 80_000
    _grid(slide, content.managers[: MOST_MANAGERS - 3], edge, 2_450_000, half)
    _grid(slide, content.deals, edge + half + 160_000, 2_450_000, half)
    signed(deck, content.title, content.about, head.name)
    return repeatable(deck.save)


def _text(slide: Any, sentences: tuple[str, ...], left: int, top: int, wide: int, high: int) -> None:
    from pptx.util import Pt

    frame = slide.shapes.add_textbox(left, top, wide, high).text_frame
    frame.word_wrap = True
    for number, words in enumerate(sentences):
        paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
        paragraph.text = clean(words)
        paragraph.font.size, paragraph.space_after = Pt(POINTS + 2), Pt(4)


def _grid(slide: Any, rows: tuple[tuple[str, ...], ...], left: int, top: int, wide: int) -> None:
    from pptx.util import Pt

    shape = slide.shapes.add_table(len(rows), len(rows[0]), left, top, wide, 300_000 * len(rows))
    shape._element.nvGraphicFramePr.cNvPr.set("descr", described(rows))
    for number, row in enumerate(rows):
        for k, words in enumerate(row):
            cell = shape.table.cell(number, k)
            cell.text = clean(words)
            cell.margin_left = cell.margin_right = 40_000
            cell.margin_top = cell.margin_bottom = 10_000
            for paragraph in cell.text_frame.paragraphs:
                paragraph.font.size, paragraph.font.bold = Pt(POINTS - 2), number == 0
