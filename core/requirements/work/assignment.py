"""Who answers which row: by rules over section, sheet, category, priority and words, by hand, when somebody leaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import polars as pl

from core.contracts.errors import RequirementError
from core.localization import joined, message
from core.metrics.measure import counted
from core.store.reviews import Change
from core.store.work_tasks import DONE, ROLE, ROLES

FIELDS = ("section", "sheet", "category", "priority", "words", "every row")
MOST_RULES = 100
PREVIEW = {
    "sheet": pl.String,
    "row": pl.Int64,
    "text": pl.String,
    "before": pl.String,
    "after": pl.String,
    "rule": pl.String,
    "version": pl.Int64,
}


@dataclass(frozen=True)
class Rule:
    """Rows of one kind fall to somebody.

    Attributes
    ----------
    field : str
        "section", "sheet", "category", "priority", "words" or "every row".
    value : str
        What the field says, whatever the case; of words each must occur in the requirement.
    assignee : str
        A person's sign-in name or name, or "role: " and a role of the project.
    """

    field: str
    value: str
    assignee: str

    def sentence(self) -> str:
        """Say it."""
        which = self.field if self.field == FIELDS[-1] else f"{self.field} {self.value}"
        return f"{which} → {self.assignee}"

    def fits(self, row: Mapping[str, Any]) -> bool:
        """Say whether a row is of this kind."""
        if self.field == FIELDS[-1]:
            return True
        if self.field == "words":
            text = str(row["text"]).casefold()
            return all(word in text for word in self.value.casefold().split())
        return str(row.get(self.field) or "").casefold() == self.value.strip().casefold()


def made(rules: Iterable[Mapping[str, Any]]) -> tuple[Rule, ...]:
    """Return rules as somebody wrote them, in order.

    Raises
    ------
    RequirementError
        When a field is not known, or a rule says nothing or names nobody.
    """
    out = []
    for number, given in enumerate(rules, 1):
        rule = Rule(*(str(given.get(name) or "").strip() for name in ("field", "value", "assignee")))
        if rule.field not in FIELDS:
            raise RequirementError(
                message("Rule {number} has no known field.", number=number),
                mend=message("Known: {fields}.", fields=", ".join(FIELDS)),
            )
        if not rule.assignee or not (rule.value or rule.field == FIELDS[-1]):
            raise RequirementError(
                message("Rule {number} says not of what, or to whom.", number=number), mend="Fill both, or delete it."
            )
        role = rule.assignee.removeprefix(ROLE)
        if rule.assignee.startswith(ROLE) and role not in ROLES:
            raise RequirementError(
                message("Rule {number}: there is no role {role!r}.", number=number, role=role),
                mend=message("Known: {roles}.", roles=", ".join(ROLES)),
            )
        out.append(rule)
    if len(out) > MOST_RULES:
        raise RequirementError(
            message("A project has at most {most_rules} rules.", most_rules=MOST_RULES),
            mend="Let one rule speak of more rows.",
        )
    return tuple(out)


def content(rules: Iterable[Rule]) -> list[dict[str, str]]:
    """Return rules as JSON can hold them."""
    return [asdict(rule) for rule in rules]


@dataclass(frozen=True)
class Preview:
    """Whom each row would fall to.

    Attributes
    ----------
    frame : pl.DataFrame
        [sheet, row, text, before, after, rule, version]: those rows alone whose owner would change; the rule is the
        first that fits.
    n_unmatched : int
        Open rows without an owner that no rule fits.
    n_owned : int
        Open rows a rule fits that somebody owns already and that stay with them.
    """

    frame: pl.DataFrame
    n_unmatched: int
    n_owned: int

    def sentence(self) -> str:
        """Say what would change."""
        if self.frame.is_empty():
            head = "No row changes hands"
        else:
            per = self.frame["after"].value_counts(sort=True)
            parts = joined(
                *(message("{n:,} to {person}", n=n, person=person) for person, n in list(per.iter_rows())[:5]), by=", "
            )
            verb = "goes" if self.frame.height == 1 else "go"
            head = message(
                "{rows} {verb} to somebody: {parts}", rows=counted(self.frame.height, "row"), verb=verb, parts=parts
            )
        stay = (
            message("; {rows} with who owns it", rows=counted(self.n_owned, "row stays", "rows stay"))
            if self.n_owned
            else ""
        )
        free = (
            message("; no rule fits {opens} nobody owns", opens=counted(self.n_unmatched, "open row"))
            if self.n_unmatched
            else ""
        )
        return joined(head, stay, free, ".", by="")

    def changes(self, due_on: date | None = None) -> list[Change]:
        """Return the changes that carry it out, each with a day to be done by where one is given."""
        more = {} if due_on is None else {"due_on": due_on}
        return [
            Change(sheet, row, version, {"owner": after, **more})
            for sheet, row, after, version in self.frame.select("sheet", "row", "after", "version").iter_rows()
        ]


def preview(rows: pl.DataFrame, rules: Sequence[Rule], *, takes_over: bool = False) -> Preview:
    """Work out whom each open row falls to: to the first rule that fits.

    Parameters
    ----------
    rows : pl.DataFrame
        [sheet, row, text, section, category, priority, owner, state, version].
    rules : sequence of Rule
        In their order.
    takes_over : bool
        Whether rows that somebody owns already change hands too.
    """
    out, unmatched, owned = [], 0, 0
    for row in rows.iter_rows(named=True):
        if row["state"] in DONE:
            continue
        rule = next((rule for rule in rules if rule.fits(row)), None)
        owner = (row["owner"] or "").strip()
        if rule is None:
            unmatched += not owner
        elif owner.casefold() == rule.assignee.casefold():
            continue
        elif owner and not takes_over:
            owned += 1
        else:
            values = (row["sheet"], row["row"], row["text"], owner or None, rule.assignee, rule.sentence())
            out.append((*values, row["version"]))
    return Preview(pl.DataFrame(out, schema=PREVIEW, orient="row"), unmatched, owned)


def by_hand(rows: pl.DataFrame, assignee: str) -> Preview:
    """Return what it means to give all of some open rows to one person or role, whoever owns them now."""
    return preview(rows, made([{"field": FIELDS[-1], "assignee": assignee}]), takes_over=True)


def handed_over(rows: pl.DataFrame, leaver: str, rules: Sequence[Rule], heir: str = "") -> Preview:
    """Return what becomes of the open rows of somebody who leaves.

    Parameters
    ----------
    rows : pl.DataFrame
    leaver : str
        As they are written as owner.
    rules : sequence of Rule
        Those of the project; such as name the leaver count no more.
    heir : str
        Who takes what no rule gives to anybody; empty leaves that with the leaver.

    Raises
    ------
    RequirementError
        When nobody is named, or the leaver shall take over from themselves.
    """
    name = leaver.strip().casefold()
    if not name or heir.strip().casefold() == name:
        raise RequirementError("Name who leaves, and somebody else to take over.", mend="Choose two people.")
    theirs = rows.filter(pl.col("owner").fill_null("").str.strip_chars().str.to_lowercase() == name.lower())
    others = [rule for rule in rules if rule.assignee.casefold() != name]
    last = made([{"field": FIELDS[-1], "assignee": heir}]) if heir.strip() else ()
    return preview(theirs, [*others, *last], takes_over=True)
