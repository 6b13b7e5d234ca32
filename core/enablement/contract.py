"""Contract: the service level a list asks for, deviations from it, and the steps to signature."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from core.enablement.document import Block, Paper, bullets, heading, table, text
from core.enablement.rules import rules
from core.enablement.workdays import after, between
from core.localization import message, message_plural
from core.metrics.measure import counted

STEPS = {"step": pl.String, "who": pl.String, "due_on": pl.Date, "days_left": pl.Int64, "state": pl.String}


WEEK, MINUTES = 168, 60


def lasting(hours: float) -> str:
    """Write a time as people say it.

    Examples
    --------
    >>> lasting(0.25), lasting(1), lasting(4)
    ('15 minutes', '1 hour', '4 hours')
    """
    if hours < 1:
        return message("{hours:g} minutes", hours=hours * MINUTES)
    return message_plural("{n:g} hour", "{n:g} hours", hours)


@dataclass(frozen=True)
class Contract:
    """What the contract says, and how far it is.

    Attributes
    ----------
    level : mapping
        The service level chosen: name and values.
    unmet : tuple of str
        A sentence for each demand beyond it.
    frame : pl.DataFrame
        [step, who, due_on, days_left, state]: state is done, late, due (within 2 business days) or ahead.
    deviations : pl.DataFrame
        [row, requirement, statement, proposal, source]: what is asked as a must and not met in full.
    """

    level: Mapping[str, Any]
    unmet: tuple[str, ...]
    frame: pl.DataFrame
    deviations: pl.DataFrame
    deal: str

    def sentence(self) -> str:
        """Say the level, the deviations and what is due."""
        late = self.frame.filter(pl.col("state") == "late")["step"].to_list()
        due = self.frame.filter(pl.col("state") == "due")["step"].to_list()
        n = self.deviations.height
        deviations = counted(n, "must-have needs", "must-haves need") if n else "no must-have needs"
        summary = (
            message("The list asks for the service level {name}", name=self.level["name"])
            + (message(", and for more in {points}", points=counted(len(self.unmet), "point")) if self.unmet else "")
            + message("; {deviations} a deviation.", deviations=deviations)
        )
        summary += message(" Late: {late}.", late=", ".join(late)) if late else ""
        return summary + (message(" Due now: {due}.", due=", ".join(due)) if due else "")

    def paper(self) -> Paper:
        """Return the pack: service level, deviations, steps."""
        hours = float(self.level["support_hours"])
        values = [
            ("Availability", message("{uptime:g} % a month", uptime=self.level["uptime"])),
            ("Support", "Around the clock" if hours >= WEEK else message("{hours:g} hours a week", hours=hours)),
            ("First response, critical", lasting(self.level["response_hours"])),
            ("Recovery time", lasting(self.level["recovery_hours"])),
            ("Data loss at most", lasting(self.level["loss_hours"])),
        ]
        listed = self.deviations.select("row", "requirement", "statement", "proposal", "source").rows()
        steps = [(r["step"], r["who"], r["due_on"], r["state"]) for r in self.frame.iter_rows(named=True)]
        blocks: list[Block] = [
            heading(message("Service level: {name}", name=self.level["name"])),
            table(("Term", "Value"), values),
            *(bullets(self.unmet) if self.unmet else [text("Every number asked for is within this level.")]),
            heading("Deviations"),
            table(("Row", "Requirement", "Statement", "Proposal", "Source"), listed) if listed else text("None."),
            heading("Steps to signature"),
            table(("Step", "Who", "Due", "State"), steps),
        ]
        return Paper("Contract pack", self.deal, tuple(blocks))


def draw_up(
    rows: pl.DataFrame,
    asked: pl.DataFrame,
    signature: date,
    today: date,
    deal: str = "",
    done: Collection[str] = (),
    holidays: Collection[date] = (),
) -> Contract:
    """Choose the service level and list deviations and steps.

    The least level that meets every number asked for is chosen; where none does, the highest, and what
    lies beyond it is listed. Deviations are critical requirements not met in full. Steps are due so many
    business days before signature.

    Parameters
    ----------
    rows : pl.DataFrame
        The analysis.
    asked : pl.DataFrame
        [row, text, measure, phrase, value, is_more_better]: numbers the list demands.
    signature, today : date
    deal : str
    done : collection of str
        Steps done.
    holidays : collection of date
    """
    levels = rules()["levels"]
    beyond = [_beyond(level, asked) for level in levels]
    index = next((k for k, left in enumerate(beyond) if not left), len(levels) - 1)
    missed = rows.filter((pl.col("priority") == "critical") & (pl.col("statement") != "Compliant"))
    deviations = missed.select(
        "row",
        pl.col("text").alias("requirement"),
        "statement",
        pl.col("solution").alias("proposal"),
        pl.col("capability_id").alias("source"),
    )
    steps = []
    for approval in rules()["approvals"]:
        due = after(signature, -int(approval["days"]), holidays)
        left = between(today, due, holidays)
        state = "done" if approval["step"] in done else "late" if left < 0 else "due" if left <= 2 else "ahead"
        steps.append((approval["step"], approval["who"], due, left, state))
    frame = pl.DataFrame(steps, schema=STEPS, orient="row")
    return Contract(levels[index], tuple(beyond[index]), frame, deviations, deal)


def _beyond(level: Mapping[str, Any], asked: pl.DataFrame) -> list[str]:
    """Return a sentence for each number a level does not meet."""
    out = []
    for demand in asked.iter_rows(named=True):
        rule = rules()["measures"].get(demand["measure"])
        if rule is None:
            continue
        given = float(level[rule["field"]]) * rule["unit"]
        is_met = given >= demand["value"] if demand["is_more_better"] else given <= demand["value"]
        if not is_met:
            out.append(
                message(
                    "Row {row}, {measure}: {phrase} is asked for, beyond {name}.",
                    row=demand["row"],
                    measure=demand["measure"],
                    phrase=demand["phrase"],
                    name=level["name"],
                )
            )
    return list(dict.fromkeys(out))
