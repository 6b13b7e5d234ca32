"""A question typed into the search box, answered in a window above the page."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
import streamlit as st

from core.access import Identity, can
from core.access.row_view import View
from core.access.saved_content import Reader
from core.config import Settings
from core.contracts import Dataset
from core.contracts.errors import ContractError
from core.localization import message
from core.scope import Scope
from pages.ui.kit import (
    bundles,
    cache,
    column_layout,
    company_wording,
    downloads,
    embed_form,
    entity_links,
    question_model,
    questions,
    read_aloud,
)
from pages.ui.kit.escaping import escaped

FEWEST_WORDS = 2
CHOSEN, ANSWER = "question_asked", "answer_sentence"
MOST_ROWS = 200
ROW_HEIGHT, MOST_HEIGHT = 35, 240


def offer(query: str, data: Dataset, settings: Settings, who: Identity) -> None:
    """Offer to answer what was typed, where it has the words of a question.

    Parameters
    ----------
    query : str
    data : Dataset
        The rows this person may see.
    settings : Settings
    who : Identity
        Only what the person may open is answered.
    """
    if not may_be_question(query):
        return
    if st.button("Answer this question", key="answer_question", icon=":material/help:", width="stretch"):
        st.session_state[CHOSEN] = query
        window(data, settings, who)


def may_be_question(query: str) -> bool:
    """Say whether what was typed has the words of a question."""
    return len(query.split()) >= FEWEST_WORDS


@st.dialog("Answer", width="large")
def window(data: Dataset, settings: Settings, who: Identity) -> None:
    """Draw the answer of the question that was asked last, or why there is none."""
    from core.questions import answering

    asked = st.session_state[CHOSEN]
    st.markdown(f":small[{escaped(asked)}]")
    own = desk(data, settings, who)
    answer = question_model.chosen(asked, own, _looked_at()) or answering.ask(asked, own, _looked_at())
    if isinstance(answer, answering.Refusal):
        _refused(answer)
        question_model.offer_choice(asked, own, who, _looked_at())
        return
    question_model.tell(asked, own)
    worded = company_wording.worded
    st.markdown(f"**{escaped(worded(answer.topic.title))}** :small[{escaped(answer.about)}]")
    with st.container(key=ANSWER, gap="xsmall"):
        st.markdown(escaped(worded(answer.sentence)))
        read_aloud.offer(ANSWER)
    question_model.offer_words(answer, own, who)
    if drawn := answer.chart():
        spec = cache.drawing(*drawn, settings)
        st.vega_lite_chart(
            spec=spec, width="stretch", theme="streamlit", alt=message("Chart: {sentence}", sentence=answer.sentence)
        )
    rows = answer.frame.head(MOST_ROWS)
    if not rows.is_empty():
        shown = rows.select(name for name, kind in rows.schema.items() if kind not in (pl.Object, pl.Binary))
        height = min(ROW_HEIGHT * (shown.height + 1) + 3, MOST_HEIGHT)
        config = column_layout.dressed(shown, _columns(answer, shown))
        st.dataframe(shown, height=height, hide_index=True, column_config=config)
    st.markdown(f":small[{escaped(message('As of {as_of}. {formula}', as_of=answer.as_of, formula=answer.formula))}]")
    downloads.button(
        st,
        "Signed answer",
        lambda: _signed(answer, own, who, data),
        "answer.json",
        type="tertiary",
        key="signed_answer",
    )
    embed_form.offer(answer, data, settings, who)
    see = {questions.SEE: questions.anchor(answer.topic.cell)}
    st.page_link(
        answer.topic.page,
        label=escaped(message("More on the page: {cell}", cell=answer.topic.cell)),
        icon=":material/open_in_new:",
        query_params={**answer.scope.parameters, **see, **entity_links.carried()},
    )


def _signed(answer: Any, own: Any, who: Identity, data: Dataset) -> str:
    """Return an answer as a signed file, and write down that it was taken."""
    from core.access.identity import OWN
    from core.access.row_scope import own_head
    from core.questions import signed_answers, signing_key

    head = own_head(data.company, who.user) if who.team_of == OWN else who.team_of
    body = signed_answers.content(answer, View(who.regions, head, who.is_masked, who.hidden), own)
    key = signing_key.private_key(own.settings.home)
    cache.store(own.settings.database).audit.add(who.user, "signed an answer", answer.topic.name, answer.question[:200])
    return json.dumps(signed_answers.signed(body, key), indent=1, ensure_ascii=False)


def _columns(answer: Any, rows: pl.DataFrame) -> dict[str, Any]:
    """Return how the columns are called and written that their fields' names do not explain."""
    from core.questions import row_headings

    out: dict[str, Any] = {"month": st.column_config.DateColumn("Month", format="MMM YYYY")}
    for name, kind in rows.schema.items():
        words, form = row_headings.heading(answer, name)
        if kind.is_numeric() and form:
            out[name] = st.column_config.NumberColumn(words, format=form)
        elif name not in out and words != name:
            out[name] = words
    return {name: column for name, column in out.items() if name in rows.columns and name not in column_layout.IDS}


def _refused(answer: Any) -> None:
    st.markdown(escaped(answer.why))
    if answer.nearest:
        st.caption("The nearest that can be asked:")
    for topic in answer.nearest:
        if st.button(escaped(topic.title), key=f"nearest-{topic.name}"):
            st.session_state[CHOSEN] = topic.title
            st.rerun(scope="fragment")


def desk(data: Dataset, settings: Settings, who: Identity) -> Any:
    """Return what a person's questions are answered from: the same results as the pages show."""
    from core.forecasts import calls
    from core.interactions import interaction_view
    from core.questions.answering import Desk

    def kept() -> tuple[pl.DataFrame, pl.DataFrame]:
        from core.access import saved_content as content

        store = cache.store(settings.database)
        return content.calls(Reader.of(who, data), calls.kept(data, store)), calls.reviewed(data, store)

    def interactions(rows: Dataset, config: Settings) -> Any:
        return interaction_view.of(
            rows, config, cache.store(config.database), interaction_view.HIDES_PEOPLE in who.hidden
        )

    def may(right: str) -> bool:
        return can(who, right, settings.roles)

    return Desk(data, settings, may, _worked, bundles.bundle, kept, interactions)


def _worked(function: Any, data: Dataset, settings: Settings, *more: Any) -> Any:
    if all(isinstance(entry, str | int | float) for entry in more):
        return cache.result(function, data, settings, *more)
    given = bundles.handed(function, data, settings, more)
    return function(data, settings, *given.fetch(), *given.more)


def _looked_at() -> Scope:
    """Return the part of the company the page shows."""
    try:
        return Scope.from_address({name: st.query_params[name] for name in st.query_params})
    except ContractError:
        return Scope()
