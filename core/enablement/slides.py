"""Decks as PPTX by python-pptx: a title slide, then one slide per section, in the house look or a template's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.branding.letterhead import HOUSE, Letterhead
from core.contracts.errors import ConfigError
from core.enablement import house_slides, slide_parts
from core.enablement.document import INK, Block, Paper
from core.enablement.office_file import clean, described, opened, repeatable, signed
from core.localization import message

ROW_HIGH = 440_000
KIND = "PowerPoint presentation (.pptx)"
TITLES, BODIES, FEET = ("CENTER_TITLE", "TITLE"), ("OBJECT", "BODY"), ("FOOTER", "SLIDE_NUMBER")


@dataclass(frozen=True)
class Layouts:
    """The layouts of a presentation that a deck is laid on."""

    cover: Any
    content: Any

    @property
    def room(self) -> tuple[int, int]:
        """Return width and height of a slide's text, in EMU."""
        body = next(p for p in self.content.placeholders if p.placeholder_format.type.name in BODIES)
        return int(body.width), int(body.height)


def write(paper: Paper, template: bytes | None = None, head: Letterhead = HOUSE) -> bytes:
    """Return a deck as PPTX; a section too long for a slide goes on over the next.

    Titles and texts stand in the placeholders of the layouts, so that outline and screen readers see them.

    Parameters
    ----------
    paper : Paper
    template : bytes, optional
        A PPTX whose masters and layouts serve; its slides are left out. Without one, the house look.
    head : Letterhead
        Name, logo, colour and font; a template has its own look, and bears the name alone.

    Returns
    -------
    bytes
        The same for the same paper and template.

    Raises
    ------
    ConfigError
        When the template is no presentation, or lacks a layout that is needed.
    """
    deck = house_slides.presentation(head) if template is None else _emptied(template)
    layouts = _layouts(deck)
    _cover(deck, layouts, paper, is_house=template is None)
    for title, blocks in paper.sections():
        for heading, part in slide_parts.parts(title, blocks, *layouts.room):
            slide = deck.slides.add_slide(layouts.content)
            slide.shapes.title.text = clean(heading)
            _fill(slide, part)
            _footed(slide, paper.title)
    signed(deck, paper.title, paper.subtitle, head.name)
    return repeatable(deck.save)


def lacking(template: bytes) -> str:
    """Say what a template lacks, so that no deck can be laid on it; empty where nothing does.

    Raises
    ------
    ConfigError
        When it is no presentation.
    """
    deck = _opened(template)
    try:
        _layouts(deck)
    except ConfigError as error:
        return str(error)
    return ""


def _opened(template: bytes) -> Any:
    from pptx import Presentation

    return opened(Presentation, template, KIND)


def _emptied(template: bytes) -> Any:
    deck = _opened(template)
    listed = deck.slides._sldIdLst
    for entry in list(listed):
        deck.part.drop_rel(entry.rId)
        listed.remove(entry)
    return deck


def _layouts(deck: Any) -> Layouts:
    kinds = [
        (layout, [str(p.placeholder_format.type.name) for p in layout.placeholders]) for layout in deck.slide_layouts
    ]
    covers = [layout for layout, names in kinds if set(names) & set(TITLES) and "SUBTITLE" in names]
    bodies = [
        layout
        for layout, names in kinds
        if set(names) & set(TITLES) and sum(name in BODIES for name in names) == 1 and "SUBTITLE" not in names
    ]
    absent = [
        words
        for words, layouts in (("a title and a subtitle", covers), ("a title and one text", bodies))
        if not layouts
    ]
    if absent:
        raise ConfigError(
            message("The PowerPoint template has no layout with {absent}.", absent=" and none with ".join(absent)),
            "",
            "Add one in the slide master, or choose another template.",
        )
    # A heading of a section and a picture's caption are texts too; where there is room for anything, that is meant.
    open_bodies = [layout for layout, names in kinds if layout in bodies and "OBJECT" in names]
    return Layouts(covers[0], (open_bodies or bodies)[0])


