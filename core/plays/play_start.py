"""Starts plays for what is new, and stops those whose record shows that they do nothing."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import timedelta

import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.contracts.errors import QuarterdeckError
from core.forecasts.calls import book
from core.localization import message
from core.metrics.competitors import FEWEST_DEALS
from core.metrics.measure import counted
from core.plays import play_definition, play_record, play_view
from core.plays.play_definition import MANAGER, OWNER, PlayDefinition, Standing
from core.plays.trigger_cases import waiting
from core.store import Store
from core.store.play_runs import NewRun, NewStep

USER = "Quarterdeck"
SEEN = "events: plays "


@dataclass
class Started:
    """What a look at the plays came to.

    Attributes
    ----------
    n_runs, n_held_out : int
        Started, and left out by chance.
    retired : list of str
        Names of plays that were stopped.
    problems : dict
        Play to why it could not be looked at.
    """

    n_runs: int = 0
    n_held_out: int = 0
    retired: list[str] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)

    def sentence(self) -> str:
        """Say it; empty where nothing happened."""
        parts = [message("{plays} started", plays=counted(self.n_runs, "play run"))] if self.n_runs else []
        parts += [message("{retired} stopped", retired=", ".join(self.retired))] if self.retired else []
        parts += (
            [message("{plays} could not be looked at", plays=counted(len(self.problems), "play"))]
            if self.problems
            else []
        )
        return f" {'; '.join(parts)}." if parts else ""


def look(data: Dataset, settings: Settings, store: Store) -> Started:
    """Start every play that is on for whatever its trigger is new for, and stop those that do nothing.

    The first look at a play notes what is there already and starts `backlog` of it, the largest first; later looks
    start what is new since. A subject has a play once, a renewal once for its day. Some cases may be left out by
    chance, decided by their ids, so that a second look decides alike.

    Parameters
    ----------
    data : Dataset
        The whole company, under its true names.
    settings : Settings
    store : Store
    """
    out = Started()
    for entry in play_definition.in_force(store):
        if not entry.play.is_on:
            continue
        try:
            if _is_retired(data, settings, store, entry):
                out.retired.append(entry.play.name)
                continue
            _start(data, settings, store, entry.play, out)
        except QuarterdeckError as error:
            out.problems[entry.play.key] = str(error)
    return out


def _start(data: Dataset, settings: Settings, store: Store, play: PlayDefinition, out: Started) -> None:
    rows = waiting(data, settings, play)
    mark = _mark(data, play)
    bookmark = store.alert_ledger.bookmarks([mark]).get(mark)
    keys = pl.concat_str("subject_id", "occasion", separator="|")
    if bookmark is None:
        seen, fresh = set[str](), rows.head(play.backlog)
    else:
        seen = set(json.loads(bookmark))
        fresh = rows.filter(~keys.is_in(sorted(seen)))
    runs = [new_run(data, play, row) for row in fresh.iter_rows(named=True)]
    n_new = store.play_runs.start(book(data), runs, USER)
    n_held_out = sum(run.is_held_out for run in runs)
    out.n_held_out += min(n_held_out, n_new)
    out.n_runs += max(n_new - n_held_out, 0)
    now = seen | set(rows.select(keys.alias("key"))["key"])
    if now != seen or bookmark is None:
        store.alert_ledger.set_bookmarks({mark: json.dumps(sorted(now))})


def _mark(data: Dataset, play: PlayDefinition) -> str:
    """Return the bookmark's name: another trigger, or other deals that count, begin anew."""
    text = f"{book(data)}\x1f{play.key}\x1f{play.trigger.model_dump_json()}\x1f{play.deals.model_dump_json()}"
    return f"{SEEN}{hashlib.blake2b(text.encode(), digest_size=12).hexdigest()}"


def new_run(data: Dataset, play: PlayDefinition, row: dict[str, str]) -> NewRun:
    """Return the run of a play for one row of `trigger_cases.waiting`, with its tasks and their days."""
    subject, occasion = str(row["subject_id"]), str(row["occasion"])
    is_held_out = _chance(f"{play.key}|{subject}|{occasion}") < play.held_out
    steps = tuple(
        NewStep(step.name, assignee(data, step.owner, row["owner_id"]), data.as_of + timedelta(days=step.days))
        for step in play.steps
    )
    return NewRun(play.key, play.kind, subject, occasion, data.as_of, () if is_held_out else steps, is_held_out)


def _chance(text: str) -> float:
    """Return a number from 0 to 1 that only the text decides."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=7).digest(), "big") / 2**56


def assignee(data: Dataset, role: str, owner_id: str | None) -> str:
    """Return the id of the person a step falls to: the owner, the owner's manager (the owner without one), or a person.

    Empty where the subject has no owner.
    """
    if role not in (OWNER, MANAGER):
        return role
    owner = owner_id or ""
    if role == OWNER or not owner:
        return owner
    spans = data.sales_team.filter(pl.col("rep_id") == owner).sort("valid_from")
    manager = spans["manager_id"][-1] if spans.height else None
    return str(manager or owner)


def _is_retired(data: Dataset, settings: Settings, store: Store, entry: Standing) -> bool:
    """Stop a play whose record shows that it does nothing, with the sentence that says so."""
    play = entry.play
    runs = play_view.of(data, settings, store)
    if not play.may_retire or runs.of(play.key).played.height < FEWEST_DEALS:
        return False
    row = play_record.judged(data, settings, play, runs)
    if row["verdict"] not in play_record.RETIRED:
        return False
    stopped = play.model_copy(update={"is_on": False, "retired": play_record.verdict_text(play, row)[:400]})
    play_definition.save(store, stopped, USER, entry.version)
    return True


def start_by_hand(data: Dataset, settings: Settings, store: Store, key: str, subject_id: str, user: str) -> bool:
    """Start a play for one subject its trigger holds for, whatever its backlog; say whether it was not there before.

    Raises
    ------
    ConfigError
        When there is no such play.
    StoreError
        When the trigger does not hold for the subject.
    """
    from core.contracts.errors import StoreError

    play = play_definition.play_of(store, key).play
    rows = waiting(data, settings, play).filter(pl.col("subject_id") == subject_id)
    if rows.is_empty():
        raise StoreError(
            message("{name} does not wait for this {kind}.", name=play.name, kind=play.kind),
            mend=message("It starts when {when}.", when=play.when()),
        )
    runs = [new_run(data, play, row) for row in rows.head(1).iter_rows(named=True)]
    return store.play_runs.start(book(data), runs, user) > 0
