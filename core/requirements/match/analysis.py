"""A requirement list held against the catalogue: rows, candidates, figures and what they say in words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import polars as pl

from core.contracts.constants import SEVERITY_RANK
from core.localization import joined, message, message_plural
from core.metrics.measure import brief, counted, money, out_of, shortened
from core.requirements.match import answer_library, matcher
from core.requirements.match.confidence import Refit
from core.requirements.read.requirement_list import RequirementList


@dataclass(frozen=True)
class Stake:
    """The deal a list belongs to."""

    opportunity_id: str
    name: str
    amount: float
    p_win: float | None = None


@dataclass(frozen=True)
class GapAnalysis:
    """A requirement list held against the catalogue.

    Attributes
    ----------
    frame : pl.DataFrame
        One row per row of the list, whatever its kind: [sheet, row, requirement_id, section, text, kind, polarity,
        category, priority, obligation, capability_id, capability, status, confidence, statement, comparison,
        gap_type, severity, impact, size, effort_weeks, effort_low_weeks, effort_high_weeks, timeline,
        timeline_weeks, cost_amount, approach, solution, workaround, owner, exposed_amount, reason,
        answered_before]; gap columns are null where there is no gap, comparison where nothing measurable is asked,
        exposed_amount where no deal is attached.
    candidates : pl.DataFrame
        [place, rank, capability_id, score, words, sentence, capability]: up to five per requirement, place
        being its position in `frame`; words and sentence are what speaks for the candidate.
    summary : dict
        warnings (what casts doubt on every figure), n_requirements, n_rated (those that can be complied with),
        n_supported, n_gaps, n_unclear, n_not_stated (those of the unclear whose capability is known but not what
        it commits to), n_to_check, n_in_words, coverage_rate, fit_rate and must_have_rate, each with its target
        and, as …_high_rate, its value if every open row were met; effort_weeks with its range, cost_amount,
        currency, and opportunity_id and amount where a deal is attached. A rate is null where no row can be rated.
    recalled : pl.DataFrame
        What was answered before, per place; see `memory.recall`.
    matched : pl.DataFrame
        [matched_id, chance] of each row: the match's own first candidate and its chance as shipped.
    fitted : Refit
        How confidence was brought in line with what people confirmed.
    """

    frame: pl.DataFrame
    candidates: pl.DataFrame
    summary: dict[str, Any]
    source: RequirementList
    catalogue_name: str
    recalled: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=answer_library.RECALLED))
    matched: pl.DataFrame = field(default_factory=pl.DataFrame)
    fitted: Refit = field(default_factory=Refit)

    @property
    def unclear(self) -> pl.DataFrame:
        """Return the nearest capabilities of each row that needs a person: [row, text, rank, capability_id, \
capability, score, words, sentence]."""
        rows = self.frame.with_row_index("place").filter(is_unsure())
        near = self.candidates.with_columns(pl.col("place").cast(pl.UInt32))
        return rows.select("place", "row", "text").join(near, on="place").drop("place").sort("row", "rank")

    @property
    def warnings(self) -> list[str]:
        """Return what casts doubt on every figure; it is said before them."""
        return list(self.summary.get("warnings", ()))

    @property
    def to_check(self) -> pl.DataFrame:
        """Return the rows a person has to look at, for nothing comes near or yes could be the wrong word: [sheet, \
row, text, kind, polarity, priority, capability, why]."""
        rows = self.frame.filter(pl.col("status") == "to be checked")
        silent = pl.col("capability_id").is_null() & (pl.col("polarity") == "reassuring")
        why = (
            pl.when(silent)
            .then(pl.lit("nothing in the catalogue comes near"))
            .when(pl.col("polarity") == "damaging")
            .then(pl.lit("yes would speak against us"))
            .when(pl.col("kind") == "demand")
            .then(pl.lit("it forbids or weakens something"))
            .otherwise(pl.lit("it is not sure what yes would say"))
        )
        return rows.select("sheet", "row", "text", "kind", "polarity", "priority", "capability", why=why)

    @property
    def gaps(self) -> pl.DataFrame:
        """Return the rows with a gap, most severe first."""
        rows = self.frame.filter(pl.col("gap_type").is_not_null())
        rank = pl.col("severity").replace_strict(SEVERITY_RANK, return_dtype=pl.Int64)
        return rows.sort(rank, pl.col("cost_amount"), "row", descending=[False, True, False])

    def by_category(self) -> pl.DataFrame:
        """Return [category, status, n]: how many requirements of each category are in each status."""
        return self.frame.group_by("category", "status").agg(n=pl.len()).sort("category", "status")

    def sentence(self) -> str:
        """Say coverage, fit and what closing the gaps costs."""
        s = self.summary
        if not s["n_rated"]:
            return message(
                "None of {rows} can be complied with: all are answered in words.",
                rows=counted(s["n_requirements"], "row"),
            )
        cost = money(s["cost_amount"], s["currency"])
        text = message(
            "{out_of} supported today ({spread}, target {coverage_target_rate:.0f} %); fit weighted "
            "by priority is {spread_2} (target {fit_target_rate:.0f} %). ",
            out_of=out_of(s["n_supported"], s["n_rated"], "requirement"),
            spread=_spread(s["coverage_rate"], s["coverage_high_rate"]),
            coverage_target_rate=s["coverage_target_rate"] * 100,
            spread_2=_spread(s["fit_rate"], s["fit_high_rate"]),
            fit_target_rate=s["fit_target_rate"] * 100,
        )
        text += self._work(cost)
        open_points = {
            "someone to choose the capability": s["n_unclear"] - s["n_not_stated"],
            "a limit we do not state": s["n_not_stated"],
            "a check": s["n_to_check"],
            "an answer in words": s["n_in_words"],
        }
        need = [joined(counted(n, "needs", "need"), what) for what, n in open_points.items() if n]
        if len(need) > 1:
            text += message("; {others} and {last}.", others=joined(*need[:-1], by=", "), last=need[-1])
        else:
            text += message("; {last}.", last=need[0]) if need else "."
        if s.get("amount"):
            text += message(
                " {amount} depends on it: {opportunity}.",
                amount=money(s["amount"], s["currency"]),
                opportunity=s["opportunity"],
            )
        return text

    def _work(self, cost: str) -> str:
        s = self.summary
        if not s["n_gaps"]:
            return "There is no gap"
        if not s["effort_weeks"]:
            return message("{gaps}, none of them to be built", gaps=counted(s["n_gaps"], "gap"))
        weeks = message(
            "{effort_low_weeks} to {effort_high_weeks}",
            effort_low_weeks=brief(s["effort_low_weeks"]),
            effort_high_weeks=brief(s["effort_high_weeks"]),
        )
        return message(
            "{gaps} would take {weeks} person-weeks, about {cost}, to close",
            gaps=counted(s["n_gaps"], "gap"),
            weeks=weeks,
            cost=cost,
        )

    def gap_sentence(self) -> str:
        """Say which gaps are worst and which is dearest."""
        gaps = self.gaps
        if gaps.is_empty():
            n = self.summary["n_to_check"]
            return "There is no gap: " + (
                message("{rows} still to be checked.", rows=counted(n, "row is", "rows are"))
                if n
                else "all of it is supported today."
            )
        worst = gaps.filter(pl.col("severity") == "blocker").height
        dear = gaps.sort("cost_amount", "row", descending=[True, False]).row(0, named=True)
        cost, text = money(dear["cost_amount"], self.summary["currency"]), f"“{shortened(dear['text'], 120)}”"
        blockers = (
            message_plural(
                "{n:,} of {gaps} blocks the deal",
                "{n:,} of {gaps} block the deal",
                worst,
                gaps=counted(gaps.height, "gap"),
            )
            if worst
            else "No gap blocks the deal"
        )
        return message(
            "{blockers}; the most expensive takes {effort_weeks} person-weeks and {cost}: {text}.",
            blockers=blockers,
            effort_weeks=brief(dear["effort_weeks"]),
            cost=cost,
            text=text,
        )

    def unclear_sentence(self) -> str:
        """Say how many rows need a person, and why."""
        n = self.summary["n_unclear"] - self.summary["n_not_stated"]
        if not n:
            return "No row needs a choice between capabilities." + self.check_sentence()
        return (
            message_plural(
                "{rows} several capabilities, or none well enough. The five closest are below; until "
                "somebody chooses, it counts as open.",
                "{rows} several capabilities, or none well enough. The five closest are below; until "
                "somebody chooses, they count as open.",
                n,
                rows=counted(n, "row resembles", "rows resemble"),
            )
            + self.check_sentence()
        )

    def check_sentence(self) -> str:
        """Say how many rows are to be checked, with a space before; empty where none is."""
        n = self.summary["n_to_check"]
        if not n:
            return ""
        return message_plural(
            " {rows} to be checked, for nothing in the catalogue comes near or yes could be the "
            "wrong word: it counts neither as supported nor as missing, and costs nothing.",
            " {rows} to be checked, for nothing in the catalogue comes near or yes could be the "
            "wrong word: they count neither as supported nor as missing, and cost nothing.",
            n,
            rows=counted(n, "row is", "rows are"),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold: `warnings`, `requirements`, each with up to five candidates, and `summary`."""
        by_place: dict[int, list[dict[str, Any]]] = {}
        for row in self.candidates.iter_rows(named=True):
            by_place.setdefault(row["place"], []).append(
                {"capability_id": row["capability_id"], "score": round(row["score"], 4)}
            )
        names = ("row", "sheet", "text", "kind", "polarity", "category", "priority", "status", "confidence")
        rows = self.frame.select(names).iter_rows(named=True)
        listed = [{**row, "candidates": by_place.get(index, [])} for index, row in enumerate(rows)]
        return {"warnings": self.warnings, "requirements": listed, "summary": self.summary}


def _spread(low: float, high: float) -> str:
    """Write a rate, or the range it may have."""
    first, last = f"{low * 100:.0f}", f"{high * 100:.0f}"
    return f"{first} %" if first == last else message("{first} to {last} %", first=first, last=last)


def is_unsure() -> pl.Expr:
    """Say where the counterpart is in doubt, rather than what it commits to."""
    return (pl.col("status") == "unclear") & (pl.col("confidence") < matcher.LIKELY)
