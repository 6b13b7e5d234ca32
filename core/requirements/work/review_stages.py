"""The stages an answer goes through: who may move it on, four eyes, and what a changed text does to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from core.contracts.errors import RequirementError
from core.contracts.yaml_text import shipped_yaml
from core.localization import message
from core.requirements.work.project_roles import MOVE, Standing
from core.store.reviews import Change
from core.store.work_tasks import ROLES

SHIPPED = Path(__file__).with_name("review_stages.yaml")
FIRST, LAST = "draft", "approved"
APPROVED = "approved"
MOST_STAGES, LONGEST_NAME = 8, 40


@dataclass(frozen=True)
class Stages:
    """The stages of a project, in order.

    Attributes
    ----------
    movers : mapping
        Stage to the roles of the project that may move an answer on from it.
    """

    movers: Mapping[str, tuple[str, ...]]

    @property
    def names(self) -> tuple[str, ...]:
        """Return the stages, first to last; empty where the project has none."""
        return tuple(self.movers)

    def __bool__(self) -> bool:
        """Say whether the project reviews by stages."""
        return bool(self.movers)

    def of(self, stage: str | None) -> str:
        """Return the stage a row is in; one the project no longer has counts as the first."""
        return stage if stage is not None and stage in self.movers else self.names[0]

    def content(self) -> list[list[Any]]:
        """Return the stages as JSON can hold them."""
        return [[name, list(roles)] for name, roles in self.movers.items()]


def shipped() -> Stages:
    """Return the stages that come with Quarterdeck: draft, subject expert, legal, approved."""
    return _checked([(name, roles) for name, roles in shipped_yaml(SHIPPED).items()])


def of_plan(payload: Mapping[str, Any]) -> Stages:
    """Return the stages a project's plan sets; none where it sets none."""
    return _checked([(name, roles) for name, roles in payload.get("stages") or ()])


def made(stages: Sequence[tuple[str, Sequence[str]]]) -> Stages:
    """Return stages as somebody set them.

    Parameters
    ----------
    stages : sequence of (str, sequence of str)
        Name and the roles that may move an answer on; none at all turns stages off.

    Raises
    ------
    RequirementError
        When the first is not draft, the last not approved, a name occurs twice, or a role is not known.
    """
    return _checked(stages)


def _checked(stages: Sequence[tuple[str, Sequence[str]]]) -> Stages:
    names = [name for name, _ in stages]
    if not names:
        return Stages({})
    if names[0] != FIRST or names[-1] != LAST or len(set(names)) != len(names) or len(names) > MOST_STAGES:
        raise RequirementError(
            message(
                "Review stages begin with {first}, end with {last}, are {most_stages} at most and each occurs once.",
                first=FIRST,
                last=LAST,
                most_stages=MOST_STAGES,
            ),
            mend="Name those between, such as subject expert and legal.",
        )
    for name, roles in stages:
        unknown = [role for role in roles if role not in ROLES]
        if unknown or not 0 < len(name) <= LONGEST_NAME or (name != LAST and not roles):
            raise RequirementError(
                message(
                    "The stage {name!r} needs a name of 1 to {longest_name} characters and at least one "
                    "role that moves answers on{words}.",
                    name=name,
                    longest_name=LONGEST_NAME,
                    words=": there is no role " + unknown[0] if unknown else "",
                ),
                mend=message("Known roles: {roles}.", roles=", ".join(ROLES)),
            )
    return Stages({name: tuple(roles) for name, roles in stages})


@dataclass(frozen=True)
class Moves:
    """Changes that move rows, and a sentence for each row that stays.

    Attributes
    ----------
    changes : list of Change
    refused : tuple of str
    """

    changes: list[Change]
    refused: tuple[str, ...]


def moved(rows: pl.DataFrame, stages: Stages, to: str, who: Standing, *, four_eyes: bool = False) -> Moves:
    """Work out which rows a person may move to a stage.

    A row goes on one stage at a time, moved by a role that may; back it goes to any earlier stage. The last stage is
    the approval: it takes the company's right to approve as well. With four eyes nobody signs off a text of their
    own: the first move hands it in, every later one, and the approval, signs. A row without a written answer stays.

    Parameters
    ----------
    rows : pl.DataFrame
        [sheet, row, version, stage, state, answer, answered_by], those to be moved.
    stages : Stages
    to : str
    who : Standing
    four_eyes : bool

    Raises
    ------
    RequirementError
        When the project has no such stage.
    AccessError
        When the person may move nothing here.
    """
    if to not in stages.names:
        raise RequirementError(
            message("There is no stage {to!r}.", to=to),
            mend=message("Known: {names}.", names=", ".join(stages.names) or message("none")),
        )
    who.need(MOVE)
    changes: list[Change] = []
    refused: dict[str, list[int]] = {}
    for row in rows.iter_rows(named=True):
        why = _refusal(row, stages, to, who, four_eyes=four_eyes)
        if why:
            refused.setdefault(why, []).append(row["row"])
        else:
            changes.append(_change(row, stages, to))
    return Moves(changes, tuple(f"{_numbered(numbers)}: {why}" for why, numbers in refused.items()))


