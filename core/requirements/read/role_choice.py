"""Which column is the text, the id and the priority, by its heading and by what stands in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.requirements.read import column_roles, headerless
from core.requirements.read.column_roles import ROLES, Body, likeness

SURE, FAINT = 0.7, 0.45
IDS = 2.5


def best_text(header: Sequence[str], body: Body, roles: Mapping[str, int]) -> int:
    """Choose among columns named like a text by how surely they are named and how much prose they hold.

    Where two columns both hold whole requests, the first is the requirement and the later ones explain it,
    unless a later one is named beyond doubt.
    """
    others = {c for r, c in roles.items() if r != "text"}
    likely = [(i, v) for i, h in enumerate(header) if h and i not in others and (v := likeness(h, "text")) > 0]

    def score(item: tuple[int, float]) -> float:
        column, value = item
        words = min(column_roles.prose(body, column) / 8, 1.0)
        return value + 0.5 * words * min(1.0, column_roles.filled(body, column) * 1.2)

    best = max(likely, key=score, default=(roles["text"], 0.0))
    if column_roles.prose(body, best[0]) < IDS and column_roles.idlike(body, best[0]) > 0.8:
        return _fullest(body, {**roles, "id": best[0]}, best[0])
    if best[1] >= 0.85:
        return best[0]
    if best[1] < SURE and (column_roles.prose(body, best[0]) < 3 or column_roles.filled(body, best[0]) < 0.4):
        return _fullest(body, roles, best[0])
    whole = [i for i, _ in likely if column_roles.asking(body, i) >= 0.9 and column_roles.filled(body, i) >= 0.9]
    return whole[0] if whole and whole[0] < best[0] else best[0]


def _fullest(body: Body, roles: Mapping[str, int], weak: int) -> int:
    """Return the column of whole sentences, where the one with a faint name holds hardly any words."""
    others = {roles.get("id"), roles.get("priority")}
    width = max((len(cells) for _, cells in body[: column_roles.SEEN]), default=0)
    fit = [
        c
        for c in range(width)
        if c not in others and column_roles.prose(body, c) >= 5 and column_roles.filled(body, c) >= 0.6
    ]
    return max(fit, key=lambda c: headerless.weight(body, c), default=weak)


def fill_in(header: Sequence[str], body: Body, roles: dict[str, int]) -> None:
    """Find id and priority by what stands in the columns, where no header names them."""
    width = max(len(header), max((len(cells) for _, cells in body[: column_roles.SEEN]), default=0))
    if "id" in roles and is_flag(body, roles["id"]):
        del roles["id"]
    if "category" in roles and (is_numbering(body, roles["category"]) or is_marked(body, roles["category"])):
        del roles["category"]
    if "id" not in roles:
        column = _id_column(header, body, roles, width)
        if column is not None:
            roles["id"] = column
    if "priority" not in roles:
        column = _priority_column(body, roles, width)
        if column is not None:
            roles["priority"] = column
            if roles.get("category") == column:
                del roles["category"]


def _id_column(header: Sequence[str], body: Body, roles: Mapping[str, int], width: int) -> int | None:
    """Return the fullest column of ids left of the text, of those no heading tells to be something else.

    "Functional requirement" over R1.1 and R1.2 names ids, where another column holds the text.
    """
    fit: list[int] = []
    for column in range(min(roles["text"], width)):
        heading = header[column] if column < len(header) else ""
        others = [likeness(heading, role) for role in ROLES if role not in ("text", "id")]
        is_unnamed = not heading or max(others) < FAINT
        is_free = is_unnamed and column not in roles.values()
        if is_free and column_roles.idlike(body, column) > 0.9 and column_roles.filled(body, column) > 0.6:
            fit.append(column)
    return max(fit, key=lambda c: (column_roles.filled(body, c), -c), default=None)


def is_flag(body: Body, column: int) -> bool:
    """Say whether a column repeats a word or two, as a flag does, and so holds no ids."""
    cells = column_roles.texts(body, column)
    return len(cells) > 2 and len(set(cells)) <= max(1, 0.2 * len(cells))


def is_marked(body: Body, column: int) -> bool:
    """Say whether a column holds marks only, an X or a tick."""
    cells = column_roles.texts(body, column)
    return bool(cells) and all(len(cell) == 1 and not cell.isdigit() for cell in cells) and len(set(cells)) == 1


def is_numbering(body: Body, column: int) -> bool:
    """Say whether a column numbers its rows, none twice, and so groups nothing."""
    cells = column_roles.texts(body, column)
    return len(cells) > 3 and column_roles.idlike(body, column) > 0.95


def _priority_column(body: Body, roles: Mapping[str, int], width: int) -> int | None:
    """Return the first column of priority words."""
    taken = {roles.get(role) for role in ("text", "id", "answer", "comment")}
    return next((column for column in range(width) if column not in taken and _is_priority(body, column)), None)


def _is_priority(body: Body, column: int) -> bool:
    """Say whether a column holds priorities, some of them in words."""
    return (
        column_roles.levels(body, column) > 0.9
        and column_roles.filled(body, column) > 0.6
        and any(text.isalpha() and len(text) > 2 for text in column_roles.texts(body, column))
    )


def is_better(body: Body, new: Mapping[str, int], old: Mapping[str, int]) -> bool:
    """Say whether columns told by what stands in them make a better list than faintly named ones."""
    return new["text"] != old["text"] and headerless.weight(body, new["text"]) > 1.5 * headerless.weight(
        body, old["text"]
    )
