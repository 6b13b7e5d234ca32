"""The house's own presentation: python-pptx's plain one, made wide, in our colours and Calibri."""

from __future__ import annotations

from typing import Any

from core.branding.letterhead import HOUSE, Letterhead
from core.enablement.document import GREY, INK, TEAL

WIDE, HIGH, EDGE = 12_192_000, 6_858_000, 640_000
ROOM = WIDE - 2 * EDGE
ACCENT, PALE = "16948D", "D9EFEC"
TITLE_POINTS, COVER_POINTS, BELOW_POINTS, FOOT_POINTS = 28, 40, 20, 11
PLACES = {  # left, top, width, height of each kind of placeholder on a slide with text
    "TITLE": (EDGE, 480_000, ROOM, 800_000),
    "OBJECT": (EDGE, 1_500_000, ROOM, 4_700_000),
    "BODY": (EDGE, 1_500_000, ROOM, 4_700_000),
    "FOOTER": (EDGE, 6_380_000, ROOM - 1_000_000, 340_000),
    "SLIDE_NUMBER": (WIDE - EDGE - 900_000, 6_380_000, 900_000, 340_000),
}
COVER = {"CENTER_TITLE": (EDGE, 2_300_000, ROOM, 1_500_000), "SUBTITLE": (EDGE, 3_900_000, ROOM, 1_000_000)}
COLOURS = {
    "dk1": INK,
    "lt1": "FFFFFF",
    "dk2": TEAL,
    "lt2": "F3F6F6",
    "accent1": ACCENT,
    "accent2": "E08A2C",
    "accent3": GREY,
    "accent4": "7CC7BF",
    "accent5": "B3402F",
    "accent6": "F0C48A",
    "hlink": ACCENT,
    "folHlink": GREY,
}
FONT = "Calibri"
LOGO_TOP, LOGO_HIGH, LOGO_WIDE = 6_400_000, 300_000, 2_200_000
KEPT = ("Title Slide", "Title and Content")


def presentation(head: Letterhead = HOUSE) -> Any:
    """Return an empty presentation in the house look, with a layout for the cover and one for title and text.

    Parameters
    ----------
    head : Letterhead
        Its colour, font and logo stand in place of the house's.
    """
    from pptx import Presentation

    deck = Presentation()
    deck.slide_width, deck.slide_height = WIDE, HIGH
    for layout in [layout for layout in deck.slide_layouts if layout.name not in KEPT]:
        deck.slide_layouts.remove(layout)
    _coloured(deck.slide_master, _colours(head), head.font or FONT)
    cover, content = deck.slide_layouts
    for holder, places in ((deck.slide_master, PLACES), (content, PLACES), (cover, COVER)):
        _placed(holder, places)
    _covered(cover, head)
    _marked(content)
    if head.logo:
        _branded(content, head)
    return deck


def bright(title: Any, subtitle: Any) -> None:
    """Write the words of a cover in light colours, for it is dark."""
    from pptx.dml.color import RGBColor
    from pptx.util import Pt

    for shape, size, colour in ((title, COVER_POINTS, "FFFFFF"), (subtitle, BELOW_POINTS, PALE)):
        for paragraph in shape.text_frame.paragraphs:
            paragraph.font.size, paragraph.font.color.rgb = Pt(size), RGBColor.from_string(colour)


def _placed(holder: Any, places: dict[str, tuple[int, int, int, int]]) -> None:
    for placeholder in list(holder.placeholders):
        kind = placeholder.placeholder_format.type.name
        if kind in places:
            placeholder.left, placeholder.top, placeholder.width, placeholder.height = places[kind]
        else:
            placeholder._element.getparent().remove(placeholder._element)


def _colours(head: Letterhead) -> dict[str, str]:
    own = head.accent.removeprefix("#").upper()
    return COLOURS | {"dk2": own, "accent1": own, "hlink": own} if own else COLOURS


