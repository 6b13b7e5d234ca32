"""A buyer's list against its earlier version: what stands, what is worded anew, what came and what went."""

from __future__ import annotations

import difflib
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from core.localization import message
from core.metrics.measure import counted
from core.requirements.match import matcher
from core.requirements.text import answer_text
from core.requirements.text.tfidf import tokens
from core.requirements.work.saved_lists import ROWS
from core.store import Store

UNCHANGED, REWORDED, NEW, WITHDRAWN = "unchanged", "reworded", "new", "withdrawn"
KINDS = (UNCHANGED, REWORDED, NEW, WITHDRAWN)
# Two rows are one and the same worded anew from this likeness on; with the same id, from the lower one.
ALIKE, ALIKE_WITH_ID = 0.6, 0.4
NEAR = 4
# Words two wordings may differ by and still ask the same.
FILLING = frozenset(tokens("the an is are be been being was were this that these those please kindly"))
CHANGES: dict[str, Any] = {
    "kind": pl.String,
    "sheet": pl.String,
    "row": pl.Int64,
    "requirement_id": pl.String,
    "text": pl.String,
    "was_sheet": pl.String,
    "was_row": pl.Int64,
    "was_id": pl.String,
    "was_text": pl.String,
    "likeness": pl.Float64,
    "is_moved": pl.Boolean,
    "is_same_sense": pl.Boolean,
    "why": pl.String,
}
CARRIED = (
    "state",
    "owner",
    "due_on",
    "comment",
    "answer",
    "category",
    "priority",
    "capability_id",
    "stage",
    "is_public",
    "answered_by",
    "approved_by",
    "approved_at",
)
Row = Mapping[str, Any]


@dataclass(frozen=True)
class ListChanges:
    """What a new version of a list changes.

    Attributes
    ----------
    frame : pl.DataFrame
        [kind, sheet, row, requirement_id, text, was_sheet, was_row, was_id, was_text, likeness, is_moved,
        is_same_sense, why], in the order of the new list, withdrawn rows last. A row is unchanged where its text is
        the same, wherever it stands and whatever its number; what it was is null for new rows, what it is for
        withdrawn ones. is_same_sense says that an answer still fits; why says what changes the sense.
    """

    frame: pl.DataFrame

    def count(self, kind: str) -> int:
        """Return how many rows are of a kind."""
        return self.frame.filter(pl.col("kind") == kind).height

    def sentence(self) -> str:
        """Say how many rows stand, are worded anew, are new and are withdrawn."""
        moved = self.frame.filter((pl.col("kind") == UNCHANGED) & pl.col("is_moved")).height
        text = message("{rows} unchanged", rows=counted(self.count(UNCHANGED), "row")) + (
            message(" ({moved:,} moved)", moved=moved) if moved else ""
        )
        text += message(
            ", {count:,} reworded, {count_2:,} new, {count_3:,} withdrawn.",
            count=self.count(REWORDED),
            count_2=self.count(NEW),
            count_3=self.count(WITHDRAWN),
        )
        other = self.frame.filter((pl.col("kind") == REWORDED) & ~pl.col("is_same_sense")).height
        return text + (
            message(
                " {reworded} for something else.", reworded=counted(other, "reworded row asks", "reworded rows ask")
            )
            if other
            else ""
        )


def compare(earlier: pl.DataFrame, later: pl.DataFrame, home: Path | None = None) -> ListChanges:
    """Hold a list against its earlier version.

    Rows of the same text are paired first: those with the same id, then on the same sheet, then in the order they
    stand in. Of the rest, the likest are the same row worded anew, each once: from likeness 0.6 on, or 0.4 with the
    same id. A changed number, priority, or word that obliges, limits or denies always changes the sense.

    Parameters
    ----------
    earlier, later : pl.DataFrame
        [sheet, row, requirement_id, text, priority]; priority as the list gives it.
    home : Path, optional
        Where vectors may be kept.
    """
    old, new = earlier.to_dicts(), later.to_dicts()
    pairs = _same_text(old, new)
    likeness = dict.fromkeys(pairs, 1.0)
    left_old = [k for k in range(len(old)) if k not in pairs.values()]
    left_new = [k for k in range(len(new)) if k not in pairs]
    for mine, theirs, score in _worded_anew(old, new, left_old, left_new, home):
        pairs[mine], likeness[mine] = theirs, score
    order = _moved(pairs)
    rows = [
        _row(new[k], old[pairs[k]], likeness[k], is_moved=k in order) if k in pairs else _alone(NEW, new[k])
        for k in range(len(new))
    ]
    gone = set(range(len(old))) - set(pairs.values())
    rows += [_alone(WITHDRAWN, old[k]) for k in sorted(gone)]
    return ListChanges(pl.DataFrame(rows, schema=CHANGES, orient="row"))


