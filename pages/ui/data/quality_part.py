"""What to fix in the CRM, by owner and over time; and single fields of a deal written back to it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date
from typing import Any

import polars as pl
import streamlit as st

from core import metrics
from core.contracts.errors import AccessError, QuarterdeckError
from core.contracts.opportunities import FORECAST_CATEGORIES
from core.localization import message
from core.sources.connectors import write_back
from core.sources.connectors.write_back import Change, Written
from pages.ui.kit import cache, downloads, notices, session_data
from pages.ui.kit.cells import Cell
from pages.ui.kit.escaping import escaped
from pages.ui.kit.shell import Page

QUESTION = "Data quality in the CRM"
DONE, FAILED, PREVIEW = "quality_done", "quality_failed", "quality_preview"
EVERYBODY = "Everybody"
TABLE = 200  # pixels
ROWS = {
    "owner": "Owner",
    "opportunity_id": None,
    "opportunity_name": "Deal",
    "account_name": "Customer",
    "stage": "Stage",
    "close_on": st.column_config.DateColumn("Close date"),
    "amount": st.column_config.NumberColumn("Amount", format="localized"),
    "rule": "To fix",
}
OWNERS = {
    "owner": "Owner",
    "n_deals": st.column_config.NumberColumn("Deals", format="localized"),
    **metrics.crm_quality.RULES,
}
WEEKS = {
    "on": st.column_config.DateColumn("On"),
    "n_open": st.column_config.NumberColumn("Open deals", format="localized"),
    "no_amount": st.column_config.NumberColumn("No amount", format="localized"),
    "overdue": st.column_config.NumberColumn("Overdue", format="localized"),
    "no_close_date": st.column_config.NumberColumn("No close date", format="localized"),
}
TITLES = {
    "next_step": "Next step",
    "close_on": "Close date",
    "forecast_category": "Forecast category",
    "amount": "Amount",
}


def panel(page: Page, c: Cell) -> None:
    """Show what is to fix, let it be downloaded per owner, and let fields be written back."""
    whole = cache.result(metrics.crm_quality.to_fix, page.data, page.settings)
    c.answer(whole.sentence())
    notices.tell(DONE, FAILED)
    deals, by_owner, over_time = st.tabs(["Deals", "By owner", "Over time"])
    owners = cache.result(metrics.crm_quality.by_owner, page.data, page.settings)
    with deals:
        _rows(c, whole.frame, owners.frame["owner"].to_list())
    with by_owner:
        st.caption(escaped(owners.sentence()))
        c.table(owners.frame, column_config=OWNERS, height=TABLE)
    weeks = cache.result(metrics.crm_quality.over_time, page.data, page.settings)
    with over_time:
        st.caption(escaped(weeks.sentence()))
        c.table(weeks.frame, column_config=WEEKS, height=TABLE)
    source = _source(page)
    if write_back.can_write(cache.settings(), source):
        _write_back(page, source)
    c.method(metrics.crm_quality.to_fix, whole.frame)


def _rows(c: Cell, frame: pl.DataFrame, owners: list[str]) -> None:
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    owner = left.selectbox("Owner", [EVERYBODY, *owners], key="quality_owner")
    rows = frame if owner == EVERYBODY else frame.filter(owner=owner)
    downloads.button(right, "Download as CSV", rows.write_csv(), "to_fix.csv", "text/csv", icon=":material/download:")
    c.table(rows, column_config=ROWS, height=TABLE)


def _source(page: Page) -> str:
    """Return the source this session looks at; empty where it is no kept one."""
    if session_data.upload() is not None:
        return ""
    mine = session_data.source()
    return mine[0] if mine else cache.in_force(page.settings)[0]


def _write_back(page: Page, source: str) -> None:
    if not page.may("crm:write") or page.identity.is_masked:
        st.caption("Fields are written back to the CRM by whoever holds the right crm:write and sees real names.")
        return
    with st.expander(message("Write back to {source}", source=escaped(source)), key="write_back"):
        deals = page.data.opportunities.filter(~pl.col("is_closed")).sort("opportunity_name")
        names = dict(deals.select("opportunity_id", pl.coalesce("opportunity_name", "opportunity_id")).iter_rows())
        deal = st.selectbox("Deal", list(names), format_func=names.get, key="write_deal")
        if deal is None:
            st.caption("There is no open deal.")
            return
        values = _values(deals.row(deals["opportunity_id"].to_list().index(deal), named=True))
        args = (page, source, deal, values)
        st.button("Preview", on_click=_preview, args=args, key="write_preview", icon=":material/preview:")
        changes: list[Change] = st.session_state.get(PREVIEW, [])
        if changes and changes[0].opportunity_id == deal:
            _shown(changes)
            st.button(
                "Write to the CRM", on_click=_write, args=(page, source, changes), key="write_now", type="primary"
            )
        _past(page, source, names)


def _values(deal: dict[str, Any]) -> dict[str, Any]:
    """Ask for new values; what stays as it is is not written."""
    key, (left, right) = deal["opportunity_id"], st.columns(2)
    categories = ["", *FORECAST_CATEGORIES]
    shown = {
        "next_step": left.text_input("Next step", deal["next_step"] or "", key=f"write_step-{key}"),
        "close_on": right.date_input("Close date", deal["close_on"], key=f"write_close-{key}"),
        "forecast_category": left.selectbox(
            "Forecast category",
            categories,
            categories.index(deal["forecast_category"] or ""),
            format_func=lambda word: word.replace("_", " ").capitalize(),
            key=f"write_category-{key}",
        ),
        "amount": right.number_input("Amount", value=deal["amount"], key=f"write_amount-{key}"),
    }
    return {name: value for name, value in shown.items() if (value or None) != (deal[name] or None)}


def _shown(changes: list[Change]) -> None:
    rows = [(TITLES[change.field], change.before or "nothing", change.after or "nothing") for change in changes]
    schema = dict.fromkeys(("Field", "In the CRM now", "To be written"), pl.String)
    st.dataframe(pl.DataFrame(rows, schema=schema, orient="row").to_arrow(), hide_index=True, height="content")


def _past(page: Page, source: str, names: dict[str, str]) -> None:
    past = write_back.written(cache.store(page.settings.database).audit, source)
    visible = [entry for entry in past if entry.opportunity_id in names]
    for k, entry in enumerate(visible[:5]):
        left, right = st.columns([5, 1], vertical_alignment="center")
        left.caption(escaped(_sentence(entry, names[entry.opportunity_id])))
        right.button(
            "Undo", on_click=_undo, args=(page, source, entry), key=f"write_undo-{k}", disabled=entry.is_undone
        )


def _sentence(entry: Written, name: str) -> str:
    undone = "; undone" if entry.is_undone else ""
    change = message(
        "{titles} from {before} to {after}",
        titles=TITLES[entry.field],
        before=entry.before or message("nothing"),
        after=entry.after or message("nothing"),
    )
    return message(
        "{at} UTC, {user}: {name}, {change}{undone}.",
        at=entry.at,
        user=entry.user,
        name=name,
        change=change,
        undone=undone,
    )


def _done(page: Page, source: str, action: Callable[[write_back.WriteBack], str]) -> None:
    try:
        if not page.may("crm:write") or page.identity.is_masked:
            raise AccessError("Your role writes nothing to the CRM.", mend="Ask an administrator for crm:write.")
        trail = cache.store(page.settings.database).audit
        with write_back.opened(cache.settings(), source, trail, time.sleep) as crm:
            st.session_state[DONE] = action(crm)
    except QuarterdeckError as error:
        st.session_state[FAILED] = str(error)


def _preview(page: Page, source: str, deal: str, values: dict[str, str | float | date | None]) -> None:
    def previewed(crm: write_back.WriteBack) -> str:
        changes = crm.preview(deal, values)
        st.session_state[PREVIEW] = changes
        return "Look at what would be written." if changes else "The CRM holds these values already."

    _done(page, source, previewed)


def _write(page: Page, source: str, changes: list[Change]) -> None:
    def wrote(crm: write_back.WriteBack) -> str:
        st.session_state.pop(PREVIEW, None)
        crm.write(changes, page.identity.user)
        return "It stands in the CRM; the next sync brings it back here."

    _done(page, source, wrote)


def _undo(page: Page, source: str, entry: Written) -> None:
    def undone(crm: write_back.WriteBack) -> str:
        crm.undo(entry, page.identity.user)
        return "The CRM holds what it held before."

    _done(page, source, undone)
