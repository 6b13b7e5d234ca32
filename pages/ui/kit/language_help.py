"""The language model an administrator has set: whether it may be asked, how it is reached, and what it said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.config import Settings
from pages.ui.kit.escaping import escaped

if TYPE_CHECKING:
    from core.rewriting.language_model import HttpModel
    from core.rewriting.rephrase import Rephrased


def endpoint(settings: Settings) -> HttpModel:
    """Return the model of the settings.

    Raises
    ------
    ConfigError
        When they lead to none, with what is to be mended.
    """
    from core.rewriting.language_model import HttpModel
    from core.sealing.secret_values import Secrets
    from core.sources.connectors import connector_files

    return HttpModel(settings.language_model, Secrets(connector_files.folder_of(settings)))


def show(result: Rephrased | str) -> None:
    """Show a text in other words with what was struck of it and why, or why there is none."""
    if isinstance(result, str):
        st.warning(escaped(result), icon=":material/warning:")
        return
    st.caption(escaped(result.note))
    st.code(result.text, language=None, wrap_lines=True)
    for sentence, why in result.struck:
        st.caption(f"~~{escaped(sentence)}~~ {escaped(why)}")
