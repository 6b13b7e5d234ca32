"""One thing a text demands: a number with its unit, a region, a standard or a date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Demand:
    """One thing that can be held against a commitment.

    Attributes
    ----------
    measure : str
        Its name in words: uptime, recovery time, users, region, SAML, needed by, ...
    phrase : str
        How the text writes it, for the sentence.
    value : float, optional
        In the measure's unit: per cent, seconds, bytes, a count, or a count a minute.
    is_more_better : bool
        Whether a higher value meets a lower demand (uptime) or the other way round (recovery time).
    names : tuple of str
        Regions.
    is_any : bool
        Whether one of the names is enough.
    rank : tuple of float, optional
        Version of a standard in comparable form; empty where none is named.
    on : date, optional
        The day it is needed by.
    """

    measure: str
    phrase: str
    value: float | None = None
    is_more_better: bool = True
    names: tuple[str, ...] = ()
    is_any: bool = False
    rank: tuple[float, ...] | None = None
    on: date | None = None

    @property
    def kind(self) -> str:
        """Return quantity, region, standard or date."""
        if self.value is not None:
            return "quantity"
        if self.names:
            return "region"
        return "date" if self.on is not None else "standard"
