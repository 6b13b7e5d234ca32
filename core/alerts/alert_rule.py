"""What somebody wants to be told of: the kinds of rules, and one rule with whom it tells and by which ways."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from core.contracts.errors import ContractError
from core.localization import message
from core.scope import Scope
from core.store.repositories import Saved

ME, TEAM, LIST = "me", "team", "list"
AUDIENCES = {ME: "Me", TEAM: "My team and me", LIST: "People I name"}
ABOVE, BELOW = "above", "below"
LONGEST_MARK = 180
MOST_PEOPLE, MOST_DAYS, MOST_HOURS = 200, 92, 720


@dataclass(frozen=True)
class Kind:
    """A kind of rule.

    Attributes
    ----------
    title : str
        What it is called where a rule is made.
    right : str
        What a reader must be allowed to see; empty where the measure says it.
    limit : str
        What the limit means; empty where there is none.
    days : str
        What the number of days means; empty where it is not used.
    usual_limit : float
    usual_days : int
    """

    title: str
    right: str
    limit: str = ""
    days: str = ""
    usual_limit: float = 0.0
    usual_days: int = 7


AMOUNT = "Only deals from this amount on"
KINDS: Mapping[str, Kind] = {
    "threshold": Kind("A figure passes a limit", "", "Limit"),
    "change": Kind("A figure moves", "", "By at least, %", "Compared with so many days ago", 5.0),
    "forecast_moved": Kind(
        "The forecast moves", "forecast:read", "By at least, %", "Compared with so many days ago", 5.0
    ),
    "new_row": Kind("A new deal is opened", "pipeline:read", AMOUNT),
    "slipped": Kind("A deal slips out of the quarter", "pipeline:read", AMOUNT),
    "silent": Kind("A deal goes quiet", "pipeline:read", AMOUNT, "No activity for so many days", usual_days=14),
    "quiet_in_mail": Kind("A customer goes quiet against their own rhythm", "pipeline:read", AMOUNT),
    "commit_moved": Kind("A committed deal changes", "pipeline:read", AMOUNT),
    "hot_lead": Kind("A lead becomes hot", "pipeline:read", "Chance to become a deal from, %", usual_limit=40.0),
    "red_account": Kind("An account turns red", "customers:read"),
    "call_missing": Kind("A manager's forecast is missing", "forecast:read", "", "So many days before it is due"),
    "answers_due": Kind("Answers of the library fall due", "requirements:read", "", "So many days before they are due"),
    "play_task": Kind("A task of a play falls due", "pipeline:read", "", "So many days before it is due", usual_days=2),
    "play_stopped": Kind("A play is stopped by its record", "pipeline:read"),
    "sync_trouble": Kind("A connected system fails to sync", "data:read"),
    "model_trouble": Kind("The models are in trouble", "models:read"),
}


@dataclass(frozen=True)
class Rule:
    """One rule.

    Attributes
    ----------
    id : int
        0 until it is saved.
    owner, name : str
    kind : str
        One of `KINDS`.
    measure : str
        Which figure, of a threshold or a change; a key of `watched_measures.MEASURES`.
    side : str
        "above" or "below", of a threshold.
    limit : float
        In the unit of the kind: an amount, the figure's unit, or per cent.
    days : int
        1 to 92.
    scope : str
        The part of the company it speaks of, as in the address of a page.
    audience : str
        "me", "team" or "list".
    people : tuple of str
        What the people of a list sign in as.
    ways : tuple of int
        Ids of the ways messages go; none: they are shown on the Alerts page alone.
    escalate_hours : int
        After so long without an acknowledgement others are told; 0 for never.
    escalate_to : tuple of str
    is_on : bool
    quiet_until : datetime, optional
        Tells nothing until then.
    version : int
    """

    owner: str
    name: str
    kind: str
    measure: str = ""
    side: str = ABOVE
    limit: float = 0.0
    days: int = 7
    scope: str = ""
    audience: str = ME
    people: tuple[str, ...] = ()
    ways: tuple[int, ...] = ()
    escalate_hours: int = 0
    escalate_to: tuple[str, ...] = ()
    is_on: bool = True
    quiet_until: datetime | None = None
    id: int = 0
    version: int = 0

    @property
    def payload(self) -> dict[str, Any]:
        """Return what is saved of it, as JSON can hold it."""
        values = {name: value for name, value in asdict(self).items() if name not in ("owner", "name", "id", "version")}
        values["quiet_until"] = self.quiet_until.isoformat() if self.quiet_until else None
        return json.loads(json.dumps(values))  # type: ignore[no-any-return]

    @property
    def condition(self) -> str:
        """Return a short mark of what it watches: another one begins anew."""
        text = f"{self.kind} {self.measure} {self.side} {self.limit!r} {self.days} {self.scope}"
        return text if len(text) <= LONGEST_MARK else hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

    def sentence(self) -> str:
        """Say what it watches, in few words."""
        from core.alerts.watched_measures import MEASURES

        title = KINDS[self.kind].title
        if self.kind == "threshold":
            return f"{MEASURES[self.measure].title} {self.side} {MEASURES[self.measure].written(self.limit)}"
        if self.kind == "change":
            return message(
                "{title} moves by {limit:g} % in {days} days",
                title=MEASURES[self.measure].title,
                limit=self.limit,
                days=self.days,
            )
        if self.kind == "forecast_moved":
            return message("{title} by {limit:g} % in {days} days", title=title, limit=self.limit, days=self.days)
        if self.kind == "hot_lead":
            return message("{title}, from {limit:g} % on", title=title, limit=self.limit)
        if KINDS[self.kind].limit and self.limit:
            return message("{title}, from {limit:,.0f} on", title=title, limit=self.limit)
        return title


def checked(rule: Rule) -> Rule:
    """Return a rule as it stands, if it can be.

    Raises
    ------
    ContractError
        When a part of it is not what it can be; which, is said.
    """
    from core.alerts.watched_measures import MEASURES

    people = tuple(dict.fromkeys(user.strip().lower() for user in (*rule.people, *rule.escalate_to)))
    checks = (
        (rule.kind in KINDS, "kind", message("Known: {kinds}.", kinds=", ".join(KINDS))),
        (
            rule.kind not in ("threshold", "change") or rule.measure in MEASURES,
            "measure",
            message("Known: {measures}.", measures=", ".join(MEASURES)),
        ),
        (rule.side in (ABOVE, BELOW), "side", "Say above or below."),
        (rule.limit == rule.limit and abs(rule.limit) < 1e15, "limit", "Give a number."),
        (rule.kind not in ("change", "forecast_moved") or rule.limit > 0, "limit", "Give more than 0 %."),
        (1 <= rule.days <= MOST_DAYS, "days", message("Give 1 to {most_days} days.", most_days=MOST_DAYS)),
        (rule.audience in AUDIENCES, "audience", message("Known: {audiences}.", audiences=", ".join(AUDIENCES))),
        (rule.audience != LIST or bool(rule.people), "people", "Name at least one person."),
        (len(people) <= MOST_PEOPLE, "people", message("At most {most_people}.", most_people=MOST_PEOPLE)),
        (
            0 <= rule.escalate_hours <= MOST_HOURS,
            "escalate_hours",
            message("Give 0 to {most_hours} hours.", most_hours=MOST_HOURS),
        ),
        (not rule.escalate_hours or bool(rule.escalate_to), "escalate_to", "Name whom to tell then."),
    )
    for is_fine, name, mend in checks:
        if not is_fine:
            raise ContractError(message("The alert cannot be made with this {name}.", name=name), name, mend)
    Scope.from_address(rule.scope)
    return rule


def of_saved(saved: Saved) -> Rule:
    """Return a rule as it was saved."""
    given = {name: value for name, value in saved.payload.items() if name in NAMES}
    for name in ("people", "ways", "escalate_to"):
        given[name] = tuple(given.get(name) or ())
    if given.get("quiet_until"):
        given["quiet_until"] = datetime.fromisoformat(given["quiet_until"])
    return Rule(owner=saved.owner, name=saved.name, id=saved.id, version=saved.version, **given)


NAMES = frozenset(entry.name for entry in fields(Rule)) - {"owner", "name", "id", "version"}
