"""Proof of concept: what is tried, when it counts as passed, by whom, and what came of it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from core.enablement.document import Block, Paper, bullets, heading, table, text
from core.enablement.rules import rules
from core.enablement.workdays import after, between
from core.formats import long_day
from core.localization import message, message_plural
from core.metrics import counted

MEASURED = re.compile(r": \d")

PLAN = {
    "no": pl.Int64,
    "week": pl.Int64,
    "row": pl.Int64,
    "requirement": pl.String,
    "criterion": pl.String,
    "owner": pl.String,
    "starts_on": pl.Date,
    "ends_on": pl.Date,
    "source": pl.String,
    "result": pl.String,
}
RESULTS = ("open", "passed", "failed")
PER_WEEK, DAYS = 3, 5


@dataclass(frozen=True)
class Proof:
    """A plan of a proof of concept.

    Attributes
    ----------
    frame : pl.DataFrame
        [no, week, row, requirement, criterion, owner, starts_on, ends_on, source, result].
    environment : tuple of str
        What has to be there before it starts.
    deal : str
    """

    frame: pl.DataFrame
    environment: tuple[str, ...]
    deal: str
    holidays: tuple[date, ...] = ()

    def sentence(self) -> str:
        """Say how many criteria there are, how long it takes and how it stands."""
        if self.frame.is_empty():
            return "The list has no critical requirement, so nothing has to be proven."
        last = self.frame["ends_on"].to_list()[-1]
        done = int((self.frame["result"] != "open").sum())
        passed = int((self.frame["result"] == "passed").sum())
        summary = message_plural(
            "{criteria} from critical requirements takes {weeks}, until {last}",
            "{criteria} from critical requirements take {weeks}, until {last}",
            self.frame.height,
            criteria=counted(self.frame.height, "criterion", "criteria"),
            weeks=counted(self.frame["week"].to_list()[-1], "week"),
            last=long_day(last),
        )
        return (
            message_plural(
                "{summary}; {n} of {done} tried has passed.",
                "{summary}; {n} of {done} tried have passed.",
                passed,
                summary=summary,
                done=done,
            )
            if done
            else f"{summary}."
        )

    def due(self, today: date) -> pl.DataFrame:
        """Return criteria still open whose last day is within five business days or past: [..., days_left]."""
        rows = self.frame.filter(pl.col("result") == "open")
        left = [between(today, day, self.holidays) for day in rows["ends_on"].to_list()]
        return rows.with_columns(pl.Series("days_left", left, dtype=pl.Int64)).filter(pl.col("days_left") <= DAYS)

    def paper(self) -> Paper:
        """Return the plan, with a sheet for the daily status."""
        rows = [
            (r["no"], r["week"], r["requirement"], r["criterion"], r["owner"], r["ends_on"], r["source"])
            for r in self.frame.iter_rows(named=True)
        ]
        blocks: list[Block] = [
            heading("Success criteria"),
            table(("No.", "Week", "Requirement", "Passed when", "Owner", "Until", "Source"), rows),
            heading("Environment"),
            *bullets(self.environment),
            heading("Daily status"),
            _status(self.frame, self.holidays),
        ]
        return Paper(
            "Proof of concept",
            message("{deal}. {self}", deal=self.deal, self=self.sentence()).strip(" ."),
            tuple(blocks),
        )

    def read_out(self) -> Paper:
        """Return the read-out: what passed, what failed, what was not tried."""
        parts: list[Block] = []
        for result, title in (("passed", "Passed"), ("failed", "Not passed"), ("open", "Not tried")):
            rows = self.frame.filter(pl.col("result") == result)
            listed = rows.select("no", "requirement", "criterion", "source").rows()
            parts += [heading(f"{title}: {rows.height}")]
            parts += [table(("No.", "Requirement", "Criterion", "Source"), listed)] if listed else [text("None.")]
        return Paper("Results of the proof of concept", self.sentence(), tuple(parts))


def plan(
    rows: pl.DataFrame,
    start: date,
    deal: str = "",
    results: Mapping[int, str] | None = None,
    holidays: Collection[date] = (),
) -> Proof:
    """Plan a proof of concept from the critical requirements of a list.

    A requirement that asks for a number, a region or a standard is passed when what was asked is measured;
    any other when the buyer has seen it done in his own words and signs it off. What is not available or
    planned cannot be tried and is left out. Three criteria a week, business days only.

    Parameters
    ----------
    rows : pl.DataFrame
        The analysis: [row, text, category, priority, status, comparison, capability_id, owner].
    start : date
        First day; a day off moves on to the next business day.
    deal : str
    results : mapping, optional
        Row in the buyer's file to passed or failed.
    holidays : collection of date
    """
    can = rows.filter((pl.col("priority") == "critical") & pl.col("status").is_in(["available", "limited", "partner"]))
    order = pl.col("comparison").is_null()
    chosen = can.sort(order, "row", maintain_order=True).head(rules()["most"]["criteria"]).sort("row")
    first = after(start, 0, holidays)
    tests = []
    for index, row in enumerate(chosen.iter_rows(named=True)):
        week = index // PER_WEEK
        begins = after(first, week * DAYS, holidays)
        ends = after(begins, DAYS - 1, holidays)
        result = (results or {}).get(row["row"], "open")
        tests.append(
            (
                index + 1,
                week + 1,
                row["row"],
                row["text"],
                criterion(row),
                row["owner"],
                begins,
                ends,
                row["capability_id"],
                result if result in RESULTS else "open",
            )
        )
    kinds = dict.fromkeys(chosen["category"].to_list())
    needed = dict.fromkeys(line for kind in kinds for line in rules()["environments"].get(kind, ()))
    return Proof(pl.DataFrame(tests, schema=PLAN, orient="row"), tuple(needed), deal, tuple(sorted(holidays)))


def criterion(row: Mapping[str, object]) -> str:
    """Return when a requirement counts as passed."""
    asked = str(row["comparison"] or "")
    wanted = [part.split(", we commit")[0].split("; unclear")[0] for part in asked.split(". ") if "asks for" in part]
    if wanted:
        target = "; ".join(part.replace("asks for ", "") for part in wanted)
        how = "measured" if MEASURED.search(target) else "shown"
        return message(
            "{target}{target_2}, {how} in the buyer's presence and written down.",
            target=target[:1].upper(),
            target_2=target[1:],
            how=how,
        )
    return "Done by the buyer's own user with the buyer's own data, without help, and signed off."


def _status(frame: pl.DataFrame, holidays: Collection[date]) -> Block:
    if frame.is_empty():
        return text("No day planned.")
    day, last = frame["starts_on"].to_list()[0], frame["ends_on"].to_list()[-1]
    days = []
    while day <= last:
        on = frame.filter((pl.col("starts_on") <= day) & (pl.col("ends_on") >= day))["no"].to_list()
        days.append((f"{day:%a} {day.day} {day:%b}", ", ".join(str(n) for n in on), "", "", ""))
        day = after(day, 1, holidays)
    return table(("Day", "Criteria", "Done", "In the way", "Who helps"), days)
