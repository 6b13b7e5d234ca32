"""The one door at which words on screen become the company's own, where the setting `branding.words` names some."""

from __future__ import annotations

from typing import Any

import streamlit as st
from streamlit import delta_generator

from core.artifacts import RESULTS
from core.branding import company_words
from core.config import load
from core.contracts.errors import QuarterdeckError
from core.localization.reader import READS
from pages.ui.kit import cache
from pages.ui.server import run_watch

SIDEBAR = [1]  # the root container of a message, as Streamlit numbers them
LABELS = ("label", "help", "placeholder")
# What buyers and colleagues wrote, and columns of files, stand in labels there.
NOT_OURS = ("Requirements", "Project", "Answer library", "Catalogue", "Data", "Help", "Admin")


def worded(text: str) -> str:
    """Return a text of ours in the company's words; names of the page's data stay letter by letter.

    The words are English ones: who reads in another language reads the words of its catalogue.
    """
    words = _words()
    if not words or not text or READS.get() is not None:
        return text
    page = st.session_state.get("page")
    if page is None:
        return words.applied(text)
    data = page.visible or page.data
    key = ("names with our words", data.fingerprint, words)
    return words.applied(text, cache.remembered(RESULTS, key, lambda: words.names_with(data)))


def headed(config: dict[str, Any]) -> dict[str, Any]:
    """Return a configuration of columns with headings in the company's words."""
    if not _words():
        return config
    return {name: {**own, "label": worded(own["label"])} if _has_label(own) else own for name, own in config.items()}


def titled(spec: Any) -> Any:
    """Return a chart's specification with titles of axes, legends and tooltips in the company's words."""
    if not _words():
        return spec
    if isinstance(spec, dict):
        return {
            name: worded(part)
            if name == "title" and isinstance(part, str)
            else titled(part)
            if name != "datasets"
            else part
            for name, part in spec.items()
        }
    return [titled(part) for part in spec] if isinstance(spec, list) else spec


def install() -> None:
    """Let headings, labels, hints and captions pass here on their way to the browser; once per process."""
    send: Any = delta_generator._enqueue_message
    if hasattr(send, "original"):
        return

    def enqueue(message: Any) -> None:
        if _words():
            _dress(message)
        send(message)

    vars(enqueue)["original"] = send
    vars(delta_generator)["_enqueue_message"] = enqueue


def _dress(message: Any) -> None:
    delta = message.delta
    part = delta.new_element if delta.HasField("new_element") else delta.add_block
    kind = part.WhichOneof("type")
    element = getattr(part, kind) if kind else None
    page = st.session_state.get("page")
    is_ours = page is None or page.title not in NOT_OURS or list(message.metadata.delta_path[:1]) == SIDEBAR
    if element is None or not hasattr(element, "DESCRIPTOR"):
        return
    fields = {field.name for field in element.DESCRIPTOR.fields if field.type == field.TYPE_STRING}
    if kind == "heading" or (kind == "markdown" and is_ours and element.element_type == element.Type.CAPTION):
        element.body = worded(element.body)
    for name in LABELS if is_ours else ():
        if name in fields and getattr(element, name):
            setattr(element, name, worded(getattr(element, name)))


def _has_label(own: Any) -> bool:
    return isinstance(own, dict) and isinstance(own.get("label"), str)


def _words() -> company_words.CompanyWords:
    """Return the words in force; asked for with every element, and read once a run."""
    words: company_words.CompanyWords = run_watch.once_a_run("company_words", _read)
    return words


def _read() -> company_words.CompanyWords:
    try:
        return company_words.of(load().branding.words)
    except QuarterdeckError:
        return company_words.CompanyWords(())
