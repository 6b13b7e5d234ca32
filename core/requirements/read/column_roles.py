"""What a column is: by the words of its header, and by what stands in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from core import yaml_text
from core.artifacts import ANALYSES, memoized

WORDS = Path(__file__).with_name("words.yaml")
ROLES = ("text", "id", "priority", "category", "answer", "comment")
SEEN = 400
LONGEST_LABEL = 60
TELLING, TOGETHER, CERTAIN = 0.8, 0.9, 0.7
ID = re.compile(r"^(?=.*\d)[A-Za-z]{0,10}[-_. ]{0,2}\w{0,8}([.\-_/]\w{1,8}){0,5}$")
LEVEL = re.compile(
    r"^(p?[0-5]|[mscw]|high|medium|med|low|critical|urgent|must|should|could|would|won'?t|must[- ]have|should[- ]have|"
    r"could[- ]have|nice[- ]to[- ]have|mandatory|desirable|desired|optional|essential|required|preferred|hoch|mittel|"
    r"niedrig|muss|soll|kann|haute|moyenne|basse|alta|media|baja|obligatoire|obligatorio|hoog|laag|basic|important|"
    r"substantial|高|中|低)\b.{0,12}$",
    re.IGNORECASE,
)
CODE = re.compile(
    r"^([A-Z]{1,8}(?:[-_.&][A-Z]{1,4})?[-_.]?\d(?:[\w.\-]{0,16}\w)?|\d+(?:\.\d+)+[a-z]?|\d{1,3}(?=[.)]\s))(?:\s*[:：.)]\s+|\s+[-–]\s+|\s+)\S"
)
WIDE = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e81-\U0010ffff]")
Body = Sequence[tuple[int, Sequence[str]]]


@cache
def words() -> dict[str, dict[str, float]]:
    """Return, per role, the header words that name it and how surely they do."""
    groups = yaml_text.parsed(WORDS.read_text(encoding="utf-8"))
    return {role: {str(w): float(v) for v, group in by.items() for w in group} for role, by in groups.items()}


def plain(header: str) -> str:
    """Return a header in lower case, with spaces for brackets, stars, dashes and underscores."""
    return re.sub(r"[\s_*()\[\]\-/:.?]+", " ", header.lower()).strip()


@memoized(ANALYSES, 20_000)
def likeness(header: str, role: str) -> float:
    """Say how surely a header cell names a role: 1 for its very word, less for a part of it."""
    label = plain(header)
    if not label or len(label) > LONGEST_LABEL:
        return 0.0
    best = 0.0
    telling: set[str] = set()
    for word, weight in words()[role].items():
        if label == word:
            best = max(best, weight)
        elif len(word) > 1 and stands_in(word, label):
            best = max(best, weight * (0.55 + 0.35 * len(word) / len(label)))
            telling |= {word} if weight >= TELLING else set()
    # "Description of the requirement" holds two such words, neither of them a part of the other.
    together = any(part not in other and other not in part for part in telling for other in telling)
    if role == "text" and best < CERTAIN and is_for_bidder(label):
        return 0.0
    return max(best, TOGETHER) if role == "text" and together else best


def is_for_bidder(heading: str) -> bool:
    """Say whether a heading in plain words names whoever answers, and is not about them: their name or score."""
    vocabulary = words()
    return any(stands_in(w, heading) for w in vocabulary["bidders"]) and not any(
        stands_in(w, heading) for w in vocabulary["about_bidders"]
    )


def stands_in(word: str, text: str) -> bool:
    """Say whether a word stands in a text by itself, or at all in a script that does not part words."""
    if word not in text:
        return False
    if any(ord(c) > 0x2E7F for c in word):
        return True
    return bool(re.search(rf"(?<![^\W\d_]){re.escape(word)}(?![^\W\d_])", text))


def size(text: str) -> float:
    """Return the number of words of a text; two characters of a script without spaces are a word."""
    n_words = len(text.split())
    return n_words if text.isascii() else n_words + len(WIDE.findall(text)) / 2


def texts(body: Body, column: int) -> list[str]:
    """Return the filled cells of a column, of the first 400 rows."""
    return [cells[column] for _, cells in body[:SEEN] if column < len(cells) and cells[column]]


def prose(body: Body, column: int) -> float:
    """Return the mean number of words of the filled cells."""
    cells = texts(body, column)
    return sum(size(t) for t in cells) / len(cells) if cells else 0.0


def filled(body: Body, column: int) -> float:
    """Return the share of filled cells."""
    seen = body[:SEEN]
    return len(texts(seen, column)) / len(seen) if seen else 0.0


@cache
def _asking() -> re.Pattern[str]:
    wide = [w for w in words()["asks"] if any(ord(c) > 0x2E7F for c in w)]
    whole = "|".join(re.escape(w) for w in words()["asks"] if w not in wide)
    return re.compile(rf"\b(?:{whole})\b|[?？]|{'|'.join(wide)}", re.IGNORECASE)


def asks(text: str) -> bool:
    """Say whether a text asks for something: a question mark, must, shall, soll, debe, doit and the like."""
    return bool(_asking().search(text))


def asking(body: Body, column: int) -> float:
    """Return the share of filled cells that ask for something in at least five words."""
    cells = texts(body, column)
    return sum(size(t) >= 5 and asks(t) for t in cells) / len(cells) if cells else 0.0


def idlike(body: Body, column: int) -> float:
    """Return the share of filled cells that look like ids, none of them twice."""
    cells = texts(body, column)
    if len(cells) < 2:
        return 0.0
    ids = {t for t in cells if len(t) <= 24 and ID.match(t)}
    return len(ids) / len(cells)


def coded(cells: Sequence[str]) -> float:
    """Return the share of texts that begin with a code, as in "PO.1.1: Identify" and "1.2 Log"."""
    return sum(bool(CODE.match(cell)) for cell in cells) / len(cells) if cells else 0.0


def is_word_ids(body: Body, column: int) -> bool:
    """Say whether a column holds one code of letters per row, none twice: `login_page`, `EXPORT`."""
    cells = texts(body, column)
    single = {cell for cell in cells if " " not in cell and 2 <= len(cell) <= 30 and cell.isascii()}
    are_codes = sum("_" in cell or "-" in cell or cell.isupper() for cell in single) >= 0.8 * len(cells)
    return len(cells) > 2 and filled(body, column) >= 0.9 and len(single) == len(cells) and are_codes


def is_level(text: str) -> bool:
    """Say whether a text is a word for a priority, such as Must or High."""
    return bool(LEVEL.match(text)) and text[:1].isalpha()


def levels(body: Body, column: int) -> float:
    """Return the share of filled cells that are a priority word or a small number."""
    cells = texts(body, column)
    return sum(bool(LEVEL.match(t)) for t in cells) / len(cells) if len(cells) > 1 else 0.0
