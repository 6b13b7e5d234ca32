"""Which answers may leave the house: approved on this very list, or in the library for the same capability."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from core.localization import message, message_plural
from core.metrics.measure import counted
from core.requirements.judge.draft_answers import Drafts
from core.requirements.judge.gap_analysis import GapAnalysis
from core.requirements.work import row_review

APPROVED, ANSWERED, ALL = "approved", "answered", "all"
WHICH = {APPROVED: ("approved",), ANSWERED: row_review.DONE, ALL: row_review.STATES}
ANSWERS = {
    "sheet": pl.String,
    "row": pl.Int64,
    "status": pl.String,
    "statement": pl.String,
    "capability": pl.String,
    "response": pl.String,
    "approved_by": pl.String,
    "approved_at": pl.Datetime("us"),
}
KEY = ["sheet", "row"]


@dataclass(frozen=True)
class Release:
    """The answers that go out, and those that wait.

    Attributes
    ----------
    frame : pl.DataFrame
        [sheet, row, status, statement, capability, response, approved_by, approved_at]: who approved and when is
        null for answers nobody approved.
    n_waiting : int
        Rows with a draft or an answer that do not go out, for nobody has approved them.
    n_unreviewed : int
        Rows that go out although nobody has approved them.
    """

    frame: pl.DataFrame
    n_waiting: int
    n_unreviewed: int

    def sentence(self) -> str:
        """Say what goes out and what waits."""
        if self.n_unreviewed:
            return message_plural(
                "{answers} out unreviewed: nobody has approved it.",
                "{answers} out unreviewed: nobody has approved them.",
                self.n_unreviewed,
                answers=counted(self.n_unreviewed, "answer goes", "answers go"),
            )
        n = self.frame.height
        head = (
            message("{approved} out", approved=counted(n, "approved answer goes", "approved answers go"))
            if n
            else "No answer is approved yet"
        )
        tail = (
            message("; {wait} for approval.", wait=counted(self.n_waiting, "waits", "wait")) if self.n_waiting else "."
        )
        return head + tail


def release(
    analysis: GapAnalysis,
    drafts: Drafts,
    worked: pl.DataFrame | None = None,
    which: str = APPROVED,
    *,
    four_eyes: bool = False,
) -> Release:
    """Choose the answers that leave the house.

    Parameters
    ----------
    analysis : GapAnalysis
    drafts : Drafts
    worked : pl.DataFrame, optional
        The rows people worked on; what they wrote goes before the draft.
    which : str
        approved: what an approver let pass on this list, and what was approved in the library for the same
        question and capability; answered: what somebody answered, too; all: every draft.
    four_eyes : bool
        Whether an approval by the answer's own author counts for nothing.
    """
    rows = row_review.grid(analysis, drafts, row_review.nothing() if worked is None else worked)
    if four_eyes:
        own = (pl.col("state") == APPROVED) & pl.col("answered_by").eq_missing(pl.col("approved_by"))
        own = own & pl.col("answered_by").is_not_null()
        rows = rows.with_columns(state=pl.when(own).then(pl.lit("answered")).otherwise("state"))
    judged = analysis.frame.select(*KEY, "status", "capability")
    names = ("approved_by", "approved_at")
    is_approved = pl.col("state") == APPROVED
    rows = rows.select(
        *KEY, "state", "statement", *(pl.when(is_approved).then(name).alias(name) for name in names), response="answer"
    )
    rows = judged.join(rows, on=KEY, maintain_order="left")
    earlier = _library(analysis)
    rows = rows.join(earlier, on=KEY, how="left", maintain_order="left")
    from_library = ~is_approved & (pl.col("state") == "new") & pl.col("_response").is_not_null()
    rows = rows.with_columns(
        state=pl.when(from_library).then(pl.lit(APPROVED)).otherwise("state"),
        **{n: pl.when(from_library).then(f"_{n}").otherwise(n) for n in ("response", *names)},
    )
    out = pl.col("state").is_in(list(WHICH[which])) & (is_approved | (pl.lit(value=which != APPROVED)))
    chosen = rows.filter(out)
    waiting = rows.filter(~out & (pl.col("response").fill_null("") != ""))
    unreviewed = chosen.filter(~is_approved & (pl.col("response").fill_null("") != ""))
    return Release(chosen.select(list(ANSWERS)), waiting.height, unreviewed.height)


def _library(analysis: GapAnalysis) -> pl.DataFrame:
    """Return the answers approved earlier that fit a row of this list as they stand."""
    places = analysis.frame.with_row_index("place").select(
        pl.col("place").cast(pl.Int64), *KEY, _now=pl.col("capability_id"), _status=pl.col("status")
    )
    fit = analysis.recalled.filter(
        "is_sure", "has_same_numbers", "is_same_sense", ~pl.col("is_stale"), pl.col("approved_by").is_not_null()
    )
    same = (pl.col("likeness") >= 1) | (pl.col("capability_id") == pl.col("_now"))
    rows = places.join(fit, on="place", how="inner", maintain_order="left").filter(
        same, ~pl.col("_status").is_in(["unclear", "to be checked"]), pl.col("answer") != ""
    )
    return rows.select(*KEY, _response="answer", _approved_by="approved_by", _approved_at="approved_at")
