"""An existing library read from a file: tables of questions and answers, Q and A texts, completed questionnaires."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import PurePath

from core.contracts.errors import RequirementError
from core.localization import joined, message
from core.metrics.measure import counted
from core.requirements.library import packed_pages, question_blocks
from core.requirements.officefiles import encodings, grids
from core.requirements.officefiles.grids import Grid
from core.requirements.read import column_roles, requirement_list
from core.requirements.read.buyers_list import RequirementList
from core.requirements.read.layout import Layout
from core.requirements.text import answer_text

LIBRARY, PARTLY, BUYERS_LIST, NEITHER = "answer library", "partly answered", "buyer's list", "neither"
MARKDOWN = (".md", ".markdown")
ENDINGS = (*(ending for ending in grids.ENDINGS if ending not in (".json", ".jsonl")), *MARKDOWN)
MOST_ROWS = 30_000
HEADER_ROWS = 15
# From which share of answered questions a file is a library, and up to which it is a buyer's list.
MOSTLY, HARDLY = 0.5, 0.2
# An answer that stands beside more than this share of the questions is what the buyer put there for everybody.
SAME_EVERYWHERE = 0.9
NAMES: Mapping[str, tuple[str, ...]] = {
    "question": ("question", "questions", "requirement", "prompt", "q", "name", "title", "frage", "pregunta", "faq"),
    "answer": (
        "answer",
        "answers",
        "response",
        "responses",
        "reply",
        "a",
        "our answer",
        "standard answer",
        "content",
        "approved answer",
        "vendor response",
        "antwort",
        "réponse",
        "respuesta",
        "short answer",
    ),
    "detail": (
        "detail",
        "details",
        "long answer",
        "explanation",
        "comment",
        "comments",
        "notes",
        "additional information",
        "background",
        "internal notes",
    ),
    "evidence": (
        "evidence",
        "link",
        "links",
        "url",
        "proof",
        "attachment",
        "attachments",
        "documents",
        "evidence link",
    ),
    "reviewed_on": (
        "reviewed on",
        "reviewed",
        "last reviewed",
        "review date",
        "last review",
        "last verified",
        "last updated",
        "verified on",
        "date reviewed",
        "updated",
        "last edited time",
    ),
    "owner": ("owner", "owners", "author", "responsible", "sme", "subject matter expert", "contact", "answered by"),
    "tags": ("tags", "tag", "labels", "label", "topics", "topic", "keywords"),
    "product": ("product", "products", "solution", "module"),
    "language": ("language", "locale", "lang"),
    "category": ("category", "area", "section", "domain", "theme"),
    "source": ("source", "origin", "project", "questionnaire", "library"),
    "capability_id": ("capability", "capability id", "capability_id"),
}
LABELS = {
    "owner": "owner",
    "author": "owner",
    "verification owner": "owner",
    "tag": "tags",
    "tags": "tags",
    "label": "tags",
    "labels": "tags",
    "product": "product",
    "language": "language",
    "category": "category",
    "evidence": "evidence",
    "link": "evidence",
    "links": "evidence",
    "source": "source",
    "detail": "detail",
    "details": "detail",
    "last reviewed": "reviewed_on",
    "reviewed": "reviewed_on",
    "reviewed on": "reviewed_on",
    "review date": "reviewed_on",
    "last verified": "reviewed_on",
}
DAYS = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%Y/%m/%d", "%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y", "%B %d %Y")


@dataclass(frozen=True)
class LibraryEntry:
    """A question with its answer as a file has it.

    Attributes
    ----------
    where : str
        Its sheet or page, and row.
    values : dict of str to str
        question, answer and what else the file says, as text.
    """

    where: str
    values: dict[str, str]


@dataclass(frozen=True)
class LibraryFile:
    """What a file holds of a library.

    Attributes
    ----------
    name : str
    entries : tuple of LibraryEntry
        The questions that have an answer.
    skipped : tuple of (str, str, str)
        Where, what stands there and why it was not taken, for everything else.
    kind : str
        "answer library", "partly answered", "buyer's list" or "neither".
    n_questions : int
        With and without an answer.
    notes : tuple of str
    """

    name: str
    entries: tuple[LibraryEntry, ...]
    skipped: tuple[tuple[str, str, str], ...]
    kind: str
    n_questions: int
    notes: tuple[str, ...] = ()

    def sentence(self) -> str:
        """Say what the file is, and by what that was told."""
        n, asked = len(self.entries), counted(self.n_questions, "question")
        if self.kind == NEITHER:
            return message("{name}: no questions with answers were found in it.", name=self.name)
        if self.kind == BUYERS_LIST:
            return message(
                "{name} looks like a buyer's list, not a library: {n:,} of {asked} have an answer.",
                name=self.name,
                n=n,
                asked=asked,
            )
        return message("{name}: {n:,} of {asked} have an answer.", name=self.name, n=n, asked=asked) + (
            " It is only partly answered; the answered ones can be taken." if self.kind == PARTLY else ""
        )


def read(content: bytes, name: str) -> LibraryFile:
    """Read an existing library from a file of any kind that is read.

    XLSX, ODS, CSV and the like by the headings of their columns; Word, Markdown, HTML and text by Q: and A:, by
    headings that ask, or by their tables; a zip as Notion, Confluence and GitBook export it, page by page; anything
    else as a completed questionnaire, read like a buyer's list. Nothing in a file is run or opened from elsewhere.

    Raises
    ------
    RequirementError
        When the file cannot be read, is too large, or holds more than 30,000 questions.
    """
    parts = packed_pages.pages(content, name, ENDINGS)
    if parts is None:
        read_file = _one(*grids.content(content, name))
    else:
        read_file = _joined(name, [_attempt(page, data) for page, data in parts.pages], parts.left_out)
    if read_file.n_questions > MOST_ROWS:
        raise RequirementError(
            message(
                "The file holds {n_questions:,} questions; at most {most_rows:,} are taken at once.",
                n_questions=read_file.n_questions,
                most_rows=MOST_ROWS,
            ),
            name,
            "Split it.",
        )
    return read_file


def kind_of(n_answered: int, n_questions: int) -> str:
    """Return what a file is by how many of its questions have an answer.

    Examples
    --------
    >>> kind_of(180, 200), kind_of(60, 200), kind_of(0, 200), kind_of(0, 0)
    ('answer library', 'partly answered', "buyer's list", 'neither')
    """
    if not n_questions:
        return NEITHER
    share = n_answered / n_questions
    return LIBRARY if share >= MOSTLY else PARTLY if share > HARDLY else BUYERS_LIST


def of_list(source: RequirementList) -> LibraryFile:
    """Return what a list that was read as a buyer's holds of answers: a completed questionnaire is a library."""
    entries: list[LibraryEntry] = []
    skipped: list[tuple[str, str, str]] = []
    parts = [part for _, part in source.parts] or [source]
    for part in parts:
        for grid, shape in zip(part.grids, part.layouts, strict=True):
            taken, aside = _filled(grid, shape, part)
            entries += taken
            skipped += aside
    n = len(entries) + len(skipped)
    return LibraryFile(source.name, tuple(entries), tuple(skipped), kind_of(len(entries), n), n)


