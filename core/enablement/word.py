"""Documents as DOCX by python-docx: in the house look, or in the styles of the customer's own template."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from core.branding.letterhead import HOUSE, Letterhead
from core.enablement.document import GREY, INK, TEAL, Block, Paper, widths
from core.enablement.office_file import clean, described, opened, repeatable, signed
from core.localization import message

STYLES = {"heading": "Heading 1", "text": "Normal", "bullet": "List Bullet"}
NEEDED = ("Title", "Subtitle", "Heading 1", "List Bullet")
TABLE_STYLES = ("Grid Table 4 - Accent 1", "Grid Table 4 Accent 1", "Light Grid Accent 1", "Table Grid")
FONT = "Calibri"
LOGO_TWIPS = 520  # of height
KIND = "Word document (.docx)"
A4, MARGIN = (11_906, 16_838), 1_134  # in twentieths of a point, as is what follows
LETTER, BESIDE, TWIP = 118, 240, 635
CELL_POINTS, LINE = 9, "C9D3D6"
LOOKS = {  # size in points, colour, space below in points
    "Normal": (10.5, INK, 5),
    "Title": (22, TEAL, 2),
    "Subtitle": (12, GREY, 12),
    "Heading 1": (14, TEAL, 5),
    "List Bullet": (10.5, INK, 2),
}


def write(paper: Paper, template: bytes | None = None, head: Letterhead = HOUSE) -> bytes:
    """Return a document as DOCX: real titles, headings, lists and tables, each table with its alternative text.

    Parameters
    ----------
    paper : Paper
    template : bytes, optional
        A DOCX whose styles, page, header and footer serve; its text is left out. Without one, the house look.
    head : Letterhead
        Name, logo, colour and font; a template has its own look, and bears the name alone.

    Returns
    -------
    bytes
        The same for the same paper and template.

    Raises
    ------
    ConfigError
        When the template is no Word document.
    """
    document = _house(head) if template is None else _emptied(template)
    style = None if template is None else _table_style(template)
    _settle_styles(document)
    document.add_paragraph(clean(paper.title), style="Title")
    document.add_paragraph(clean(paper.subtitle), style="Subtitle")
    for block in paper.blocks:
        if block.kind == "table":
            _table(document, block, style, _deep(head) if template is None else "")
        else:
            document.add_paragraph(clean(block.text), style=STYLES[block.kind])
    signed(document, paper.title, paper.subtitle, head.name)
    return repeatable(document.save)


def lacking(template: bytes) -> str:
    """Say which styles a template has no look for; empty where it has all.

    Raises
    ------
    ConfigError
        When it is no Word document.
    """
    names = {style.name for style in _opened(template).styles}
    absent = [name for name in NEEDED if name not in names]
    if not absent:
        return ""
    return message(
        "The Word template has no style called {absent}: there the house look serves.", absent=", ".join(absent)
    )


def _opened(template: bytes) -> Any:
    from docx import Document

    return opened(Document, template, KIND)


def _emptied(template: bytes) -> Any:
    """Return a template without its text, on the page of its first section.

    A header or footer the first section lacks comes from the next that has one, as after a cover.
    """
    document = _opened(template)
    body = document.element.body
    sections = [section._sectPr for section in document.sections]
    first = deepcopy(sections[0])
    for later in sections[1:]:
        _add_margins(first, later)
    for element in list(body):
        body.remove(element)
    body.append(first)
    return document


def _add_margins(section: Any, later: Any) -> None:
    """Give a section the headers and footers of a later one that it has none of."""
    from docx.oxml.ns import qn

    references = [child for child in section if child.tag in (qn("w:headerReference"), qn("w:footerReference"))]
    own = {(child.tag, child.get(qn("w:type"))) for child in references}
    for child in later:
        is_reference = child.tag in (qn("w:headerReference"), qn("w:footerReference"))
        if is_reference and (child.tag, child.get(qn("w:type"))) not in own:
            section.insert(0, deepcopy(child))


def _table_style(template: bytes) -> str | None:
    """Return the style of a template's tables: of its first table, else one of its own, else a common one."""
    document = _opened(template)
    from docx.enum.style import WD_STYLE_TYPE

    if document.tables and document.tables[0].style is not None:
        return str(document.tables[0].style.name)
    styles = [style for style in document.styles if style.type == WD_STYLE_TYPE.TABLE]
    own = [style.name for style in styles if not style.builtin]
    names = {style.name for style in styles}
    return next((name for name in (*own, *TABLE_STYLES) if name in names), None)


def _deep(head: Letterhead) -> str:
    """Return the colour of titles and heads of tables, as office files write it."""
    return head.accent.removeprefix("#").upper() or TEAL


