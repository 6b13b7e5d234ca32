"""The catalogues: what the source says is in them, translations keep placeholders, and all is said in each language."""

from __future__ import annotations

import pytest
from babel.messages.pofile import read_po

from core.formats import Formats
from core.localization import Reader, catalogues, reading, shown, word_template
from core.localization.extraction import extract, of_source, placeholders
from core.localization.pseudo import marked
from tools import words

LANGUAGES = catalogues.languages()[1:]
# The least share of texts said in each language.
LEAST_SHARE = {"de": 1.0, "es": 1.0}


def entries(language):
    with catalogues.file_of(language).open("rb") as file:
        return [entry for entry in read_po(file, locale=language) if entry.id]


def test_the_template_has_the_words_of_the_source():
    """Run `make words` where this fails: words were added or changed."""
    assert word_template.TEMPLATE.read_bytes() == words.written(words.template())


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_the_words_of_the_template(language):
    ids = {entry.id if isinstance(entry.id, str) else tuple(entry.id) for entry in entries(language)}
    assert ids == set(word_template.texts())


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_the_placeholders_and_none_is_doubtful(language):
    wrong = []
    for entry in entries(language):
        if entry.fuzzy:
            wrong.append(f"fuzzy: {entry.id}")
        originals = (entry.id,) if isinstance(entry.id, str) else entry.id
        allowed = [placeholders(text) for text in originals]
        strings = (entry.string,) if isinstance(entry.string, str) else tuple(entry.string)
        if any(strings) and not all(strings):
            wrong.append(f"a form is missing: {entry.id}")
        for string in filter(None, strings):
            if placeholders(string) not in allowed:
                wrong.append(f"placeholders: {entry.id} -> {string}")
            if originals[0][:1].isspace() and string[:1].isalnum():
                wrong.append(f"blank at the beginning: {entry.id!r} -> {string!r}")
    assert not wrong, "\n".join(wrong[:40])


@pytest.mark.parametrize("language", LANGUAGES)
def test_enough_is_said_in_each_language(language):
    rows = entries(language)
    full = [row for row in rows if (row.string if isinstance(row.string, str) else all(row.string))]
    share = len(full) / len(rows)
    assert share >= LEAST_SHARE[language], f"{language}: {share:.1%} of {len(rows)} texts"


def test_words_are_taken_out_of_a_source():
    source = '''
"""Not a module's docstring."""
import logging
log.info("Nothing at all was done")
NAMES = {"n_deals": "Deals won", "Whole company": 1}
def f(n, name="Nobody in particular"):
    """Not a docstring."""
    if name == "Some value here":
        raise ValueError("A developer reads this")
    word = "grew" if n else "shrank"
    frame.select("a_column", pl.col("An odd name"))
    c.answer(message("{n:,} of {whole}", n=n, whole=counted(n, "box", "boxes")), key="not this one")
    return message_plural("{n} waits.", "{n} wait.", n, who=message("for {name}", name=name or "you all"))
'''
    texts = {(word.text, word.many) for word in of_source(source, True)}
    assert texts == {
        ("Deals won", ""),
        ("Whole company", ""),
        ("Nobody in particular", ""),
        ("grew", ""),
        ("shrank", ""),
        ("{n:,} of {whole}", ""),
        ("{n:,} box", "{n:,} boxes"),
        ("{n} waits.", "{n} wait."),
        ("for {name}", ""),
        ("you all", ""),
    }


def test_babel_takes_the_words_too(tmp_path):
    file = tmp_path / "page.py"
    file.write_text('st.button("Save")\nmessage_plural("{n} day", "{n} days", n)\n')
    with file.open("rb") as source:
        taken = list(extract(source, (), (), {"page": True}))
    assert [(name, texts) for _, name, texts, _ in taken] == [
        ("gettext", "Save"),
        ("ngettext", ("{n} day", "{n} days")),
    ]


def test_the_pseudo_language_marks_what_is_in_the_catalogue():
    assert marked("{{x}} of {n:,} {who!r}") == "⟦{{x}} öf {n:,} {who!r}⟧"
    assert marked("a { b") == "⟦à { b⟧"
    with reading(Reader(catalogues.catalogue("xx"), Formats(), "xx")):
        assert shown("Forecast") == "⟦Föréçàšt⟧"
        assert shown("Acme Inc.") == "Acme Inc."


def test_languages_are_found_by_locale_and_an_unknown_one_is_refused():
    assert catalogues.closest("es-MX") == "es"
    assert catalogues.closest("tlh") == ""
    assert catalogues.catalogue("en").text("Forecast") == "Forecast"
    assert catalogues.catalogue("de").text(" Quarter ") == " Quartal "
    assert catalogues.catalogue("de").plural("{n:,} deal", "{n:,} deals", 2.5) == "{n:,} Deals"
    assert catalogues.catalogue("de").text("") == ""
    with pytest.raises(LookupError):
        catalogues.catalogue("tlh")
