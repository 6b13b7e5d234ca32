"""Training: an outline with a lesson plan, a demo script, questions with answers, and who has done it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from core.enablement.document import Paper, bullets, heading, table, text
from core.enablement.rules import rules
from core.localization import joined, message, message_plural
from core.metrics import counted, out_of

LESSON = {
    "lesson": pl.Int64,
    "topic": pl.String,
    "kind": pl.String,
    "minutes": pl.Int64,
    "goal": pl.String,
    "exercise": pl.String,
    "source": pl.String,
}
ANSWER = {"question": pl.String, "answer": pl.String, "source": pl.String, "n_asked": pl.Int64}
STEP = {"minute": pl.Int64, "show": pl.String, "say": pl.String, "source": pl.String}
STEP_MINUTES = 4


@dataclass(frozen=True)
class Training:
    """What people should learn from this quarter's updates and gaps.

    Attributes
    ----------
    frame : pl.DataFrame
        [lesson, topic, kind, minutes, goal, exercise, source].
    answers : pl.DataFrame
        [question, answer, source, n_asked]: questions buyers asked, the most frequent first.
    script : pl.DataFrame
        [minute, show, say, source]: the demo, step by step.
    """

    frame: pl.DataFrame
    answers: pl.DataFrame
    script: pl.DataFrame

    def sentence(self) -> str:
        """Say how long the training takes and what it covers."""
        if self.frame.is_empty():
            return "There is nothing to teach yet: load product updates, or save a requirement list."
        counts = dict(self.frame["kind"].value_counts().iter_rows())
        minutes = int(self.frame["minutes"].sum())
        lessons = counted(self.frame.height, "lesson takes", "lessons take")
        asked = counted(self.answers.height, "real question has", "real questions have")
        return message(
            "{lessons} {minutes} h {minutes_2:02d} min: {update} on what is new, {gap} on gaps "
            "buyers ask about; {asked} an answer with its source.",
            lessons=lessons,
            minutes=minutes // 60,
            minutes_2=minutes % 60,
            update=counts.get("update", 0),
            gap=counts.get("gap", 0),
            asked=asked,
        )

    def paper(self) -> Paper:
        """Return the trainer's book."""
        lessons = table(
            ("No.", "Topic", "Minutes", "Goal", "Exercise", "Source"),
            self.frame.select("lesson", "topic", "minutes", "goal", "exercise", "source").rows(),
        )
        script = table(("Minute", "Show", "Say", "Source"), self.script.rows())
        asked = [
            block
            for row in self.answers.iter_rows(named=True)
            for block in (text(f"“{row['question']}”"), *bullets([f"{row['answer']} ({row['source']})"]))
        ]
        lists = [block for name, lines in rules()["checklists"].items() for block in (text(name), *bullets(lines))]
        blocks = [
            heading("Lesson plan"),
            lessons,
            heading("Demo script"),
            script,
            heading("Questions buyers asked"),
            *asked,
            heading("Set-up checklists"),
            *lists,
        ]
        return Paper("Sales training", self.sentence(), tuple(blocks))


def outline(updates: pl.DataFrame, gaps: pl.DataFrame, capabilities: pl.DataFrame, asked: pl.DataFrame) -> Training:
    """A training made from product updates and the gaps that hold up most pipeline.

    Parameters
    ----------
    updates : pl.DataFrame
        [title, released_on, capability_id, what, why].
    gaps : pl.DataFrame
        The gap ledger: [gap_id, gap, severity, exposed_amount, approach, ...].
    capabilities : pl.DataFrame
        The catalogue.
    asked : pl.DataFrame
        [text, capability_id, short]: what buyers wrote, the capability that answers it, and where it falls short
        (may be left out).
    """
    by_id = {row["capability_id"]: row for row in capabilities.iter_rows(named=True)}
    most, minutes = rules()["most"], rules()["lesson_minutes"]
    rows: list[tuple[Any, ...]] = [
        (
            update["title"],
            "update",
            minutes["update"],
            update["why"] or message("Explain {title} in two sentences.", title=update["title"].lower()),
            update["what"] or "Show it in a demo.",
            update["capability_id"] or "product update",
        )
        for update in updates.iter_rows(named=True)
    ]
    worst = gaps.filter(pl.col("n_deals") > 0).sort("exposed_amount", descending=True).head(most["gaps"])
    for gap in worst.iter_rows(named=True):
        hang = counted(gap["n_deals"], "open deal depends", "open deals depend")
        goal = message("Answer honestly, offer the way round, and know that {hang} on it.", hang=hang)
        rows.append((gap["gap"], "gap", minutes["gap"], goal, _role_play(gap, by_id), gap["gap_id"]))
    if rows:
        rows.append(
            (
                "The numbers we commit to",
                "numbers",
                minutes["numbers"],
                "Know each commitment by heart.",
                "Quiz: ten commitments, nine right.",
                "catalogue",
            )
        )
        rows.append(
            (
                "Demo practice",
                "practice",
                minutes["practice"],
                "Give the demo below within its time.",
                "Each demos to a colleague, who asks three of the questions.",
                "demo script",
            )
        )
    frame = pl.DataFrame([(n, *row) for n, row in enumerate(rows, start=1)], schema=LESSON, orient="row")
    return Training(frame, _answers(asked, by_id, most["answers"]), _script(updates, asked, by_id, most["steps"]))


