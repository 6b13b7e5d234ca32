"""What a rule sees, and what it looks at."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlencode

from core.config import Settings
from core.contracts import Dataset
from core.models.bundle import Bundle
from core.store import Store

T = TypeVar("T")


@dataclass(frozen=True)
class Sight:
    """One thing a rule sees.

    Attributes
    ----------
    subject : str
        What it is about, for good: an id.
    state : str
        How it stands; the same state is told once.
    sentence : str
        In the words, and with the names, of the reader it was made for.
    link : str
        The address of the cell, below that of the app.
    amount : float or None
        For the chart.
    label : str
        Its name in the chart.
    """

    subject: str
    state: str
    sentence: str
    link: str
    amount: float | None = None
    label: str = ""


@dataclass
class Ground:
    """What is looked at.

    Attributes
    ----------
    data : Dataset
        Cut to what the reader may see, and to the rule's scope.
    settings : Settings
        With the stages and currency of the data.
    store : Store
    bundle : Bundle or None
        The models; None while they are not learnt.
    scope : str
        The rule's, as in an address.
    troubles : mapping
        "sync_trouble" and "model_trouble" to what is wrong: name to sentence.
    """

    data: Dataset
    settings: Settings
    store: Store
    bundle: Bundle | None
    scope: str
    troubles: Mapping[str, Mapping[str, str]]
    results: dict[Hashable, Any] = field(default_factory=dict)

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what many rules need, worked out once."""
        if key not in self.results:
            self.results[key] = make()
        out: T = self.results[key]
        return out


Seen = list[Sight] | None


def address(path: str, scope: str = "", **asked: str) -> str:
    """Return the address of a cell below that of the app: the page, what it is asked for, and the scope."""
    given = urlencode({name: value for name, value in asked.items() if value})
    query = "&".join(part for part in (given, scope) if part)
    return f"{path}?{query}" if query else path
