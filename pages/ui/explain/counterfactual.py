"""What the model would say if: the controls of the fields that can be moved, and the cell of a deal."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import streamlit as st

from core.explain.counterfactual import deals
from core.explain.counterfactual.supposed_fields import Field
from core.localization import message
from pages.ui.kit import cache
from pages.ui.kit.cells import cell
from pages.ui.kit.escaping import escaped
from pages.ui.kit.grid import HALF
from pages.ui.kit.shell import Page

DAYS = 90
CASES = {
    "became": st.column_config.TextColumn(message("{days} days later", days=DAYS)),
    "opportunity_name": "Deal",
    "as_of": st.column_config.DateColumn("As of"),
    "stage": "Stage",
    "days_to_close": "Days to the expected close",
    "amount": st.column_config.NumberColumn("Amount", format="compact"),
    "n_meetings_30d": "Meetings in 30 days",
    "n_activities_30d": "Activities in 30 days",
    "silence_days": "Days since an activity",
    "n_contacts": "Contacts",
}


@st.fragment
def deal(page: Page, opportunity_id: str) -> None:
    """Move an open deal's own fields and see what the model would say; a move reruns nothing but this cell."""
    with cell(page, "What if this changed?", "What if", span=None, room=HALF) as c:
        fields = cache.result(deals.fields, page.data, page.settings, opportunity_id)
        if not fields:
            c.empty("There is nothing to change on this deal yet. Load its history and activities.")
            return
        values = sliders(page, fields, opportunity_id)
        supposed = cache.result(deals.suppose, page.data, page.settings, opportunity_id, values)
        c.answer(supposed.sentence())
        if supposed.along:
            st.caption(escaped(supposed.along))
        for warning in supposed.warnings:
            st.warning(escaped(warning), icon=":material/warning:")
        again = (page, fields, opportunity_id)
        st.button("Reset", key="if-back", on_click=_back, args=again, icon=":material/undo:")
        with st.expander("Similar past deals"):
            c.table(supposed.frame, column_config=CASES, column_order=[n for n in CASES if n in supposed.frame.columns])
        c.method(deals.suppose, supposed.frame, opportunity_id, values)


def sliders(page: Page, fields: list[Field], entity_id: str) -> tuple[tuple[str, float], ...]:
    """Draw one control per field that can be moved and return where they stand."""
    columns = st.columns(2)
    return tuple(
        (field.name, _control(columns[i % 2], page, field, key(entity_id, field))) for i, field in enumerate(fields)
    )


def key(entity_id: str, field: Field) -> str:
    """Return the key of a field's control."""
    return f"if-{entity_id}-{field.name}"


def _control(container: Any, page: Page, field: Field, name: str) -> float:
    st.session_state.setdefault(name, _shown(page, field, field.now))
    if field.kind == "choice":
        return float(field.options.index(container.select_slider(field.label, field.options, key=name)))
    low, high = (_shown(page, field, end) for end in (field.low, field.high))
    if field.kind == "days ahead":
        chosen = container.slider("Expected close", low, high, step=timedelta(days=1), format="D MMM YYYY", key=name)
        return float((chosen - page.data.as_of).days)
    shape = "localized" if field.kind == "money" else "%.0f" if field.step >= 1 else "%.2f"
    label = f"{field.label}, {page.settings.currency}" if field.kind == "money" else field.label
    return float(container.slider(label, low, high, step=field.step, format=shape, key=name))


def _shown(page: Page, field: Field, value: float) -> Any:
    """Return a value as its control holds it: a word, a day or a number."""
    if field.kind == "choice":
        return field.options[int(value)]
    return page.data.as_of + timedelta(days=value) if field.kind == "days ahead" else value


def _back(page: Page, fields: list[Field], entity_id: str) -> None:
    for field in fields:
        st.session_state[key(entity_id, field)] = _shown(page, field, field.now)
