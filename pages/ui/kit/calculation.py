"""What stands behind a number: what it means and how it is worked out, its source, its rows, the call in Python."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from typing import Any

import polars as pl
import streamlit as st

from core import sales_terms
from core.column_labels import label
from core.metrics import counted
from pages.ui.kit import definitions, downloads, help_links
from pages.ui.kit.bar import FOLDED
from pages.ui.kit.escaping import escaped
from pages.ui.kit.grid import drill
from pages.ui.kit.shell import Page

MOST_TERMS = 3
PLAIN_TERMS = {"deal", "bookings", "quota", "forecast", "open pipeline"}
SECTION = re.compile(r"\n[A-Z][A-Za-z ]+\n-{3,}\n")
FORMULA = "Formula: "


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
    st.markdown(escaped(meaning))
    if formula:
        st.markdown(f"**How it is calculated.** {escaped(formula)}")
    answers = " ".join(str(text) for of, kind, text in page.shown if of == question and kind == "text")
    terms = [term for term in sales_terms.used_in(f"{question} {answers}") if term.term not in PLAIN_TERMS]
    for term in terms[:MOST_TERMS]:
        st.markdown(f":small[**{escaped(term.term)}**: {escaped(term.meaning)}]")
    money = f"amounts in {page.settings.currency}"
    facts = (page.data.source, f"as of {page.formats.day(page.data.as_of)}", counted(frame.height, "record"), money)
    st.caption(escaped(f"Source: {' · '.join(facts)}"))
    for remark in remarks:
        st.caption(escaped(remark))
    help_links.offer(page.title, question)
    drill(page, frame, height=240)
    downloads.button(st, "Records as CSV", lambda: csv(frame), f"{function.__name__}.csv", key=f"csv-{question}")
    with st.expander(FOLDED, type="compact"):
        for paragraph in details:
            st.markdown(escaped(paragraph))
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


def explained(function: Callable[..., Any]) -> tuple[str, str, list[str]]:
    """Return a function's description in plain words: what it says, its formula, and what only analysts need."""
    text = SECTION.split("\n" + (inspect.getdoc(function) or ""), maxsplit=1)[0]
    paragraphs = [plain(" ".join(part.split())) for part in text.split("\n\n") if part.strip()]
    meaning, *rest = paragraphs or [label(function.__name__)]
    formula = next((part.removeprefix(FORMULA) for part in rest if part.startswith(FORMULA)), "")
    formula = formula[:1].upper() + formula[1:]
    return meaning, formula, [part for part in rest if not part.startswith(FORMULA)]


def plain(text: str) -> str:
    """Return a description without the names of code: columns by their labels, functions and settings left out.

    Examples
    --------
    >>> plain("Open p_win × amount (`quotas.own_quotas`). None without a quota.")
    'Open win chance × amount. Not shown without a quota.'
    """
    text = re.sub(r"\s*\(`[^`]*`\)", "", text)
    text = re.sub(r"\bNone (?=without|when|where)", "Not shown ", text)
    text = re.sub(r"`([^`]*)`", lambda match: match[1].rpartition(".")[2].replace("_", " "), text)
    return re.sub(r"\b[a-z]+(?:_[a-z0-9]+)+\b", lambda match: _lowered(label(match[0])), text)


def _lowered(text: str) -> str:
    return text if text[:2].isupper() else text[:1].lower() + text[1:]
