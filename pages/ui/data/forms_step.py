"""Step 4: how dates, amounts, currencies and ends are read, and the day the data speaks of; open questions first."""

from __future__ import annotations

from datetime import date

import polars as pl
import streamlit as st

from core.config import Settings
from core.localization import message
from core.sources import amounts, dates
from core.sources.findings import Decision
from core.sources.folder import Reading
from core.sources.money_words import CODES
from core.sources.span_ends import EndConvention
from pages.ui.data import words
from pages.ui.data.wizard_state import Wizard, changing
from pages.ui.kit.escaping import escaped
from pages.ui.kit.grid import grid

FORMS = {"date": ("dates", (dates.DAY_FIRST, dates.MONTH_FIRST)), "number": ("numbers", (amounts.POINT, amounts.COMMA))}
ENDS = {"inclusive": "Included: it is the last day", "exclusive": "Not included: it is the day after the last"}
COLUMNS = {
    "column": st.column_config.TextColumn("Column", width=190),
    "choice": st.column_config.TextColumn("Read as", width=110),
    "headers": st.column_config.TextColumn("Read from", width="small"),
    "samples": st.column_config.TextColumn("For example", width="medium"),
    "n_filled": st.column_config.NumberColumn("Filled", format="localized"),
    "n_emptied": st.column_config.NumberColumn("Not readable", format="localized"),
    "file": st.column_config.TextColumn("File", width="small"),
}


def show(wizard: Wizard, reading: Reading, settings: Settings) -> None:
    """Ask what is open, and show how everything else was decided."""
    open_keys = {question.key for question in reading.questions}
    asked = [d for d in reading.decisions if d.kind in FORMS and _is_asked(wizard, d, open_keys)]
    with st.grid("auto", min_column_width=280, gap="small"):
        for decision in asked:
            _form(wizard, decision, is_open=_question(decision) in open_keys)
        _currency(wizard, reading, settings)
        for convention in reading.ends:
            _ends(wizard, convention)
        _as_of(wizard, reading)
    rows = [_row(d) for d in reading.decisions if d.kind in FORMS]
    if rows:
        st.markdown("Decided for every column by all of its cells:")
        grid(pl.DataFrame(rows, infer_schema_length=None).select(list(COLUMNS)), height=320, column_config=COLUMNS)
    if reading.notes:
        st.markdown("What else was decided, or is missing:")
        st.caption("\n".join(f"- {escaped(sentence)}" for sentence in reading.notes))


def _question(decision: Decision) -> str:
    return f"{decision.entity}.{FORMS[decision.kind][0]}.{decision.column}"


def _is_asked(wizard: Wizard, decision: Decision, open_keys: set[str]) -> bool:
    number = wizard.draft.at(decision.file, decision.sheet)
    if number is None:
        return False
    answered = wizard.draft.tables[number].entry.get(FORMS[decision.kind][0], {})
    return decision.column in answered or _question(decision) in open_keys


def _form(wizard: Wizard, decision: Decision, *, is_open: bool) -> None:
    number = wizard.draft.at(decision.file, decision.sheet)
    kind, options = FORMS[decision.kind]
    if number is None or kind not in ("dates", "numbers"):
        return
    choices = list(dict.fromkeys((*options, decision.choice)))
    key = wizard.key(f"form_{number}_{decision.column}", decision.choice)
    with st.container(gap="xsmall"):
        st.selectbox(
            escaped(
                message(
                    "{column_title} ({headers}) is written",
                    column_title=words.column_title(decision.column),
                    headers=", ".join(decision.headers),
                )
            ),
            choices,
            index=choices.index(decision.choice),
            key=key,
            on_change=changing(
                lambda w, written: w.draft.with_form(number, kind, decision.column, written),  # type: ignore[arg-type]
                key,
            ),
        )
        why = "Every cell can be read both ways; please say which. " if is_open else ""
        st.caption(escaped(f"{why}{' · '.join(decision.samples)}"))


def _currency(wizard: Wizard, reading: Reading, settings: Settings) -> None:
    current = reading.dataset.currency or settings.currency
    asked = next((q for q in reading.questions if q.key == "currency"), None)
    deals = reading.dataset.opportunities
    present = deals["currency"].drop_nulls().unique().sort().to_list() if "currency" in deals.columns else []
    options = list(
        dict.fromkeys((current, *(asked.options if asked else ()), *present, settings.currency, *sorted(CODES)))
    )
    key = wizard.key("currency", options)
    with st.container(gap="xsmall"):
        st.selectbox(
            "Amounts are reported in",
            options,
            key=key,
            help="Amounts in other currencies need a file of exchange rates to be in the sums.",
            on_change=changing(lambda w, code: w.draft.with_fact("currency", code), key),
        )
        st.caption(
            escaped(
                asked.text
                if asked
                else message("In the files: {present}.", present=", ".join(present[:6]) or message("no currency"))
            )
        )


def _ends(wizard: Wizard, convention: EndConvention) -> None:
    tables = [t for t in wizard.draft.tables if t.entity == convention.entity]
    if not tables:
        return
    chosen = next((t.entry["ends"] for t in tables if t.entry.get("ends")), convention.ends)
    entity, options = convention.entity, list(ENDS)
    key = wizard.key(f"ends_{entity}", chosen)
    column = words.column_title(convention.column).lower()
    with st.container(gap="xsmall"):
        st.selectbox(
            escaped(
                message(
                    "{entity_title}: is the {column} included?", entity_title=words.entity_title(entity), column=column
                )
            ),
            options,
            index=options.index(chosen),
            format_func=ENDS.get,
            key=key,
            on_change=changing(lambda w, ends: w.draft.with_ends(entity, ends), key),
        )
        st.caption(escaped(_counts(convention)))


def _counts(convention: EndConvention) -> str:
    if not convention.n_ended:
        return "No end is followed by another within a week, so the files do not say."
    return message(
        "Of {n_ended:,} ends that are followed within a week, {n_day_before:,} lie one day before "
        "the next begins, {n_same_day:,} on the very day.",
        n_ended=convention.n_ended,
        n_day_before=convention.n_day_before,
        n_same_day=convention.n_same_day,
    )


def _as_of(wizard: Wizard, reading: Reading) -> None:
    key = wizard.key("as_of", reading.dataset.as_of)
    with st.container(gap="xsmall"):
        st.date_input(
            "The data speaks of",
            value=reading.dataset.as_of,
            min_value=date(1990, 1, 1),
            max_value=date(2100, 12, 31),
            key=key,
            on_change=changing(_with_day, key),
        )
        is_set = "as_of" in wizard.draft.facts
        st.caption("As you set it." if is_set else "The latest day on which several things happened.")


def _with_day(wizard: Wizard, day: object) -> object:
    return wizard.draft.with_fact("as_of", day.isoformat() if isinstance(day, date) else None)


def _row(decision: Decision) -> dict[str, object]:
    return {
        "column": message(
            "{entity_title}: {column_title}",
            entity_title=words.entity_title(decision.entity),
            column_title=words.column_title(decision.column),
        ),
        "headers": ", ".join(decision.headers),
        "choice": decision.choice,
        "samples": " · ".join(decision.samples),
        "n_filled": decision.n_filled,
        "n_emptied": decision.n_emptied,
        "file": f"{decision.file}, {decision.sheet}" if decision.sheet else decision.file,
    }
