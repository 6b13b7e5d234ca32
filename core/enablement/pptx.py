"""Decks as PPTX in the house look: a title slide, then one slide per section."""

from __future__ import annotations

from math import ceil

from core.enablement.document import GREY, INK, TEAL, Block, Paper, widths
from core.enablement.office_package import pack, plain, relations, types

NS = (
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
)
KIND = "application/vnd.openxmlformats-officedocument.presentationml"
WIDE, HIGH, EDGE = 12_192_000, 6_858_000, 640_000
LINES, TABLE_ROWS = 9, 9
LETTER, BESIDE = 8_200, 240_000
ACCENT, BULLET = "16948D", "• "
GROUP = (
    '<p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr><a:xfrm>'
    '<a:off x="0" y="0"/><a:ext cx="0" cy="0"/><a:chOff x="0" y="0"/><a:chExt cx="0" cy="0"/></a:xfrm></p:grpSpPr>'
)


def write(paper: Paper) -> bytes:
    """Return a deck as PPTX; a section too long for a slide goes on over the next.

    Parameters
    ----------
    paper : Paper

    Returns
    -------
    bytes
        The same for the same paper.
    """
    slides = [_first(paper), *(slide for title, blocks in paper.sections() for slide in _section(title, blocks))]
    names = [f"ppt/slides/slide{n}.xml" for n in range(1, len(slides) + 1)]
    parts = {
        "[Content_Types].xml": types(
            {
                "ppt/presentation.xml": f"{KIND}.presentation.main+xml",
                "ppt/slideMasters/slideMaster1.xml": f"{KIND}.slideMaster+xml",
                "ppt/slideLayouts/slideLayout1.xml": f"{KIND}.slideLayout+xml",
                "ppt/theme/theme1.xml": "application/vnd.openxmlformats-officedocument.theme+xml",
                **dict.fromkeys(names, f"{KIND}.slide+xml"),
            }
        ),
        "_rels/.rels": relations({"rId1": ("officeDocument", "ppt/presentation.xml")}),
        "ppt/presentation.xml": _presentation(len(slides)),
        "ppt/_rels/presentation.xml.rels": relations(
            {"rId1": ("slideMaster", "slideMasters/slideMaster1.xml")}
            | {f"rId{n + 1}": ("slide", f"slides/slide{n}.xml") for n in range(1, len(slides) + 1)}
        ),
        "ppt/slideMasters/slideMaster1.xml": _master(),
        "ppt/slideMasters/_rels/slideMaster1.xml.rels": relations(
            {"rId1": ("slideLayout", "../slideLayouts/slideLayout1.xml"), "rId2": ("theme", "../theme/theme1.xml")}
        ),
        "ppt/slideLayouts/slideLayout1.xml": (
            f'<p:sldLayout {NS} type="blank"><p:cSld name="Blank"><p:spTree>{GROUP}</p:spTree></p:cSld>'
            "<p:clrMapOvr><a:masterClrMapping/></p:clrMapOvr></p:sldLayout>"
        ),
        "ppt/slideLayouts/_rels/slideLayout1.xml.rels": relations(
            {"rId1": ("slideMaster", "../slideMasters/slideMaster1.xml")}
        ),
        "ppt/theme/theme1.xml": _theme(),
    }
    for number, slide in enumerate(slides, start=1):
        foot = _foot(paper.title, number) if number > 1 else ""
        parts[f"ppt/slides/slide{number}.xml"] = slide.replace("</p:spTree>", f"{foot}</p:spTree>", 1)
        parts[f"ppt/slides/_rels/slide{number}.xml.rels"] = relations(
            {"rId1": ("slideLayout", "../slideLayouts/slideLayout1.xml")}
        )
    return pack(parts)


def _first(paper: Paper) -> str:
    fill = f'<p:bg><p:bgPr><a:solidFill><a:srgbClr val="{TEAL}"/></a:solidFill><a:effectLst/></p:bgPr></p:bg>'
    title = _box(2, [(paper.title, 40, "FFFFFF", True)], EDGE, 2_300_000, 1_500_000)
    below = _box(3, [(paper.subtitle, 20, "D9EFEC", False)], EDGE, 3_900_000, 1_000_000)
    return _slide(title + below, fill)


