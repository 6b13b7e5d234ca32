"""The fiscal period of the scope on a page: which data its measures are worked out on, and what a cell says of it."""

from __future__ import annotations

from datetime import date

from core.config import Settings
from core.contracts import Dataset
from core.forecasts import week_ago
from core.formats import long_day
from core.localization import message
from core.scope import Scope, fiscal_period
from core.scope.definition import PERIODS

END, DAYS = "end", "days"
TODAY = "Whatever the period: as of today."
RUNNING = "Whatever the period: the running quarter, which the models forecast."
USUAL = {"Executive": TODAY, "Pipeline": TODAY, "Customers": TODAY}


def is_usual(scope: Scope) -> bool:
    """Say whether the scope speaks of the running quarter, as pages do by themselves."""
    return scope.period == PERIODS[0]


def last_day(scope: Scope, as_of: date, settings: Settings) -> date | None:
    """Return the last day of a period that is over; None for one that is not."""
    last = fiscal_period.days(scope, as_of, settings).last
    return last if last < as_of else None


def measured(data: Dataset, settings: Settings, scope: Scope) -> Dataset:
    """Return the data as they were known at the end of a period that is over; of any other, as they are.

    Parameters
    ----------
    data : Dataset
        What the page shows.
    settings : Settings
    scope : Scope
    """
    day = last_day(scope, data.as_of, settings)
    return data if day is None else week_ago.dataset_on(data, settings, day)


def remark(scope: Scope, as_of: date, settings: Settings, title: str, how: str) -> str:
    """Say how a cell obeys the period, or why it cannot; empty where there is nothing to say.

    Parameters
    ----------
    scope : Scope
    as_of : date
    settings : Settings
    title : str
        Of the page; those without a period in their scope say nothing.
    how : str
        `END` for a cell that is worked out as of the period's last day, `DAYS` for one that takes its days, else the
        reason why it can do neither; empty for the page's usual one.
    """
    if is_usual(scope) or title not in USUAL or how == DAYS:
        return ""
    if how != END:
        return how or USUAL[title]
    day = last_day(scope, as_of, settings)
    if day is not None:
        return message("As of {day}, the last day of the period.", day=long_day(day))
    return message("As of today, for {label} is not over.", label=fiscal_period.label(scope, as_of, settings))
