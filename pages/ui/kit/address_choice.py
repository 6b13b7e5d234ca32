"""Choices that stand in the page's address by what they are, never by the words they are shown in.

What Streamlit binds to the address is an option's words, which differ from reader to reader: a link from a German
page would open nothing on an English one. Here the address has the option itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import streamlit as st

WRITTEN = "addresses_written"  # per key, what this session last wrote or read


def dropdown(label: str, options: Iterable[str], key: str, usual: str, format_func: Callable[[str], Any] = str) -> str:
    """Draw a list to choose from, whose choice stands in the address.

    Parameters
    ----------
    label : str
    options : iterable of str
        What stands in the address, the same in every language; at least one.
    key : str
        Of the control, and of the address.
    usual : str
        The option chosen at first, which the address leaves out; the first one where there is none of that name.
    format_func : callable, optional
        From an option to the words it is shown in.

    Returns
    -------
    str
    """
    names = list(options)
    usual = _follow(names, key, usual, format_func)
    chosen = st.selectbox(label, names, format_func=format_func, key=key)
    return _noted(key, chosen, usual)


def buttons(label: str, options: Iterable[str], key: str, usual: str, format_func: Callable[[str], Any] = str) -> str:
    """Draw buttons to choose among, whose choice stands in the address; as `dropdown` otherwise."""
    names = list(options)
    usual = _follow(names, key, usual, format_func)
    chosen = st.segmented_control(label, names, required=True, format_func=format_func, key=key)
    return _noted(key, chosen, usual)


def _follow(options: list[str], key: str, usual: str, format_func: Callable[[str], Any]) -> str:
    """Choose what a link asks for, where it is not what this session wrote itself; return the usual option.

    Links of earlier editions have the English words.
    """
    usual = usual if usual in options else options[0]
    asked, written = st.query_params.get(key, ""), st.session_state.setdefault(WRITTEN, {})
    by_words = {str(format_func(option)): option for option in options}
    wanted = asked if asked in options else by_words.get(asked, "")
    if wanted and asked != written.get(key):
        st.session_state[key] = wanted
        written[key] = asked
    if st.session_state.get(key) not in options:
        st.session_state[key] = wanted or usual
    return usual


def _noted(key: str, chosen: str | None, usual: str) -> str:
    """Write the choice into the address unless it is the usual one, and return it."""
    choice = usual if chosen is None else chosen
    address = "" if choice == usual else choice
    if address != st.query_params.get(key, ""):
        if address:
            st.query_params[key] = address
        else:
            st.query_params.pop(key, None)
    st.session_state[WRITTEN][key] = address
    return choice
