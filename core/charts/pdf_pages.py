"""Lays text and vector charts on A4 leaves and binds them into one PDF."""

from __future__ import annotations

import base64
import re
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from core.contracts.errors import QuarterdeckError, failures_as, is_panic

WIDE, HIGH, MARGIN = 595.0, 842.0, 42.0
ROOM = WIDE - 2 * MARGIN
BOTTOM = HIGH - MARGIN - 14
INK, QUIET, ACCENT = "#17242d", "#6b7780", "#0a7d77"
BAND = "#0a4f4d"
BODY, SMALL = 9.8, 8.6
TILES_IN_A_ROW, PICTURE_SCALE = 3, 2
NO_BREAK = "\u00a0"
REFERENCE = re.compile(rb"\b(\d+) 0 R\b")
TRAILER = re.compile(rb"/Root (\d+) 0 R")


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
    clean = "".join(c for c in words if c.isprintable() or c == NO_BREAK)
    return (
        f'<text x="{left:.1f}" y="{top:.1f}" font-family="Liberation Sans, Arial, sans-serif" font-size="{size}" '
        f'font-weight="{weight}" fill="{colour}">{escape(clean)}</text>'
    )


def lines(
    words: str,
    size: float,
    colour: str = INK,
    weight: int = 400,
    share: float = 0.47,
    left: float = MARGIN,
    room: float | None = None,
) -> Block:
    """Return a paragraph broken to its room; `share` is a letter's width in its size."""
    most = max(int((WIDE - MARGIN - left if room is None else room) / (size * share)), 1)
    broken = [
        row for part in words.replace(" %", f"{NO_BREAK}%").splitlines() for row in (textwrap.wrap(part, most) or [""])
    ]
    step = size * 1.42

    def draw(top: float) -> str:
        return "".join(text(row, top + step * (k + 0.75), size, colour, weight, left) for k, row in enumerate(broken))

    return Block(step * len(broken), draw)


def title(words: str, about: str) -> Block:
    """Return the head of the first leaf."""
    first, second = lines(words, 21, weight=700, share=0.6), lines(about, 9.5, QUIET)
    high = first.height + second.height + 10
    return Block(high, lambda top: first.draw(top) + second.draw(top + first.height), is_tied=True)


def heading(words: str) -> Block:
    """Return a question; it stays with what follows."""
    inner = lines(words, 13, weight=700, share=0.58)
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


def leaves(blocks: Sequence[Block], running: str = "") -> list[str]:
    """Lay blocks on leaves, tied ones together where a leaf can hold them.

    Parameters
    ----------
    blocks : sequence of Block
    running : str
        Stands at the foot of every leaf, with its number.

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
    return [_leaf("".join(inside), f"{running} · {n} of {len(drawn)}") for n, inside in enumerate(drawn, 1)]


def _leaf(inside: str, foot: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="{WIDE}" '
        f'height="{HIGH}" viewBox="0 0 {WIDE} {HIGH}"><rect width="{WIDE}" height="{HIGH}" fill="white"/>'
        f"{inside}{text(foot, HIGH - 24, 8, QUIET)}</svg>"
    )


def bound(pages: Sequence[str]) -> bytes:
    """Turn leaves into one PDF; one whose drawing the writer gives up on goes in as a picture.

    Raises
    ------
    QuarterdeckError
        When a leaf cannot be drawn in either way.
    """
    return merged([_written_leaf(page) for page in pages])


def _written_leaf(page: str) -> bytes:
    import vl_convert

    try:
        return bytes(vl_convert.svg_to_pdf(page))
    except BaseException as error:
        # The writer panics on some drawings, such as thousands of half-transparent points: past `Exception`.
        if not (isinstance(error, Exception) or is_panic(error)):
            raise
    with failures_as(QuarterdeckError, "The page cannot be drawn as PDF.", mend="Download it as HTML and print that."):
        picture = base64.b64encode(vl_convert.svg_to_png(page, scale=PICTURE_SCALE)).decode()
        size = f'width="{WIDE}" height="{HIGH}"'
        shell = f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" {size}>'
        return bytes(vl_convert.svg_to_pdf(f'{shell}<image {size} href="data:image/png;base64,{picture}"/></svg>'))


def merged(files: Sequence[bytes]) -> bytes:
    """Bind PDFs of one page each into one PDF.

    Every file's objects are kept as they are, under new numbers; only the catalogue and the list of
    pages are written anew.

    Parameters
    ----------
    files : sequence of bytes
        As `vl_convert.svg_to_pdf` writes them: a classic cross-reference table, no object streams.
    """
    objects: dict[int, bytes] = {1: b"<< /Type /Catalog /Pages 2 0 R >>"}
    kids, shift = [], 2
    for file in files:
        file_objects = _objects(file)
        root = int(TRAILER.findall(file)[-1])
        old_pages = int(REFERENCE.search(file_objects[root]).group(1))  # type: ignore[union-attr]
        for number, body in file_objects.items():
            if number in (root, old_pages):
                continue
            moved = _renumbered(body, shift)
            if re.match(rb"<<\s*/Type /Page\b", body):
                kids.append(number + shift)
                moved = re.sub(rb"/Parent \d+ 0 R", b"/Parent 2 0 R", moved)
            objects[number + shift] = moved
        shift += max(file_objects)
    names = b" ".join(b"%d 0 R" % kid for kid in kids)
    objects[2] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), names)
    return _written(objects)


def _objects(file: bytes) -> dict[int, bytes]:
    """Return the objects of a PDF by number, read at the places its cross-reference table names."""
    xref = file[int(file.rpartition(b"startxref")[2].split()[0]) :].split(b"trailer")[0]
    offsets = [int(row.split()[0]) for row in xref.splitlines()[2:] if row.rstrip().endswith(b"n")]
    ends = sorted([*offsets, file.rindex(b"\nxref") + 1])
    out = {}
    for offset in offsets:
        chunk = file[offset : ends[ends.index(offset) + 1]]
        head, _, rest = chunk.partition(b" 0 obj")
        out[int(head)] = rest[: rest.rindex(b"endobj")].strip(b"\r\n ")
    return out


def _renumbered(body: bytes, shift: int) -> bytes:
    """Move the references of an object; the bytes of a stream stay as they are."""
    head, mark, stream = body.partition(b"stream\n")
    moved = REFERENCE.sub(lambda match: b"%d 0 R" % (int(match.group(1)) + shift), head)
    return moved + mark + stream


def _written(objects: dict[int, bytes]) -> bytes:
    out = bytearray(b"%PDF-1.7\n%\x80\x80\x80\x80\n")
    places = {}
    for number in sorted(objects):
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, objects[number])
    start, size = len(out), max(objects) + 1
    out += b"xref\n0 %d\n0000000000 65535 f\r\n" % size
    for number in range(1, size):
        out += b"%010d 00000 n\r\n" % places[number] if number in places else b"0000000000 65535 f\r\n"
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, start)
    return bytes(out)