def _role_play(gap: Mapping[str, Any], by_id: Mapping[str, Any]) -> str:
    """Return an exercise on a gap: a buyer insists, and one says what there is and what would close it."""
    capability = by_id.get(gap["gap_id"])
    name = f"“{gap['gap']}”" if capability is None else str(gap["gap"])
    return message(
        "Role play: the buyer insists on {name}. Say what there is today, and how we would close it.", name=name
    )


def told(capability: Mapping[str, Any], short: str | None = None) -> str:
    """Return what can be said of a capability: support, description, limit and commitments, and nothing else.

    Parameters
    ----------
    capability : mapping
    short : str, optional
        Where it falls short of what was asked; then it is available in part only.
    """
    begin = {
        "available": "Available today",
        "limited": "Available in part",
        "partner": "Through a partner",
        "roadmap": "Planned",
        "not available": "Not available",
    }["limited" if short and capability["status"] == "available" else capability["status"]]
    when = capability.get("available_on")
    date = message(" for {when:%B %Y}", when=when) if capability["status"] == "roadmap" and when else ""
    parts = [f"{begin}{date}: {capability['name']}."]
    if capability["status"] in ("available", "limited", "partner") and capability.get("description"):
        parts.append(f"{str(capability['description']).rstrip('.')}.")
    if capability.get("limit") and capability["status"] == "limited":
        parts.append(message("Limit: {limit}.", limit=str(capability["limit"]).rstrip(".")))
    if short:
        parts.append(f"{short.rstrip('.')}.")
    elif capability.get("commitments"):
        parts.append(message("We commit to: {commitments}.", commitments=str(capability["commitments"]).rstrip(".")))
    return joined(*parts)


def _answers(asked: pl.DataFrame, by_id: Mapping[str, Any], most: int) -> pl.DataFrame:
    """Return the capability asked about most first, in a buyer's own words, with what can be said of it."""
    if "short" not in asked.columns:
        asked = asked.with_columns(short=pl.lit(None, dtype=pl.String))
    most_asked = (
        asked.filter(pl.col("capability_id").is_in(list(by_id)))
        .group_by("capability_id")
        .agg(question=pl.col("text").mode().sort().first(), n_asked=pl.len().cast(pl.Int64))
        .join(
            asked.unique(["text", "capability_id"]),
            left_on=["question", "capability_id"],
            right_on=["text", "capability_id"],
            how="left",
        )
        .sort("n_asked", "capability_id", descending=[True, False])
        .head(most)
    )
    rows = [(q, told(by_id[key], short), key, n) for key, q, n, short in most_asked.iter_rows()]
    return pl.DataFrame(rows, schema=ANSWER, orient="row")


def _script(updates: pl.DataFrame, asked: pl.DataFrame, by_id: Mapping[str, Any], most: int) -> pl.DataFrame:
    """Return the demo: what is new first, then what is available and asked for most, one per category in turn."""
    ready = [key for key, row in by_id.items() if row["status"] == "available"]
    often = asked.filter(pl.col("capability_id").is_in(ready)).group_by("capability_id").len()
    order = [str(key) for key, _ in often.sort("len", "capability_id", descending=[True, False]).iter_rows()]
    fresh = [key for key in updates["capability_id"].to_list() if key in by_id]
    seen: dict[str, int] = {}
    ranked = []
    for key in (key for key in order if key not in fresh):
        kind = str(by_id[key]["category"])
        seen[kind] = seen.get(kind, 0) + 1
        ranked.append((seen[kind], key))
    chosen: Sequence[str] = [*fresh, *(key for _, key in sorted(ranked, key=lambda pair: pair[0]))][:most]
    rows = [(index * STEP_MINUTES, f"{by_id[key]['name']}", told(by_id[key]), key) for index, key in enumerate(chosen)]
    return pl.DataFrame(rows, schema=STEP, orient="row")


def completion(people: Sequence[str], lessons: int, done: Mapping[str, Sequence[int]]) -> tuple[float | None, str]:
    """Return the share of lessons done over all people, and a sentence against the target.

    Parameters
    ----------
    people : sequence of str
    lessons : int
    done : mapping
        Person to the numbers of the lessons done.
    """
    target = float(rules()["completion_target_rate"])
    total = len(people) * lessons
    if not total:
        return None, "Nobody is enrolled yet."
    n = sum(len({k for k in done.get(person, ()) if 1 <= k <= lessons}) for person in people)
    whole = sum(len({k for k in done.get(person, ()) if 1 <= k <= lessons}) == lessons for person in people)
    word = "on target" if n / total >= target else message("below the target of {target:.0f} %", target=target * 100)
    return n / total, (
        message_plural(
            "{out_of} done ({n_2:.0f} %), {word}; {n:,} of {people} has finished.",
            "{out_of} done ({n_2:.0f} %), {word}; {n:,} of {people} have finished.",
            whole,
            out_of=out_of(n, total, "lesson"),
            n_2=n / total * 100,
            word=word,
            people=counted(len(people), "person", "people"),
        )
    )
