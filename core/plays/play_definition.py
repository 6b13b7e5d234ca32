"""What a play is: when it starts, for which deals or accounts, its steps, and how it is judged."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from core.contracts.errors import ConfigError, StoreError, closest
from core.contracts.yaml_text import YamlError, read_yaml, shipped_yaml
from core.localization import message
from core.metrics.signals import SIGNALS
from core.resources import beside_settings
from core.store import Store

COMPANY = "company"
FILE = "plays.yaml"
DEAL, ACCOUNT = "deal", "account"
OWNER, MANAGER = "owner", "manager"
Event = Literal["signal", "stage", "competitor", "new_customer", "renewal", "red_account"]
OF_DEALS = ("signal", "stage", "competitor")
FREE = ConfigDict(frozen=True, extra="forbid")


def _is_signal(signal: str) -> str:
    if signal and signal not in SIGNALS:
        near = closest(signal, SIGNALS)
        mend = (
            message("did you mean {near}?", near=near)
            if near
            else message("write one of {signals}.", signals=", ".join(SIGNALS))
        )
        raise ValueError(f"{signal!r} is no signal; {mend}")
    return signal


class Trigger(BaseModel):
    """When a play starts.

    Attributes
    ----------
    event : str
        "signal", "stage", "competitor", "new_customer", "renewal" or "red_account".
    signal, stage : str
        Which signal or stage; empty for the others.
    days : int
        How long before a renewal.
    """

    model_config = FREE

    event: Event
    signal: Annotated[str, AfterValidator(_is_signal)] = ""
    stage: str = Field("", max_length=120)
    days: int = Field(120, ge=1, le=400)

    @model_validator(mode="after")
    def names_what_it_waits_for(self) -> Trigger:
        """Ask for the signal or stage, and for none where there is none."""
        for name in ("signal", "stage"):
            if (self.event == name) != bool(getattr(self, name)):
                has = "needs" if self.event == name else "takes no"
                raise ValueError(f"a trigger on {self.event} {has} {name}; write {{event: {name}, {name}: ...}}")
        return self


class Counted(BaseModel):
    """Which deals or accounts count; empty for all.

    Attributes
    ----------
    types : tuple of str
        Of deals: new, expansion, renewal.
    segments, regions : tuple of str
        Of the account.
    from_amount : float
        The least amount of a deal, in the reporting currency.
    """

    model_config = FREE

    types: tuple[Literal["new", "expansion", "renewal"], ...] = ()
    segments: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    from_amount: float = Field(default=0.0, ge=0, le=1e15)


class PlayStep(BaseModel):
    """One step: what is done, by whom, and how many days after the start it is due.

    Attributes
    ----------
    name : str
    owner : str
        "owner", "manager" (the owner's), or the id of a person of the sales team.
    days : int
    """

    model_config = FREE

    name: str = Field(min_length=3, max_length=200)
    owner: str = Field(OWNER, min_length=1, max_length=200)
    days: int = Field(ge=0, le=730)


class PlayDefinition(BaseModel):
    """One play.

    Attributes
    ----------
    key : str
        Its name for good, in small letters.
    name, purpose : str
    trigger : Trigger
    deals : Counted
    steps : tuple of PlayStep
    outcome_days : int
        After so many days, counted from `grace_days` after the trigger, the outcome is looked at.
    grace_days : int
        A run counts as one of the trigger if it started within so many days of it.
    worthwhile : float
        The smallest difference of shares for which the work pays, 0.01 to 0.5.
    held_out : float
        Share of cases left out by chance, 0 to 0.5.
    backlog : int
        How many cases that wait when the play is first looked at are started.
    is_on : bool
    may_retire : bool
        Whether it is stopped by itself once the record shows that it does nothing.
    retired : str
        Why it was stopped; empty while it was not.
    """

    model_config = FREE

    key: str = Field(pattern=r"^[a-z][a-z0-9_]{1,59}$")
    name: str = Field(min_length=2, max_length=80)
    purpose: str = Field(min_length=3, max_length=400)
    trigger: Trigger
    deals: Counted = Field(default_factory=Counted)
    steps: tuple[PlayStep, ...] = Field(min_length=1, max_length=20)
    outcome_days: int = Field(180, ge=14, le=1_100)
    grace_days: int = Field(14, ge=0, le=60)
    worthwhile: float = Field(0.1, ge=0.01, le=0.5)
    held_out: float = Field(0.0, ge=0, le=0.5)
    backlog: int = Field(5, ge=0, le=500)
    is_on: bool = True
    may_retire: bool = True
    retired: str = Field("", max_length=400)

    @model_validator(mode="after")
    def counts_what_it_starts_for(self) -> PlayDefinition:
        """Refuse a choice of deals for a play of accounts."""
        if self.kind == ACCOUNT and (self.deals.types or self.deals.from_amount):
            raise ValueError("a play for accounts has no types or amounts of deals; leave them out under deals")
        return self

    @property
    def kind(self) -> str:
        """Return what it is run for: "deal" or "account"."""
        return DEAL if self.trigger.event in OF_DEALS else ACCOUNT

    def when(self) -> str:
        """Say in a few words when it starts."""
        words = {
            "signal": message("an open deal shows the sign “{signal}”", signal=self.trigger.signal.replace("_", " ")),
            "stage": message("a deal enters {stage}", stage=self.trigger.stage),
            "competitor": "a competitor is named on an open deal",
            "new_customer": "an account becomes a customer",
            "renewal": message("a contract is {days} days before its renewal", days=self.trigger.days),
            "red_account": "an account turns red",
        }
        return words[self.trigger.event]

    def text(self) -> str:
        """Return it as YAML that `parsed` reads; what stands at its usual value is left out."""
        content = self.model_dump(mode="json", exclude_defaults=True)
        return str(yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100))


@dataclass(frozen=True)
class Standing:
    """A play as it is in force.

    Attributes
    ----------
    play : PlayDefinition
    version : int
        Of the administrator's copy; 0 where the play is as it came.
    changed_by : str
        Empty where nobody changed it.
    """

    play: PlayDefinition
    version: int = 0
    changed_by: str = ""


@cache
def shipped() -> tuple[PlayDefinition, ...]:
    """Return the plays that come with Quarterdeck.

    Examples
    --------
    >>> [play.key for play in shipped()]
    ['onboarding', 'renewal', 'stalled_deal', 'new_competitor', 'red_account']
    """
    return tuple(PlayDefinition.model_validate(entry) for entry in shipped_yaml(beside_settings(FILE)))


def parsed(text: str) -> PlayDefinition:
    """Read one play from YAML.

    Raises
    ------
    ConfigError
        When it is no play; the message says where and how to mend it.

    Examples
    --------
    >>> parsed(shipped()[0].text()) == shipped()[0]
    True
    """
    try:
        content = read_yaml(text)
    except YamlError as error:
        raise ConfigError(
            message("This is no YAML. {error}", error=error), "the play", "Mend the line and check again."
        ) from error
    if not isinstance(content, dict):
        raise ConfigError("This is no play.", "the play", "Begin with key, name, purpose, trigger and steps.")
    try:
        return PlayDefinition.model_validate(content)
    except ValidationError as error:
        raise _first_fault(error) from error


def _first_fault(error: ValidationError) -> ConfigError:
    """Return the first fault with its location, counted as people count, and how to mend it."""
    fault = error.errors()[0]
    location = ", ".join(
        message("number {part}", part=part + 1) if isinstance(part, int) else part for part in fault["loc"]
    )
    fault_text = fault["msg"].removeprefix("Value error, ").rstrip(".")
    mend = "Correct it and check again."
    if fault["type"] == "missing":
        fault_text, mend = "something it needs is missing", "Add it."
    elif fault["type"] == "extra_forbidden":
        fault_text, mend = "nothing of this name is understood", message("Take it out{near}.", near=_near(fault["loc"]))
    elif fault["type"] == "string_pattern_mismatch":
        fault_text, mend = "the key has other letters than it may", "Write small letters, digits and _, a letter first."
    more = len(error.errors()) - 1
    besides = message(" {more} more to mend after it.", more=more) if more else ""
    return ConfigError(
        message("This is not a play yet: {fault}.{besides}", fault=fault_text, besides=besides),
        location or "the play",
        mend,
    )


def _near(location: tuple[int | str, ...]) -> str:
    kinds: dict[str, type[BaseModel]] = {"trigger": Trigger, "deals": Counted, "steps": PlayStep}
    kind = kinds.get(str(location[0]), PlayDefinition) if len(location) > 1 else PlayDefinition
    near = closest(str(location[-1]), kind.model_fields)
    return message(", or write {near}", near=near) if near else ""


def in_force(store: Store) -> tuple[Standing, ...]:
    """Return every play as it stands: those that came, replaced by the administrator's copies, then further ones.

    A copy that a later version no longer reads is passed over for the play that came.
    """
    standing = {play.key: Standing(play) for play in shipped()}
    for saved in reversed(store.plays.list(COMPANY)):
        try:
            play = PlayDefinition.model_validate(saved.payload["play"])
        except (ValidationError, KeyError):
            continue
        standing[play.key] = Standing(play, saved.version, str(saved.payload.get("by", "")))
    return tuple(standing.values())


def saved_version(store: Store, key: str) -> int | None:
    """Return the version of the administrator's copy of a play; None where there is none."""
    return next((saved.version for saved in store.plays.list(COMPANY) if saved.name == key), None)


def check(play: PlayDefinition, stages: Collection[str], team: Collection[str]) -> None:
    """Hold a play against the data: its stage, and the people its steps name.

    Parameters
    ----------
    play : PlayDefinition
    stages : collection of str
        In which an open deal can stand.
    team : collection of str
        Ids of the sales team.

    Raises
    ------
    ConfigError
        When it waits for a stage that deals do not have, or gives a step to somebody who is not there.
    """
    stage = play.trigger.stage
    if stage and stage not in stages:
        mend = _instead(stage, stages)
        raise ConfigError(
            message("No open deal can stand in the stage {stage!r}.", stage=stage), "trigger, stage", mend
        )
    for number, step in enumerate(play.steps, 1):
        if step.owner not in (OWNER, MANAGER) and step.owner not in team:
            location = message("steps, number {number}, owner", number=number)
            mend = "Write owner, manager, or the id of a person of the sales team."
            raise ConfigError(
                message("Nobody of the sales team has the id {owner!r}.", owner=step.owner), location, mend
            )


def _instead(name: str, choices: Collection[str]) -> str:
    near = closest(name, choices)
    return (
        message("Did you mean {near}?", near=near)
        if near
        else message("Write one of {choices}.", choices=", ".join(choices))
    )


def save(store: Store, play: PlayDefinition, user: str, version: int) -> Standing:
    """Save a play over the version it was read in, and write down who did it.

    Raises
    ------
    StoreError
        When somebody has saved in between.
    """
    payload: dict[str, Any] = {"play": play.model_dump(mode="json"), "by": user}
    saved = store.plays.save(play.key, COMPANY, payload, version or None)
    store.audit.add(user, "changed a play", play.key, play.text())
    return Standing(play, saved.version, user)


def restore(store: Store, key: str, user: str) -> None:
    """Put a play back as it came; one that came with nobody goes.

    Raises
    ------
    StoreError
        When there is no copy of it.
    """
    if saved_version(store, key) is None:
        raise StoreError("The play stands as it came.", mend="There is nothing to put back.")
    store.plays.delete(key, COMPANY)
    store.audit.add(user, "put a play back as it came", key)


def play_of(store: Store, key: str) -> Standing:
    """Return one play as it is in force.

    Raises
    ------
    ConfigError
        When there is none of that key.
    """
    standing = {entry.play.key: entry for entry in in_force(store)}
    if key not in standing:
        raise ConfigError(message("There is no play {key!r}.", key=key), mend=_instead(key, standing))
    return standing[key]
