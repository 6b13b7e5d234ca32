"""Sentences are English text, remember what they are made of, and are shown in the reader's words."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import date, datetime

import polars as pl
import pytest

from core.artifacts.values import ValueCodec
from core.contracts.errors import SourceError
from core.formats import Formats, chance, compact, long_day, money, percent
from core.localization import Reader, joined, message, message_plural, reading, shown, shown_whole
from core.localization.messages import bare, of_parts
from core.localization.recovery import Templates
from core.metrics import Measure, counted, out_of

WORDS = {
    "{amount} booked in {deals}.": "{deals}: {amount} gebucht.",
    "Nothing is due.": "Nichts ist fällig.",
    "The file is empty.": "Die Datei ist leer.",
    "{what} ({where}).": "{what} ({where}).",
    "up": "höher",
    "{name} is {word}.": "{name} liegt {word}.",
    "{done:,.1f} of {whole:,} on {day:%d %B %Y}": "Am {day:%d %B %Y} {done:,.1f} von {whole:,}",
}
PLURALS = {"{n:,} deal": ("{n:,} Geschäft", "{n:,} Geschäfte")}


class Words:
    def text(self, text):
        return WORDS.get(text, text)

    def plural(self, single, many, n):
        one, more = PLURALS.get(single, (single, many))
        return one if n == 1 else more


GERMAN = Reader(Words(), Formats("de"), "de")


def sentence():
    return message("{amount} booked in {deals}.", amount=money(12_400_000, "EUR"), deals=counted(3, "deal"))


def german(text):
    with reading(GERMAN):
        return shown_whole(text)


def test_leaving_blanks_off_keeps_what_a_text_remembers():
    sentence = joined(message("{amount} booked in {deals}.", amount=money(2e6, "USD"), deals=counted(2, "deal")), "")
    assert type(sentence.strip().texts[0]) is type(sentence.texts[0])
    assert message("Nothing is due.").lstrip().parts() == message("Nothing is due.").parts()


def test_a_sentence_is_english_and_is_shown_in_the_readers_words():
    assert sentence() == "EUR 12.4 M booked in 3 deals."
    assert shown(sentence()) == sentence()
    assert german(sentence()) == "3 Geschäfte: 12,4\xa0Mio.\xa0EUR gebucht."
    assert german("Nothing is due.") == "Nichts ist fällig."
    assert german("Never seen") == "Never seen"


def test_numbers_and_days_are_the_locales():
    text = message("{done:,.1f} of {whole:,} on {day:%d %B %Y}", done=1234.56, whole=7000, day=date(2026, 5, 1))
    assert text == "1,234.6 of 7,000 on 01 May 2026"
    assert german(text) == "Am 1. Mai 2026 1.234,6 von 7.000"
    assert german(percent(0.256, sign=True)) == "+25,6\xa0%"
    assert german(chance(0.999)) == "> 99\xa0%"
    assert german(compact(5_250)) == "5.250"
    assert german(long_day(date(2026, 5, 15))) == "15. Mai 2026"


def test_adding_and_stripping_keep_what_is_remembered():
    text = sentence() + " " + "Nothing is due."
    assert text == "EUR 12.4 M booked in 3 deals. Nothing is due."
    assert german(text) == "3 Geschäfte: 12,4\xa0Mio.\xa0EUR gebucht. Nichts ist fällig."
    assert german("So: " + sentence()).startswith("So: 3 Geschäfte")
    assert german(joined(sentence(), "").strip()) == german(sentence())
    assert joined("", "B", by="; ").strip() == "; B"
    assert f"{sentence()}" is not None
    assert german(f"{sentence()}") == german(sentence())
    assert sentence().rstrip() == sentence()
    with pytest.raises(TypeError):
        sentence() + 1


def test_a_part_of_a_sentence_is_looked_up_and_a_name_stays():
    text = message("{name} is {word}.", name="Acme {x}", word="up")
    assert german(text) == "Acme {x} liegt höher."
    assert german(message("{name!r} is {word}.", name="up", word="up")) == "'up' is höher."


@pytest.mark.parametrize("text", [sentence(), joined(sentence(), "x", by="; "), money(5, "EUR"), bare("The end.")])
def test_texts_survive_pickling_copying_json_and_being_taken_apart(text):
    for again in (pickle.loads(pickle.dumps(text)), copy.deepcopy(text), of_parts(text.parts())):
        assert again == text
        assert german(again) == german(text)
    assert json.loads(json.dumps(text)) == text
    assert pl.DataFrame({"text": [text]})["text"].to_list() == [text]


def test_kept_results_remember_their_templates(tmp_path):
    result = Measure("Bookings", 3.0, "count", pl.DataFrame({"n": [1]}), sentence() + joined(" ", bare("The end.")))
    ValueCodec().write(result, tmp_path)
    again = ValueCodec().read(tmp_path)
    assert again.text == result.text
    assert german(again.text) == german(result.text)


def test_errors_are_shown_in_the_readers_words():
    error = SourceError("The file is empty.", "deals.csv", "Nothing is due.")
    assert str(error) == "The file is empty (deals.csv). Nothing is due."
    assert german(str(error)) == "Die Datei ist leer (deals.csv). Nichts ist fällig."
    assert str(SourceError("The file is empty.")) == "The file is empty."


def test_plurals_choose_by_the_number():
    assert [message_plural("{n} deal waits.", "{n} deals wait.", n) for n in (0, 1, 2)] == [
        "0 deals wait.",
        "1 deal waits.",
        "2 deals wait.",
    ]
    assert german(counted(1, "deal")) == "1 Geschäft"
    assert out_of(1, 8, "deal") == "1 of 8 deals is"
    assert german(out_of(1, 8, "deal")) == "1 of 8 Geschäfte is"


TEMPLATES = Templates(
    [
        "{amount} booked in {deals}.",
        ("{n:,} deal waits", "{n:,} deals wait"),
        "Since {day:%d %B %Y} it fell by {rate}, at {at:%d %b, %H:%M}.",
        "{rate:.0%} of it",
        "{a} of {b}",
        "No placeholder at all",
    ]
)


def test_a_sentence_that_lost_its_template_finds_it():
    text = TEMPLATES.recovered("EUR 12.4 M booked in 3 deals. 1,200 deals wait; USD 5.0 k lost")
    assert text == "EUR 12.4 M booked in 3 deals. 1,200 deals wait; USD 5.0 k lost"
    assert german(TEMPLATES.recovered("EUR 12.4 M booked in it.")) == "it: 12,4\xa0Mio.\xa0EUR gebucht."
    assert german(TEMPLATES.recovered("1,200 deals wait")) == "1.200 deals wait"
    assert german(TEMPLATES.recovered("USD 5.0 k lost")) == "5.000\xa0USD lost"
    day = TEMPLATES.recovered("Since 05 May 2026 it fell by 5.5 %, at 01 May, 10:20.")
    assert german(day).startswith("Since 5. Mai 2026 it fell by 5,5\xa0%, at")
    assert german(TEMPLATES.recovered("5 May 2026")) == "5. Mai 2026"


@pytest.mark.parametrize("name", ["Ministry of Health", "", "42", "x" * 3000 + " booked in it.", "99 Foo 2026"])
def test_names_find_no_template(name):
    assert type(TEMPLATES.recovered(name)) is str


def test_numbers_in_every_form_are_the_locales():
    de = Formats("de")
    assert de.in_digits(0.5, "+.1%") == "+50,0\xa0%"
    assert de.in_digits(1234.5, "") == "1234,5"
    assert de.in_digits(1234.5, "g") == "1234,5"
    assert de.in_digits(3, ">5") == "    3"
    assert de.in_digits(True, ",") == format(True, ",")
    assert de.in_form(datetime(2026, 5, 1, 9, 30), "%d %b, %H:%M") == "1. Mai 09:30"
    assert de.in_form(date(2026, 5, 1), "") == "2026-05-01"
    assert de.in_form(date(2026, 5, 1), "%j") == "121"
    assert Formats().in_form(date(2026, 5, 1), "%d %B") == "01 May"
