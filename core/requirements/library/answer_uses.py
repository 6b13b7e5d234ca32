"""Where answers of the library were used, and whether the deals behind those lists were won."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from core.contracts import Dataset
from core.requirements.library.answer_edition import Library
from core.requirements.text import answer_text
from core.requirements.work.gap_ledger import RequirementSet
from core.requirements.work.row_review import DONE

USES = {"answer_id": pl.String, "n_uses": pl.Int64, "n_lists": pl.Int64, "n_won": pl.Int64, "n_lost": pl.Int64}
# How many deals without any lead the share of won ones of an answer is held back by.
HELD_BACK = 6.0


@dataclass(frozen=True)
class AnsweredRows:
    """The answered rows of one list.

    Attributes
    ----------
    name : str
    opportunity_id : str or None
        The deal the list belongs to.
    rows : tuple of (str, str)
        The buyer's text and what was answered; an empty answer where it is not known.
    """

    name: str
    opportunity_id: str | None
    rows: tuple[tuple[str, str], ...]


def of_saved(name: str, payload: Mapping[str, Any], worked: pl.DataFrame) -> AnsweredRows:
    """Return the answered rows of a saved list.

    Parameters
    ----------
    name : str
    payload : mapping
        As `saved_lists.payload` made it.
    worked : pl.DataFrame
        As the store's `reviews.rows` gives them; rows answered or approved count.
    """
    done = worked.filter(pl.col("state").is_in(DONE) & (pl.col("answer").fill_null("") != ""))
    texts = {(row[0], row[1]): str(row[3] or "") for row in payload.get("rows") or ()}
    rows = [
        (texts.get((sheet, row), ""), str(answer))
        for sheet, row, answer in done.select("sheet", "row", "answer").rows()
    ]
    return AnsweredRows(name, payload.get("opportunity_id"), tuple(rows))


def of_sample(lists: Iterable[RequirementSet]) -> list[AnsweredRows]:
    """Return the lists that come with the sample company's deals; all their rows were answered."""
    return [
        AnsweredRows(entry.name, entry.opportunity_id, tuple((text, "") for text in entry.rows["text"]))
        for entry in lists
    ]


def uses(library: Library, lists: Iterable[AnsweredRows], dataset: Dataset) -> pl.DataFrame:
    """Return how often each answer was used, and in how many deals that were won and lost.

    An answer was used where an answered row asks its question or says its words, case and spaces apart; what was
    merged into it counts with it. A list counts once for a deal.

    Parameters
    ----------
    library : Library
    lists : iterable of AnsweredRows
    dataset : Dataset
        Its deals say what was won; a deal it does not hold is neither won nor lost.

    Returns
    -------
    pl.DataFrame
        [answer_id, n_uses, n_lists, n_won, n_lost], of answers used at least once.
    """
    answer_used = recognizer(library)
    deals = dataset.opportunities.select("opportunity_id", "is_closed", "is_won")
    outcome = {key: bool(is_won) for key, is_closed, is_won in deals.iter_rows() if is_closed}
    rows = []
    for entry in lists:
        for text, answer in entry.rows:
            key = answer_used(text, answer)
            if key is not None:
                rows.append((key, entry.name, entry.opportunity_id, outcome.get(entry.opportunity_id or "")))
    shape = {"answer_id": pl.String, "list": pl.String, "deal": pl.String, "is_won": pl.Boolean}
    used = pl.DataFrame(rows, schema=shape, orient="row")
    return (
        used.group_by("answer_id", maintain_order=True)
        .agg(
            n_uses=pl.len().cast(pl.Int64),
            n_lists=pl.col("list").n_unique().cast(pl.Int64),
            n_won=pl.col("deal").filter(pl.col("is_won")).n_unique().cast(pl.Int64),
            n_lost=pl.col("deal").filter(~pl.col("is_won")).n_unique().cast(pl.Int64),
        )
        .select(list(USES))
    )


def recognizer(library: Library) -> Callable[[str, str], str | None]:
    """Return what says which answer of a library an answered row uses, given the buyer's text and the row's answer.

    It is the one whose question the row asks, else the one whose words it says, case and spaces apart; for one that
    was merged, the answer it was merged into; None where there is none.
    """
    by_question: dict[str, str] = {}
    by_answer: dict[str, str] = {}
    aliases = library.aliases
    for key, question, answer in library.frame.select("answer_id", "question", "answer").iter_rows():
        stands = aliases.get(key, key)
        by_question.setdefault(answer_text.asked(question), stands)
        by_answer.setdefault(answer_text.plain(answer), stands)
    by_answer.pop("", None)
    by_question.pop("", None)

    def answer_used(text: str, answer: str) -> str | None:
        return by_question.get(answer_text.asked(text)) or by_answer.get(answer_text.plain(answer))

    return answer_used


def with_uses(rows: pl.DataFrame, counts: pl.DataFrame) -> pl.DataFrame:
    """Return answers with n_uses, n_lists, n_won and n_lost, 0 where they were never used."""
    joined = rows.join(counts, on="answer_id", how="left", maintain_order="left")
    return joined.with_columns(pl.col(name).fill_null(0) for name in list(USES)[1:])


def lift(counts: pl.DataFrame) -> dict[str, float]:
    """Return how much more often deals were won whose lists used an answer than all that used any, held back.

    (won + 6 × share) ÷ (won + lost + 6) − share, share being that of all: 0 for an answer no decided deal used.

    Parameters
    ----------
    counts : pl.DataFrame
        As `uses` gives them.
    """
    won, lost = int(counts["n_won"].sum()), int(counts["n_lost"].sum())
    if not won + lost:
        return {}
    share = won / (won + lost)
    names = counts.select("answer_id", "n_won", "n_lost").iter_rows()
    return {key: (w + HELD_BACK * share) / (w + n + HELD_BACK) - share for key, w, n in names if w + n}
