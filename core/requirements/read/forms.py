"""A form: each question with a row below it for the answer, as in "Response:"."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

from core.requirements.officefiles.grids import Grid
from core.requirements.read import column_roles
from core.requirements.read.answer_cells import Place
from core.requirements.read.column_roles import likeness
from core.requirements.read.layout import Layout

LABELS = frozenset(
    "response answer reply your-response your-answer vendor-response vendor-answer supplier-response bidder-response "
    "supplier-answer bidder-answer respondent-response tenderer-response proposer-response antwort ihre-antwort "
    "antwort-des-bieters réponse votre-réponse réponse-du-candidat respuesta su-respuesta respuesta-del-proveedor "
    "resposta sua-resposta risposta la-vostra-risposta antwoord uw-antwoord svar odpowiedź odpověď vastaus ответ "
    "回答 答复 응답 comments comment".replace("-", "\0").split()
)
FEWEST, LONGEST = 3, 40
SURE = 0.75
TELLING, FAIR = 0.85, 0.75
ONE_BLOCK = 12


def is_label(cell: str) -> bool:
    """Say whether a cell only says that an answer goes below or beside it.

    Examples
    --------
    >>> is_label("Response:"), is_label("Vendor response"), is_label("Response time")
    (True, True, False)
    """
    bare = re.sub(r"\([^)]*\)", "", cell.replace("：", ":"))
    return column_roles.plain(bare).replace(" ", "\0") in LABELS


def is_label_row(cells: Sequence[str]) -> bool:
    """Say whether a row begins with such a label, so that it is the answer's row and no requirement."""
    first = next((cell for cell in cells if cell), "")
    return len(first) <= LONGEST and is_label(first)


def find(grid: Grid) -> Layout | None:
    """Return the layout of a form; None where fewer than three questions have a labelled row for the answer below.

    The text is the longest cell between two such rows, the id what stands left of it.
    """
    in_blocks = blocks(grid)
    if in_blocks is not None:
        return in_blocks
    if (in_boxes := _boxes(grid)) is not None:
        return in_boxes
    places = [i for i, (_, cells) in enumerate(grid.rows) if is_label_row(cells)]
    if len(places) < FEWEST or len(places) < 0.2 * len(grid.rows):
        return None
    pairs = [pair for pair in (_question(grid, i, j) for i, j in zip([-1, *places], places, strict=False)) if pair]
    if len(pairs) < max(FEWEST, 0.6 * len(places)):
        return None
    text = Counter(column for _, column, _ in pairs).most_common(1)[0][0]
    keys = Counter(key for _, column, key in pairs if key is not None and column == text)
    columns = {"text": text}
    if keys and keys.most_common(1)[0][1] >= 0.6 * len(pairs):
        columns["id"] = keys.most_common(1)[0][0]
    answer = _answer(grid, [(index, label) for (index, _, _), label in zip(pairs, places, strict=False)], places)
    first = min(grid.rows[index][0] for index, _, _ in pairs)
    return Layout(grid.name, None, columns, {}, SURE, dict.fromkeys(columns, SURE), (answer,), first, is_form=True)


def _boxes(grid: Grid) -> Layout | None:
    """Return the layout of a table whose every second row is an empty box: blank in a document, merged in a sheet."""
    numbers = [n for n, _ in grid.rows]
    if len(numbers) < 2 or any(b - a != 2 for a, b in pairwise(numbers)):
        return None
    if not grid.is_document and not all(any(m.top <= n + 1 <= m.bottom for m in grid.merges) for n in numbers):
        return None
    text = max(range(grid.width), key=lambda c: column_roles.prose(grid.rows, c))
    if column_roles.prose(grid.rows, text) < FEWEST:
        return None
    columns = {"text": text}
    keys = [c for c in range(text) if column_roles.idlike(grid.rows, c) > 0.7]
    columns |= {"id": keys[0]} if keys else {}
    answer = Place(text, "Response", "text", below=1)
    return Layout(grid.name, None, columns, {}, SURE, dict.fromkeys(columns, SURE), (answer,), 1, is_form=True)


def blocks(grid: Grid) -> Layout | None:
    """Return the layout of a sheet where each requirement is a block of labelled rows: Id, Requirement, Response.

    None where fewer than two labels name a text with one for the answer below it; a block with an id may stand alone.
    """
    labels = {n: column_roles.plain(cells[0]) for n, cells in grid.rows if cells and cells[0]}
    if len(grid.rows) > ONE_BLOCK:  # What stands there once labels no block, and a long list has thousands of them.
        times = Counter(labels.values())
        labels = {n: label for n, label in labels.items() if times[label] > 1}
    keys = {n for n, label in labels.items() if likeness(label, "id") >= TELLING}
    named = {n: likeness(label, "text") for n, label in labels.items() if n not in keys}
    highest = max(named.values(), default=0.0)
    texts = [n for n, value in named.items() if value == highest >= FAIR]
    answers = {n for n, label in labels.items() if is_label(label) or likeness(label, "answer") >= TELLING}
    rows = dict(grid.rows)
    fewest = 1 if keys and len(grid.rows) <= ONE_BLOCK else 2
    if len(texts) < fewest or len(answers) < len(texts) or len({labels[n] for n in texts}) > 1:
        return None
    questions = [(n, _value(rows, max((k for k in keys if k < n), default=0))) for n in texts if _value(rows, n)]
    offsets = Counter(min((a - n for a in answers if a > n), default=0) for n, _ in questions)
    below = offsets.most_common(1)[0][0] if offsets else 0
    if len(questions) < fewest or not below:
        return None
    answer = Place(1, "Response", "text", below=below)
    columns = {"text": 1}
    return Layout(
        grid.name, None, columns, {}, SURE, {"text": SURE}, (answer,), 1, is_form=True, blocks=tuple(questions)
    )


def _value(rows: Mapping[int, Sequence[str]], number: int) -> str:
    cells = rows.get(number, [])
    return cells[1] if len(cells) > 1 else ""


def _question(grid: Grid, after: int, label: int) -> tuple[int, int, int | None] | None:
    """Return row, text column and id column of the question above a label: the nearest row with a sentence."""
    for index in range(label - 1, after, -1):
        cells = grid.rows[index][1]
        column = max(range(len(cells)), key=lambda c: column_roles.size(cells[c]))
        if column_roles.size(cells[column]) >= 3:
            key = next((c for c in range(column) if cells[c] and len(cells[c]) <= 24), None)
            return index, column, key
    return None


def _answer(grid: Grid, pairs: Sequence[tuple[int, int]], labels: Sequence[int]) -> Place:
    """Return where answers go: right of the label, or below it where the label's cell fills the row."""
    votes: Counter[tuple[int, int]] = Counter()
    for question, _ in pairs:
        label = next(i for i in labels if i > question)
        number, cells = grid.rows[label]
        column = next(c for c, cell in enumerate(cells) if cell)
        span = next((m for m in grid.merges if m.holds(number, column)), None)
        right = column + 1 if span is None else span.right + 1
        below = number - grid.rows[question][0]
        is_full = span is not None and span.right > span.left and right >= grid.width
        votes[(column, below + 1) if is_full else (right, below)] += 1
    (column, below), _ = votes.most_common(1)[0]
    return Place(column, "Response", "text", below=below)