def _filled(
    grid: Grid, shape: Layout, source: RequirementList
) -> tuple[list[LibraryEntry], list[tuple[str, str, str]]]:
    rows = dict(grid.rows)
    columns = [(cell.column, cell.below, cell.default) for cell in shape.answers]
    columns += [(shape.columns[role], 0, "") for role in ("answer", "comment") if role in shape.columns]
    columns = list(dict.fromkeys(columns))
    asked = source.rows_of(grid, shape).select("row", "text", "section").rows()
    texts: dict[int, list[str]] = {}
    for row, _, _ in asked:
        for column, below, default in columns:
            cells = rows.get(row + below, [])
            cell = cells[column].strip() if column < len(cells) else ""
            if cell and cell != default:
                texts.setdefault(row, []).append(cell)
    common = {
        text
        for text, n in Counter(joined(*parts) for parts in texts.values()).items()
        if len(asked) > 4 and n > SAME_EVERYWHERE * len(asked)
    }
    entries, skipped = [], []
    for row, text, section in asked:
        parts, where = list(dict.fromkeys(texts.get(row, []))), message("{name} row {row}", name=grid.name, row=row)
        if not parts or " ".join(parts) in common:
            skipped.append((where, text, "no answer stands beside it"))
            continue
        long = max(parts, key=len)
        first = joined(parts[0].rstrip("."), long, by=". ") if long is not parts[0] else long
        entries.append(
            LibraryEntry(where, {"question": text, "answer": first, **({"tags": section} if section else {})})
        )
    return entries, skipped


