"""The measures there are: public functions of `core.metrics` and of engagement that return one, with what they take."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, Union

from core import metrics
from core.metrics.measure import Measure

if TYPE_CHECKING:
    from core.config import Settings
    from core.contracts import Dataset
    from core.interactions.interaction_view import Interactions

AREAS = {
    "account_facts": "customers",
    "concentration": "customers",
    "customer_health": "customers",
    "engagement": "customers",
    "recurring": "customers",
    "retention": "customers",
    "load_report": "data",
    "crm_quality": "data",
    "bookings": "executive",
    "content_effect": "enablement",
    "course_record": "enablement",
    "growth": "executive",
    "ramp_up": "enablement",
    "regions": "executive",
    "training_effect": "enablement",
}
USUAL_AREA = "pipeline"
ENGAGEMENT = ("call_record", "contact_breadth", "meeting_record", "next_steps", "quiet_deals", "reply_times")
HANDED = ("settings", "interactions")
SIMPLE = (str, int, float, bool, date)


@dataclass(frozen=True)
class Entry:
    """A measure that can be asked for.

    Attributes
    ----------
    group, name : str
        The module and the function; together its address.
    function : callable
        `(data, settings, **arguments)`, with mails, meetings and calls after the settings where it is of engagement.
    summary, description : str
        What its docstring says: the first line, and all in front of its parameters.
    arguments : tuple of inspect.Parameter
        What it takes beside data and settings; each has a default or must be given.
    right : str
        The right it takes.
    """

    group: str
    name: str
    function: Callable[..., Measure]
    summary: str
    description: str
    arguments: tuple[inspect.Parameter, ...]
    right: str

    @property
    def takes_settings(self) -> bool:
        """Say whether it is handed the settings too."""
        return "settings" in inspect.signature(self.function).parameters

    @property
    def takes_interactions(self) -> bool:
        """Say whether it is handed mails, meetings and calls."""
        return self.group in ENGAGEMENT

    def measured(self, data: Dataset, settings: Settings, interactions: Interactions | None, **given: Any) -> Measure:
        """Return the measure of some rows.

        Parameters
        ----------
        data : Dataset
        settings : Settings
        interactions : Interactions or None
            What the reader of these rows may see of mails, meetings and calls; only measures of engagement need it.
        **given
            Its arguments.
        """
        if self.takes_interactions:
            return self.function(data, settings, interactions, **given)
        return self.function(data, settings, **given) if self.takes_settings else self.function(data, **given)


@cache
def entries() -> tuple[Entry, ...]:
    """Return every measure, by group and name."""
    modules = [info.name for info in pkgutil.iter_modules(metrics.__path__)]
    paths = [*(f"core.metrics.{name}" for name in modules), *(f"core.interactions.{name}" for name in ENGAGEMENT)]
    loaded = (importlib.import_module(path) for path in paths)
    return tuple(entry for module in loaded for entry in _of(module))


def _of(module: types.ModuleType) -> list[Entry]:
    group = module.__name__.rpartition(".")[2]
    functions = inspect.getmembers(module, inspect.isfunction)
    own = [(n, f) for n, f in functions if not n.startswith("_") and f.__module__ == module.__name__]
    return [entry for name, function in own if (entry := _entry(group, name, function)) is not None]


def _entry(group: str, name: str, function: Callable[..., Any]) -> Entry | None:
    hints = typing.get_type_hints(function, vars(importlib.import_module(function.__module__)) | _types())
    kind = hints.get("return")
    parameters = list(inspect.signature(function).parameters.values())
    if not (inspect.isclass(kind) and issubclass(kind, Measure)) or not parameters or parameters[0].name != "data":
        return None
    arguments = [p.replace(annotation=hints[p.name]) for p in parameters[1:] if p.name not in HANDED]
    if not all(_is_simple(argument.annotation) for argument in arguments):
        return None
    text = inspect.getdoc(function) or ""
    lead = text.partition("\n\nParameters\n")[0]
    right = f"{AREAS.get(group, USUAL_AREA)}:read"
    return Entry(group, name, function, lead.partition("\n")[0], lead, tuple(arguments), right)


def _types() -> dict[str, Any]:
    """Return the names that modules import for the type checker alone."""
    from core.config import Settings
    from core.contracts import Dataset

    return {"Dataset": Dataset, "Settings": Settings, "date": date}


def _is_simple(annotation: Any) -> bool:
    origin = typing.get_origin(annotation)
    if origin in (Union, types.UnionType):
        return all(arg is type(None) or _is_simple(arg) for arg in typing.get_args(annotation))
    return origin is Literal or annotation in SIMPLE
