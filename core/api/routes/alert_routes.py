"""Alerts: rules, what was told, the ways messages go, what became of them; and the log of events."""

from __future__ import annotations

import hmac
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from core.access import Identity, can
from core.alerts import alert_rule, company_events, delivering, desk
from core.alerts import ways as ways_of
from core.alerts.alert_rule import KINDS, Rule
from core.alerts.quiet_hours import Habits
from core.alerts.sending.mail import mail_head
from core.alerts.watched_measures import MEASURES
from core.alerts.ways import COMPANY, Way
from core.api.caller import Asking, Caller
from core.api.clock import now
from core.api.problems import ApiError, routes_under
from core.contracts.errors import AccessError
from core.store.deliveries import Delivery
from core.store.events import Event

router = routes_under("/v1", "alerts")
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
EventId = Annotated[str, Path(max_length=40)]
WRITE = "alerts:write"
User = Annotated[str, Field(max_length=200)]


class RuleGiven(BaseModel):
    """A rule as it is to be."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"name": "Slips in EMEA", "kind": "slipped", "limit": 50_000, "scope": "region=EMEA"}]
        },
    )

    name: str = Field(min_length=1, max_length=120)
    kind: str = Field(max_length=40, description="As `alerts/kinds` lists it.")
    measure: str = Field("", max_length=40, description="Of a threshold or a change.")
    side: Literal["above", "below"] = "above"
    limit: float = Field(0.0, ge=-1e15, le=1e15)
    days: int = Field(7, ge=1, le=alert_rule.MOST_DAYS)
    scope: str = Field("", max_length=1_000, description="As in the address of a page: region=EMEA.")
    audience: Literal["me", "team", "list"] = "me"
    people: list[User] = Field(default_factory=list, max_length=alert_rule.MOST_PEOPLE)
    ways: list[int] = Field(default_factory=list, max_length=20)
    escalate_hours: int = Field(0, ge=0, le=alert_rule.MOST_HOURS)
    escalate_to: list[User] = Field(default_factory=list, max_length=alert_rule.MOST_PEOPLE)
    is_on: bool = True
    quiet_until: datetime | None = None
    version: int = Field(0, ge=0, le=2**31 - 1, description="Of the rule that is replaced; 0 for a new one.")


class RuleShown(RuleGiven):
    """A rule as it stands."""

    id: int
    sentence: str


class AlertTold(BaseModel):
    """What somebody was told."""

    id: int
    rule: int
    sentence: str
    link: str
    state: str
    told_at: datetime
    recovered_at: datetime | None
    snoozed_until: datetime | None
    acknowledged_at: datetime | None
    escalated_at: datetime | None


class WayGiven(BaseModel):
    """A way as it is to be."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=120)
    kind: Literal["mail", "slack", "teams", "webhook", "apprise"]
    target: str = Field("", max_length=1_000)
    secret: str = Field("", max_length=2_000, description="It is sealed and never shown again.")
    user: str = Field("", max_length=200)
    sender: str = Field("", max_length=200)
    is_encrypted: bool = True
    events: list[str] = Field(default_factory=list, max_length=20)
    is_masked: bool = False
    is_company: bool = False


class WayShown(BaseModel):
    """A way as it stands, without what opens it."""

    id: int
    name: str
    kind: str
    where: str
    events: list[str]
    is_masked: bool
    is_company: bool
    secret: str | None = None


class Sent(BaseModel):
    """A message, and what became of it."""

    id: int
    kind: str
    reader: str
    way: int
    about: str
    state: str
    n_attempts: int
    made_at: datetime
    due_at: datetime
    ended_at: datetime | None
    error: str


class Happened(BaseModel):
    """An event."""

    number: int
    event_id: str
    kind: str
    subject: str
    content: dict[str, Any]
    happened_at: datetime