def of_payload(payload: Mapping[str, Any]) -> pl.DataFrame:
    """Return the rows of a saved list as `compare` takes them."""
    names = ["sheet", "row", "requirement_id", "text", "priority"]
    return pl.DataFrame(list(payload.get("rows") or ()), schema=ROWS, orient="row").select(names)


def _same_text(old: Sequence[Row], new: Sequence[Row]) -> dict[int, int]:
    """Return the place of each new row to that of the old one with the same text, each old one once."""
    free: dict[str, list[int]] = {}
    for index, row in enumerate(old):
        free.setdefault(answer_text.plain(row["text"]), []).append(index)
    pairs: dict[int, int] = {}
    for fits in (_same_id, _same_sheet, lambda _mine, _theirs: True):
        for index, row in enumerate(new):
            candidates = free.get(answer_text.plain(row["text"]), []) if index not in pairs else []
            chosen = next((k for k in candidates if fits(row, old[k])), None)
            if chosen is not None:
                pairs[index] = chosen
                candidates.remove(chosen)
    return pairs


def _same_id(mine: Row, theirs: Row) -> bool:
    return bool(mine["requirement_id"]) and mine["requirement_id"] == theirs["requirement_id"]


def _same_sheet(mine: Row, theirs: Row) -> bool:
    return bool(mine["sheet"] == theirs["sheet"])


def _worded_anew(
    old: Sequence[Row], new: Sequence[Row], left_old: list[int], left_new: list[int], home: Path | None
) -> list[tuple[int, int, float]]:
    """Return pairs of rows that are one and the same worded anew, the likest first, each row once."""
    if not left_old or not left_new:
        return []
    mine, theirs = [new[k]["text"] for k in left_new], [old[k]["text"] for k in left_old]
    compared = matcher.compare(mine, theirs, min(NEAR, len(theirs)), home)
    ranked = []
    for index in range(len(mine)):
        for near, score in zip(compared.order[index].tolist(), compared.scores[index].tolist(), strict=True):
            a, b = left_new[index], left_old[near]
            likeness = max(float(score), _letters(mine[index], theirs[near]) if score > ALIKE_WITH_ID / 2 else 0.0)
            if likeness >= (ALIKE_WITH_ID if _same_id(new[a], old[b]) else ALIKE):
                ranked.append((-likeness - 0.1 * _same_id(new[a], old[b]), a, b, likeness))
    out: dict[int, tuple[int, int, float]] = {}
    taken: set[int] = set()
    for _, a, b, likeness in sorted(ranked):
        if a not in out and b not in taken:
            out[a] = (a, b, min(likeness, 0.99))
            taken.add(b)
    return list(out.values())


def _letters(first: str, second: str) -> float:
    """Return the share of letters two texts have in common, in order."""
    return difflib.SequenceMatcher(None, answer_text.plain(first), answer_text.plain(second), autojunk=False).ratio()


def _moved(pairs: Mapping[int, int]) -> set[int]:
    """Return the new rows that stand elsewhere in the order than before: those outside the longest rising run."""
    places = sorted(pairs)
    ends: list[int] = []
    last: list[int] = []
    before: dict[int, int | None] = {}
    for index in places:
        length = bisect_left(ends, pairs[index])
        before[index] = last[length - 1] if length else None
        if length == len(ends):
            ends.append(pairs[index])
            last.append(index)
        else:
            ends[length], last[length] = pairs[index], index
    stay: set[int] = set()
    step = last[-1] if last else None
    while step is not None:
        stay.add(step)
        step = before[step]
    return set(places) - stay


