"""What the page works with: whose pay is seen, the plans in force, and the statements of the quarter that is chosen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import streamlit as st

from core.access import Identity
from core.compensation import pay_exceptions, pay_sight, pay_statements, plan_versions
from core.compensation.pay_exceptions import standing
from core.compensation.pay_sight import WRITE, Sight
from core.compensation.pay_statements import Granted, Payroll
from core.compensation.plan_versions import Edition
from core.config import Settings
from core.config.calendar import add_quarters, quarter_label, quarter_start
from core.config.stages import fitted
from core.contracts import Dataset
from core.store import Store
from pages.ui.kit import address_choice, cache
from pages.ui.kit.shell import Page

QUARTERS = 8


@dataclass(frozen=True)
class Desk:
    """What the cells share.

    Attributes
    ----------
    company : Dataset
        The whole company's, in the reported currency: a part of somebody's deals would give another pay.
    sight : Sight
        Whose pay is seen, narrowed to the people of the scope.
    """

    page: Page
    company: Dataset
    settings: Settings
    store: Store
    edition: Edition
    sight: Sight
    may_write: bool

    @property
    def who(self) -> Identity:
        """Return who looks."""
        return self.page.identity

    @property
    def is_alone(self) -> bool:
        """Say whether nobody signs in here, so that nobody else could decide."""
        return self.settings.access.sign_in == "none"

    @property
    def running(self) -> date:
        """Return the first day of the running quarter."""
        return quarter_start(self.company.as_of, self.settings)

    def exceptions(self, day: date | None = None) -> Granted:
        """Return the approved exceptions of everybody, as they stood on a day."""
        return pay_exceptions.approved(self.company, self.store, day)

    def payroll(self, begin: date, day: date | None = None) -> Payroll:
        """Return the statements of a quarter of the people who are seen, as they were known on a day."""
        company, plans = self.company, self.edition.plans
        if day is not None and day < company.as_of:
            company = cache.result(pay_statements.as_of, company, self.settings, day)
            plans = plan_versions.current(self.company, self.store, day).plans
        else:
            day = None
        whole: Payroll = cache.result(
            pay_statements.payroll, company, self.settings, plans, begin, self.exceptions(day)
        )
        part = whole.of(self.sight.people)
        if self.may_write and self.sight.people >= set(whole.frame["rep_id"]):
            part = whole
        return pay_sight.shown(part, self.page.visible or self.page.data)

    def standing(self, payroll: Payroll) -> object:
        """Return the statements with what was approved of them."""
        return standing(self.company, self.store, payroll)


def desk(page: Page) -> Desk:
    """Return what the page works with."""
    visible = page.visible or page.data
    company, store = visible.company, cache.store(page.settings.database)
    edition = plan_versions.current(company, store)
    sight = pay_sight.sight(visible, page.settings, page.identity, edition.plans)
    if page.scope.parts:
        inside = frozenset(page.data.sales_team["rep_id"])
        why = sight.why or ("" if sight.people & inside else "Nobody whose pay you see is in the scope chosen above.")
        sight = Sight(sight.people & inside, sight.own, why)
    settings = fitted(cache.settings(), company)
    return Desk(page, company, settings, store, edition, sight, page.may(WRITE))


def quarter(d: Desk) -> date:
    """Draw the choice of a quarter, the last one that is over first, and return its first day."""
    begins = [add_quarters(d.running, -k, d.settings) for k in range(QUARTERS)]
    labels = {quarter_label(begin, d.settings): begin for begin in begins}
    return labels[address_choice.dropdown("Quarter", labels, "pay_quarter", list(labels)[1])]


def known_on(d: Desk, begin: date) -> date | None:
    """Draw the choice of a day the statements are worked out for; None for today."""
    day = st.date_input(
        "As known on",
        value=None,
        min_value=begin,
        max_value=d.company.as_of - timedelta(days=1),
        key="pay_known_on",
        help="Deals, contracts, plans and exceptions as they were known at the end of that day. Empty for today.",
    )
    return day if isinstance(day, date) else None


def person(d: Desk, payroll: Payroll) -> str:
    """Draw the choice of a person, oneself first; their id, empty where there is nobody."""
    names = dict(payroll.frame.select("rep_id", "rep_name").iter_rows())
    if len(names) <= 1:
        return next(iter(names), "")
    ids = sorted(names, key=lambda rep: (rep != d.sight.own, names[rep], rep))
    return address_choice.dropdown("Person", ids, "pay_person", ids[0], names.__getitem__)
