"""Documents as DOCX in the house look."""

from __future__ import annotations

from core.enablement.document import GREY, INK, TEAL, Block, Paper, widths
from core.enablement.office_package import pack, plain, relations, types

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
KIND = "application/vnd.openxmlformats-officedocument.wordprocessingml"
WIDTH = 9600
LETTER, BESIDE = 118, 240
CELL = (("top", 50), ("left", 100), ("bottom", 50), ("right", 100))


def write(paper: Paper) -> bytes:
    """Return a document as DOCX.

    Parameters
    ----------
    paper : Paper

    Returns
    -------
    bytes
        The same for the same paper.
    """
    body = [_paragraph(paper.title, "Title"), _paragraph(paper.subtitle, "Subtitle")]
    body += [
        _table(block) if block.kind == "table" else _paragraph(block.text, _STYLE[block.kind]) for block in paper.blocks
    ]
    margins = " ".join(f'w:{side}="1134"' for side in ("top", "right", "bottom", "left"))
    margins += ' w:header="709" w:footer="709" w:gutter="0"'
    page = f'<w:sectPr><w:pgSz w:w="11906" w:h="16838"/><w:pgMar {margins}/></w:sectPr>'
    document = f"<w:document {W}><w:body>{''.join(body)}{page}</w:body></w:document>"
    return pack(
        {
            "[Content_Types].xml": types(
                {
                    "word/document.xml": f"{KIND}.document.main+xml",
                    "word/styles.xml": f"{KIND}.styles+xml",
                    "word/numbering.xml": f"{KIND}.numbering+xml",
                }
            ),
            "_rels/.rels": relations({"rId1": ("officeDocument", "word/document.xml")}),
            "word/_rels/document.xml.rels": relations(
                {"rId1": ("styles", "styles.xml"), "rId2": ("numbering", "numbering.xml")}
            ),
            "word/document.xml": document,
            "word/styles.xml": _styles(),
            "word/numbering.xml": _numbering(),
        }
    )


_STYLE = {"heading": "Heading1", "text": "Normal", "bullet": "ListBullet"}


def _paragraph(words: str, style: str) -> str:
    runs = "<w:br/>".join(f'<w:t xml:space="preserve">{plain(line)}</w:t>' for line in words.split("\n"))
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr><w:r>{runs}</w:r></w:p>'


def _table(block: Block) -> str:
    wide = widths(block.rows, WIDTH, LETTER, BESIDE)
    room = "".join(f'<w:{side} w:w="{w}" w:type="dxa"/>' for side, w in CELL)
    edges = "".join(f'<w:{side} w:val="single" w:sz="4" w:color="C9D3D6"/>' for side in ("top", "bottom", "insideH"))
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in wide)
    rows = "".join(_row(row, wide, is_head=index == 0) for index, row in enumerate(block.rows))
    look = (
        f'<w:tblPr><w:tblW w:w="{WIDTH}" w:type="dxa"/><w:tblBorders>{edges}</w:tblBorders>'
        f'<w:tblLayout w:type="fixed"/><w:tblCellMar>{room}</w:tblCellMar></w:tblPr>'
    )
    return f"<w:tbl>{look}<w:tblGrid>{grid}</w:tblGrid>{rows}</w:tbl>{_paragraph('', 'Normal')}"


def _row(row: tuple[str, ...], wide: list[int], *, is_head: bool) -> str:
    shade = f'<w:shd w:val="clear" w:fill="{TEAL}"/>' if is_head else ""
    look = '<w:rPr><w:b/><w:color w:val="FFFFFF"/></w:rPr>' if is_head else ""
    cells = []
    for index, width in enumerate(wide):
        words = plain(row[index]) if index < len(row) else ""
        cells.append(
            f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{shade}</w:tcPr><w:p><w:pPr><w:pStyle w:val="Cell"/>'
            f'</w:pPr><w:r>{look}<w:t xml:space="preserve">{words}</w:t></w:r></w:p></w:tc>'
        )
    repeat = f"<w:trPr><w:cantSplit/>{'<w:tblHeader/>' if is_head else ''}</w:trPr>"
    return f"<w:tr>{repeat}{''.join(cells)}</w:tr>"


def _styles() -> str:
    def style(key: str, name: str, size: int, colour: str, more: str = "", space: int = 100, last: str = "") -> str:
        return (
            f'<w:style w:type="paragraph" w:styleId="{key}"><w:name w:val="{name}"/>'
            f'<w:pPr>{more}<w:spacing w:after="{space}"/>{last}</w:pPr>'
            f'<w:rPr><w:color w:val="{colour}"/><w:sz w:val="{size}"/></w:rPr></w:style>'
        )

    font = '<w:rFonts w:ascii="Calibri" w:hAnsi="Calibri" w:cs="Calibri"/>'
    listed = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'
    return (
        f'<w:styles {W}><w:docDefaults><w:rPrDefault><w:rPr>{font}<w:sz w:val="21"/></w:rPr></w:rPrDefault>'
        "</w:docDefaults>"
        + style("Normal", "Normal", 21, INK)
        + style("Title", "Title", 44, TEAL, space=40)
        + style("Subtitle", "Subtitle", 24, GREY, space=240)
        + style("Heading1", "heading 1", 28, TEAL, "<w:keepNext/>", last='<w:outlineLvl w:val="0"/>')
        + style("ListBullet", "List Bullet", 21, INK, listed, 40)
        + style("Cell", "Cell", 18, INK, space=20)
        + "</w:styles>"
    )


def _numbering() -> str:
    return (
        f'<w:numbering {W}><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/>'
        '<w:lvlText w:val="•"/><w:pPr><w:ind w:left="360" w:hanging="260"/></w:pPr></w:lvl></w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>'
    )
