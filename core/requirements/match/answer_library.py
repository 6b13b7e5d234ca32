"""What was answered before comes back: with its source, age and owner, before anything is matched anew."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from core.config import Settings
from core.localization import message
from core.metrics import counted
from core.requirements.match import confidence, matcher
from core.requirements.match.confidence import Refit
from core.requirements.text.classification import CATEGORIES
from core.requirements.text.row_kind import row_kind
from core.store import Store
from core.store.answers import LIKELY as LIKELY_ONE
from core.store.answers import SHAPE, Decision

# Likeness is the matching score of two requirements, 1 for the same text. From SURE up a row is filled in;
# from NEAR up the earlier answer stands first in the list for a person.
SURE, NEAR = 0.65, 0.5
SURE_CHANCE = 0.9
# Whether a person approved the answer, and when: of rows of lists only.
APPROVAL: dict[str, Any] = {"approved_by": pl.String, "approved_at": pl.Datetime("us")}
NUMBER = re.compile(r"(?<![\w.])\d+(?:[.,]\d+)*")
RECALLED: dict[str, Any] = {
    "place": pl.Int64,
    "likeness": pl.Float64,
    "is_sure": pl.Boolean,
    "has_same_numbers": pl.Boolean,
    "is_same_sense": pl.Boolean,
    "is_stale": pl.Boolean,
    "answered_before": pl.String,
    **{name: SHAPE[name] for name in ("answer_id", "text", "capability_id", "answer", "source", "owner", "age_days")},
    **APPROVAL,
}


def nothing() -> pl.DataFrame:
    """Return a library without answers."""
    return pl.DataFrame(schema=SHAPE)


@dataclass(frozen=True)
class Memory:
    """The library of answers.

    Attributes
    ----------
    frame : pl.DataFrame
        As the store's `answers.frame()` gives it; of rows of lists also approved_by and approved_at.
    stale_days : mapping
        The age in days from which an answer of a category is stale.
    """

    frame: pl.DataFrame = field(default_factory=nothing)
    stale_days: Mapping[str, int] = field(default_factory=dict)

    def refit(self) -> Refit:
        """Return the confidence re-fitted on what people confirmed or corrected."""
        judged = self.frame.filter(pl.col("chance").is_not_null())
        right = (judged["kind"] == "confirmed").cast(pl.Float64).to_numpy()
        return confidence.refit(judged["chance"].to_numpy(), right)

    def is_stale(self, category: str | None, age_days: int) -> bool:
        """Say whether an answer is too old for its category."""
        most = self.stale_days.get(category or "")
        return most is not None and age_days > most

    def sentence(self) -> str:
        """Say how much is in the library."""
        n = self.frame.height
        if not n:
            return "Nothing has been answered before: confirm or correct a row, and it comes back with the next list."
        old = sum(self.is_stale(c, a) for c, a in self.frame.select("category", "age_days").iter_rows())
        lists = self.frame["source"].n_unique()
        text = message(
            "The library holds {answers} from {lists}", answers=counted(n, "answer"), lists=counted(lists, "list")
        )
        return message("{text}, {old:,} of them older than they should be.", text=text, old=old) if old else f"{text}."


def load(store: Store | None, settings: Settings, without: str = "") -> Memory:
    """Return the library the store keeps: what was confirmed or corrected, and the answered rows of all lists.

    Parameters
    ----------
    store : Store or None
        An open database; None for an empty library.
    settings : Settings
    without : str
        The key of a list's file whose own rows are left out; see `saved_lists.key`.
    """
    if store is None:
        return Memory(stale_days=settings.answers.stale_days)
    sets = [saved for saved in store.requirement_sets.list() if saved.payload.get("file_key") != (without or None)]
    parts = [worked_on(saved.name, saved.payload, store.reviews.rows(saved.id)) for saved in sets]
    return joined(Memory(store.answers.frame(), settings.answers.stale_days), *parts)


def recall(texts: list[str], memory: Memory, home: Path | None = None) -> pl.DataFrame:
    """Return the nearest earlier answer for each requirement that has one.

    Likeness is the matching score between the two requirements: words + 0.5 × letters + 1.5 × meaning,
    over 3. The same text, spaces and case apart, has likeness 1. Of several answers to the same text the
    newest counts.

    Parameters
    ----------
    texts : list of str
    memory : Memory
    home : Path, optional
        Where the vectors of the library are kept.

    Returns
    -------
    pl.DataFrame
        [place, likeness, is_sure, has_same_numbers, is_same_sense, is_stale, answered_before, answer_id, text,
        capability_id, answer, source, owner, age_days, approved_by, approved_at] for likeness from 0.5 up.
        `is_sure` (from 0.65 up) means the row takes the earlier counterpart; the answer too where numbers, kind of
        row and what yes says are the same. What was only confirmed in bulk is never sure.
    """
    lacking = [pl.lit(None, kind).alias(name) for name, kind in APPROVAL.items() if name not in memory.frame.columns]
    earlier = memory.frame.with_columns(*lacking, _plain=pl.col("text").map_elements(_plain, pl.String))
    earlier = earlier.sort("at", descending=True, maintain_order=True).unique(
        "_plain", keep="first", maintain_order=True
    )
    if earlier.is_empty() or not texts:
        return pl.DataFrame(schema=RECALLED)
    exact = {text: k for k, text in enumerate(earlier["_plain"])}
    plain = [_plain(text) for text in texts]
    new = list(dict.fromkeys(text for text in plain if text not in exact))
    near = _nearest(new, earlier["_plain"].to_list(), home) if new else {}
    rows, listed = [], earlier.to_dicts()
    for index, text in enumerate(plain):
        k, likeness = (exact[text], 1.0) if text in exact else near[text]
        if likeness >= NEAR:
            rows.append(_row(index, texts[index], likeness, listed[k], memory))
    return pl.DataFrame(rows, schema=RECALLED, orient="row")


def _nearest(new: list[str], earlier: list[str], home: Path | None) -> dict[str, tuple[int, float]]:
    matches = matcher.compare(new, earlier, 1, home)
    places, scores = matches.order[:, 0].tolist(), matches.scores[:, 0].tolist()
    return dict(zip(new, zip(places, scores, strict=True), strict=True))


def _plain(text: str) -> str:
    return " ".join(text.lower().split()).strip(" .;:")


def _numbers(text: str) -> list[str]:
    return sorted(NUMBER.findall(text))


def _row(index: int, text: str, likeness: float, was: Mapping[str, Any], memory: Memory) -> tuple[Any, ...]:
    same = _numbers(text) == _numbers(was["text"])
    ours, theirs = row_kind(text), row_kind(was["text"])
    same_sense = (ours.kind, ours.polarity) == (theirs.kind, theirs.polarity)
    old = memory.is_stale(was["category"], was["age_days"])
    note = message(
        "{answer_id}: {source}, {place}, by {owner}, {age}",
        answer_id=was["answer_id"],
        source=was["source"],
        place=was["place"],
        owner=was["owner"],
        age=_age(was["age_days"]),
    )
    note += "; stale, check it" if old else ""
    note += "" if same else "; the numbers differ"
    return (
        index,
        likeness,
        likeness >= SURE and was["kind"] != LIKELY_ONE,
        same,
        same_sense,
        old,
        note,
        was["answer_id"],
        was["text"],
        was["capability_id"],
        was["answer"],
        was["source"],
        was["owner"],
        was["age_days"],
        was["approved_by"],
        was["approved_at"],
    )


def _age(days: int) -> str:
    return "today" if days == 0 else "yesterday" if days == 1 else message("{days:,} days ago", days=days)


def applied(rows: pl.DataFrame, recalled: pl.DataFrame) -> pl.DataFrame:
    """Fill rows in from what was answered before.

    Parameters
    ----------
    rows : pl.DataFrame
        With capability_id and confidence as matched.
    recalled : pl.DataFrame
        As `recall` gives it.

    Returns
    -------
    pl.DataFrame
        With answered_before. A sure row has the earlier counterpart, with confidence 1 for the same text and
        0.9 for a near one (0 where it had none); a row that is only near, and would be matched elsewhere,
        is left to a person.
    """
    answers = recalled.select(
        "place", "likeness", "is_sure", "answered_before", _before=pl.col("capability_id"), _known=pl.lit(value=True)
    )
    out = rows.with_row_index("place").with_columns(pl.col("place").cast(pl.Int64))
    out = out.join(answers, on="place", how="left", maintain_order="left")
    sure = pl.col("is_sure").fill_null(value=False)
    chance = pl.when(pl.col("likeness") >= 1).then(1.0).otherwise(SURE_CHANCE)
    other = pl.col("_known") & ~pl.col("_before").eq_missing(pl.col("capability_id"))
    doubtful = pl.min_horizontal(pl.col("confidence"), pl.lit(confidence.LIKELY - 0.01))
    return out.with_columns(
        capability_id=pl.when(sure).then("_before").otherwise("capability_id"),
        confidence=pl.when(sure & pl.col("_before").is_null())
        .then(0.0)
        .when(sure)
        .then(chance)
        .when(other)
        .then(doubtful)
        .otherwise("confidence"),
    ).drop("place", "likeness", "is_sure", "_before", "_known")


def first(candidates: pl.DataFrame, recalled: pl.DataFrame, top: int = matcher.TOP) -> pl.DataFrame:
    """Put the earlier counterpart first among a row's candidates.

    Parameters
    ----------
    candidates : pl.DataFrame
        [place, rank, capability_id, score, words, sentence], and more.
    recalled : pl.DataFrame
    top : int
        How many are kept.
    """
    earlier = recalled.filter(pl.col("capability_id").is_not_null()).select(
        "place",
        "capability_id",
        rank=pl.lit(0, candidates.schema["rank"]),
        score=pl.col("likeness"),
        words=pl.lit("answered before"),
        sentence=pl.format("{} ({})", "text", "answered_before"),
    )
    rest = candidates.join(earlier.select("place", "capability_id"), on=["place", "capability_id"], how="anti")
    both = pl.concat([earlier, rest], how="diagonal_relaxed").sort("place", "rank", maintain_order=True)
    both = both.with_columns(rank=pl.int_range(1, pl.len() + 1).over("place"))
    return both.filter(pl.col("rank") <= top).select(candidates.columns)


def decision(
    row: Mapping[str, Any], chosen: str | None, source: str, answer: str = "", *, is_bulk: bool = False
) -> Decision:
    """Return what a person decided on a row of an analysis.

    Parameters
    ----------
    row : mapping
        sheet, row, text, category, and the match's own first candidate as matched_id with its chance.
    chosen : str or None
        The capability; None where there is no counterpart.
    source : str
        The list's name.
    answer : str
        What is answered to the buyer.
    is_bulk : bool
        Whether many were confirmed at once, so that nobody looked at this one: it is likely, not certain.
    """
    same = "confirmed" if not is_bulk else LIKELY_ONE
    return Decision(
        text=str(row["text"]),
        source=source,
        place=message("{sheet} row {row}", sheet=row["sheet"], row=row["row"]),
        kind=same if chosen is not None and chosen == row.get("matched_id") else "corrected",
        capability_id=chosen,
        answer=answer.strip(),
        category=str(row.get("category") or CATEGORIES[0]),
        chance=None if is_bulk else row.get("chance"),
    )


def worked_on(name: str, payload: Mapping[str, Any], reviewed: pl.DataFrame) -> Memory:
    """Return the answered and approved rows of a kept list as a library.

    Parameters
    ----------
    name : str
        The list.
    payload : mapping
        As `kept.payload` made it: rows of [sheet, row, requirement_id, text, category, priority, capability_id,
        confidence].
    reviewed : pl.DataFrame
        As the store's `reviews.rows` gives it; ages are counted to the newest change of all.
    """
    lacking = [pl.lit(None, kind).alias(name) for name, kind in APPROVAL.items() if name not in reviewed.columns]
    reviewed = reviewed.with_columns(*lacking)
    done = reviewed.filter(pl.col("state").is_in(["answered", "approved"]) & (pl.col("answer").fill_null("") != ""))
    if done.is_empty() or not payload.get("rows"):
        return Memory()
    listed = [(r[0], r[1], r[3], r[4], r[6]) for r in payload["rows"]]
    names = {"sheet": pl.String, "row": pl.Int64, "text": pl.String, "_category": pl.String, "_capability": pl.String}
    requirements = pl.DataFrame(listed, schema=names, orient="row")
    rows = done.join(requirements, on=["sheet", "row"], how="inner", maintain_order="left")
    chosen = pl.coalesce("capability_id", "_capability")
    now = reviewed["changed_at"].max()
    return Memory(
        rows.select(
            answer_id=pl.format("{} row {}", pl.lit(name), "row"),
            text="text",
            capability_id=pl.when(chosen != "none").then(chosen),
            answer="answer",
            category=pl.coalesce("category", "_category"),
            source=pl.lit(name),
            place=pl.format("{} row {}", "sheet", "row"),
            owner="changed_by",
            kind=pl.lit("corrected"),
            chance=pl.lit(None, pl.Float64),
            at="changed_at",
            age_days=(pl.lit(now, pl.Datetime("us")) - pl.col("changed_at")).dt.total_days(),
            approved_by="approved_by",
            approved_at="approved_at",
        ).cast(pl.Schema(SHAPE | APPROVAL))
    )


def joined(*parts: Memory) -> Memory:
    """Return several libraries as one; the newest answer to a text counts."""
    frames = [part.frame for part in parts]
    stale = {name: days for part in parts for name, days in part.stale_days.items()}
    return Memory(pl.concat(frames, how="diagonal") if frames else nothing(), stale)
