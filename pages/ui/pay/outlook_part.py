"""Which scenario and quarter the chances and costs speak of, and the slider of what somebody still sells."""

from __future__ import annotations

import streamlit as st

from core.compensation import pay_outlook, quota_chances
from core.compensation.pay_outlook import Costs
from core.compensation.pay_plan import CENTS
from core.compensation.pay_statements import Payroll
from core.compensation.quota_chances import QuotaChances
from core.localization import message
from core.scenarios import files, presets
from core.scenarios.levers import Scenario
from pages.ui.kit import cache, saved_content
from pages.ui.kit.shell import Page
from pages.ui.pay.pay_desk import Desk

BASELINE = "As forecast"
QUARTERS = {"Running quarter": 0, "Next quarter": 1}


def chances(d: Desk, quarter: int = 0, plan: Scenario | None = None) -> QuotaChances:
    """Return the chances of quota of the people who are seen, under a scenario."""
    whole: QuotaChances = cache.result(quota_chances.chances, d.company, d.settings, plan, quarter)
    return whole.of(d.sight.people)


def quarter_ahead() -> int:
    """Draw the choice between the running and the next quarter."""
    chosen = st.segmented_control(
        "Quarter",
        list(QUARTERS),
        default="Running quarter",
        required=True,
        key="pay_ahead",
        label_visibility="collapsed",
    )
    return QUARTERS.get(str(chosen), 0)


def scenario(page: Page) -> Scenario | None:
    """Draw the choice of a scenario: as forecast, those that come with Quarterdeck, and those that were saved."""
    choices: dict[str, Scenario | None] = {BASELINE: None, **presets.load()}
    if page.may("scenarios:read"):
        choices |= {b.name: files.from_dict(b.payload) for b in saved_content.scenarios(page)}
    chosen = st.selectbox("Scenario", list(choices), key="pay_scenario")
    return choices.get(str(chosen))


def costs(payroll: Payroll, seen: QuotaChances) -> Costs:
    """Return what the plans are expected to cost."""
    return pay_outlook.costs(payroll, seen)


def more(payroll: Payroll, rep_id: str) -> int:
    """Draw the slider of what somebody still sells in the quarter, in cents."""
    most = pay_outlook.most_more(payroll, rep_id) // CENTS
    step = max(round(most / 60 / 1000) * 1000, 1000)
    chosen = st.slider(
        message("Sold on top, in {currency}", currency=payroll.currency),
        0,
        most - most % step,
        step * 6,
        step,
        key="pay_more",
        format="localized",
    )
    return int(chosen) * CENTS