class HabitsGiven(BaseModel):
    """How somebody wants to be told."""

    model_config = ConfigDict(extra="forbid")

    zone: str = Field("", max_length=60)
    quiet_from: int = Field(20, ge=0, le=23)
    quiet_to: int = Field(7, ge=0, le=23)
    is_weekend_quiet: bool = False
    rhythm: Literal["at once", "daily", "weekly"] = "at once"
    hour: int = Field(8, ge=0, le=23)
    wants_summary: bool = False
    is_mail_off: bool = False


class Snooze(BaseModel):
    """For how long nothing is told."""

    hours: int = Field(24, ge=1, le=24 * 92)


def _writer(asking: Caller) -> str:
    """Return whose alerts a key may change.

    Raises
    ------
    AccessError
        When the key is narrower than its owner and does not name alerts, or is a service's.
    """
    if not can(Identity("", "", (), rights=asking.key.rights), WRITE):
        raise AccessError(f"This key does not hold the right {WRITE}.", mend="Make a key with all its owner may.")
    if asking.key.roles:
        raise AccessError("A service is told nothing: alerts belong to people.", mend="Use the key of a person.")
    return asking.identity.user


def _is_admin(asking: Caller) -> bool:
    return asking.may("admin:write")


@router.get("/alerts/kinds", summary="What a rule can watch", operation_id="alert_kinds")
def kinds(asking: Asking) -> dict[str, Any]:
    """Return the kinds of rules, the figures a threshold or a change can watch, and the events of webhooks."""
    return {
        "kinds": {name: asdict(kind) for name, kind in KINDS.items()},
        "measures": {name: {"title": entry.title, "unit": entry.unit} for name, entry in MEASURES.items()},
        "events": dict(ways_of.EVENTS),
    }


@router.get("/alerts/rules", summary="Your rules", operation_id="alert_rules")
def rules(asking: Asking) -> list[RuleShown]:
    """Return the rules of the key's owner, by name."""
    return [_rule(entry) for entry in desk.rules(asking.store, asking.identity.user)]


@router.get("/alerts/rules/{number}", summary="One rule", operation_id="alert_rule")
def rule(number: Number, asking: Asking) -> RuleShown:
    """Return one rule of the key's owner."""
    return _rule(desk.rule_of(asking.store, asking.identity.user, number))


@router.post("/alerts/rules", status_code=201, summary="Make a rule", operation_id="make_alert_rule")
def make(given: RuleGiven, asking: Asking) -> RuleShown:
    """Make a rule; its first look notes what is there and tells nothing. Takes a key with `alerts:write`."""
    return _rule(desk.save_rule(asking.store, _given(given, _writer(asking)), _is_admin(asking)))


@router.put("/alerts/rules/{number}", summary="Change a rule", operation_id="change_alert_rule")
def change(number: Number, given: RuleGiven, asking: Asking) -> RuleShown:
    """Change a rule over the version that is named; where what it watches changes, it begins anew. Takes a key with
    `alerts:write`.
    """
    standing = desk.rule_of(asking.store, _writer(asking), number)
    if given.name.strip() != standing.name:
        raise ApiError(422, "A rule keeps its name.", "Make a new one and delete this one.")
    fresh = replace(_given(given, standing.owner), version=given.version or standing.version)
    return _rule(desk.save_rule(asking.store, fresh, _is_admin(asking)))


@router.delete("/alerts/rules/{number}", status_code=204, summary="Delete a rule", operation_id="delete_alert_rule")
def delete(number: Number, asking: Asking) -> None:
    """Delete a rule and what was told by it. Takes a key with `alerts:write`."""
    desk.delete_rule(asking.store, _writer(asking), number)


@router.get("/alerts/told", summary="What you were told, newest first", operation_id="alerts_told")
def told_before(asking: Asking, most: Annotated[int, Query(ge=1, le=1_000)] = 100) -> list[AlertTold]:
    """Return what the key's owner was told; no names where they are hidden."""
    return [_entry(entry) for entry in desk.alerts(asking.store, asking.identity.user, asking.identity.is_masked, most)]


