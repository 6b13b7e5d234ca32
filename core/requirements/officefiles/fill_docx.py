"""Answers into the table cells of a Word document; every other byte stays where it was."""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.parsers import expat
from xml.sax.saxutils import escape

from core.contracts.errors import RequirementError
from core.requirements.officefiles import splice
from core.requirements.officefiles.fill_ooxml import FORBIDDEN
from core.requirements.officefiles.sheetxml import Doctype
from core.requirements.officefiles.word_parts import Body, Cell, Control, Paragraph, boxes

Texts = Mapping[tuple[int, int, int], str]
TEXT = 0
UNCHECKED = re.compile(rb'(<(?:\w+:)?checked\s+(?:\w+:)?val=")(?:0|false)(")')


def edit(data: bytes, texts: Texts) -> bytes:
    """Return the document's part with texts in table cells.

    A content control keeps its frame and loses its prompt; a box before one of the words offered is ticked; an empty
    cell gets a run in its first paragraph, in that paragraph's own type.

    Parameters
    ----------
    data : bytes
        `word/document.xml`.
    texts : mapping of (int, int, int) to str
        The table's number from 1, the row from 1, the column from 0, and what goes there; with 0 for the table, the
        paragraph outside tables from 1, behind which the text goes.

    Raises
    ------
    RequirementError
        When a cell does not exist, or is not written in UTF-8.
    """
    body = _body(data)
    cuts: list[splice.Cut] = []
    for at, text in texts.items():
        cell = cell_at(body, at)
        if cell is None:
            raise RequirementError(f"Row {at[1]} of table {at[0]} has no such cell.", mend="Upload the file again.")
        if at[0] == TEXT:
            cuts.append(_into_paragraph(body, cell.paragraphs[0], _behind(body, text)))
        else:
            cuts += _cell_cuts(body, cell, text)
    return splice.replaced(data, cuts)


def cell_at(body: Body, at: tuple[int, int, int]) -> Cell | None:
    """Return a cell that can be written to: one that exists, begins where it is asked for and holds no table."""
    table, row, column = at
    if table == TEXT:
        return _paragraph_at(body, row)
    if not (1 <= table <= len(body.tables) and 1 <= row <= len(body.tables[table - 1].rows)):
        return None
    cells = body.tables[table - 1].rows[row - 1]
    cell = next((c for c in cells if c.column == column and c.merge != "continue"), None)
    return cell if cell is not None and cell.paragraphs and not cell.is_nested else None


def _paragraph_at(body: Body, row: int) -> Cell | None:
    """Return a paragraph outside tables, as a cell that holds it alone."""
    if not 1 <= row <= len(body.blocks) or body.blocks[row - 1].closing < 0:
        return None
    paragraph = body.blocks[row - 1]
    return Cell(paragraph.start, 0, paragraph.end, paragraph.body, paragraphs=[paragraph])


def same(was: bytes, now: bytes, cells: Texts) -> bool:
    """Say whether two versions of the document's part differ in these cells only."""
    return without(was, cells) == without(now, cells)


def without(data: bytes, cells: Texts) -> bytes:
    """Return the part with the content of some cells cut out, for comparing the rest; their properties stay."""
    body = _body(data)
    return splice.without(
        data, (_range(body, cell, at, text) for at, text in cells.items() if (cell := cell_at(body, at)) is not None)
    )


def _range(body: Body, cell: Cell, at: tuple[int, int, int], text: str) -> tuple[int, int]:
    """Return what may differ: a cell's content; of a paragraph no more than the answer behind its own words."""
    if at[0] != TEXT:
        return cell.body, cell.end
    closing, answer = cell.paragraphs[0].closing, _behind(body, text)
    is_there = body.data.endswith(answer, 0, closing)
    return closing - len(answer) if is_there else closing, closing


def _behind(body: Body, text: str) -> bytes:
    return run(body.prefix, f" {text}", "")


def _body(data: bytes) -> Body:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"UTF-16" in data[:100].upper():
        raise RequirementError("The document is not written in UTF-8.", mend="Save it again in Word.")
    try:
        return Body(data)
    except (expat.ExpatError, Doctype, ValueError) as error:
        raise RequirementError("The document is damaged.", mend="Save it again in Word.") from error


def _cell_cuts(body: Body, cell: Cell, text: str) -> list[splice.Cut]:
    offered = boxes(cell.raw_text)
    if text in offered:
        return _ticked(body.data, cell, offered.index(text))
    if cell.controls:
        return _into_control(body, cell, cell.controls[0], text)
    first, last = cell.paragraphs[0], cell.paragraphs[-1]
    answer = run(body.prefix, text, first.marks)
    if not cell.text:
        return [_into_paragraph(body, first, answer)]
    if first.closing < 0 or last.closing < 0:
        return [_into_paragraph(body, first, answer)]
    return [(first.body, last.closing, answer)]


def _into_paragraph(body: Body, paragraph: Paragraph, answer: bytes) -> splice.Cut:
    """Put a run at the end of a paragraph; one that closes itself is opened."""
    if paragraph.closing >= 0:
        return paragraph.closing, paragraph.closing, answer
    tag = body.data[paragraph.start : paragraph.end]
    opened = re.sub(rb"\s*/>\Z", b">", tag)
    return paragraph.start, paragraph.end, opened + answer + f"</{body.prefix}p>".encode()


def _into_control(body: Body, cell: Cell, control: Control, text: str) -> list[splice.Cut]:
    """Write into a content control, whether it stands around a paragraph or inside one."""
    inner = next((p for p in cell.paragraphs if control.content <= p.start and p.end <= control.closing), None)
    content = run(body.prefix, text, inner.marks if inner is not None else "")
    if inner is not None:
        head = body.data[inner.start : inner.body] if inner.closing >= 0 else f"<{body.prefix}p>".encode()
        content = head + content + f"</{body.prefix}p>".encode()
    cuts = [(control.content, control.closing, content)]
    if control.prompt is not None:
        cuts.append((*control.prompt, b""))
    return cuts


def _ticked(data: bytes, cell: Cell, index: int) -> list[splice.Cut]:
    """Tick the box of one word: its sign, and Word's own state where it is a control."""
    part = data[cell.body : cell.end]
    signs = [m for sign in ("☐", "□") for m in re.finditer(sign.encode(), part)]
    signs.sort(key=lambda match: match.start())
    cuts = [(cell.body + signs[index].start(), cell.body + signs[index].end(), "☒".encode())]
    states = list(UNCHECKED.finditer(part))
    if len(states) == len(signs):
        state = states[index]
        cuts.append((cell.body + state.start(), cell.body + state.end(), state.group(1) + b"1" + state.group(2)))
    return cuts


def run(prefix: str, text: str, marks: str) -> bytes:
    """Return a run of text; its lines are parted as Word does."""
    normal = FORBIDDEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    lines = [f'<{prefix}t xml:space="preserve">{escape(line)}</{prefix}t>' for line in normal.split("\n")]
    return f"<{prefix}r>{marks}{f'<{prefix}br/>'.join(lines)}</{prefix}r>".encode()