def _branded(layout: Any, head: Letterhead) -> None:
    """Put the logo on a layout at the right of its foot, before the number, where it takes no room of the words."""
    import io
    from xml.sax.saxutils import quoteattr

    from pptx.oxml import parse_xml
    from pptx.oxml.ns import nsdecls

    picture = layout.part.get_or_add_image_part(io.BytesIO(head.logo))[1]
    wide, high = head.size
    width = min(LOGO_HIGH * wide // high, LOGO_WIDE)
    left = WIDE - EDGE - 900_000 - width

    layout.shapes._spTree.append(
        parse_xml(
            f'<p:pic {nsdecls("p", "a", "r")}><p:nvPicPr><p:cNvPr id="91" name="Logo" descr={quoteattr(head.name)}/>'
            f'<p:cNvPicPr/><p:nvPr userDrawn="1"/></p:nvPicPr><p:blipFill><a:blip r:embed="{picture}"/><a:stretch>'
            f'<a:fillRect/></a:stretch></p:blipFill><p:spPr><a:xfrm><a:off x="{left}" y="{LOGO_TOP}"/>'
            f'<a:ext cx="{width}" cy="{width * high // wide}"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom>'
            "</p:spPr></p:pic>"
        )
    )


def _coloured(master: Any, colours: dict[str, str], font_name: str) -> None:
    """Write the house's colours and font into the theme, and let titles stand left, bold and teal."""
    from lxml import etree
    from pptx.opc.constants import RELATIONSHIP_TYPE
    from pptx.oxml.ns import qn

    part = master.part.part_related_by(RELATIONSHIP_TYPE.THEME)
    theme = etree.fromstring(part.blob)
    for name, value in colours.items():
        slot = theme.find(f".//{qn('a:clrScheme')}/{qn(f'a:{name}')}")
        slot[:] = [etree.SubElement(slot, qn("a:srgbClr"), val=value)]
    for font in theme.iterfind(f".//{qn('a:fontScheme')}/*/{qn('a:latin')}"):
        font.set("typeface", font_name)
    part._blob = etree.tostring(theme, xml_declaration=True, encoding="UTF-8", standalone=True)
    levels = master._element.find(qn("p:txStyles")).find(qn("p:titleStyle"))
    for level in levels.iter(qn("a:lvl1pPr")):
        level.set("algn", "l")
        words = level.find(qn("a:defRPr"))
        words.set("sz", str(TITLE_POINTS * 100))
        words.set("b", "1")
        words.find(f"{qn('a:solidFill')}/{qn('a:schemeClr')}").set("val", "tx2")
    for placeholder in master.placeholders:
        if placeholder.placeholder_format.type.name in ("FOOTER", "SLIDE_NUMBER"):
            for level in placeholder._element.iter(qn("a:lvl1pPr")):
                level.set("algn", "l" if placeholder.placeholder_format.type.name == "FOOTER" else "r")
                level.find(qn("a:defRPr")).set("sz", str(FOOT_POINTS * 100))


def _covered(layout: Any, head: Letterhead) -> None:
    from pptx.dml.color import RGBColor
    from pptx.oxml.ns import qn

    layout.background.fill.solid()
    layout.background.fill.fore_color.rgb = RGBColor.from_string(_colours(head)["dk2"])
    for level in layout._element.iter(qn("a:lvl1pPr")):
        level.set("algn", "l")


def _marked(layout: Any) -> None:
    """Draw the house's mark beside the titles, once on the layout, where no reader of the screen stops at it."""
    from pptx.oxml import parse_xml
    from pptx.oxml.ns import nsdecls

    layout.shapes._spTree.append(
        parse_xml(
            f'<p:sp {nsdecls("p", "a")}><p:nvSpPr><p:cNvPr id="90" name="Mark"/><p:cNvSpPr/><p:nvPr userDrawn="1"/>'
            '</p:nvSpPr><p:spPr><a:xfrm><a:off x="0" y="560000"/><a:ext cx="180000" cy="620000"/></a:xfrm>'
            '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom><a:solidFill><a:schemeClr val="accent1"/></a:solidFill>'
            "<a:ln><a:noFill/></a:ln></p:spPr></p:sp>"
        )
    )
