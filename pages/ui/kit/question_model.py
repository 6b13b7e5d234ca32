"""The language model in the answer window, where one is set: it may choose an answer, and say it in other words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.access import Identity
from core.contracts.errors import QuarterdeckError
from core.localization import message
from core.scope import Scope
from pages.ui.kit import cache, language_help
from pages.ui.kit.escaping import escaped

if TYPE_CHECKING:
    from core.questions.answering import Answer, Desk, Refusal
    from core.questions.model_choice import Helper

TOPIC, WORDS, FAILURE = "question_topic", "question_words", "question_failure"


def chosen(asked: str, desk: Desk, base: Scope) -> Answer | Refusal | None:
    """Return the answer of the topic the model chose for this question; None where it was not asked or chose none."""
    question, topic = st.session_state.get(TOPIC, ("", ""))
    if question != asked or not topic:
        return None
    from core.questions import answering, understanding
    from core.questions.topics import by_name

    slots = understanding.understand(asked, desk.data, desk.settings, base).slots
    return answering.of_topic(asked, by_name()[topic], slots, desk)


def tell(asked: str, desk: Desk) -> None:
    """Say that the model chose this answer."""
    question, topic = st.session_state.get(TOPIC, ("", ""))
    if question == asked and topic:
        name = desk.settings.language_model.model
        st.caption(
            escaped(
                message(
                    "{name} chose this answer. The figures are worked out as ever; check that you asked for it.",
                    name=name,
                )
            )
        )


def offer_choice(asked: str, desk: Desk, who: Identity, base: Scope) -> None:
    """Offer to have the model choose among the answers there are; only the question and their titles are sent."""
    if not _may(desk, who):
        return
    question, topic = st.session_state.get(TOPIC, ("", ""))
    if question == asked and not topic:
        st.caption("The language model found none of the answers there are to fit.")
        return
    failed_at, why = st.session_state.get(FAILURE, ("", ""))
    if failed_at == asked:
        language_help.show(why)
    words = message("Ask {model} which answer fits", model=desk.settings.language_model.model)
    if st.button(escaped(words), key="question_choose", icon=":material/alt_route:", type="tertiary"):
        _choose(asked, desk, who, base)
        st.rerun(scope="fragment")


def _choose(asked: str, desk: Desk, who: Identity, base: Scope) -> None:
    """Remember which answer the model chose, or what kept it from choosing."""
    from core.questions import answering, model_choice

    for key in (TOPIC, FAILURE):
        st.session_state.pop(key, None)
    try:
        answer = model_choice.choose(asked, desk, _helper(desk, who), base)
    except QuarterdeckError as error:
        st.session_state[FAILURE] = (asked, str(error))
        return
    st.session_state[TOPIC] = (asked, answer.topic.name if isinstance(answer, answering.Answer) else "")


def offer_words(answer: Answer, desk: Desk, who: Identity) -> None:
    """Offer to have the sentence said in other words; what it does not say is struck and shown."""
    if not _may(desk, who):
        return
    from core.questions import model_choice

    if st.button("Say it in other words", key="question_rewrite", icon=":material/edit_note:", type="tertiary"):
        try:
            rephrased = model_choice.phrase(answer, _helper(desk, who))
        except QuarterdeckError as error:
            rephrased = str(error)
        st.session_state[WORDS] = (answer.question, rephrased)
    question, result = st.session_state.get(WORDS, ("", None))
    if question == answer.question and result is not None:
        language_help.show(result)


def _may(desk: Desk, who: Identity) -> bool:
    """Say whether the model may be asked: one is set, and the asker sees true names."""
    return desk.settings.language_model.is_on and not who.is_masked and desk.data.unmasked is None


def _helper(desk: Desk, who: Identity) -> Helper:
    """Return the model with its limits and log.

    Raises
    ------
    ConfigError
        When the settings lead to none.
    """
    from core.questions.model_choice import Helper

    rules = desk.settings.language_model
    return Helper(
        language_help.endpoint(desk.settings), rules, cache.store(desk.settings.database).model_calls, who.user
    )
