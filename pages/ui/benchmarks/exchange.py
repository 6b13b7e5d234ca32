"""What leaves the company, made ready and looked at first, and what comes from others, checked and compared."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
import streamlit as st

from core import benchmarking
from core.contracts.errors import QuarterdeckError
from core.forecasts.calls import book
from core.localization import message
from core.store.benchmark_exports import BUDGET
from core.store.repositories import Saved
from pages.ui.kit import cache, downloads
from pages.ui.kit.cells import Cell
from pages.ui.kit.escaping import escaped
from pages.ui.kit.shell import Page

ADMIN, COMPANY = "admin:write", "company"
WAYS = ("team", "region", "segment", "quarter")
NUMBER = st.column_config.NumberColumn
COMPARED: dict[str, Any] = {
    "group": "Part",
    "n_deals": NUMBER("Deals", format="localized"),
    "value": NUMBER("Own", format="%.2f"),
    "low": NUMBER("From", format="%.2f"),
    "high": NUMBER("To", format="%.2f"),
    "rest_value": NUMBER("The rest", format="%.2f"),
    "difference": NUMBER("Difference", format="%+.2f"),
    "is_sure": st.column_config.CheckboxColumn("Beyond chance"),
}
RATES = {
    name: NUMBER(column["label"] if isinstance(column, dict) else column, format="percent")
    for name, column in COMPARED.items()
    if name in ("value", "low", "high", "rest_value", "difference")
}
AMOUNTS = {name: NUMBER(column["label"], format="localized") for name, column in COMPARED.items() if name in RATES}
LEAVING: dict[str, Any] = {
    "group": "Segment",
    "n_deals": NUMBER("Deals, noisy", format="localized"),
    "win_rate": NUMBER("Won", format="percent"),
    "slip_rate": NUMBER("Slipped", format="percent"),
    "mean_cycle_days": NUMBER("Sales cycle, days", format="localized"),
    "mean_deal_amount": NUMBER("Deal size", format="localized"),
}
BESIDE: dict[str, Any] = {
    "group": "Segment",
    "figure": "Figure",
    "own_value": NUMBER("Own", format="%.2f"),
    "own_low": NUMBER("From", format="%.2f"),
    "own_high": NUMBER("To", format="%.2f"),
    "others_value": NUMBER("Others", format="%.2f"),
    "n_files": NUMBER("Files", format="localized"),
    "n_others_deals": NUMBER("Their deals", format="localized"),
    "is_outside": st.column_config.CheckboxColumn("Outside"),
}
PUBLISHED: dict[str, Any] = {
    "figure": "Figure",
    "group": "Of",
    "written": "Value",
    "source": "Source",
    "year": NUMBER("Year", format="%d"),
    "address": "Where",
}


def published(figures: pl.DataFrame) -> pl.DataFrame:
    """Return published figures with each value as it is written."""
    write = benchmarking.public_figures.written
    values = [write(*pair) for pair in figures.select("value", "unit").iter_rows()]
    return figures.with_columns(written=pl.Series(values, dtype=pl.String))


def part() -> str:
    """Draw the choice of what parts are compared."""
    chosen = st.segmented_control(
        "Compare", WAYS, default="team", required=True, format_func=lambda way: f"{way}s".capitalize(), key="bench_by"
    )
    return str(chosen)


def figure() -> str:
    """Draw the choice of the figure."""
    names = ("win rate", "slip rate", "sales cycle", "deal size")
    picked = st.segmented_control(
        "Figure", names, default="win rate", required=True, format_func=str.capitalize, key="bench_figure"
    )
    return str(picked)


def columns(name: str) -> dict[str, Any]:
    """Return the columns of the comparison, with the format of a figure."""
    return COMPARED | (RATES if name in ("win rate", "slip rate") else AMOUNTS)


def files(page: Page) -> list[Saved]:
    """Return the files that came from others."""
    return cache.store(page.settings.database).benchmark_files.list(COMPANY)


def leave(page: Page, c: Cell) -> None:
    """Let an administrator make a file ready, look at it, and download it."""
    whole = (page.visible or page.data).company
    store = cache.store(page.settings.database)
    spent = store.benchmark_exports.spent(book(whole))
    c.answer(
        message(
            "{spent:g} of a privacy budget of {budget:g} is spent over the last year. Nothing leaves by itself.",
            spent=spent,
            budget=BUDGET,
        )
    )
    if not page.may(ADMIN) or page.data.is_transient or page.data.is_masked:
        c.empty("An administrator who sees true names makes a file ready here, and everybody sees on what terms.")
        return
    segments = whole.accounts["segment"].drop_nulls().unique().sort().to_list()
    with st.form("bench_leave", border=False):
        left, middle = st.columns(2)
        left.number_input("Fewest customers of a group, k", 5, 1_000, 10, key="bench_k")
        middle.text_input("Privacy budget of this file, ε (0.1 to 10; smaller hides more)", "1", key="bench_epsilon")
        st.multiselect("Segments that are reported on", segments, segments, key="bench_groups")
        st.form_submit_button("Make a file ready", on_click=_make, args=(page,), icon=":material/lock:")
    _review(page, c)


def _make(page: Page) -> None:
    state, store = st.session_state, cache.store(page.settings.database)
    whole = (page.visible or page.data).company
    try:
        terms = benchmarking.noisy_aggregates.checked(
            int(state["bench_k"]), str(state["bench_epsilon"]), tuple(state["bench_groups"])
        )

        def draw() -> dict[str, Any]:
            made = benchmarking.noisy_aggregates.aggregates(whole, page.settings, terms)
            return benchmarking.noisy_aggregates.content(made, terms, whole.as_of, page.settings.currency)

        store.benchmark_exports.make(book(whole), float(terms.epsilon), page.identity.user, draw)
    except QuarterdeckError as error:
        st.toast(escaped(error), icon=":material/warning:")
        return
    st.toast("The file is ready; look at it before it leaves.", icon=":material/check:")


def _review(page: Page, c: Cell) -> None:
    export = cache.store(page.settings.database).benchmark_exports.latest(book((page.visible or page.data).company))
    if export is None:
        return
    rows = pl.DataFrame(export.content["groups"], schema=benchmarking.noisy_aggregates.AGGREGATES, orient="row")
    c.answer(
        message(
            "Made ready on {made_on:%d %B %Y} with ε {epsilon:g} and k {k}: these are all the figures in "
            "the file, noise included.",
            made_on=export.made_on,
            epsilon=export.epsilon,
            k=export.content["k"],
        )
    )
    if rows.is_empty():
        c.empty("No group is large enough. Choose a larger ε, a smaller k, or wait for more deals.")
        return
    c.table(rows, column_config=LEAVING, column_order=list(LEAVING))
    text = json.dumps(export.content, indent=1)
    with st.expander("The file, letter by letter"):
        st.code(text, language="json")
    is_read = st.checkbox("I have looked at it, and it may leave", key=f"bench_read_{export.id}")
    if is_read:
        downloads.button(st, "Download the file", lambda: text, "benchmark.json", key=f"bench_file_{export.id}")


def come(page: Page, c: Cell) -> None:
    """Let an administrator add and take away files of others."""
    if not page.may(ADMIN):
        return
    upload = st.file_uploader("A benchmark file from others", type=["json"], key="bench_upload")
    name = st.text_input("Whose it is, in your words", key="bench_name", max_chars=80)
    if (
        st.button("Add the file", disabled=upload is None, key="bench_add", icon=":material/add:")
        and upload is not None
    ):
        _add(page, name or upload.name, upload.getvalue())
    listed = [saved.name for saved in files(page)]
    if listed:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.selectbox("Files that came", listed, key="bench_listed")
            st.button("Take away", key="bench_away", on_click=_remove, args=(page,), icon=":material/delete:")


def _add(page: Page, name: str, content: bytes) -> None:
    store = cache.store(page.settings.database)
    try:
        file = benchmarking.aggregate_files.read(content)
        store.benchmark_files.save(name, COMPANY, {"file": file.model_dump(mode="json")})
        page.note("added a benchmark file", name)
    except QuarterdeckError as error:
        st.warning(escaped(error), icon=":material/warning:")
        return
    st.rerun()


def _remove(page: Page) -> None:
    try:
        cache.store(page.settings.database).benchmark_files.delete(str(st.session_state["bench_listed"]), COMPANY)
    except QuarterdeckError as error:
        st.toast(escaped(error), icon=":material/warning:")