@router.post(
    "/alerts/told/{number}/acknowledge", summary="Say that you take care of it", operation_id="acknowledge_alert"
)
def acknowledge(number: Number, asking: Asking) -> AlertTold:
    """Acknowledge what you were told, so that nobody else is told of it. Takes a key with `alerts:write`."""
    return _entry(_as_seen(asking, asking.store.alert_ledger.acknowledge(number, _writer(asking))))


@router.post(
    "/alerts/told/{number}/snooze", summary="Be told nothing more of it for a while", operation_id="snooze_alert"
)
def snooze(number: Number, given: Snooze, asking: Asking) -> AlertTold:
    """Snooze a subject. Takes a key with `alerts:write`."""
    until = now() + timedelta(hours=given.hours)
    return _entry(_as_seen(asking, asking.store.alert_ledger.snooze(number, _writer(asking), until)))


@router.get("/alerts/habits", summary="How you want to be told", operation_id="alert_habits")
def habits(asking: Asking) -> HabitsGiven:
    """Return quiet hours, time zone and rhythm of the key's owner."""
    return HabitsGiven(**desk.habits(asking.store, asking.identity.user).payload)


@router.put("/alerts/habits", summary="Set how you want to be told", operation_id="set_alert_habits")
def set_habits(given: HabitsGiven, asking: Asking) -> HabitsGiven:
    """Set quiet hours, time zone and rhythm. Takes a key with `alerts:write`."""
    return HabitsGiven(**desk.save_habits(asking.store, _writer(asking), Habits(**given.model_dump())).payload)


@router.get("/alerts/ways", summary="Ways messages can go", operation_id="alert_ways")
def ways(asking: Asking) -> list[WayShown]:
    """Return your own ways and the company's; never what opens them."""
    return [_way(entry) for entry in desk.ways(asking.store, asking.identity.user, _is_admin(asking))]


@router.post("/alerts/ways", status_code=201, summary="Set up a way", operation_id="make_alert_way")
def make_way(given: WayGiven, asking: Asking) -> WayShown:
    """Set up a way; a webhook's signing secret is shown this once. Mail servers, events and ways of the company take
    the right `admin:write`; all take a key with `alerts:write`.
    """
    user, values = _writer(asking), given.model_dump(exclude={"is_company", "events"})
    wanted = Way(COMPANY if given.is_company else user, events=tuple(given.events), **values)
    made = desk.save_way(asking.store, wanted, _is_admin(asking))
    return _way(made, shows_secret=made.kind == ways_of.WEBHOOK and not given.secret)


@router.delete("/alerts/ways/{number}", status_code=204, summary="Delete a way", operation_id="delete_alert_way")
def delete_way(number: Number, asking: Asking) -> None:
    """Delete a way; what waits to go by it is dropped. Takes a key with `alerts:write`."""
    desk.delete_way(asking.store, _writer(asking), number, _is_admin(asking))


@router.post("/alerts/ways/{number}/test", summary="Send a test message", operation_id="test_alert_way")
def try_out(number: Number, asking: Asking) -> Sent:
    """Send a test message at once and return what became of it. Takes a key with `alerts:write`."""
    head = mail_head(asking.settings)
    return _sent(desk.try_out(asking.store, _writer(asking), number, now(), _is_admin(asking), head))


@router.get("/alerts/deliveries", summary="Messages and what became of them", operation_id="deliveries")
def deliveries(asking: Asking, most: Annotated[int, Query(ge=1, le=1_000)] = 100) -> list[Sent]:
    """Return messages to you and by your ways, newest first; all of them with the right `admin:write`."""
    return [_sent(row) for row in desk.deliveries(asking.store, asking.identity.user, _is_admin(asking), most)]


@router.post("/alerts/deliveries/{number}/again", summary="Send a message once more", operation_id="repeat_delivery")
def again(number: Number, asking: Asking) -> Sent:
    """Let a message be sent once more with the next tick. Takes a key with `alerts:write`."""
    row = desk.delivery(asking.store, _writer(asking), number, _is_admin(asking))
    asking.audit("sent a message again", f"message {row.id}")
    return _sent(asking.store.deliveries.again(row.id))