def _section(title: str, blocks: list[Block]) -> list[str]:
    """Return the slides of a section."""
    out: list[str] = []
    lines = [block for block in blocks if block.kind != "table"]
    for begin in range(0, len(lines), LINES):
        part = lines[begin : begin + LINES]
        size = 20 if sum(len(block.text) for block in part) < 600 else 16
        body = [(f"{BULLET}{b.text}" if b.kind == "bullet" else b.text, size, INK, False) for b in part]
        out.append(_slide(_headed(title, begin) + _box(3, body, EDGE, 1_500_000, 4_900_000)))
    for block in (b for b in blocks if b.kind == "table"):
        head, rows = block.rows[0], block.rows[1:]
        n = max(len(rows), 1)
        each = ceil(n / ceil(n / TABLE_ROWS))
        for begin in range(0, n, each):
            out.append(_slide(_headed(title, begin) + _grid((head, *rows[begin : begin + each]))))
    return out or [_slide(_headed(title, 0))]


def _headed(title: str, begin: int) -> str:
    head = _box(2, [(f"{title}{', continued' if begin else ''}", 28, TEAL, True)], EDGE, 480_000, 800_000)
    return _bar(10, 0, 500_000, 180_000, 620_000, ACCENT) + head


def _slide(shapes: str, background: str = "") -> str:
    return (
        f"<p:sld {NS}><p:cSld>{background}<p:spTree>{GROUP}{shapes}</p:spTree></p:cSld>"
        "<p:clrMapOvr><a:masterClrMapping/></p:clrMapOvr></p:sld>"
    )


def _box(number: int, lines: list[tuple[str, int, str, bool]], x: int, y: int, high: int) -> str:
    text = "".join(_line_of_text(*line) for line in lines)
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="{number}" name="Text {number}"/><p:cNvSpPr txBox="1"/><p:nvPr/></p:nvSpPr>'
        f'<p:spPr><a:xfrm><a:off x="{x}" y="{y}"/><a:ext cx="{WIDE - 2 * EDGE}" cy="{high}"/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></p:spPr>'
        f'<p:txBody><a:bodyPr wrap="square"><a:normAutofit/></a:bodyPr><a:lstStyle/>{text}</p:txBody></p:sp>'
    )


def _line_of_text(words: str, size: int, colour: str, bold: bool) -> str:
    after = '<a:spcAft><a:spcPts val="900"/></a:spcAft>'
    if not words.startswith(BULLET):
        return f"<a:p><a:pPr>{after}</a:pPr>{_run(words, size, colour, bold)}</a:p>"
    mark = f'<a:buClr><a:srgbClr val="{ACCENT}"/></a:buClr><a:buFont typeface="Arial"/><a:buChar char="•"/>'
    run = _run(words.removeprefix(BULLET), size, colour, bold)
    return f'<a:p><a:pPr marL="342900" indent="-342900">{after}{mark}</a:pPr>{run}</a:p>'


def _bar(number: int, x: int, y: int, wide: int, high: int, colour: str) -> str:
    """Return a filled bar: the house's mark beside a heading, and the line above the foot."""
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="{number}" name="Bar {number}"/><p:cNvSpPr/><p:nvPr/></p:nvSpPr>'
        f'<p:spPr><a:xfrm><a:off x="{x}" y="{y}"/><a:ext cx="{wide}" cy="{high}"/></a:xfrm>'
        f'<a:prstGeom prst="rect"><a:avLst/></a:prstGeom><a:solidFill><a:srgbClr val="{colour}"/></a:solidFill>'
        "<a:ln><a:noFill/></a:ln></p:spPr></p:sp>"
    )


def _foot(title: str, number: int) -> str:
    """Return the foot of a slide: whose deck it is, and its number."""
    line = _bar(11, EDGE + 91_440, 6_350_000, WIDE - 2 * EDGE - 182_880, 9_525, "C9D3D6")
    return line + _box(12, [(f"{title}  ·  {number}", 11, GREY, False)], EDGE, 6_380_000, 340_000)


def _run(words: str, size: int, colour: str, bold: bool) -> str:
    return (
        f'<a:r><a:rPr lang="en-US" sz="{size * 100}" b="{int(bold)}"><a:solidFill><a:srgbClr val="{colour}"/>'
        f'</a:solidFill><a:latin typeface="Calibri"/></a:rPr><a:t>{plain(words)}</a:t></a:r>'
    )


