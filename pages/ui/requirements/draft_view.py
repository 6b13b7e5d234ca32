"""One draft beside what it is taken from and what the checklist finds; the template all drafts are written by."""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from core.contracts.errors import QuarterdeckError
from core.localization import message
from core.requirements.judge.draft_answers import Drafts
from core.requirements.judge.drafting.draft_templates import DEFAULT, DraftTemplate, template, templates
from core.rewriting.rephrase import Rephrased, rephrase
from pages.ui.kit import cache, language_help
from pages.ui.kit.escaping import escaped
from pages.ui.kit.shell import Page
from pages.ui.requirements import gap_cache

REWRITTEN = "draft_rewritten"
Sentences = tuple[tuple[str, str], ...]
SOURCES = ("name", "status", "how", "scope", "exception", "limit", "commitments", "evidence", "evidence_on")


def chosen(page: Page) -> DraftTemplate:
    """Let the template be chosen that drafts are written by; the settings name the first one."""
    rules = page.settings.requirements.drafts
    try:
        by_name = templates(rules.templates)
        first = template(rules.template or DEFAULT, rules.templates).name
    except QuarterdeckError as error:
        st.warning(escaped(error), icon=":material/warning:")
        return template()
    names = [first, *(name for name in by_name if name != first)]
    picked = st.segmented_control(
        "Tone and length", names, default=first, key=gap_cache.TEMPLATE, help="Your own templates go into the settings."
    )
    using = by_name[picked or first]
    st.caption(escaped(f"{using.about}."))
    return using


@st.fragment
def single(page: Page, drafts: Drafts) -> None:
    """Show one draft to be read and copied, its sources and what is to be mended."""
    rows = {row["row"]: row for row in drafts.frame.filter(pl.col("draft").is_not_null()).iter_rows(named=True)}
    if not rows:
        return
    number = st.selectbox(
        "Read one", list(rows), format_func=lambda key: f"{key} · {rows[key]['text']}" if key in rows else str(key)
    )
    row = rows.get(number, next(iter(rows.values())))
    left, right = st.columns([3, 2], gap="medium")
    with left:
        st.markdown(f"**{escaped(row['text'])}**")
        st.code(row["draft"], language=None, wrap_lines=True)
        if row["is_ready"]:
            st.caption(":material/check: Ready to send by the checklist; approve it under “Who answers what?”.")
        else:
            st.caption(
                escaped(
                    message(
                        "To mend: {to_mend}", to_mend=row["to_mend"] or message("the row is still to be clarified.")
                    )
                )
            )
        _rewrite(page, row, drafts.sentences.get((row["sheet"], row["row"]), ()))
    with right:
        _sources(row)


def _sources(row: dict[str, Any]) -> None:
    by_id = gap_cache.catalogue_in_force().by_id()
    for key in str(row["sources"]).split(", "):
        if capability := by_id.get(key):
            st.markdown(f"**{escaped(key)}** {escaped(capability['name'])}")
            lines = [f"{name.replace('_', ' ')}: {capability[name]}" for name in SOURCES[1:] if capability.get(name)]
            st.caption(escaped(" · ".join(lines)))
        else:
            st.markdown(message("**{key}** an answer of the library", key=escaped(key)))


def _rewrite(page: Page, row: dict[str, Any], sentences: Sentences) -> None:
    """Offer to have the language model say it in other words, where an administrator has set one."""
    if not page.settings.language_model.is_on or not page.may("requirements:write") or page.view.is_masked:
        return
    key = (row["sheet"], row["row"], row["draft"])
    if st.button("Say it in other words", icon=":material/edit_note:", key="draft_rewrite"):
        st.session_state[REWRITTEN] = (key, _asked(page, row, sentences))
    shown = st.session_state.get(REWRITTEN)
    if not shown or shown[0] != key:
        return
    language_help.show(shown[1])


def _asked(page: Page, row: dict[str, Any], sentences: Sentences) -> Rephrased | str:
    rules = page.settings.language_model
    try:
        model = language_help.endpoint(page.settings)
    except QuarterdeckError as error:
        return str(error)
    log = cache.store(page.settings.database).model_calls
    tone = str(st.session_state.get(gap_cache.TEMPLATE) or DEFAULT)
    return rephrase(sentences, row["text"], tone, model, rules, log, page.identity.user)
