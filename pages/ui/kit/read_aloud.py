"""Reads what stands on a page aloud, with a voice that is on the reader's device: nothing is sent anywhere.

`phone.js` does it, with voices that the browser names as local; where a device has none, the button is not there.
"""

from __future__ import annotations

from html import escape

import streamlit as st

from core.localization import shown

BUTTON = """<button type="button" class="qd-small qd-aloud" data-of="{key}"
data-stop="{stop}">{words}</button>"""


def offer(key: str) -> None:
    """Offer to read the headings and sentences of a container aloud.

    Parameters
    ----------
    key : str
        Of the container, as it was given to Streamlit.
    """
    words, stop = escape(shown("Read aloud")), escape(shown("Stop"))
    st.html(BUTTON.format(key=key, words=words, stop=stop))