def _grid(rows: tuple[tuple[str, ...], ...]) -> str:
    room, size = WIDE - 2 * EDGE, 14 if len(rows) <= TABLE_ROWS else 12
    wide = widths(rows, room, LETTER * size, BESIDE)
    grid = "".join(f'<a:gridCol w="{width}"/>' for width in wide)
    body = "".join(_line(row, len(wide), size, is_head=index == 0) for index, row in enumerate(rows))
    return (
        '<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="4" name="Table"/><p:cNvGraphicFramePr/><p:nvPr/>'
        f'</p:nvGraphicFramePr><p:xfrm><a:off x="{EDGE}" y="1500000"/>'
        f'<a:ext cx="{room}" cy="{440_000 * len(rows)}"/></p:xfrm>'
        '<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/table">'
        f'<a:tbl><a:tblPr firstRow="1"/><a:tblGrid>{grid}</a:tblGrid>{body}</a:tbl>'
        "</a:graphicData></a:graphic></p:graphicFrame>"
    )


def _line(row: tuple[str, ...], columns: int, size: int, *, is_head: bool) -> str:
    fill = TEAL if is_head else "F3F6F6"
    cells = "".join(
        f"<a:tc><a:txBody><a:bodyPr/><a:lstStyle/><a:p>"
        f"{_run(row[k] if k < len(row) else '', size, 'FFFFFF' if is_head else INK, is_head)}</a:p></a:txBody>"
        f'<a:tcPr anchor="ctr"><a:solidFill><a:srgbClr val="{fill}"/></a:solidFill></a:tcPr></a:tc>'
        for k in range(columns)
    )
    return f'<a:tr h="440000">{cells}</a:tr>'


def _presentation(count: int) -> str:
    listed = "".join(f'<p:sldId id="{255 + n}" r:id="rId{n + 1}"/>' for n in range(1, count + 1))
    return (
        f'<p:presentation {NS}><p:sldMasterIdLst><p:sldMasterId id="2147483648" r:id="rId1"/></p:sldMasterIdLst>'
        f'<p:sldIdLst>{listed}</p:sldIdLst><p:sldSz cx="{WIDE}" cy="{HIGH}"/><p:notesSz cx="{HIGH}" cy="9144000"/>'
        "</p:presentation>"
    )


def _master() -> str:
    slots = "bg1 lt1 tx1 dk1 bg2 lt2 tx2 dk2 accent1 accent1 accent2 accent2 accent3 accent3 accent4 accent4 "
    slots += "accent5 accent5 accent6 accent6 hlink hlink folHlink folHlink"
    words = slots.split()
    colours = " ".join(f'{name}="{slot}"' for name, slot in zip(words[::2], words[1::2], strict=True))
    return (
        f'<p:sldMaster {NS}><p:cSld><p:bg><p:bgPr><a:solidFill><a:srgbClr val="FFFFFF"/></a:solidFill><a:effectLst/>'
        f"</p:bgPr></p:bg><p:spTree>{GROUP}</p:spTree></p:cSld><p:clrMap {colours}/>"
        '<p:sldLayoutIdLst><p:sldLayoutId id="2147483649" r:id="rId1"/></p:sldLayoutIdLst></p:sldMaster>'
    )


def _theme() -> str:
    accents = {"accent1": "16948D", "accent2": "E08A2C", "accent3": GREY, "accent4": "7CC7BF", "accent5": "B3402F"}
    pairs = {"dk1": INK, "lt1": "FFFFFF", "dk2": TEAL, "lt2": "F3F6F6", **accents, "accent6": "F0C48A"}
    pairs |= {"hlink": "16948D", "folHlink": GREY}
    colours = "".join(f'<a:{name}><a:srgbClr val="{value}"/></a:{name}>' for name, value in pairs.items())
    font = '<a:latin typeface="Calibri"/><a:ea typeface=""/><a:cs typeface=""/>'
    solid = '<a:solidFill><a:schemeClr val="phClr"/></a:solidFill>'
    line, effect = f'<a:ln w="9525">{solid}</a:ln>', "<a:effectStyle><a:effectLst/></a:effectStyle>"
    return (
        '<a:theme xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" name="Quarterdeck"><a:themeElements>'
        f'<a:clrScheme name="Quarterdeck">{colours}</a:clrScheme><a:fontScheme name="Quarterdeck"><a:majorFont>{font}'
        f'</a:majorFont><a:minorFont>{font}</a:minorFont></a:fontScheme><a:fmtScheme name="Quarterdeck">'
        f"<a:fillStyleLst>{solid * 3}</a:fillStyleLst><a:lnStyleLst>{line * 3}</a:lnStyleLst>"
        f"<a:effectStyleLst>{effect * 3}</a:effectStyleLst>"
        f"<a:bgFillStyleLst>{solid * 3}</a:bgFillStyleLst></a:fmtScheme></a:themeElements></a:theme>"
    )
