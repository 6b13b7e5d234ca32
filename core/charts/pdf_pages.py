"""Lays text and vector charts on A4 leaves and binds them into one PDF."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from core.branding.letterhead import HOUSE, Letterhead
from core.charts import drawing, typeface

if TYPE_CHECKING:
    from pypdf.generic import DictionaryObject

WIDE, HIGH, MARGIN = 595.0, 842.0, 42.0
ROOM = WIDE - 2 * MARGIN
BOTTOM = HIGH - MARGIN - 14
INK, QUIET, ACCENT = "#17242d", "#6b7780", "#0a7d77"
BAND = "#0a4f4d"
ACCENTS = re.compile(f'fill="(?:{ACCENT}|{BAND})"')
BODY, SMALL = 9.8, 8.6
LOGO_HIGH, LOGO_GAP = 26.0, 12.0
TILES_IN_A_ROW, PICTURE_SCALE = 3, 2
NO_BREAK = "\u00a0"
LACKING = "□ is a letter this file's font lacks"


@dataclass(frozen=True)
class Block:
    """Something of a height that is drawn at a place and never cut.

    Attributes
    ----------
    height : float
        In points.
    draw : callable
        Takes the distance from the top of the leaf and returns SVG.
    is_tied : bool
        Must stand on one leaf with what follows it.
    """

    height: float
    draw: Callable[[float], str]
    is_tied: bool = False


def text(words: str, top: float, size: float, colour: str = INK, weight: int = 400, left: float = MARGIN) -> str:
    """Return one line of text; what the data says is shown as it is."""
    return (
        f'<text x="{left:.1f}" y="{top:.1f}" font-family="{typeface.FAMILY}" font-size="{size}" '
        f'font-weight="{weight}" fill="{colour}">{escape(typeface.printable(words))}</text>'
    )


def lines(
    words: str, size: float, colour: str = INK, weight: int = 400, left: float = MARGIN, room: float | None = None
) -> Block:
    """Return a paragraph broken to its room: that of the leaf from `left` on, or `room` points."""
    width = WIDE - MARGIN - left if room is None else room
    whole = words.replace(" %", f"{NO_BREAK}%").splitlines()
    broken = [row for part in whole for row in typeface.wrapped(part, width, size, weight)]
    step = size * 1.42

    def draw(top: float) -> str:
        return "".join(text(row, top + step * (k + 0.75), size, colour, weight, left) for k, row in enumerate(broken))

    return Block(step * len(broken), draw)


def title(words: str, about: str, head: Letterhead = HOUSE) -> Block:
    """Return the head of the first leaf, below the logo where there is one."""
    first, second = lines(words, 21, weight=700), lines(about, 9.5, QUIET)
    above = LOGO_HIGH + LOGO_GAP if head.logo else 0.0
    high = above + first.height + second.height + 10

    def draw(top: float) -> str:
        return _logo(head, top) + first.draw(top + above) + second.draw(top + above + first.height)

    return Block(high, draw, is_tied=True)


def _logo(head: Letterhead, top: float) -> str:
    if not head.logo:
        return ""
    wide, high = head.size
    room = f'x="{MARGIN}" y="{top:.1f}" width="{min(LOGO_HIGH * wide / high, ROOM):.1f}" height="{LOGO_HIGH}"'
    return f'<image {room} preserveAspectRatio="xMinYMid meet" xlink:href="{head.source}"/>'


def heading(words: str) -> Block:
    """Return a question; it stays with what follows."""
    inner = lines(words, 13, weight=700)
    return Block(inner.height + 16, lambda top: inner.draw(top + 14), is_tied=True)


def paragraph(words: str, *, is_tied: bool = True) -> Block:
    """Return a sentence; what stands between ** at its beginning is bold.

    Parameters
    ----------
    words : str
    is_tied : bool
        Stays with what follows, such as the chart it speaks of.
    """
    inner = lines(words.replace("**", ""), BODY)
    lead = re.match(r"\*\*([^*]{1,60})\*\*", words)
    if lead is None:
        return Block(inner.height + 5, inner.draw, is_tied=is_tied)
    plain = f">{escape(lead[1])}"
    bold = f'><tspan font-weight="700">{escape(lead[1])}</tspan>'
    return Block(inner.height + 5, lambda top: inner.draw(top).replace(plain, bold, 1), is_tied=is_tied)


def bullet(words: str) -> Block:
    """Return a point of a list."""
    inner = lines(words, BODY, left=MARGIN + 12)
    return Block(inner.height + 3, lambda top: text("•", top + BODY, BODY, ACCENT) + inner.draw(top))


def table(rows: Sequence[Sequence[str]], columns: Sequence[float]) -> list[Block]:
    """Return the rows of a table, the first being its head; the head stays with the row below it.

    Parameters
    ----------
    rows : sequence of sequences of str
    columns : sequence of float
        The width of each, in points; together at most that of a leaf.
    """
    head, *body = [_row(row, columns, is_head=not k) for k, row in enumerate(rows)]
    return [head, *body, Block(8, lambda top: "")]


def _row(row: Sequence[str], columns: Sequence[float], *, is_head: bool) -> Block:
    lefts = [MARGIN + sum(columns[:k]) for k in range(len(columns))]
    cells = [
        lines(str(value), SMALL, "#ffffff" if is_head else INK, 700 if is_head else 400, left=left + 4, room=wide - 8)
        for value, left, wide in zip(row, lefts, columns, strict=False)
    ]
    high = max((cell.height for cell in cells), default=0.0) + 6

    def draw(top: float) -> str:
        size = f'x="{MARGIN}" width="{sum(columns):.1f}"'
        back = f'<rect {size} y="{top:.1f}" height="{high:.1f}" fill="{BAND}"/>' if is_head else ""
        rule = f'<rect {size} y="{top + high - 0.6:.1f}" height="0.6" fill="#dfe3e6"/>'
        return back + rule + "".join(cell.draw(top + 2) for cell in cells)

    return Block(high, draw, is_tied=is_head)


def tiles(entries: Sequence[Sequence[str]]) -> list[Block]:
    """Return rows of tiles, each of a name, a value and a change."""
    rows = [entries[k : k + TILES_IN_A_ROW] for k in range(0, len(entries), TILES_IN_A_ROW)]
    return [Block(58.0, lambda top, row=row: _tiles(row, top)) for row in rows]  # type: ignore[misc]


def _tiles(row: Sequence[Sequence[str]], top: float) -> str:
    wide = (ROOM - 10 * (TILES_IN_A_ROW - 1)) / TILES_IN_A_ROW
    out = []
    for k, (name, value, change) in enumerate(row):
        left = MARGIN + k * (wide + 10)
        size = f'x="{left:.1f}" y="{top + 2:.1f}" width="{wide:.1f}" height="50"'
        out.append(f'<rect {size} rx="4" fill="none" stroke="#dfe3e6"/>')
        out.append(text(str(name), top + 15, 8.5, QUIET, left=left + 8))
        out.append(text(str(value), top + 32, 14, ACCENT, 700, left + 8))
        out.append(text(str(change), top + 45, 8, QUIET, left=left + 8))
    return "".join(out)


def figure(svg: str) -> Block:
    """Return a chart, made smaller where it is wider than a leaf or higher than half of one."""
    wide, high = (float(re.search(rf'<svg[^>]*\b{side}="([\d.]+)', svg).group(1)) for side in ("width", "height"))  # type: ignore[union-attr]
    scale = min(1.0, ROOM / wide, (BOTTOM - MARGIN) * 0.62 / high)
    inner = re.sub(r'(<svg[^>]*?)\swidth="[\d.]+"\sheight="[\d.]+"', r"\1", svg, count=1)

    def draw(top: float) -> str:
        box = f'x="{MARGIN}" y="{top:.1f}" width="{wide * scale:.1f}" height="{high * scale:.1f}"'
        return inner.replace("<svg", f"<svg {box}", 1)

    return Block(high * scale + 8, draw)


def picture(png: bytes) -> Block:
    """Return a picture, for a chart that cannot be drawn as vectors; it is twice as sharp as it is large."""
    wide, high = (int.from_bytes(png[begin : begin + 4], "big") / drawing.SHARPNESS for begin in (16, 20))
    size = f'width="{wide:g}" height="{high:g}" viewBox="0 0 {wide:g} {high:g}"'
    return figure(f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{_image(png, wide, high)}</svg>')


def _image(png: bytes, wide: float, high: float) -> str:
    source = f"data:image/png;base64,{base64.b64encode(png).decode()}"
    return f'<image width="{wide:g}" height="{high:g}" xlink:href="{source}"/>'


def leaves(blocks: Sequence[Block], running: str = "", head: Letterhead = HOUSE) -> list[str]:
    """Lay blocks on leaves, tied ones together where a leaf can hold them.

    Parameters
    ----------
    blocks : sequence of Block
    running : str
        Stands at the foot of every leaf, with its number.
    head : Letterhead
        Its name stands before that, and its colour in place of the house's.

    Returns
    -------
    list of str
        One SVG per leaf.
    """
    groups: list[list[Block]] = []
    for k, block in enumerate(blocks):
        if k and blocks[k - 1].is_tied:
            groups[-1].append(block)
        else:
            groups.append([block])
    drawn: list[list[str]] = [[]]
    top = MARGIN
    for group in groups:
        high = sum(block.height for block in group)
        if top + high > BOTTOM and drawn[-1] and high <= BOTTOM - MARGIN:
            drawn.append([])
            top = MARGIN
        for block in group:
            if top + block.height > BOTTOM and drawn[-1]:
                drawn.append([])
                top = MARGIN
            drawn[-1].append(block.draw(top))
            top += block.height
    foot = f"{head.name} · {running}" if head.name != HOUSE.name else running
    return [_leaf(_coloured("".join(part), head), f"{foot} · {n} of {len(drawn)}") for n, part in enumerate(drawn, 1)]


def _coloured(inside: str, head: Letterhead) -> str:
    """Put a brand's colour in place of the house's where it is the look's own; charts keep theirs."""
    return ACCENTS.sub(f'fill="{head.accent}"', inside) if head.accent else inside