def _row(mine: Row, theirs: Row, likeness: float, *, is_moved: bool) -> tuple[Any, ...]:
    why = answer_text.sense_changes(theirs["text"], mine["text"])
    if (mine["priority"] or "") != (theirs["priority"] or ""):
        why.append(
            message(
                "priority {priority} → {priority_2}",
                priority=theirs["priority"] or message("none"),
                priority_2=mine["priority"] or message("none"),
            )
        )
    same_text = answer_text.plain(mine["text"]) == answer_text.plain(theirs["text"])
    same_sense = not why and (same_text or _bearing(mine["text"]) == _bearing(theirs["text"]))
    kind = UNCHANGED if same_text and not why else REWORDED
    return (
        kind,
        *(mine[name] for name in ("sheet", "row", "requirement_id", "text")),
        *(theirs[name] for name in ("sheet", "row", "requirement_id", "text")),
        likeness,
        is_moved or mine["sheet"] != theirs["sheet"],
        same_sense,
        "; ".join(why) or None,
    )


def _bearing(text: str) -> list[str]:
    """Return the stems that bear a text's sense, in order."""
    return [stem for stem in tokens(answer_text.plain(text)) if stem not in FILLING]


def _alone(kind: str, row: Row) -> tuple[Any, ...]:
    here = tuple(row[name] for name in ("sheet", "row", "requirement_id", "text"))
    nowhere = (None, None, None, None)
    return (kind, *(here + nowhere if kind == NEW else nowhere + here), None, False, False, None)


def carried(changes: ListChanges, worked: pl.DataFrame) -> pl.DataFrame:
    """Return what is carried from the earlier list into rows of the later one.

    An unchanged row takes everything along, its approval too. A row worded anew with its sense standing takes the
    answer along, but is in progress again, a draft, not public and approved by nobody. Of all others nothing is
    carried.

    Parameters
    ----------
    changes : ListChanges
    worked : pl.DataFrame
        The rows of the earlier list people worked on, as the store's `reviews.rows` gives them.

    Returns
    -------
    pl.DataFrame
        [sheet, row, state, owner, due_on, comment, answer, category, priority, capability_id, stage, is_public,
        answered_by, approved_by, approved_at, was_row].
    """
    fit = changes.frame.filter(pl.col("kind").is_in([UNCHANGED, REWORDED]) & pl.col("is_same_sense"))
    fit = fit.select("sheet", "row", "kind", "was_sheet", "was_row")
    mine = worked.select(pl.col("sheet").alias("was_sheet"), pl.col("row").alias("was_row"), *CARRIED)
    rows = fit.join(mine, on=["was_sheet", "was_row"], how="inner", maintain_order="left", nulls_equal=True)
    again = pl.col("kind") == REWORDED
    signed = ("stage", "is_public", "approved_by", "approved_at")
    nobody = [pl.when(~again).then(name).alias(name) for name in signed]
    done = pl.col("state").is_in(["answered", "approved"])
    state = pl.when(again & done).then(pl.lit("in progress")).otherwise("state")
    return rows.with_columns(*nobody, state=state).select("sheet", "row", *CARRIED, "was_row")


def beside(changes: ListChanges, worked: pl.DataFrame) -> pl.DataFrame:
    """Return the reworded rows whose answer is shown and not carried: [sheet, row, text, was_text, why, answer]."""
    other = changes.frame.filter((pl.col("kind") == REWORDED) & ~pl.col("is_same_sense"))
    answers = worked.select(pl.col("sheet").alias("was_sheet"), pl.col("row").alias("was_row"), "answer")
    rows = other.join(answers, on=["was_sheet", "was_row"], how="left", maintain_order="left", nulls_equal=True)
    why = pl.col("why").fill_null("the wording differs too much")
    return rows.select("sheet", "row", "text", "was_text", why.alias("why"), "answer")


def take_plan(store: Store, earlier: int, later: int, user: str) -> None:
    """Let a new version of a list have the plan and the people of the earlier one; what it has of its own stays.

    Parameters
    ----------
    store : Store
    earlier, later : int
        The numbers of the lists.
    user : str

    Raises
    ------
    StoreError
        When somebody plans the new list just now, or it was deleted.
    """
    before, now = store.projects.get(earlier), store.projects.get(later)
    if before.payload and not now.payload:
        store.projects.save(now, before.payload, user)
    if before.members and not now.members:
        store.projects.set_members(later, before.members, user)