def _refusal(row: Mapping[str, Any], stages: Stages, to: str, who: Standing, *, four_eyes: bool) -> str:
    now, order = stages.of(row["stage"]), stages.names
    step = order.index(to) - order.index(now)
    if step == 0:
        return message("in {to} already.", to=to)
    if not row["answer"]:
        return "no answer is written yet; a draft becomes one when somebody takes it on the Requirements page."
    if step > 1:
        return message("from {now} it goes to {order} first.", now=now, order=order[order.index(now) + 1])
    return "" if step < 0 else _unsigned(row, stages, to, who, four_eyes=four_eyes)


def _unsigned(row: Mapping[str, Any], stages: Stages, to: str, who: Standing, *, four_eyes: bool) -> str:
    """Say why a person may not move a row one stage on; empty where they may."""
    now = stages.of(row["stage"])
    if not (who.is_open or who.rules or set(who.roles) & set(stages.movers[now])):
        return message("only {movers} may move it on from {now}.", movers=", ".join(stages.movers[now]), now=now)
    if to == LAST and not who.approves:
        return "your role in the company does not approve answers."
    is_own = row["answered_by"] is not None and row["answered_by"].lower() == who.user.lower()
    if four_eyes and is_own and (now != FIRST or to == LAST):
        return "somebody else than who wrote the answer signs it off."
    return ""


def _change(row: Mapping[str, Any], stages: Stages, to: str) -> Change:
    state = {LAST: APPROVED}.get(to, "answered")
    signers = stages.movers[to] if to not in (FIRST, LAST) else ()
    values: dict[str, Any] = {"stage": None if to == FIRST else to}
    if row["state"] != state:
        values["state"] = state
    return Change(row["sheet"], row["row"], row["version"], values, signers=signers)


def _numbered(numbers: Sequence[int]) -> str:
    shown = ", ".join(str(n) for n in numbers[:8]) + (
        message(" and {n_numbers:,} more", n_numbers=len(numbers) - 8) if len(numbers) > 8 else ""
    )
    return f"{'Row' if len(numbers) == 1 else 'Rows'} {shown}"


def approves_by_stage(stages: Stages, wanted: Sequence[Change]) -> tuple[list[Change], tuple[str, ...]]:
    """Take out changes that would approve a row past the stages of its project, with a sentence for them."""
    if not stages:
        return list(wanted), ()
    past = [change.row for change in wanted if change.values.get("state") == APPROVED]
    others = [change for change in wanted if change.values.get("state") != APPROVED]
    return others, (
        (message("{numbered}: this project approves by stages, on the Project page.", numbered=_numbered(past)),)
        if past
        else ()
    )


def counts(rows: pl.DataFrame, stages: Stages) -> pl.DataFrame:
    """Return how many rows are in each stage: [stage, n], in the order of the stages."""
    per = dict.fromkeys(stages.names, 0)
    for stage in rows["stage"]:
        per[stages.of(stage)] += 1
    return pl.DataFrame({"stage": list(per), "n": list(per.values())}, schema={"stage": pl.String, "n": pl.Int64})


def history(changes: pl.DataFrame, stages: Stages) -> pl.DataFrame:
    """Return the stages one row went through: [changed_at, changed_by, before, after, why], oldest first.

    Parameters
    ----------
    changes : pl.DataFrame
        Of one row, as the store's `row_changes.of_row` gives them.
    stages : Stages
    """
    out, before = [], FIRST
    for change in changes.iter_rows(named=True):
        after = change["stage"] or FIRST
        if after != before:
            why = "the text was changed" if "answer" in change["fields"] and after == FIRST else "moved"
            out.append((change["changed_at"], change["changed_by"], before, after, why))
        before = after
    words = dict.fromkeys(("changed_by", "before", "after", "why"), pl.String)
    return pl.DataFrame(out, schema={"changed_at": pl.Datetime("us"), **words}, orient="row")
