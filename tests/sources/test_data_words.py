"""A value of the data that is a word of the catalogue too stays as it is; the same word as a label is translated."""

from __future__ import annotations

from datetime import date

import pytest

from core.formats import Formats
from core.localization import Reader, catalogues, message, reading, shown, shown_value
from core.sources import data_words
from tests.metrics.companies import company

AS_OF = date(2026, 5, 15)


@pytest.fixture(scope="module")
def names(settings):
    deal = {"opportunity_id": "o", "account_id": "a", "owner_id": "r", "created_on": AS_OF, "lead_source": "Event"}
    return data_words.in_catalogue(company(AS_OF, opportunities=[deal | {"opportunity_type": "new"}]), settings)


def test_values_that_are_words_are_known_and_codes_are_ours(names):
    assert "Event" in names
    assert "new" not in names


def test_a_company_without_rows_has_no_names(settings):
    assert data_words.in_catalogue(company(AS_OF), settings) == frozenset()


@pytest.mark.parametrize("language", catalogues.languages()[1:])
def test_a_name_stays_in_cells_and_sentences_and_a_label_does_not(names, language):
    with reading(Reader(catalogues.catalogue(language), Formats(language), language, names)):
        assert shown_value("Event") == "Event"
        assert shown("Event") != "Event"
        assert "Event" in shown(message("{label} {shown} ({rank})", label="Event", shown="1", rank="2"))
        assert shown_value("Renewal") == shown("Renewal") != "Renewal"


@pytest.mark.parametrize(
    ("text", "german", "spanish"),
    [
        ("Slip rate", "Verschiebungsquote", "Tasa de aplazamiento"),
        ("June 2023", "Juni 2023", "junio de 2023"),
        ("+63.4 %", "+63,4 %", "+63,4 %"),
        ("USD 1.8 M won", "1,8 Mio. USD gewonnen", "1,8 M USD ganada"),
        ("chance fell", "Wahrscheinlichkeit gefallen", "probabilidad a la baja"),
        ("Days to close", "Tage bis zum Abschluss", "Días hasta el cierre"),
    ],
)
def test_words_that_lost_their_template_or_their_case_are_found(text, german, spanish):
    for language, words in (("de", german), ("es", spanish)):
        with reading(Reader(catalogues.catalogue(language), Formats(language), language)):
            assert (
                shown(message("{label} {shown} ({rank})", label=text, shown="", rank="")).startswith(
                    words.replace(" %", "\xa0%")
                )
                or shown_value(text).replace("\xa0", " ") == words
            )