@router.get("/events", tags=["events"], summary="The log of events, oldest first", operation_id="events")
def events(
    asking: Asking,
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="`number` of the last event you have.")] = 0,
    kind: Annotated[str, Query(max_length=40)] = "",
    most: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> list[Happened]:
    """Return what happened in the whole company after an event. Takes the right `admin:read`."""
    asking.need("admin:read")
    return [_event(entry) for entry in asking.store.events.after(after, most, kind)]


@router.post(
    "/events/{event_id}/replay",
    tags=["events"],
    status_code=202,
    summary="Send an event once more",
    operation_id="replay_event",
)
def replay(event_id: EventId, asking: Asking) -> Happened:
    """Send an event once more to every webhook that asked for its kind. Takes the right `admin:write`."""
    asking.need("admin:write")
    event = asking.store.events.get(event_id)
    hooks = ways_of.listed(asking.store, (COMPANY,))
    asking.store.deliveries.add(company_events.deliveries([event], hooks, now().isoformat()))
    asking.audit("sent an event again", event_id)
    return _event(event)


@router.post("/alerts/unsubscribe", summary="End your mail from alerts", operation_id="unsubscribe")
def unsubscribe(
    request: Request,
    who: Annotated[str, Query(max_length=200)],
    mark: Annotated[str, Query(max_length=64)],
) -> Response:
    """End the mail of a reader: what a mail program asks for by the List-Unsubscribe header of our mails (RFC 8058). It
    takes no key, but the mark that stands in that header.
    """
    company = request.app.state.company
    store = company.store(company.read())
    if not hmac.compare_digest(delivering.unsubscribe_mark(store, who).encode(), mark.encode()):
        raise ApiError(404, "This address ends nobody's mail.", "Take it from the mail as it is.")
    desk.save_habits(store, who, replace(desk.habits(store, who), is_mail_off=True))
    store.audit.add(who, "unsubscribed", "mail of alerts")
    return Response("You get no more mail from alerts.", media_type="text/plain")


def _given(given: RuleGiven, owner: str) -> Rule:
    values = given.model_dump()
    for name in ("people", "ways", "escalate_to"):
        values[name] = tuple(values[name])
    until = given.quiet_until
    values["quiet_until"] = until.replace(tzinfo=now().tzinfo) if until is not None and until.tzinfo is None else until
    return Rule(owner, **values)


def _rule(entry: Rule) -> RuleShown:
    values: dict[str, Any] = {name: getattr(entry, name) for name in RuleGiven.model_fields}
    values |= {name: list(values[name]) for name in ("people", "ways", "escalate_to")}
    return RuleShown(**values, id=entry.id, sentence=entry.sentence())


def _as_seen(asking: Caller, entry: Any) -> Any:
    return desk.shown(entry, asking.identity.is_masked)


def _entry(entry: Any) -> AlertTold:
    values = {name: getattr(entry, name) for name in AlertTold.model_fields if name not in ("rule", "told_at")}
    return AlertTold(rule=entry.rule_id, told_at=entry.told_at or entry.seen_at, **values)


def _way(entry: Way, shows_secret: bool = False) -> WayShown:
    return WayShown(
        id=entry.id,
        name=entry.name,
        kind=entry.kind,
        where=entry.where,
        events=list(entry.events),
        is_masked=entry.is_masked,
        is_company=entry.owner == COMPANY,
        secret=entry.secret if shows_secret else None,
    )


def _sent(row: Delivery) -> Sent:
    values = {name: getattr(row, name) for name in Sent.model_fields if name != "way"}
    return Sent(way=row.way_id, **values)


def _event(entry: Event) -> Happened:
    values = {name: getattr(entry, name) for name in Happened.model_fields if name != "number"}
    return Happened(number=entry.id, **values)
