"""Statements of pay: the caller's own and those of whoever reports to them; everybody's with the right to write."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

from fastapi import Query

from core.api import paging
from core.api.caller import Asking, Caller
from core.api.paging import Cursor, Limit, Rows
from core.api.problems import ApiError, routes_under

if TYPE_CHECKING:
    from core.compensation.pay_statements import Payroll

router = routes_under("/v1", "pay")
READ, WRITE = "pay:read", "pay:write"
Day = Annotated[
    date | None, Query(description="A day of the quarter; without one the last quarter that is over is meant.")
]


def _payroll(asking: Caller, day: date | None) -> Payroll:
    """Return the statements of a quarter that the caller may see, worked out on the whole company's deals.

    Raises
    ------
    AccessError
        When the key does not hold the right to read pay.
    ApiError
        Where nobody's pay is seen, or the quarter has not begun.
    """
    from core.access import Identity
    from core.compensation import pay_exceptions, pay_sight, pay_statements, plan_versions
    from core.config.calendar import add_quarters, quarter_start
    from core.config.stages import fitted

    asking.need(READ)
    visible, who = asking.whole, asking.identity
    company = visible.company
    settings, plans = fitted(asking.settings, company), plan_versions.current(company, asking.store).plans
    if not asking.may(WRITE):
        who = Identity(who.user, who.name, (), who.regions, who.team_of, who.is_masked, (READ,), who.hidden)
    sight = pay_sight.sight(visible, settings, who, plans)
    if sight.why:
        raise ApiError(403, sight.why)
    running = quarter_start(company.as_of, settings)
    begin = quarter_start(day, settings) if day else add_quarters(running, -1, settings)
    if begin > running:
        raise ApiError(422, "The quarter has not begun.", f"Ask for a day up to {company.as_of}.")
    granted = pay_exceptions.approved(company, asking.store)
    whole = asking.result(
        "payroll",
        company,
        settings,
        lambda: pay_statements.payroll(company, settings, plans, begin, granted),
        begin,
        granted,
        repr(plans),
    )
    return pay_sight.shown(whole.of(sight.people), visible)


@router.get("/pay/statements", summary="Statements of a quarter", operation_id="pay_statements")
def pay_statements_of(asking: Asking, quarter: Day = None, limit: Limit = 100, cursor: Cursor = "") -> Rows:
    """Return what each person is paid for a quarter: fixed, variable, attainment, what is still owed. The caller sees
    their own and that of everybody who reports to them; everybody's takes `pay:write`. Takes the right `pay:read`.
    """
    payroll = _payroll(asking, quarter)
    state = f"{payroll.begin} {payroll.frame.hash_rows(seed=7).sum()}"
    return paging.page(payroll.frame, limit, cursor, state, asking.whole.as_of)


@router.get("/pay/lines", summary="What pay is for", operation_id="pay_lines")
def pay_lines_of(asking: Asking, quarter: Day = None, limit: Limit = 100, cursor: Cursor = "") -> Rows:
    """Return the lines of the same statements, deal by deal: they add up to them to the cent. Takes the right
    `pay:read`.
    """
    payroll = _payroll(asking, quarter)
    state = f"{payroll.begin} {payroll.lines.hash_rows(seed=7).sum()}"
    return paging.page(payroll.lines, limit, cursor, state, asking.whole.as_of)
