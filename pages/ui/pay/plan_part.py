"""The plan file on the page: what is in force, taking it away as a file, and bringing a new version."""

from __future__ import annotations

import polars as pl
import streamlit as st

from core.compensation import plan_file, plan_versions
from core.compensation.pay_plan import CENTS, Plan
from core.compensation.plan_fields import PlanError
from core.contracts.errors import QuarterdeckError
from core.localization import joined, message
from pages.ui.kit import downloads
from pages.ui.kit.cells import Cell
from pages.ui.kit.escaping import escaped
from pages.ui.pay.exception_part import NOTICE
from pages.ui.pay.pay_desk import Desk

MOST_FAULTS = 12
MOST_MB = 1


def show(d: Desk, cell: Cell) -> None:
    """Say which plans are in force, and let whoever keeps them take the file and bring a new one."""
    cell.answer(d.edition.sentence())
    plans = d.edition.plans.plans
    if plans:
        cell.table(
            listed(plans, d.settings.currency),
            column_config={"Fixed a year": st.column_config.NumberColumn(format="localized")},
        )
    if not d.may_write:
        st.caption("Whoever may write pay can change the plans.")
        return
    text = d.edition.text or plan_file.sample_text()
    label = "Plans as YAML" if d.edition.text else "An example of a plan file"
    downloads.button(st, label, text, "plans.yaml", icon=":material/download:", key="pay_plans_file")
    with st.expander("Bring a new version"):
        _bring(d)


def listed(plans: tuple[Plan, ...], currency: str) -> pl.DataFrame:
    """Return the plans as a table: who, from when, and what is paid, in words."""
    rows = [
        (
            plan.name,
            plan.begin,
            ", ".join((*plan.people, *plan.roles, *plan.teams, *plan.regions)) or "everybody",
            plan.base_cents / CENTS,
            "; ".join(_band(plan, k) for k in range(len(plan.tiers))),
            _more(plan, currency),
        )
        for plan in plans
    ]
    schema = {"Plan": pl.String, "From": pl.Date, "For": pl.String, "Fixed a year": pl.Float64}
    return pl.DataFrame(rows, schema=schema | {"Rates": pl.String, "Besides": pl.String}, orient="row")


def _band(plan: Plan, k: int) -> str:
    tier = plan.tiers[k]
    rate = f"{float(tier.rate):.1%}"
    if tier.up_to is None:
        return f"{rate} {'beyond' if k else 'on all'}"
    return message("{rate} to {up_to:.0%}", rate=rate, up_to=float(tier.up_to))


def _more(plan: Plan, currency: str) -> str:
    parts = [f"{kind} × {float(factor):g}" for kind, factor in plan.factors]
    parts += ["deals of the team"] if plan.counts == "team" else []
    if plan.draw is not None:
        kind = "recoverable" if plan.draw.is_recoverable else "guaranteed"
        parts.append(
            message(
                "{kind} draw {currency} {amount_cents:,.0f}",
                kind=kind,
                currency=currency,
                amount_cents=plan.draw.amount_cents / CENTS,
            )
        )
    if plan.clawback is not None:
        parts.append(message("clawback {within_days} days", within_days=plan.clawback.within_days))
    if plan.cap_cents is not None:
        parts.append(message("cap {currency} {cap_cents:,.0f}", currency=currency, cap_cents=plan.cap_cents / CENTS))
    parts += [spiff.name for spiff in plan.spiffs]
    return joined(*parts, by="; ")


def _bring(d: Desk) -> None:
    upload = st.file_uploader("Plan file", type=["yaml", "yml"], key="pay_plan_upload", max_upload_size=MOST_MB)
    if upload is None:
        st.caption("A file like the one above; every version stays, and says who brought it and why.")
        return
    try:
        text = plan_file.from_bytes(upload.getvalue())
        plans = plan_file.from_yaml(text)
    except PlanError as error:
        st.warning("The file cannot be used yet.", icon=":material/warning:")
        for fault in error.faults[:MOST_FAULTS]:
            st.markdown(escaped(fault))
        return
    st.dataframe(listed(plans.plans, d.settings.currency), hide_index=True)
    note = st.text_input("What changed, and why", max_chars=400, key="pay_plan_note")
    if st.button("Put in force", type="primary", icon=":material/check:", key="pay_plan_save"):
        try:
            plan_versions.save(d.company, d.store, text, note, d.who.user, d.edition.version)
        except QuarterdeckError as error:
            st.warning(escaped(error), icon=":material/warning:")
            return
        st.session_state[NOTICE] = message("Version {version} of the plans is in force.", version=d.edition.version + 1)
        st.rerun()
