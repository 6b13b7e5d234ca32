"""The approved answers of the library as what was answered before: they fill rows in like those of earlier lists."""

from __future__ import annotations

from datetime import date

import polars as pl

from core.config import Settings
from core.requirements.library import answer_edition
from core.requirements.library.answer_edition import APPROVED, Library
from core.requirements.match import answer_library
from core.requirements.match.answer_library import APPROVAL, Memory
from core.requirements.text.classification import CATEGORIES
from core.store import Store
from core.store.answers import SHAPE


def memory(library: Library, today: date) -> Memory:
    """Return what people approved in a library, as far as a capability stands behind it.

    Answers of the sample nobody has touched are no part of it: they are suggested, and never filled in.

    Parameters
    ----------
    library : Library
    today : date
        To which the age of an answer is counted, from its last review.
    """
    rows = library.live.filter(
        pl.col("state") == APPROVED, pl.col("capability_id").is_not_null(), pl.col("version") > 0
    )
    read_on = pl.coalesce("reviewed_on", pl.col("saved_at").dt.date())
    frame = rows.select(
        answer_id="answer_id",
        text="question",
        capability_id="capability_id",
        answer="answer",
        category=pl.col("category").fill_null(CATEGORIES[0]),
        source=pl.coalesce("source", pl.lit("the answer library")),
        place=pl.lit("answer library"),
        owner=pl.coalesce("owner", "written_by", "author"),
        kind=pl.lit("corrected"),
        chance=pl.lit(None, pl.Float64),
        at=pl.col("saved_at"),
        age_days=(pl.lit(today) - read_on).dt.total_days().clip(lower_bound=0),
        approved_by="approved_by",
        approved_at=pl.col("approved_on").cast(pl.Datetime("us")),
    )
    return Memory(frame.cast(pl.Schema(SHAPE | APPROVAL)), library.stale_days)


def load(store: Store | None, settings: Settings, without: str = "") -> Memory:
    """Return all that was answered before: in earlier lists, and approved in the library; see `answer_library.load`."""
    earlier = answer_library.load(store, settings, without)
    if store is None:
        return earlier
    library = answer_edition.load(store, settings.answers.stale_days)
    return answer_library.joined(earlier, memory(library, store.library.today()))