def _leaf(inside: str, foot: str) -> str:
    drawn = typeface.printable_svg(inside)
    if typeface.FALLBACK in drawn:
        foot = f"{foot} · {LACKING}"
    return _sheet(f'<rect width="{WIDE}" height="{HIGH}" fill="white"/>{drawn}{text(foot, HIGH - 24, 8, QUIET)}')


def _sheet(inside: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="{WIDE}" '
        f'height="{HIGH}" viewBox="0 0 {WIDE} {HIGH}">{inside}</svg>'
    )


def bound(pages: Sequence[str], name: str = "", only_vectors: bool = False, creator: str = HOUSE.name) -> bytes:
    """Turn leaves into one PDF, the same for the same leaves.

    Parameters
    ----------
    pages : sequence of str
        One SVG per leaf.
    name : str
        What a reader's window shows.
    only_vectors : bool
        True where no leaf may become a picture.
    creator : str
        Stands in the file's properties.

    Raises
    ------
    DrawingError
        When a leaf can be drawn neither as vectors nor, where it may be one, as a picture.
    """
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter()
    for page in pages:
        leaf = PdfReader(io.BytesIO(drawing.pdf(page) if only_vectors else _drawn(page)))
        _sorted(leaf.pages[0])
        writer.append(leaf, import_outline=False)
    writer.compress_identical_objects()
    writer.add_metadata({"/Title": name, "/Creator": creator})
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def _sorted(top: DictionaryObject) -> None:
    """Put the entries of a leaf's dictionaries in the order of their names, for vl-convert's is another every time."""
    waiting: list[Any] = [top]
    seen: set[int] = set()
    while waiting:
        part = waiting.pop()
        part = part.get_object() if hasattr(part, "get_object") else part
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, dict):
            entries = sorted(part.items())
            part.clear()
            part.update(entries)
            waiting += [value for name, value in entries if name != "/Parent"]
        elif isinstance(part, list):
            waiting += part


def _drawn(leaf: str) -> bytes:
    try:
        return drawing.pdf(leaf)
    except drawing.DrawingError:
        return drawing.pdf(_sheet(_image(drawing.rastered(leaf), WIDE, HIGH)))
