"""What stands behind a number: what it means and how it is worked out, its source, its rows, the call in Python."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import polars as pl
import streamlit as st

from core import sales_terms
from core.localization import joined, message, shown, shown_whole
from core.measure_descriptions import explained
from core.metrics import counted
from pages.ui.kit import definitions, downloads, embed_cell, help_links
from pages.ui.kit.bar import FOLDED
from pages.ui.kit.escaping import escaped
from pages.ui.kit.grid import drill
from pages.ui.kit.shell import Page

MOST_TERMS = 3
PLAIN_TERMS = {"deal", "bookings", "quota", "forecast", "open pipeline"}


def show(
    page: Page,
    question: str,
    function: Callable[..., Any],
    frame: pl.DataFrame,
    call: str,
    remarks: Iterable[str] = (),
) -> None:
    """Draw the inside of the popover of one cell; `remarks` are sentences on its method and on its record."""
    meaning, formula, details = explained(function)
    st.markdown(escaped(shown(meaning)))
    if formula:
        st.markdown(message("**How it is calculated.** {formula}", formula=escaped(shown(formula))))
    answers = joined(*(str(text) for of, kind, text in page.shown if of == question and kind == "text"))
    terms = [term for term in sales_terms.used_in(f"{question} {answers}") if term.term not in PLAIN_TERMS]
    for term in terms[:MOST_TERMS]:
        st.markdown(f":small[**{escaped(shown(term.term))}**: {escaped(shown(term.meaning))}]")
    money = message("amounts in {currency}", currency=page.settings.currency)
    facts = (
        page.data.source,
        message("as of {day}", day=page.formats.day(page.data.as_of)),
        counted(frame.height, "record"),
        money,
    )
    st.caption(escaped(message("Source: {facts}", facts=joined(*facts, by=" · "))))
    for remark in remarks:
        st.caption(escaped(shown_whole(remark)))
    help_links.offer(page.title, question)
    drill(page, frame, height=240)
    downloads.button(st, "Records as CSV", lambda: csv(frame), f"{function.__name__}.csv", key=f"csv-{question}")
    embed_cell.offer(page, question)
    with st.expander(FOLDED, type="compact"):
        for paragraph in details:
            st.markdown(escaped(shown(paragraph)))
        st.code("\n".join([*definitions.imports([call]), *definitions.lines([call]), call]), language="python")


def csv(frame: pl.DataFrame) -> str:
    """Return records as CSV; a cell with several values has them with semicolons between.

    Examples
    --------
    >>> csv(pl.DataFrame({"deal": ["D1"], "signs": [["late", "silent"]]})).splitlines()[1]
    'D1,late; silent'
    """
    lists = [name for name, kind in frame.schema.items() if isinstance(kind, pl.List)]
    texts = (pl.col(name).cast(pl.List(pl.String)).list.join("; ").alias(name) for name in lists)
    return frame.with_columns(texts).write_csv()
