"""Questions and answers in running text: Q and A paragraphs, and headings that ask with what stands below them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise

MOST_BLOCKS = 200_000
ASKED = re.compile(r"^\s*(?:\*\*|__)?(?:q|question|f|frage|p|pregunta)\s*\d*\s*[:.)]\s*(?:\*\*|__)?\s*(?=\S)", re.I)
ANSWERED = re.compile(
    r"^\s*(?:\*\*|__)?(?:a|answer|response|antwort|respuesta|réponse)\s*\d*\s*[:.)]\s*(?:\*\*|__)?\s*", re.I
)
LABELLED = re.compile(
    r"^\s*[-*]?\s*(?:\*\*|__)?(?P<name>owner|author|tags?|labels?|product|language|category|last[ -]?reviewed|"
    r"reviewed(?: on)?|review date|last verified|evidence|links?|source|details?|verification owner)(?:\*\*|__)?\s*:"
    r"\s*(?:\*\*|__)?\s*(?P<value>\S.*)$",
    re.I,
)
HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*#*$")
BOLD = re.compile(r"^\s*[-*]?\s*(?:\*\*|__)(?P<text>[^*_].*?)(?:\*\*|__)\s*$")
SILENT = {"script", "style", "template", "noscript", "title", "nav"}
HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6", "summary", "dt"}
BLOCKS = HEADINGS | {"p", "li", "div", "dd", "blockquote", "pre", "figcaption", "section", "article", "details"}


@dataclass(frozen=True)
class Block:
    """A paragraph or a heading of a text, and where it stands: its number from 1."""

    line: int
    text: str
    is_heading: bool = False


@dataclass
class Answered:
    """A question with what was answered below it.

    Attributes
    ----------
    line : int
        Where the question stands.
    section : str
        The heading above it.
    question : str
    parts : list of str
        The paragraphs of the answer.
    fields : dict of str to str
        What lines such as "Owner: Ana" said, by the word before the colon.
    """

    line: int
    section: str
    question: str
    parts: list[str] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def answer(self) -> str:
        """Return the answer as one text."""
        return "\n\n".join(self.parts)


def of_markdown(text: str) -> tuple[list[Block], list[list[list[str]]]]:
    """Return the paragraphs and headings of a Markdown text, and its tables as rows of cells; markup stays as it is."""
    blocks: list[Block] = []
    tables: list[list[list[str]]] = []
    rows: list[list[str]] = []
    pieces: list[str] = []
    begun, is_code = 1, False

    def close() -> None:
        if pieces:
            blocks.append(Block(begun, "\n".join(pieces)))
            pieces.clear()

    for number, line in enumerate(text.splitlines()[:MOST_BLOCKS], 1):
        is_code ^= line.lstrip().startswith("```")
        if not is_code and line.strip().startswith("|"):
            close()
            rows.append([cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))])
            continue
        if rows:
            tables.append([row for row in rows if not all(re.fullmatch(r":?-{2,}:?", cell) for cell in row)])
            rows = []
        heading, bold = (HEADING.match(line), BOLD.match(line)) if not is_code else (None, None)
        is_question = bold is not None and bold["text"].rstrip().endswith("?")
        starts = not is_code and bool(ASKED.match(line) or ANSWERED.match(line) or LABELLED.match(line))
        if heading or is_question or not line.strip() or starts:
            close()
        if heading or is_question:
            blocks.append(Block(number, heading[2] if heading else bold["text"], is_heading=True))  # type: ignore[index]
        elif line.strip():
            begun = begun if pieces else number
            pieces.append(line.rstrip())
            if LABELLED.match(line) and not is_code:
                close()
    close()
    if rows:
        tables.append([row for row in rows if not all(re.fullmatch(r":?-{2,}:?", cell) for cell in row)])
    return blocks, tables


class _Paragraphs(HTMLParser):
    """Takes paragraphs and headings out of a page; tables are read elsewhere."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self._pieces: list[str] = []
        self._silent = self._tables = self._place = 0
        self._is_heading = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SILENT:
            self._silent += 1
        elif tag == "table":
            self.close_block()
            self._tables += 1
        elif tag == "br":
            self._pieces.append("\n")
        elif tag in BLOCKS and not self._tables:
            self.close_block()
            self._is_heading = tag in HEADINGS

    def handle_endtag(self, tag: str) -> None:
        if tag in SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag == "table":
            self._tables = max(0, self._tables - 1)
            self._pieces = []
        elif tag in BLOCKS and not self._tables:
            self.close_block()

    def handle_data(self, data: str) -> None:
        if not self._silent and not self._tables:
            self._pieces.append(data)

    def close_block(self) -> None:
        """End a paragraph."""
        lines = (" ".join(line.split()) for line in "".join(self._pieces).split("\n"))
        text = "\n".join(line for line in lines if line)
        self._pieces = []
        if text and len(self.blocks) < MOST_BLOCKS:
            self._place += 1
            self.blocks.append(Block(self._place, text, self._is_heading))
        self._is_heading = False