def _attempt(page: str, data: bytes) -> LibraryFile:
    try:
        return _one(page, data)
    except RequirementError as error:
        return LibraryFile(page, (), ((page, "", str(error)),), NEITHER, 0)


def _joined(name: str, files: Sequence[LibraryFile], left_out: Sequence[str]) -> LibraryFile:
    def at(file: LibraryFile, where: str) -> str:
        return f"{PurePath(file.name).name}, {where}" if file.name not in (name, where) else where

    entries = [replace(entry, where=at(file, entry.where)) for file in files for entry in file.entries]
    skipped = [(at(file, where), text, why) for file in files for where, text, why in file.skipped]
    skipped += [(page, "", "files of this kind are not read") for page in left_out]
    n = sum(file.n_questions for file in files)
    notes = tuple(f"{file.name}: {note}" for file in files for note in file.notes)
    return LibraryFile(name, tuple(entries), tuple(skipped), kind_of(len(entries), n), n, notes)


def _one(name: str, data: bytes) -> LibraryFile:
    ending = PurePath(name).suffix.lower()
    if ending in MARKDOWN or (ending == ".txt" and b"\x00" not in data[:1000]):
        file = _of_markdown(name, encodings.decode(data, name).text)
        if file.n_questions or ending in MARKDOWN:
            return file
    opened = grids.open_file(data, name)
    tables = [grid for sheet in opened.names if not (grid := opened.grid(sheet)).is_prose]
    parts = [part for grid in tables if (part := _of_table(grid)) is not None]
    if opened.kind in ("html", "word"):
        parts.append(_of_prose(name, data, opened))
    together = _joined(name, [replace(part, name=name) for part in parts], ())
    together = replace(together, notes=opened.notes)
    if together.entries:
        return together
    listed = of_list(requirement_list.read_any(data, name))
    return listed if listed.n_questions else together


def _of_markdown(name: str, text: str) -> LibraryFile:
    blocks, tables = question_blocks.of_markdown(text)
    parts = [_of_blocks(name, blocks)]
    for number, rows in enumerate(tables, 1):
        part = _of_table(Grid(message("Table {number}", number=number), list(enumerate(rows, 1))))
        parts += [replace(part, name=name)] if part is not None else []
    return _joined(name, parts, ())


def _of_prose(name: str, data: bytes, opened: grids.File) -> LibraryFile:
    if opened.kind == "html":
        return _of_blocks(name, question_blocks.of_html(encodings.decode(data, name).text))
    blocks = []
    for sheet in opened.names:
        grid = opened.grid(sheet)
        if grid.is_prose:
            blocks += [
                question_blocks.Block(row, " ".join(part for part in cells if part), row in grid.titles)
                for row, cells in grid.rows
            ]
    return _of_blocks(name, blocks)