def _cover(deck: Any, layouts: Layouts, paper: Paper, *, is_house: bool) -> None:
    slide = deck.slides.add_slide(layouts.cover)
    subtitle = next(p for p in slide.placeholders if p.placeholder_format.type.name == "SUBTITLE")
    slide.shapes.title.text, subtitle.text = clean(paper.title), clean(paper.subtitle)
    for placeholder in list(slide.placeholders):
        if placeholder.placeholder_format.type.name not in (*TITLES, "SUBTITLE"):
            placeholder._element.getparent().remove(placeholder._element)
    if is_house:
        house_slides.bright(slide.shapes.title, subtitle)


def _fill(slide: Any, blocks: list[Block]) -> None:
    body = next(p for p in slide.placeholders if p.placeholder_format.type.name in BODIES)
    if blocks and blocks[0].kind == "table":
        frame = body.left, body.top, body.width, body.height
        body._element.getparent().remove(body._element)
        _table(slide, blocks[0].rows, *frame)
    elif blocks:
        size = slide_parts.size([block.text for block in blocks], int(body.width), int(body.height))
        _lines(body.text_frame, blocks, size)
    else:
        body._element.getparent().remove(body._element)


def _lines(frame: Any, blocks: list[Block], size: int) -> None:
    from pptx.enum.text import MSO_AUTO_SIZE
    from pptx.util import Pt

    frame.auto_size = MSO_AUTO_SIZE.TEXT_TO_FIT_SHAPE
    for number, block in enumerate(blocks):
        paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
        paragraph.text = clean(block.text).replace("\n", "\v")
        paragraph.font.size, paragraph.space_after = Pt(size), Pt(slide_parts.BETWEEN)
        if block.kind == "text":
            _without_bullet(paragraph)


def _without_bullet(paragraph: Any) -> None:
    from lxml.etree import SubElement
    from pptx.oxml.ns import qn

    look = paragraph._p.get_or_add_pPr()
    look.set("marL", "0")
    look.set("indent", "0")
    before = [child for child in look if child.tag in (qn("a:defRPr"), qn("a:tabLst"), qn("a:extLst"))]
    mark = SubElement(look, qn("a:buNone"))
    if before:
        before[0].addprevious(mark)


def _table(slide: Any, rows: tuple[tuple[str, ...], ...], left: int, top: int, room: int, high: int) -> None:
    from pptx.dml.color import RGBColor
    from pptx.enum.text import MSO_ANCHOR
    from pptx.util import Pt

    wide = slide_parts.columns(rows, int(room))
    shape = slide.shapes.add_table(len(rows), len(wide), left, top, room, min(ROW_HIGH * len(rows), high))
    shape.name = "Table"
    shape._element.nvGraphicFramePr.cNvPr.set("descr", described(rows))
    for column, width in zip(shape.table.columns, wide, strict=True):
        column.width = width
    for number, row in enumerate(rows):
        for k in range(len(wide)):
            cell = shape.table.cell(number, k)
            cell.vertical_anchor = MSO_ANCHOR.MIDDLE
            cell.text = clean(row[k]).replace("\n", "\v") if k < len(row) else ""
            for paragraph in cell.text_frame.paragraphs:
                paragraph.font.size, paragraph.font.bold = Pt(slide_parts.TABLE_POINTS), number == 0
                if number:
                    paragraph.font.color.rgb = RGBColor.from_string(INK)


def _footed(slide: Any, title: str) -> None:
    """Give a slide the foot and the number its layout has a place for; the library does not by itself."""
    from copy import deepcopy

    for placeholder in slide.slide_layout.placeholders:
        kind = placeholder.placeholder_format.type.name
        if kind in FEET:
            foot = deepcopy(placeholder._element)
            slide.shapes._spTree.append(foot)
            foot.nvSpPr.cNvPr.set("id", str(max(shape.shape_id for shape in slide.shapes) + 1))
            if kind == "FOOTER":
                slide.shapes[-1].text_frame.text = clean(title)
