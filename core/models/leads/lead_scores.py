"""The leads that can be worked today, by their chance, each with its reasons, and how many the team can take."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from core.artifacts import remembered
from core.config import Settings
from core.contracts import Dataset
from core.contracts.constants import NOT_KNOWN
from core.localization import message
from core.metrics.measure import Measure, counted, likely, percent
from core.models.estimators.contenders import sigmoid
from core.models.leads import lead_landmarks, lead_race
from core.models.leads.lead_contenders import BASE, FEATURES, Floats
from core.models.leads.lead_race import Race

N_REASONS = 3
POINT = 0.005  # less than half a point is no reason
WORDS = {"deal": "become a deal within 90 days", "won": "be won within 180 days"}
NAMES = {
    "lead_source": "source",
    "industry": "industry",
    "level": "level",
    "answer": "answer",
    "log_employees": "people in the company",
    "log_age": "days since the lead came",
    "n_touches": "touches",
    "n_recent": "touches of the last 14 days",
    "days_quiet": "days since the last touch",
}
LOGGED = {"log_employees", "log_age"}
POINTS = tuple(f"{name}_points" for name in FEATURES)
LISTED = {
    "lead_id": pl.String,
    "lead_name": pl.String,
    "company": pl.String,
    "title": pl.String,
    "lead_source": pl.String,
    "owner_id": pl.String,
    "owner_name": pl.String,
    "status": pl.String,
    "created_on": pl.Date,
    "age": pl.Int64,
    "chance": pl.Float64,
    "usual_chance": pl.Float64,
    "reasons": pl.String,
    **dict.fromkeys(POINTS, pl.Float64),
}


@dataclass(frozen=True)
class LeadScores:
    """Today's leads with their chances, and the race that stands behind them.

    Attributes
    ----------
    outcome : str
        "deal" or "won".
    race : Race or None
        None where too few leads came true, or too few did not: nothing is scored then.
    frame : pl.DataFrame
        One row per lead that can be worked, the likeliest first: chance, usual_chance (of the average lead), reasons in
        words, and the points of each feature, which add up to chance less usual_chance.
    text : str
    """

    outcome: str
    race: Race | None
    frame: pl.DataFrame
    text: str

    def sentence(self) -> str:
        """Return which model is shown, and how well it did on leads it had not seen."""
        return self.text


def scores(data: Dataset, settings: Settings, outcome: str = "deal") -> LeadScores:
    """Score the leads that can be worked today by the winner of a race.

    The models learn from the whole company's leads. See `lead_race.run` for how they are judged. The points of a
    feature are its part of the way from the average lead's chance to this one's: along the straight line between their
    log odds each feature has the share of the way that it has of the log odds (integrated gradients), so that all add
    up exactly.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    outcome : str
        "deal": to become a deal within 90 days; "won": to be won within 180.

    Source: M. Sundararajan, A. Taly, Q. Yan, Axiomatic attribution for deep networks, 2017.
    """
    race = _race(data.company, settings, outcome)
    if race is None:
        past = lead_landmarks.landmarks(data.company, outcome)
        text = message(
            "There are too few leads whose outcome is known to score others: {sum:,} of {leads} came true.",
            sum=int(past["y"].sum()),
            leads=counted(past["lead_id"].n_unique(), "lead"),
        )
        return LeadScores(outcome, None, pl.DataFrame(schema=LISTED), text)
    frame = _listed(lead_landmarks.today(data), race)
    return LeadScores(outcome, race, frame, _text(race, outcome))


@remembered(4)
def _race(company: Dataset, settings: Settings, outcome: str) -> Race | None:
    """Run the race once for everybody: readers of a part of the company are scored by the same winner."""
    return lead_race.run(lead_landmarks.landmarks(company, outcome), outcome)


def _listed(rows: pl.DataFrame, race: Race) -> pl.DataFrame:
    parts, base = race.scorer.parts(rows)
    base = race.scale.slope * base + race.scale.offset
    parts = parts * race.scale.slope
    usual, p = float(sigmoid(base)), sigmoid(base + parts.sum(axis=1))
    points = points_of(parts, base)
    reasons = [_reasons(row, point) for row, point in zip(rows.iter_rows(named=True), points, strict=True)]
    scored = rows.with_columns(
        chance=pl.Series(p, dtype=pl.Float64),
        usual_chance=pl.lit(usual),
        reasons=pl.Series(reasons, dtype=pl.String),
        **{name: pl.Series(points[:, k], dtype=pl.Float64) for k, name in enumerate(POINTS)},
    )
    return scored.sort("chance", "lead_id", descending=[True, False]).select(list(LISTED)).cast(pl.Schema(LISTED))


def points_of(parts: Floats, base: float) -> Floats:
    """Return each part's share of the way from the base chance to the chance; the rows add up to it exactly.

    Parameters
    ----------
    parts : numpy.ndarray
        Log odds, shape (rows, features).
    base : float
        Log odds without any.

    Examples
    --------
    >>> points_of(np.array([[1.0, -1.0], [2.0, 0.0]]), 0.0).round(4).tolist()
    [[0.25, -0.25], [0.3808, 0.0]]
    """
    usual, sums = float(sigmoid(base)), parts.sum(axis=1)
    is_flat = np.abs(sums) < 1e-9
    safe = np.where(is_flat, 1.0, sums)
    rate = np.where(is_flat, usual * (1 - usual), (sigmoid(base + sums) - usual) / safe)
    return np.asarray(parts * rate[:, None])


def _reasons(row: dict[str, object], points: Floats) -> str:
    order = sorted(range(len(FEATURES)), key=lambda k: -abs(points[k]))[:N_REASONS]
    worded = [_reason(FEATURES[k], row, float(points[k])) for k in order if abs(points[k]) >= POINT]
    return "; ".join(worded) or "like the average lead"


def _reason(name: str, row: dict[str, object], points: float) -> str:
    value = row[name]
    if name in LOGGED and value is not None:
        value = np.expm1(float(str(value)))
    shown = NOT_KNOWN if value is None else f"{value:,.0f}" if isinstance(value, float) else str(value)
    return message("{names}: {shown} ({points:+.0f} points)", names=NAMES[name], shown=shown, points=points * 100)


def _text(race: Race, outcome: str) -> str:
    table = {row["model"]: row for row in race.frame.iter_rows(named=True)}
    judged = message("On {n:,} later cases, of which {hits:,} came true,", n=race.n, hits=race.hits)
    if race.winner == BASE:
        best = max((row for name, row in table.items() if name != BASE), key=lambda row: row["gain"])
        return message(
            "The chance to {words} is the rate of the lead's source. {judged} no model was better "
            "beyond chance; {model} came nearest.",
            words=WORDS[outcome],
            judged=judged,
            model=best["model"],
        )
    row = table[race.winner]
    return message(
        "The chance to {words} is that of {winner}. {judged} the scores put those that came true "
        "above others in {concordance} of pairs, the source's rate in {concordance_2}; they miss by "
        "{gain:.0f} % less, beyond chance.",
        words=WORDS[outcome],
        winner=race.winner,
        judged=judged,
        concordance=percent(row["concordance"]),
        concordance_2=percent(table[BASE]["concordance"]),
        gain=row["gain"] / table[BASE]["log_loss"] * 100,
    )


def work_list(scored: LeadScores, capacity: int) -> Measure:
    """Return the leads a team has room for, and the chance from which on they are worked.

    Parameters
    ----------
    scored : LeadScores
    capacity : int
        Leads that can be worked; 0 or more.

    Returns
    -------
    Measure
        Unit rate. Value: the lowest chance on the list; None where it is empty. Frame: the rows of `scored.frame` it
        holds.
    """
    chosen = scored.frame.head(max(capacity, 0))
    if chosen.is_empty():
        text = "No lead can be worked." if scored.frame.is_empty() else "There is no room for any lead."
        return Measure("Leads to work", None, "rate", chosen, text)
    threshold, expected = float(chosen["chance"].min()), float(chosen["chance"].sum())  # type: ignore[arg-type]
    whole = float(scored.frame["chance"].sum())
    text = message(
        "Work {leads} of {height:,}: those with a chance of {threshold} or more. {expected:,.1f} of "
        "them are expected to {words}, {expected_2} of all that {height:,} leads promise.",
        leads=counted(chosen.height, "lead"),
        height=scored.frame.height,
        threshold=likely(threshold),
        expected=expected,
        words=WORDS[scored.outcome],
        expected_2=percent(expected / whole),
    )
    return Measure("Leads to work", threshold, "rate", chosen, text)


def record_text(scored: LeadScores) -> str:
    """Say what the scores expected of leads they had not seen, one day after these came in, and what happened.

    Parameters
    ----------
    scored : LeadScores
        With a race.
    """
    record = scored.race.record if scored.race is not None else pl.DataFrame(schema=lead_race.RECORD)
    n, hits = int(record["n"].sum()), int(record["observed"].sum())
    if not n:
        return "No lead was scored early enough to know what came of it."
    top = float((record["top_rate"] * record["n"]).sum()) / n
    rest = float((record["rest_rate"].fill_null(0.0) * record["n"]).sum()) / n
    return message(
        "Of {leads} scored one day after they came in, {sum:,.0f} were expected to {words} and "
        "{hits:,} did. Of the best fifth {top} did, of the others {rest}.",
        leads=counted(n, "lead"),
        sum=record["expected"].sum(),
        words=WORDS[scored.outcome],
        hits=hits,
        top=percent(top),
        rest=percent(rest),
    )
