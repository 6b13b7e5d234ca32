"""The playbooks: what a person can do, which field it changes, and what it costs in days."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.contracts.errors import ConfigError

DEFAULT = Path(__file__).parents[1] / "config" / "playbooks.yaml"


class Play(BaseModel):
    """One thing to do.

    Attributes
    ----------
    name, who : str
    feature : str
        The field it changes.
    to : float
        The value it is brought to.
    direction : {"more", "less"}
    together : tuple of str
        Fields that move in the same proportion.
    effort_days : float
    steps : tuple of str
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    feature: str
    to: float
    direction: Literal["more", "less"]
    together: tuple[str, ...] = ()
    effort_days: float = Field(ge=0)
    who: str
    steps: tuple[str, ...] = ()

    def is_done(self, value: float) -> bool:
        """Say whether a value is already where the play would bring it."""
        return value >= self.to if self.direction == "more" else value <= self.to


@cache
def load(subject: str = "account", path: Path = DEFAULT) -> tuple[Play, ...]:
    """Read the plays for a subject.

    Raises
    ------
    ConfigError
        When the file cannot be read or a play is not complete.
    """
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
        return tuple(Play.model_validate(play) for play in found.get(subject, []))
    except (OSError, yaml.YAMLError, AttributeError, TypeError, ValidationError) as error:
        raise ConfigError(
            "The playbooks cannot be used.", str(path), "Each needs name, feature, to, direction, effort_days and who."
        ) from error
