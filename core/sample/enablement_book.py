"""Courses the sample's sellers took and documents they used, written after its deals so that they agree with them.

Nothing here changes a deal. As with leads and touches, an effect is planted the other way round (Bayes' rule): a rep is
the likelier to have taken a course in a month, the better it explains what was won in the half-year after it, and a
document is the likelier to have been used in a deal that was won.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import polars as pl

from core.sample.word_lists import COURSES, DOCUMENTS, FIRST_NAMES, LAST_NAMES

# Log odds that a deal is won, in the half-year after a course, and of deals with a document; the others do nothing.
COURSE_EFFECTS = {"Discovery workshop": 0.8, "Negotiation": 0.0}
DOCUMENT_EFFECTS = {
    "Value calculator": 0.8,
    "Customer story": 0.5,
    "Product data sheet": 0.0,
    "Company overview": 0.0,
    "Security paper": 0.0,
    "Implementation plan": 0.0,
}
FIRST_COURSE_EFFECT = 0.7  # log of how much quicker new reps with the first course win their first deal
EARLY_DAYS, USUAL_WAIT = 60, 150.0
HALF_YEAR = 182
UNFINISHED, ALSO_STRANGERS = 0.08, 0.06
MORE_USES, DEAL_DAYS = 0.4, 80
OPEN_AS_IF_WON = 0.3


def build(seed: int, deals: pl.DataFrame, team: pl.DataFrame, start: date, as_of: date) -> dict[str, pl.DataFrame]:
    """Return course_completions and content_uses; nothing lies after `as_of`.

    Parameters
    ----------
    seed : int
        Of the company. A generator of its own draws here, so that everything else stays as it is.
    deals, team : pl.DataFrame
        Opportunities and sales team.
    start, as_of : date
        First and last day of the records.
    """
    rng = np.random.default_rng([seed, 7_733])
    return {
        "course_completions": _completions(rng, deals, team, start, as_of),
        "content_uses": _uses(rng, deals, start, as_of),
    }


def _completions(
    rng: np.random.Generator, deals: pl.DataFrame, team: pl.DataFrame, start: date, as_of: date
) -> pl.DataFrame:
    sellers = (
        team.filter(pl.col("role") == "rep")
        .group_by("rep_id")
        .agg(pl.col("rep_name").first(), pl.col("hired_on").min(), pl.col("left_on").max())
        .sort("rep_id")
    )
    closed = deals.filter("is_closed", pl.col("opportunity_type") != "renewal").drop_nulls("close_on")
    by_rep = {rep: rows.select("close_on", "is_won") for (rep,), rows in closed.group_by("owner_id")}
    nothing = closed.select("close_on", "is_won").clear()
    rows: list[dict[str, Any]] = []
    for person in sellers.iter_rows(named=True):
        own = by_rep.get(person["rep_id"], nothing)
        span = (max(person["hired_on"], start), min(person["left_on"] or as_of, as_of))
        for course, about in COURSES.items():
            if about["is_first"]:
                day = _first_course(rng, own, person["hired_on"], span, about["share"])
            else:
                day = _course(rng, own, span, about["share"], COURSE_EFFECTS.get(course, 0.0))
            if day is not None:
                rows.append(_record(rng, person, course, day, as_of))
    rows += _strangers(rng, max(2, round(ALSO_STRANGERS * sellers.height)), start, as_of)
    frame = pl.DataFrame(
        rows, schema_overrides={"rep_id": pl.String, "completed_on": pl.Date, "score_rate": pl.Float64}
    )
    ordered = frame.sort("started_on", "learner_name", "course_name")
    number = pl.int_range(pl.len()).cast(pl.String).str.zfill(6)
    whole = {"module_name": pl.lit(None, pl.String), "n_modules": pl.lit(None, pl.Int64)}
    return ordered.with_columns(completion_id=pl.format("L{}", number), **whole)


def _day(rng: np.random.Generator, begin: date, end: date) -> date | None:
    """Draw a day of a span; None where it is empty."""
    length = (end - begin).days
    return None if length < 1 else date.fromordinal(begin.toordinal() + int(rng.integers(0, length)))


def _first_course(
    rng: np.random.Generator, deals: pl.DataFrame, hired: date, span: tuple[date, date], share: float
) -> date | None:
    """Draw the day of the course new reps begin with, the likelier early, the sooner the first deal was won."""
    if hired < span[0]:
        return _day(rng, span[0], span[1]) if rng.random() < share else None
    first: date | None = deals.filter("is_won")["close_on"].min()  # type: ignore[assignment]
    waited = max(((first or span[1]) - hired).days - EARLY_DAYS, 0)
    quicker = np.exp(FIRST_COURSE_EFFECT)
    log_ratio = FIRST_COURSE_EFFECT * (first is not None) - (quicker - 1) * waited / USUAL_WAIT
    odds = share / (1 - share) * np.exp(log_ratio)
    if rng.random() < odds / (1 + odds):
        early = date.fromordinal(hired.toordinal() + int(rng.integers(3, EARLY_DAYS)))
        return early if early < span[1] else None
    late = date.fromordinal(hired.toordinal() + EARLY_DAYS + int(rng.integers(1, 240)))
    return late if late < span[1] and rng.random() < share else None


def _course(
    rng: np.random.Generator, deals: pl.DataFrame, span: tuple[date, date], share: float, effect: float
) -> date | None:
    """Draw the day of a course, the likelier the better its effect explains the deals of the half-year after it."""
    if rng.random() >= share or (span[1] - span[0]).days < 1:
        return None
    days = np.arange(span[0].toordinal(), span[1].toordinal(), 7)
    closed = deals["close_on"].to_numpy().astype("datetime64[D]").astype(int) + date(1970, 1, 1).toordinal()
    won = deals["is_won"].to_numpy()
    rate = min(max(float(won.mean()) if len(won) else 0.5, 0.05), 0.95)
    log_odds = np.log(rate / (1 - rate))
    # The log ratio of a deal's likelihood with the effect to that without.
    gains = effect * won - np.log1p(np.exp(log_odds + effect)) + np.log1p(np.exp(log_odds))
    ahead = (closed[None, :] > days[:, None]) & (closed[None, :] <= days[:, None] + HALF_YEAR)
    score = ahead @ gains if len(won) else np.zeros(len(days))
    weight = np.exp(score - score.max())
    return date.fromordinal(int(rng.choice(days, p=weight / weight.sum())))


def _record(rng: np.random.Generator, person: dict[str, Any], course: str, day: date, as_of: date) -> dict[str, Any]:
    """Return one record; some are begun and not finished."""
    is_finished = bool(rng.random() >= UNFINISHED) and day <= as_of
    score = float(np.clip(rng.normal(COURSES[course]["score"], 0.08), 0.3, 1.0))
    return {
        "rep_id": person["rep_id"],
        "learner_name": person["rep_name"],
        "course_id": f"C{list(COURSES).index(course) + 1:02d}",
        "course_name": course,
        "status": "Completed" if is_finished else "In progress",
        "is_completed": is_finished,
        "score_rate": round(score, 2) if is_finished else None,
        "started_on": date.fromordinal(day.toordinal() - int(rng.integers(0, 15))),
        "completed_on": day if is_finished else None,
    }


def _strangers(rng: np.random.Generator, n: int, start: date, as_of: date) -> list[dict[str, Any]]:
    """Return records of partners' people, who are on no sales team."""
    rows = []
    for _ in range(n):
        name = f"{rng.choice(FIRST_NAMES)} {rng.choice(LAST_NAMES)} (partner)"
        day = _day(rng, start, as_of) or start
        rows.append(_record(rng, {"rep_id": None, "rep_name": name}, next(iter(COURSES)), day, as_of))
    return rows