def of_html(text: str) -> list[Block]:
    """Return the paragraphs and headings of a page, what stands in tables, scripts and menus left out."""
    reader = _Paragraphs()
    reader.feed(text)
    reader.close()
    reader.close_block()
    return reader.blocks


def answered(blocks: Sequence[Block], title: str = "") -> tuple[list[Answered], list[Block]]:
    """Return the questions of a text with their answers, and the blocks that belong to none.

    Where paragraphs begin with "Q:" and "A:" these decide. Otherwise a heading is a question where it asks, or where
    most of the headings with text below them do; a heading with nothing but headings below is a section.

    Parameters
    ----------
    blocks : sequence of Block
    title : str
        Stands in the section of questions above which no heading stands.
    """
    if any(ASKED.match(block.text) for block in blocks) and any(ANSWERED.match(block.text) for block in blocks):
        return _by_letters(blocks, title)
    return _by_headings(blocks, title)


def _by_letters(blocks: Sequence[Block], title: str) -> tuple[list[Answered], list[Block]]:
    out: list[Answered] = []
    aside: list[Block] = []
    section, is_open = title, False
    for block in blocks:
        asked, answer = ASKED.match(block.text), ANSWERED.match(block.text)
        if asked:
            first, _, rest = block.text[asked.end() :].partition("\n")
            out.append(Answered(block.line, section, _bare(first)))
            is_open = True
            if rest.strip():
                _take(out[-1], re.sub(ANSWERED, "", rest.strip(), count=1))
        elif answer and is_open:
            _take(out[-1], block.text[answer.end() :])
        elif block.is_heading:
            section, is_open = block.text, False
        elif is_open:
            _take(out[-1], block.text)
        else:
            aside.append(block)
    return out, aside


def _by_headings(blocks: Sequence[Block], title: str) -> tuple[list[Answered], list[Block]]:
    filled = [a.text for a, b in pairwise(blocks) if a.is_heading and not b.is_heading]
    asking = sum(text.rstrip(" *_").endswith(("?", "？")) for text in filled)
    mostly = bool(filled) and 2 * asking >= len(filled)
    out: list[Answered] = []
    aside: list[Block] = []
    section, is_open = title, False
    for index, block in enumerate(blocks):
        if not block.is_heading:
            if is_open:
                _take(out[-1], block.text)
            else:
                aside.append(block)
            continue
        has_text = index + 1 < len(blocks) and not blocks[index + 1].is_heading
        asks = block.text.rstrip(" *_").endswith(("?", "？"))
        is_open = asks or (mostly and has_text and asking > 1 and len(block.text.split()) > 4)
        if is_open:
            out.append(Answered(block.line, section, _bare(block.text)))
        else:
            section = block.text
    return out, aside


def _take(entry: Answered, text: str) -> None:
    """Add a paragraph to an answer; lines that say whose it is or when it was read become its fields."""
    rest = []
    for line in text.split("\n"):
        label = LABELLED.match(line)
        if label:
            entry.fields.setdefault(label["name"].lower().replace("-", " "), label["value"].strip(" *_"))
        else:
            rest.append(line)
    paragraph = "\n".join(rest).strip()
    if paragraph:
        entry.parts.append(paragraph)


def _bare(text: str) -> str:
    return re.sub(r"^(?:\d+(?:\.\d+)*[.)]\s+)", "", text.strip().strip("*_").strip())
