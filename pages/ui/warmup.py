"""Keeps what lives long out of garbage collection.

Streamlit collects fully after every script run, and that costs more the more objects are alive. Once
the libraries are imported and the first page has run, those objects stay until the process ends, so
they are taken out of collection, once.
"""

from __future__ import annotations

import gc

import streamlit as st


@st.cache_resource(show_spinner=False)
def freeze() -> bool:
    """Freeze all objects alive after the first page of this process has run."""
    gc.collect()
    gc.freeze()
    return True