def _uses(rng: np.random.Generator, deals: pl.DataFrame, start: date, as_of: date) -> pl.DataFrame:
    """Draw uses of documents in deals that are no renewals; those after a deal's end are dropped."""
    rows = deals.filter(pl.col("opportunity_type") != "renewal").drop_nulls("created_on")
    n = rows.height
    won = np.where(rows["is_closed"], rows["is_won"], rng.random(n) < OPEN_AS_IF_WON).astype(bool)
    end = pl.when("is_closed").then("close_on").otherwise(pl.lit(as_of))
    facts = rows.select("account_id", "opportunity_id", "created_on", rep_id="owner_id", end=end)
    parts = []
    for number, (name, about) in enumerate(DOCUMENTS.items(), 1):
        odds = about["share"] / (1 - about["share"]) * np.exp(DOCUMENT_EFFECTS[name] * won)
        times = np.where(rng.random(n) < odds / (1 + odds), 1 + rng.poisson(MORE_USES, n), 0)
        which = np.repeat(np.arange(n), times)
        place_in_life = rng.beta(1 + 6 * about["position"], 1 + 6 * (1 - about["position"]), len(which))
        day = pl.col("created_on") + pl.duration(
            days=pl.lit(pl.Series(np.floor(place_in_life * DEAL_DAYS).astype(int)))
        )
        label = {"content_id": f"DOC{number:02d}", "content_name": name, "content_kind": about["kind"]}
        parts.append(facts[which].with_columns(used_on=day, **{key: pl.lit(value) for key, value in label.items()}))
    drawn = pl.concat(parts).filter(pl.col("used_on") <= pl.col("end"), pl.col("used_on").is_between(start, as_of))
    ordered = drawn.sort("used_on", "opportunity_id", "content_name").drop("created_on", "end")
    return ordered.with_columns(use_id=pl.format("U{}", pl.int_range(pl.len()).cast(pl.String).str.zfill(7)))
