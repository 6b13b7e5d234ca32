"""Step 2: which column of a table is which of ours, each with three of its values, changeable by list."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.localization import joined, message
from core.sources.draft_map import Rule, TableDraft, headers_of, offered_columns
from pages.ui.data import open_questions, words
from pages.ui.data.wizard_state import Wizard, changing
from pages.ui.kit.escaping import escaped

MOST_NAMED = 12


def show(wizard: Wizard) -> None:
    """Let a person match the columns of one table after the other."""
    draft = wizard.draft
    used = [k for k, t in enumerate(draft.tables) if t.entity is not None]
    if not used:
        st.info("No file is used yet. Say in step 1 what each holds.", icon=":material/lightbulb:")
        return
    number = used[0]
    if len(used) > 1:
        number = st.selectbox(
            "Columns of",
            used,
            format_func=lambda k: message(
                "{entity_title}: {title}",
                entity_title=words.entity_title(draft.tables[k].entity),
                title=draft.tables[k].title,
            ),
            key="wizard_columns_of",
        )
    table = draft.tables[number]
    for group in table.missing:
        named = joined(*(words.column_title(c).lower() for c in group), by=" or ")
        st.warning(
            escaped(
                message(
                    "{entity_title} cannot be read without {named}: choose its column below.",
                    entity_title=words.entity_title(table.entity),
                    named=named,
                )
            ),
            icon=":material/warning:",
        )
    open_questions.tell(wizard.asked, open_questions.COLUMNS, table.entity)
    first, more = offered_columns(table)
    _grid(wizard, number, table, first)
    _unmatched(table)
    with st.expander(message("{n_more} further columns that are not matched", n_more=len(more))):
        _grid(wizard, number, table, more)


def _grid(wizard: Wizard, number: int, table: TableDraft, columns: Sequence[str]) -> None:
    with st.grid("auto", min_column_width=240, gap="small"):
        for column in columns:
            _column(wizard, number, table, column)


def _column(wizard: Wizard, number: int, table: TableDraft, column: str) -> None:
    rule = table.columns.get(column)
    options: list[Rule] = [words.NONE, *table.samples]
    if rule is not None and rule not in options:
        options.insert(1, rule)
    key = wizard.key(f"column_{number}_{column}", (table.entity, rule))
    with st.container(gap="xsmall"):
        st.selectbox(
            words.column_title(column),
            options,
            index=options.index(rule or words.NONE),
            format_func=words.rule_title,
            key=key,
            help=words.column_help(table.entity or "", column) or None,
            on_change=changing(lambda w, theirs: w.draft.with_column(number, column, theirs or None), key),
        )
        values = table.values_of(column)
        st.caption(escaped(" · ".join(values)) if values else "no values" if rule is not None else "&nbsp;")


def _unmatched(table: TableDraft) -> None:
    used = {h for rule in table.columns.values() for h in headers_of(rule)}
    rest = [h for h in table.samples if h not in used]
    if rest:
        more = message(" and {n_rest} more", n_rest=len(rest) - MOST_NAMED) if len(rest) > MOST_NAMED else ""
        named = ", ".join(rest[:MOST_NAMED])
        st.caption(
            escaped(
                message(
                    "Not matched, and kept as columns of your own where they are filled: {named}{more}.",
                    named=named,
                    more=more,
                )
            )
        )