def _of_blocks(name: str, blocks: Sequence[question_blocks.Block]) -> LibraryFile:
    asked, aside = question_blocks.answered(blocks)
    entries, skipped = [], []
    for entry in asked:
        where = message("line {line}", line=entry.line)
        if not entry.answer:
            skipped.append((where, entry.question, "no answer stands below it"))
            continue
        fields = {LABELS[label]: value for label, value in entry.fields.items() if label in LABELS}
        if entry.section and "tags" not in fields:
            fields["tags"] = answer_text.clean(entry.section)[:60].replace(",", " ").replace(";", " ")
        entries.append(LibraryEntry(where, {"question": entry.question, "answer": entry.answer, **fields}))
    if entries:
        skipped += [
            (message("line {line}", line=block.line), block.text, "it stands below no question") for block in aside
        ]
    return LibraryFile(name, tuple(entries), tuple(skipped), kind_of(len(entries), len(asked)), len(asked))


def _of_table(grid: Grid) -> LibraryFile | None:
    """Return the questions and answers of a table with headings that name both; None where it has none."""
    for number, cells in grid.rows[:HEADER_ROWS]:
        columns = _columns(cells)
        if "question" in columns and "answer" in columns:
            return _rows_of(grid, number, columns, cells)
    return None


def _columns(header: Sequence[str]) -> dict[str, int]:
    labels = [column_roles.plain(cell) for cell in header]
    columns: dict[str, int] = {}
    for role, names in NAMES.items():
        ranked = sorted((names.index(label), k) for k, label in enumerate(labels) if label in names)
        free = [k for _, k in ranked if k not in columns.values()]
        if free:
            columns[role] = free[0]
    for role, standard in (("question", "text"), ("answer", "answer"), ("detail", "comment")):
        if role not in columns:
            likely = [
                (column_roles.likeness(cell, standard), k) for k, cell in enumerate(header) if k not in columns.values()
            ]
            best = max(likely, default=(0.0, 0))
            if best[0] >= 0.85:
                columns[role] = best[1]
    return columns


def _rows_of(grid: Grid, header: int, columns: Mapping[str, int], names: Sequence[str]) -> LibraryFile:
    entries, skipped = [], []
    body = [(number, cells) for number, cells in grid.rows if number > header]
    answers = Counter(cells[columns["answer"]] for _, cells in body if columns["answer"] < len(cells))
    common = {text for text, n in answers.items() if len(body) > 4 and n > SAME_EVERYWHERE * len(body)}
    for number, cells in body:
        values = {role: cells[k].strip() for role, k in columns.items() if k < len(cells) and cells[k].strip()}
        where = message("{name} row {number}", name=grid.name, number=number)
        answer = values.get("answer") or values.get("detail")
        if "question" not in values:
            skipped.append((where, answer or " ".join(cells), "no question stands in it"))
        elif not answer or values.get("answer") in common:
            is_head = len([cell for cell in cells if cell.strip()]) == 1 and not values["question"].endswith("?")
            skipped.append(
                (where, values["question"], "a heading between the rows" if is_head else "no answer stands beside it")
            )
        else:
            detail = {"detail": ""} if values.get("answer") is None else {}
            entries.append(LibraryEntry(where, {**values, **detail, "answer": answer}))
    n = len(entries) + sum(why == "no answer stands beside it" for _, _, why in skipped)
    title = message(
        "{name}: question from “{names}”, answer from “{names_2}”",
        name=grid.name,
        names=names[columns["question"]],
        names_2=names[columns["answer"]],
    )
    return LibraryFile(grid.name, tuple(entries), tuple(skipped), kind_of(len(entries), n), n, (title,))


def day_of(text: str) -> date | None:
    """Return the day a cell names, in any of the common ways and as spreadsheets count them; None where it names none.

    Examples
    --------
    >>> day_of("2026-03-31"), day_of("31.03.2026"), day_of("46112"), day_of("soon")
    (datetime.date(2026, 3, 31), datetime.date(2026, 3, 31), datetime.date(2026, 3, 31), None)
    """
    words = re.sub(r"[T ]\d{1,2}:\d{2}.*$", "", text.strip())
    if re.fullmatch(r"\d{5}(?:\.\d+)?", words):
        return date(1899, 12, 30) + timedelta(days=int(float(words)))
    for form in DAYS:
        try:
            return datetime.strptime(words, form).date()
        except ValueError:
            continue
    return None
