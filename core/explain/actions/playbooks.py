"""The playbooks: what a person can do for an account or a deal, and what it costs in days."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, overload

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from core import yaml_text
from core.contracts.errors import ConfigError
from core.metrics.signals import SIGNALS
from core.resources import beside_settings

DEFAULT = beside_settings("playbooks.yaml")
NOT_KEPT = "not kept"
Change = Literal["has_advanced", "has_kept_its_date", "is_redated", "has_met", "is_resized", "not kept"]
NEEDS = {
    "account": "Each needs name, feature, to, direction, effort_days and who.",
    "deal": "Each needs name, signal, done, effort_days and who.",
}


def _known_signal(signal: str) -> str:
    if signal not in SIGNALS:
        raise ValueError(signal)
    return signal


class Task(BaseModel):
    """Something to do.

    Attributes
    ----------
    name, who : str
    effort_days : float
    steps : tuple of str
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    effort_days: float = Field(ge=0)
    who: str
    steps: tuple[str, ...] = ()


class Play(Task):
    """One thing to do for an account.

    Attributes
    ----------
    feature : str
        The field it changes.
    to : float
        The value it is brought to.
    direction : {"more", "less"}
    together : tuple of str
        Fields that move in the same proportion.
    """

    feature: str
    to: float
    direction: Literal["more", "less"]
    together: tuple[str, ...] = ()

    def is_done(self, value: float) -> bool:
        """Say whether a value is already where the play would bring it."""
        return value >= self.to if self.direction == "more" else value <= self.to


class DealPlay(Task):
    """One thing to do for an open deal.

    Attributes
    ----------
    signal : str
        The signal against a deal that it answers.
    done : str
        Which change of the four weeks after shows that it was done; "not kept" where no history tells.
    """

    signal: Annotated[str, AfterValidator(_known_signal)]
    done: Change


@overload
def load(subject: Literal["account"] = ..., path: Path = ...) -> tuple[Play, ...]: ...
@overload
def load(subject: Literal["deal"], path: Path = ...) -> tuple[DealPlay, ...]: ...
def load(subject: Literal["account", "deal"] = "account", path: Path = DEFAULT) -> tuple[Any, ...]:
    """Read the plays for a subject.

    Raises
    ------
    ConfigError
        When the file cannot be read or a play is not complete.
    """
    return _read(subject, path)


@cache
def _read(subject: str, path: Path) -> tuple[Any, ...]:
    kind = Play if subject == "account" else DealPlay
    try:
        content = yaml_text.parsed(path.read_text(encoding="utf-8"))
        return tuple(kind.model_validate(play) for play in content.get(subject, []))
    except (OSError, yaml.YAMLError, AttributeError, TypeError, ValidationError) as error:
        raise ConfigError("The playbooks cannot be used.", str(path), NEEDS[subject]) from error
