"""A Word document's body in one pass: its tables cell by cell, its paragraphs, and where each stands in the bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from core.requirements.officefiles.fill_ooxml import TAG, after
from core.requirements.officefiles.sheetxml import guarded

MOST_CELLS = 200_000
BREAKS = {"br": "\n", "cr": "\n", "tab": "\t", "noBreakHyphen": "-"}
BOX, TICKED = re.compile("[☐□]"), re.compile("[☒☑■✓✔]")
BLANK = re.compile(r"[\s\u2002\u2003\u200b]+")


def boxes(text: str) -> list[str]:
    """Return the words behind unticked boxes, where a text consists of them.

    Examples
    --------
    >>> boxes("☐ Yes  ☐ No"), boxes("Yes ☐")
    (['Yes', 'No'], [])
    """
    if not BOX.match(text.lstrip()):
        return []
    return [" ".join(word.split()) for word in BOX.split(text)[1:] if word.strip()]


@dataclass
class Paragraph:
    """One paragraph: its text, style, list level and place in the bytes.

    Attributes
    ----------
    start, end : int
        Bytes from its opening tag to behind its closing tag.
    body : int
        Where its content begins, behind its properties.
    closing : int
        Where its closing tag begins; -1 where it closes itself.
    text, style : str
    numbering : tuple of (str, int) or None
        The list and the level in it, where it is numbered by Word.
    level : int or None
        Its outline level from 0, where it names one.
    marks : str
        The XML of its run properties, which an answer takes over.
    """

    start: int
    end: int = 0
    body: int = 0
    closing: int = -1
    text: str = ""
    style: str = ""
    numbering: tuple[str, int] | None = None
    level: int | None = None
    marks: str = ""


@dataclass
class Control:
    """A content control in a cell: the choices it offers, whether it shows its prompt, and where its content lies."""

    start: int
    end: int = 0
    content: int = 0
    closing: int = 0
    choices: list[str] = field(default_factory=list)
    prompt: tuple[int, int] | None = None
    text: str = ""


@dataclass
class Cell:
    """One table cell."""

    start: int
    column: int
    end: int = 0
    body: int = 0
    span: int = 1
    merge: str = ""
    paragraphs: list[Paragraph] = field(default_factory=list)
    controls: list[Control] = field(default_factory=list)
    is_nested: bool = False

    @property
    def raw_text(self) -> str:
        """Return every letter in it."""
        return "\n".join(p.text for p in self.paragraphs)

    @property
    def text(self) -> str:
        """Return what a person reads in it; a prompt, and boxes none of which is ticked, are nothing."""
        text = self.raw_text
        if boxes(text) and not TICKED.search(text):
            return ""
        for control in self.controls:
            if control.prompt is not None and control.text.strip():
                text = text.replace(control.text.strip(), "", 1)
        return "\n".join(line.strip() for line in text.split("\n") if BLANK.sub("", line)).strip()


@dataclass
class Table:
    """One table, as rows of cells."""

    rows: list[list[Cell]] = field(default_factory=list)
    offset: int = 0


class Body:
    """Reads `word/document.xml`.

    Attributes
    ----------
    tables : list of Table
        In the order they begin, tables inside cells after those they stand in.
    blocks : list of Paragraph
        The paragraphs outside tables.
    prefix : str
        The prefix of Word's own names, with its colon.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.tables: list[Table] = []
        self.blocks: list[Paragraph] = []
        self.prefix = "w:"
        self._stack: list[Table] = []
        self._cells: list[Cell] = []
        self._paragraphs: list[Paragraph] = []
        self._controls: list[Control] = []
        self._path: list[str] = []
        self._pieces: list[list[str]] = []
        self._keep, self._silent, self._marks_at, self._n_cells = False, 0, -1, 0
        self._parser = guarded(self._start, self._end, self._say)
        self._parser.Parse(data, True)

    def _say(self, text: str) -> None:
        if self._keep and not self._silent and self._pieces:
            self._pieces[-1].append(text)

    def _start(self, name: str, given: dict[str, str]) -> None:
        prefix, _, local = name.rpartition(":")
        at = self._parser.CurrentByteIndex
        parent = self._path[-1] if self._path else ""
        self._path.append(local)
        value = next((v for k, v in given.items() if k.rpartition(":")[2] == "val"), "")
        if local == "body":
            self.prefix = f"{prefix}:" if prefix else ""
        elif local in ("Fallback", "del", "moveFrom", "txbxContent"):
            self._silent += 1
        elif local == "t":
            self._keep = True
        elif local in BREAKS and parent == "r":
            self._keep = True
            self._say(BREAKS[local])
            self._keep = False
        elif local == "p":
            self._paragraphs.append(Paragraph(at, body=self._opened(at)))
            self._pieces.append([])
        elif local in ("tbl", "tr", "tc"):
            self._open_table(local, at)
        elif local in ("sdt", "sdtContent"):
            self._open_control(local, at)
        else:
            self._property(local, parent, value, given)

    def _opened(self, at: int) -> int:
        tag = TAG.match(self.data, at)
        return tag.end() if tag else at

    def _open_table(self, local: str, at: int) -> None:
        if local == "tbl":
            if self._cells:
                self._cells[-1].is_nested = True
            table = Table()
            self.tables.append(table)
            self._stack.append(table)
        elif self._stack and local == "tr":
            self._stack[-1].rows.append([])
            self._stack[-1].offset = 0
        elif self._stack:
            self._n_cells += 1
            if self._n_cells > MOST_CELLS:
                raise ValueError("too many cells")
            self._cells.append(Cell(at, self._stack[-1].offset, body=self._opened(at)))

    def _open_control(self, local: str, at: int) -> None:
        if local == "sdt":
            self._controls.append(Control(at))
        elif self._controls:
            self._controls[-1].content = self._opened(at)
            if self._cells and not self._controls[-1].text:
                self._controls[-1].text = "\0"

    def _property(self, local: str, parent: str, value: str, given: dict[str, str]) -> None:
        if local == "gridSpan" and parent == "tcPr" and self._cells and value.isdigit():
            self._cells[-1].span = min(int(value), 80)
        elif local == "vMerge" and parent == "tcPr" and self._cells:
            self._cells[-1].merge = value or "continue"
        elif local == "gridBefore" and self._stack and value.isdigit():
            self._stack[-1].offset = min(int(value), 80)
        elif self._paragraphs and parent in ("pPr", "numPr"):
            self._paragraph_property(local, value)
        elif local == "rPr" and parent == "pPr" and self._paragraphs:
            self._marks_at = self._parser.CurrentByteIndex
        elif self._controls and local == "listItem":
            words = {k.rpartition(":")[2]: v for k, v in given.items()}
            self._controls[-1].choices.append(words.get("displayText") or words.get("value", ""))
        elif self._controls and local == "showingPlcHdr":
            start = self._parser.CurrentByteIndex
            self._controls[-1].prompt = (start, self._opened(start))

    def _paragraph_property(self, local: str, value: str) -> None:
        paragraph = self._paragraphs[-1]
        if local == "pStyle":
            paragraph.style = value
        elif local == "outlineLvl" and value.isdigit():
            paragraph.level = int(value)
        elif local == "numId":
            paragraph.numbering = (value, paragraph.numbering[1] if paragraph.numbering else 0)
        elif local == "ilvl" and value.isdigit():
            paragraph.numbering = (paragraph.numbering[0] if paragraph.numbering else "", int(value))

    def _end(self, name: str) -> None:
        local = name.rpartition(":")[2]
        self._path.pop()
        at = self._parser.CurrentByteIndex
        if local == "t":
            self._keep = False
        elif local in ("Fallback", "del", "moveFrom", "txbxContent"):
            self._silent -= 1
        elif local == "pPr" and self._paragraphs and self._path and self._path[-1] == "p":
            self._paragraphs[-1].body = after(self.data, name, at)
        elif local == "rPr" and self._marks_at >= 0 and self._path and self._path[-1] == "pPr":
            self._paragraphs[-1].marks = self.data[self._marks_at : after(self.data, name, at)].decode(
                "utf-8", "replace"
            )
            self._marks_at = -1
        elif local == "p" and self._paragraphs:
            self._close_paragraph(name, at)
        elif local == "tcPr" and self._cells:
            self._cells[-1].body = after(self.data, name, at)
        elif local in ("tbl", "tc") and self._stack:
            self._close_table(local, name, at)
        elif local in ("sdt", "sdtContent") and self._controls:
            self._close_control(local, name, at)

    def _close_paragraph(self, name: str, at: int) -> None:
        paragraph, pieces = self._paragraphs.pop(), self._pieces.pop()
        paragraph.end = after(self.data, name, at)
        paragraph.closing = at if paragraph.end > at else -1
        paragraph.text = "".join(pieces)
        if self._silent:
            return
        (self._cells[-1].paragraphs if self._cells else self.blocks).append(paragraph)
        if self._controls and self._cells:
            self._controls[-1].text += paragraph.text

    def _close_table(self, local: str, name: str, at: int) -> None:
        if local == "tbl":
            self._stack.pop()
        elif self._cells:
            cell = self._cells.pop()
            cell.end = after(self.data, name, at)
            self._stack[-1].rows[-1].append(cell)
            self._stack[-1].offset = cell.column + cell.span

    def _close_control(self, local: str, name: str, at: int) -> None:
        if local == "sdtContent":
            self._controls[-1].closing = at
            # a control inside a paragraph: its text is what was said since it opened
            if self._pieces and self._controls[-1].text in ("", "\0"):
                self._controls[-1].text = "".join(self._pieces[-1])
            return
        control = self._controls.pop()
        control.end = after(self.data, name, at)
        control.text = control.text.replace("\0", "")
        if self._cells and self._cells[-1].start < control.start:
            self._cells[-1].controls.append(control)
