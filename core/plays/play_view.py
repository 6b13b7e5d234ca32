"""The runs of plays as somebody may see them: those of deals and accounts in their rows, under the names they see."""

from __future__ import annotations

from dataclasses import dataclass, replace

import polars as pl

from core.access import masking
from core.config import Settings
from core.contracts import Dataset
from core.contracts.errors import ConfigError, closest
from core.features.accounts import spells
from core.forecasts.calls import book
from core.localization import message
from core.plays import play_definition
from core.plays.play_definition import ACCOUNT, DEAL, PlayDefinition
from core.store import Store
from core.store.play_runs import RUNS, STEPS, WAITING

HIDDEN = "Hidden"
MISSED, OVER = "missed", "over"


@dataclass(frozen=True)
class Runs:
    """Runs of plays and their steps.

    Attributes
    ----------
    plays : tuple of PlayDefinition
        As they are in force.
    runs, steps : pl.DataFrame
        As the store gives them, `store.play_runs.RUNS` and `STEPS`; a step that waits on a closed deal, or on an
        account that left, is "missed" if it was due before, and else "over".
    """

    plays: tuple[PlayDefinition, ...]
    runs: pl.DataFrame
    steps: pl.DataFrame

    @property
    def played(self) -> pl.DataFrame:
        """Return the runs that were started, without those left out by chance."""
        return self.runs.filter(~pl.col("is_held_out"))

    def of(self, key: str) -> Runs:
        """Return those of one play."""
        return self.among(self.runs.filter(pl.col("play") == key))

    def about(self, kind: str, subject_id: str) -> Runs:
        """Return those of one deal or account."""
        return self.among(self.runs.filter(pl.col("kind") == kind, pl.col("subject_id") == subject_id))

    def play(self, key: str) -> PlayDefinition:
        """Return a play.

        Raises
        ------
        ConfigError
            When there is none of that key.
        """
        for play in self.plays:
            if play.key == key:
                return play
        near = closest(key, [play.key for play in self.plays])
        raise ConfigError(
            message("There is no play {key!r}.", key=key),
            mend=message("Did you mean {near}?", near=near) if near else "See Playbooks.",
        )

    def among(self, runs: pl.DataFrame) -> Runs:
        """Return those of some of the runs."""
        steps = self.steps.join(runs.select("id"), left_on="play_run_id", right_on="id", how="semi")
        return replace(self, runs=runs, steps=steps)


def of(data: Dataset, settings: Settings, store: Store) -> Runs:
    """Return the runs somebody may see.

    Parameters
    ----------
    data : Dataset
        Cut to their rows; where names are hidden in it, ids are the invented ones, and reasons and who changed what
        are hidden. Data uploaded for a session have no runs.
    settings : Settings
    store : Store

    Returns
    -------
    Runs
    """
    plays = tuple(entry.play for entry in play_definition.in_force(store))
    whole = data.company
    if data.is_transient:
        return Runs(plays, pl.DataFrame(schema=RUNS), pl.DataFrame(schema=STEPS))
    runs, steps = store.play_runs.runs(book(whole)), store.play_runs.steps(book(whole))
    if data.is_masked:
        runs, steps = _hidden(runs, steps, data, settings)
    mine = {DEAL: data.opportunities["opportunity_id"], ACCOUNT: data.accounts["account_id"]}
    steps = _over(data, runs, steps)
    own = [runs.filter(pl.col("kind") == kind, pl.col("subject_id").is_in(ids.implode())) for kind, ids in mine.items()]
    return Runs(plays, runs, steps).among(pl.concat(own).sort("started_on", "id"))


def _over(data: Dataset, runs: pl.DataFrame, steps: pl.DataFrame) -> pl.DataFrame:
    """Mark steps that wait on a deal that is closed, or an account that left: missed if due before, over if not."""
    closed = data.opportunities.filter("is_closed").select(subject_id="opportunity_id", ended_on="close_on")
    left = (
        spells(data.subscriptions)
        .group_by("account_id")
        .agg(ended_on=pl.when(pl.col("ended_on").is_null().any()).then(None).otherwise(pl.col("ended_on").max()))
    )
    gone = left.filter(pl.col("ended_on") <= data.as_of).rename({"account_id": "subject_id"})
    ends = pl.concat([closed.with_columns(kind=pl.lit(DEAL)), gone.with_columns(kind=pl.lit(ACCOUNT))])
    ended = runs.select("id", "kind", "subject_id").join(ends, on=["kind", "subject_id"])
    rows = steps.join(
        ended.select(play_run_id="id", is_over=True, ended_on="ended_on"),
        on="play_run_id",
        how="left",
        maintain_order="left",
    )
    is_missed = (pl.col("due_on") < pl.col("ended_on")).fill_null(value=False)
    after = pl.when(is_missed).then(pl.lit(MISSED)).otherwise(pl.lit(OVER))
    is_moot = (pl.col("state") == WAITING) & pl.col("is_over").fill_null(value=False)
    return rows.with_columns(state=pl.when(is_moot).then(after).otherwise("state")).select(steps.columns)


def _hidden(
    runs: pl.DataFrame, steps: pl.DataFrame, data: Dataset, settings: Settings
) -> tuple[pl.DataFrame, pl.DataFrame]:
    whole = data.company
    letters = {DEAL: masking.DEAL, ACCOUNT: masking.ACCOUNT}
    parts = [
        part.with_columns(masking.shown_ids(part["subject_id"], letters[str(kind[0])], whole, settings))
        for kind, part in runs.partition_by("kind", as_dict=True).items()
    ]
    people = masking.shown_ids(steps["assignee_id"], masking.PERSON, whole, settings)
    nobody = pl.when(pl.col("changed_by") != "").then(pl.lit(HIDDEN)).otherwise(pl.lit(""))
    reason = pl.when(pl.col("reason") != "").then(pl.lit(HIDDEN)).otherwise(pl.lit(""))
    # What a company writes into its own plays can name somebody; what comes with the package cannot.
    ours = {step.name for play in play_definition.shipped() for step in play.steps}
    name = pl.when(pl.col("name").is_in(ours)).then("name").otherwise(pl.lit(HIDDEN))
    shown = steps.with_columns(name=name, assignee_id=people, changed_by=nobody, reason=reason)
    return pl.concat(parts) if parts else runs, shown
