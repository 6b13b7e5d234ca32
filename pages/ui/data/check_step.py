"""Step 5, before use: what was read, beside the files' own totals, what is left out, and what each page will lack."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import polars as pl
import streamlit as st

from core.config import Settings
from core.config.stages import fitted
from core.features.deals import states_at
from core.localization import message
from core.metrics import counted, load_report
from core.sources import check, own_totals, page_needs
from core.sources.folder import Reading
from pages.ui.data import open_questions, words
from pages.ui.kit import downloads
from pages.ui.kit.escaping import escaped
from pages.ui.kit.grid import grid
from pages.ui.kit.shell import Page

WHOLE = "localized"
BY_YEAR = {
    "year": st.column_config.TextColumn("Won in", width="small"),
    "n": st.column_config.NumberColumn("Deals", format=WHOLE, width="small"),
    "amount": st.column_config.NumberColumn("Amount", format=WHOLE, width="small"),
}
LEFT_OUT = {
    "n_rows": st.column_config.NumberColumn("Rows", format=WHOLE, width="small"),
    "entity": st.column_config.TextColumn("Entity", width="small"),
    "column": st.column_config.TextColumn("Column", width="small"),
    "reason": st.column_config.TextColumn("Reason", width="large"),
    "file": st.column_config.TextColumn("File", width="small"),
}


def show(page: Page, reading: Reading, settings: Settings) -> None:
    """Show what the pages would see, before anything is used."""
    figures = check.summary(reading, settings)
    data = reading.dataset
    seen = states_at(data, data.as_of, fitted(settings, data)).height
    _figures(page, figures, seen)
    st.markdown(escaped(_days(page, figures)))
    left, right = st.columns([2, 3], gap="medium")
    with left:
        st.markdown("**Won by fiscal year**")
        grid(_by_year(figures["quarters"]), column_config=BY_YEAR, height=220)
    with right:
        st.markdown("**Beside the files' own totals**")
        totals = [_beside(row, figures["currency"]) for row in own_totals.beside(reading).iter_rows(named=True)]
        st.markdown("\n".join(f"- {escaped(sentence)}" for sentence in totals))
        st.caption("Amounts in the files are plain sums of the column: all currencies, and rows that are left out too.")
    _left_out(reading, settings)
    lacks = page_needs.lacking(data)
    st.markdown("**What pages will lack**" if lacks.height else "Every page finds what it needs.")
    st.markdown("\n".join(f"- **{escaped(name)}**: {escaped(words_of)}" for name, words_of in lacks.iter_rows()))
    for sentence in open_questions.sentences(reading.questions):
        st.caption(escaped(sentence))


def _beside(row: Mapping[str, Any], currency: str) -> str:
    """Say what the files hold of an entity, and what was read of it."""
    name, n_files, n_read = words.entity_title(row["entity"]), row["n_in_files"], row["n_read"]
    left_out = message(", {n_left_out:,} left out", n_left_out=row["n_left_out"]) if row["n_left_out"] else ""
    text = message(
        "{name}: {n_read:,} read of {rows} in the files{left_out}",
        name=name,
        n_read=n_read,
        rows=counted(n_files, "row"),
        left_out=left_out,
    )
    if row["amount_in_files"] is None or row["amount_read"] is None:
        return f"{text}."
    written, amount = row["amount_in_files"], row["amount_read"]
    if abs(written - amount) < 0.005:
        return message("{text}; {currency} {amount:,.2f} in both.", text=text, currency=currency, amount=amount)
    return message(
        "{text}; {written:,.2f} in the files, {currency} {amount:,.2f} read.",
        text=text,
        written=written,
        currency=currency,
        amount=amount,
    )


def _figures(page: Page, figures: Mapping[str, Any], seen: int) -> None:
    money = page.formats.money
    currency = figures["currency"]
    with st.grid("auto", min_column_width=200, gap="small"):
        st.metric("Deals", page.formats.number(figures["n_deals"]))
        st.metric("Open", page.formats.number(figures["open_n"]), help=escaped(_sum(figures, "open_amount")))
        st.metric("Open amount", money(figures["open_amount"], currency), help=escaped(_sum(figures, "open_amount")))
        st.metric("Won", page.formats.number(figures["won_n"]), help=escaped(_sum(figures, "won_amount")))
        st.metric("Won amount", money(figures["won_amount"], currency), help=escaped(_sum(figures, "won_amount")))
        st.metric("The forecast sees", page.formats.number(seen), help="Open deals the forecast takes in.")


def _sum(figures: Mapping[str, Any], name: str) -> str:
    return f"{figures['currency']} {figures[name]:,.2f}"


def _days(page: Page, figures: Mapping[str, Any]) -> str:
    first, last = figures["close_first"], figures["close_last"]
    closings = message("Closings from {first} to {last}", first=first, last=last) if first else "No closing has a date"
    created = (
        message(", first creation {created_first}", created_first=figures["created_first"])
        if figures["created_first"]
        else ""
    )
    matched = message(
        "{accounts_matched:,} of {n_deals:,} deals name an account that is there",
        accounts_matched=figures["accounts_matched"],
        n_deals=figures["n_deals"],
    )
    return message(
        "{closings}{created}; as of {as_of}. {matched}.",
        closings=closings,
        created=created,
        as_of=figures["as_of"],
        matched=matched,
    )


def _by_year(quarters: list[dict[str, Any]]) -> pl.DataFrame:
    """Return what was won per fiscal year: quarters of one label's year added up."""
    sums: dict[str, list[float]] = defaultdict(lambda: [0, 0.0])
    for quarter in quarters:
        year = str(quarter["label"]).partition(" ")[2] or str(quarter["label"])
        sums[year][0] += quarter["won_n"]
        sums[year][1] += quarter["won_amount"]
    rows = [(year, int(n), round(amount, 2)) for year, (n, amount) in sums.items()]
    return pl.DataFrame(rows, schema={"year": pl.String, "n": pl.Int64, "amount": pl.Float64}, orient="row")


def _left_out(reading: Reading, settings: Settings) -> None:
    data = reading.dataset
    rejected = load_report.rejections(data, settings)
    emptied = data.emptied.group_by("entity", "file", "column", "reason").agg(n_rows=pl.len())
    emptied = emptied.sort("n_rows", "entity", "reason", descending=[True, False, False])
    st.markdown(message("**Left out**: {rejected}", rejected=escaped(rejected.sentence())))
    if not rejected.frame.is_empty():
        grid(rejected.frame.select(list(LEFT_OUT)), column_config=LEFT_OUT, height=220)
    if not emptied.is_empty():
        st.markdown(
            escaped(
                message(
                    "{cells} as empty or read in part:",
                    cells=counted(data.emptied.height, "cell counts", "cells count"),
                )
            )
        )
        grid(emptied.select(list(LEFT_OUT)), column_config=LEFT_OUT, height=220)
    if data.rejected.height or data.emptied.height:
        both = pl.concat([data.rejected, data.emptied])
        downloads.button(
            st,
            "All of them, with reasons (CSV)",
            both.write_csv,
            "left_out.csv",
            key="wizard_left_out",
            icon=":material/download:",
        )
