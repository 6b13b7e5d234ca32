"""What moves along when a field of a deal is supposed to stand otherwise, so that such a deal could exist."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.config import Settings
from core.features import deals
from core.localization import message

RECENT = 30
LABELS = {
    "stage_rank": "Stage",
    "days_to_close": "Days to the expected close",
    "amount": "Amount",
    "n_meetings_30d": "Meetings in the last 30 days",
    "n_activities_30d": "Activities of any kind in the last 30 days",
    "silence_days": "Days since the last activity",
    "n_contacts": "Contacts",
}
TOUCHES = ("n_meetings_30d", "n_activities_30d", "silence_days")


def follow(row: Mapping[str, Any], moved: Mapping[str, float], settings: Settings) -> tuple[dict[str, Any], list[str]]:
    """Return the fields moved with all that follows from them, and what could not be as asked.

    Parameters
    ----------
    row : mapping
        The deal's features as they stand.
    moved : mapping of field to value
    settings : Settings
        Names the stages.

    Returns
    -------
    values : dict
        Every feature that changes, the moved ones among them.
    notes : list of str
        Sentences about values that contradict each other.

    Examples
    --------
    >>> from core.config import load
    >>> follow({"days_to_close": 20, "n_pushes": 1, "n_pulls": 0}, {"days_to_close": 50.0}, load())
    ({'days_to_close': 50, 'n_pushes': 2}, [])
    """
    out: dict[str, Any] = {name: value if name == "amount" else round(value) for name, value in moved.items()}
    if "stage_rank" in out:
        out |= {"stage": settings.stages.open[out["stage_rank"]], "days_in_stage": 0}
    if "days_to_close" in out:
        side = "n_pushes" if out["days_to_close"] > row["days_to_close"] else "n_pulls"
        if row.get(side) is not None:
            out[side] = row[side] + 1
    if "amount" in out and row.get("amount_change_rate") is not None and row["amount"]:
        out["amount_change_rate"] = (1 + row["amount_change_rate"]) * out["amount"] / row["amount"] - 1
    asked = {name: out[name] for name in TOUCHES if name in out}
    if not asked:
        return out, []
    agreed = _agreed(row, asked)
    other = [f"{LABELS[n].lower()} {agreed[n]:,}" for n in asked if agreed[n] is not None and agreed[n] != asked[n]]
    notes = (
        [message("Meetings, activities and silence have to agree; taken instead: {other}.", other=", ".join(other))]
        if other
        else []
    )
    return {**out, **agreed, **_meetings(row, agreed)}, notes


def _agreed(row: Mapping[str, Any], asked: Mapping[str, int]) -> dict[str, int | None]:
    """Return meetings, activities and silence that can stand together, those asked for going first."""
    met, done, silence = (row.get(name) for name in TOUCHES)
    if asked.get("silence_days", 0) >= RECENT and not any(asked.get(name) for name in TOUCHES[:2]):
        return {TOUCHES[0]: 0, TOUCHES[1]: 0, TOUCHES[2]: asked["silence_days"]}
    least = 1 if asked.get("silence_days", RECENT) < RECENT else 0
    activities = asked.get("n_activities_30d")
    meetings = asked.get("n_meetings_30d")
    if meetings is None:
        meetings = (met or 0) if activities is None else min(met or 0, activities)
    if activities is None:
        activities = (done or 0) + meetings - (met or 0)
    activities = max(activities, meetings, least)
    quiet = asked.get("silence_days", silence)
    age = row.get("age_days")
    if activities:
        quiet = min(RECENT - 1, RECENT - 1 if age is None else age) if quiet is None or quiet >= RECENT else quiet
    elif quiet is not None and quiet < RECENT:
        quiet = RECENT if age is None or age >= RECENT else None
    return {TOUCHES[0]: meetings, TOUCHES[1]: activities, TOUCHES[2]: quiet}


def _meetings(row: Mapping[str, Any], agreed: Mapping[str, int | None]) -> dict[str, float]:
    """Carry more or fewer meetings over to the longer count and the paces."""
    more = (agreed["n_meetings_30d"] or 0) - (row.get("n_meetings_30d") or 0)
    out: dict[str, float] = {}
    if row.get("n_meetings_60d") is not None:
        long_quiet = (agreed["silence_days"] or 0) >= 2 * RECENT
        out["n_meetings_60d"] = 0 if long_quiet else row["n_meetings_60d"] + more
        more = out["n_meetings_60d"] - row["n_meetings_60d"]
    if row.get("age_days") is None or row.get("meetings_per_week") is None:
        return out
    weeks = row["age_days"] / 7
    total = max(row["meetings_per_week"] * max(weeks, 1.0) + more, 0.0)
    out["meetings_per_week"] = total / max(weeks, 1.0)
    out["meeting_pace"] = (total + deals.USUAL_MEETINGS) / (weeks + deals.USUAL_WEEKS)
    return out
