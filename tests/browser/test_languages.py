"""In a browser that speaks German or Spanish: words, numbers, days and downloads follow it; a choice beats it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.steps import choose, quiet

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]
PATIENCE = 60_000
SEEN = {
    "de-DE": {
        "heading": "Szenarien",
        "day": "Stand 15. Mai 2026",
        "amount": r"Auftragseingang.*\d+,\d\sMio\.\sUSD",
        "slider": "Abschlussquote",
        "download": "Als HTML herunterladen",
        "axis": "USD offen",
        "touches": "Vertriebsaktivitäten",
    },
    "es-ES": {
        "heading": "Escenarios",
        "day": "15 de mayo de 2026",
        "amount": r"contratación.*\d+,\d\sM\sUSD",
        "slider": "Tasa de éxito",
        "download": "Descargar como HTML",
        "axis": "USD abierto",
        "touches": "Actividades de ventas",
    },
}


@pytest.mark.parametrize("locale", SEEN)
def test_a_page_speaks_the_language_of_the_browser(url, browser, locale):
    words = SEEN[locale]
    context = browser.new_context(locale=locale, accept_downloads=True)
    page = context.new_page()
    page.goto(f"{url}/scenarios")
    quiet(page)
    expect(page.get_by_role("heading", name=words["heading"], level=1)).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text(words["day"]).first).to_be_visible()
    answer = page.get_by_text(re.compile(words["amount"])).first
    expect(answer).to_be_visible(timeout=PATIENCE)
    before = answer.inner_text()
    slider = page.get_by_role("slider", name=words["slider"])
    slider.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    expect(answer).not_to_have_text(before, timeout=PATIENCE)
    expect(answer).to_have_text(re.compile(words["amount"]))
    page.goto(f"{url}/pipeline")
    quiet(page)
    expect(page.get_by_role("button", name=words["download"])).to_be_visible(timeout=PATIENCE)
    with page.expect_download(timeout=PATIENCE) as download:
        page.get_by_role("button", name=words["download"]).click()
    assert words["axis"] in Path(download.value.path()).read_text(encoding="utf-8")
    context.close()


def test_a_link_opens_in_every_language_and_a_choice_beats_the_browser(url, browser):
    german, english = browser.new_context(locale="de-DE"), browser.new_context(locale="en-GB")
    page = german.new_page()
    page.goto(f"{url}/attribution")
    expect(page.get_by_role("button", name="Als HTML herunterladen")).to_be_visible(timeout=PATIENCE)
    quiet(page)
    page.get_by_role("radio", name=SEEN["de-DE"]["touches"]).click()
    page.wait_for_url(re.compile("touches=activities"), timeout=PATIENCE)
    link, other = page.url, english.new_page()
    other.goto(link)
    quiet(other)
    expect(other.get_by_role("radio", name="Sales activities")).to_be_checked(timeout=PATIENCE)
    quiet(page)
    choose(page, page.get_by_role("combobox", name="Sprache"), "Español")
    expect(page.get_by_role("radio", name=SEEN["es-ES"]["touches"])).to_be_checked(timeout=PATIENCE)
    page.reload()
    quiet(page)
    expect(page.get_by_role("radio", name=SEEN["es-ES"]["touches"])).to_be_checked(timeout=PATIENCE)
    choose(page, page.get_by_role("combobox", name="Idioma"), "Según el navegador")
    expect(page.get_by_role("radio", name=SEEN["de-DE"]["touches"])).to_be_checked(timeout=PATIENCE)
    german.close()
    english.close()
