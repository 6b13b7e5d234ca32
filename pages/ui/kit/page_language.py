"""The language a page is read in: what somebody chose and keeps, else the company's setting, else the browser's."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core import local_times
from core.access import Identity
from core.config import Settings
from core.contracts import Dataset
from core.formats import Formats, checked, chosen
from core.localization import Reader, catalogues
from core.localization.reader import READS
from core.sources import data_words
from pages.ui.kit import cache
from pages.ui.server import shown_words

PREFERENCE = "language"
KEY, CHOICE = "kept_language", "language_choice"
NAMES = {"": "As the browser asks", "en": "English", "de": "Deutsch", "es": "Español"}


def of_browser() -> str:
    """Return the language of the browser where there are words in it, else English."""
    asked = str(getattr(st.context, "locale", None) or catalogues.ENGLISH)
    return catalogues.closest(asked) or catalogues.ENGLISH


def begin() -> None:
    """Show words in the language this session was last read in, before anybody is known."""
    shown_words.install()
    language = st.session_state.get(KEY)
    READS.set(reader(language if language is not None else of_browser(), Formats()))


def take_over(settings: Settings, who: Identity) -> Formats:
    """Show words in the language of a person from now on, and return how their numbers and dates are written.

    Where the page was begun in another language, as on the first page of a session, it is begun anew.
    """
    before = READS.get()
    local_times.ZONE.set(settings.time_zone)
    chosen_language = kept(settings, who) or settings.language
    language = chosen_language or of_browser()
    browser = getattr(st.context, "locale", None)
    formats = chosen(settings.locale, browser)
    if chosen_language and not settings.locale and formats.language != language:
        formats = Formats(checked(language) if language != catalogues.PSEUDO else catalogues.ENGLISH)
    now = reader(language, formats)
    READS.set(now)
    st.session_state[KEY] = language
    if (before and before.language) != (now and now.language):
        st.rerun()
    return formats


def mind_names(data: Dataset, settings: Settings) -> None:
    """Leave values of the data as they are from now on, also those that are words of ours elsewhere."""
    now = READS.get()
    if now is not None:
        READS.set(replace(now, names=cache.result(data_words.in_catalogue, data, settings)))


def reader(language: str, formats: Formats) -> Reader | None:
    """Return who reads a language; nobody for English, which is what texts are."""
    if language == catalogues.ENGLISH:
        return None
    own = formats if formats.language == language else Formats(language if language != catalogues.PSEUDO else "en")
    return Reader(catalogues.catalogue(language), own, language)


def kept(settings: Settings, who: Identity) -> str:
    """Return the language somebody chose; empty where they did not, or it is gone."""
    choices: dict[str, str] = st.session_state.setdefault(CHOICE, {})
    if who.user in choices:
        return choices[who.user]
    rows = cache.store(settings.database).preferences.list(who.user)
    saved = next((str(row.payload.get("language", "")) for row in rows if row.name == PREFERENCE), "")
    language = saved if saved in (*catalogues.languages(), catalogues.PSEUDO) else ""
    choices[who.user] = language
    return language


def offer(settings: Settings, who: Identity) -> None:
    """Let a person choose the language; it stays on all their browsers."""
    options = ["", *catalogues.languages()]
    now = kept(settings, who)
    picked = st.selectbox(
        "Language",
        options,
        index=options.index(now) if now in options else 0,
        format_func=lambda name: NAMES.get(name, name),
        key="language",
    )
    if picked != now and now in options:
        preferences = cache.store(settings.database).preferences
        version = next((row.version for row in preferences.list(who.user) if row.name == PREFERENCE), None)
        preferences.save(PREFERENCE, who.user, {"language": picked}, version)
        st.session_state[CHOICE][who.user] = picked
        st.rerun()