def _house(head: Letterhead) -> Any:
    from docx import Document
    from docx.shared import Twips

    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = (Twips(side) for side in A4)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Twips(MARGIN)
    for name in LOOKS:
        _look(document.styles[name], head)
    if head.logo:
        _headed(document, section.header.paragraphs[0], head)
    _numbered(section.footer.paragraphs[0])
    return document


def _settle_styles(document: Any) -> None:
    """Give a template the styles it lacks, in the house look."""
    from docx.enum.style import WD_STYLE_TYPE

    names = {style.name for style in document.styles}
    for name in (*NEEDED, "Normal"):
        if name not in names:
            _look(document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH), HOUSE)


def _look(style: Any, head: Letterhead) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    size, colour, below = LOOKS[style.name]
    style.font.name, style.font.size = head.font or FONT, Pt(size)
    style.font.color.rgb = RGBColor.from_string(_deep(head) if colour == TEAL else colour)
    style.font.italic, style.font.bold = False, style.name in ("Title", "Heading 1")
    style.paragraph_format.space_after = Pt(below)
    fonts = style.element.rPr.rFonts
    for name in [name for name in fonts.attrib if name.endswith("Theme")]:
        del fonts.attrib[name]  # a theme's font would win over the one just set
    for look, name in ((style.element.pPr, "w:pBdr"), (style.element.rPr, "w:spacing")):
        for part in look.findall(qn(name)):
            look.remove(part)


def _headed(document: Any, paragraph: Any, head: Letterhead) -> None:
    """Put the logo at the top of every page, with the name as what readers of the screen are told."""
    import io

    from docx.shared import Twips

    picture = paragraph.add_run().add_picture(io.BytesIO(head.logo), height=Twips(LOGO_TWIPS))
    picture._inline.docPr.set("descr", clean(head.name))


def _numbered(paragraph: Any) -> None:
    """Write the number of the page into a paragraph, as a field that Word works out."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    paragraph._p.append(field)


def _table(document: Any, block: Block, style: str | None, band: str) -> None:
    """Write a table; `band` is the colour of its head, empty where a template has a look of its own."""
    section = document.sections[-1]
    room = int((section.page_width - section.left_margin - section.right_margin) / TWIP)
    wide = widths(block.rows, room, LETTER, BESIDE)
    table = document.add_table(rows=len(block.rows), cols=len(wide))
    if style is not None:
        table.style = style
    _framed(table, block, wide, is_house=bool(band))
    for number, (cells, row) in enumerate(zip(table.rows, block.rows, strict=True)):
        _row(cells, row, wide, is_head=number == 0, band=band)
    document.add_paragraph("", style="Normal")


def _framed(table: Any, block: Block, wide: list[int], *, is_house: bool) -> None:
    """Fix the widths of a table, describe it for readers of the screen, and draw the house's lines."""
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls, qn
    from docx.shared import Twips

    table.autofit = False
    for column, width in zip(table.columns, wide, strict=True):
        column.width = Twips(width)
    look = table._tbl.tblPr
    if is_house:
        edges = "".join(
            f'<w:{side} w:val="single" w:sz="4" w:color="{LINE}"/>' for side in ("top", "bottom", "insideH")
        )
        borders = parse_xml(f"<w:tblBorders {nsdecls('w')}>{edges}</w:tblBorders>")
        look.find(qn("w:tblLayout")).addprevious(borders)
    described_as = parse_xml(f"<w:tblDescription {nsdecls('w')}/>")
    described_as.set(qn("w:val"), described(block.rows))
    look.append(described_as)


def _row(cells: Any, row: tuple[str, ...], wide: list[int], *, is_head: bool, band: str) -> None:
    from docx.oxml import OxmlElement
    from docx.shared import Pt, RGBColor, Twips

    behaviour = cells._tr.get_or_add_trPr()
    behaviour.append(OxmlElement("w:cantSplit"))
    if is_head:
        behaviour.append(OxmlElement("w:tblHeader"))
    for k, cell in enumerate(cells.cells):
        cell.width = Twips(wide[k])
        words = cell.paragraphs[0].add_run(clean(row[k]) if k < len(row) else "")
        words.font.size = Pt(CELL_POINTS)
        words.bold = is_head or None
        if is_head and band:
            words.font.color.rgb = RGBColor(255, 255, 255)
            _shaded(cell, band)


def _shaded(cell: Any, band: str) -> None:
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    cell._tc.get_or_add_tcPr().append(parse_xml(f'<w:shd {nsdecls("w")} w:val="clear" w:fill="{band}"/>'))
