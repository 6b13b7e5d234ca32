"""Numbers and dates in the reader's locale, from the setting or the browser; English keeps the house look."""

from __future__ import annotations

import doctest
import re
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import formats
from core.charts import drawing
from core.config import load
from core.contracts.errors import ConfigError
from core.formats import Formats, chosen
from core.metrics import growth
from core.metrics.measure import Measure
from pages.ui.kit import grid
from pages.ui.kit.cells import shown

ROOT = Path(__file__).resolve().parents[2]


def test_the_examples_hold():
    assert doctest.testmod(formats).failed == 0


@pytest.mark.parametrize(
    ("setting", "browser", "locale"),
    [
        ("", None, "en"),
        ("", "de-AT", "de_AT"),
        ("fr", "de-AT", "fr"),
        ("", "zh-TW", "zh_Hant_TW"),
        ("", "xx-YY", "en"),
        ("", "*", "en"),
        ("pt-BR", None, "pt_BR"),
    ],
)
def test_the_setting_wins_over_the_browser(setting, browser, locale):
    assert chosen(setting, browser).locale == locale


def test_a_setting_that_is_no_locale_is_told(tmp_path):
    path = tmp_path / "quarterdeck.yaml"
    path.write_text("locale: klingon", encoding="utf-8")
    with pytest.raises(ConfigError, match="'klingon' is not known"):
        load(path, environ={})
    path.write_text("locale: de-at", encoding="utf-8")
    assert load(path, environ={}).locale == "de_AT"


@pytest.mark.parametrize("locale", ["en", "en_US", "de", "fr", "ja", "ar", "hi", "de_CH", "tr", "fi", "zh_Hant_TW"])
def test_every_locale_writes_every_value(locale):
    own = Formats(locale)
    for value in (0.0, 0.2, -0.2, 999.0, -5_250.0, 12_400.0, 12_400_000.0, 3e12):
        assert "USD" in own.money(value, "USD")
        assert own.compact(value, sign=True)
        assert own.number(value, 2)
        assert own.percent(value, sign=True)
    assert own.money(None, "USD") == "–"
    assert "2026" in own.day(date(2026, 5, 15))
    assert "2026" in own.month(date(2026, 5, 15))
    assert re.search("9.30", own.moment(datetime(2026, 5, 15, 9, 30)))


@pytest.mark.parametrize("locale", ["de", "fr", "ja", "ar", "hi"])
def test_charts_are_drawn_in_the_locale(locale):
    spec = {
        "data": {"values": [{"day": "2026-05-01", "n": 1234.5}, {"day": "2026-05-31", "n": 2345.5}]},
        "mark": "bar",
        "encoding": {
            "x": {"field": "day", "type": "temporal", "axis": {"format": "%B", "tickCount": 2}},
            "y": {"field": "n", "type": "quantitative", "axis": {"format": ",.1f", "tickCount": 2}},
        },
        "config": {"locale": Formats(locale).vega()},
    }
    svg = drawing.svg(spec)
    assert {"de": "2.000,0", "fr": "2\u202f000,0", "ja": "2,000.0", "ar": "2,000.0", "hi": "2,000.0"}[locale] in svg
    assert {"de": "Mai", "fr": "mai", "ja": "5月", "ar": "مايو", "hi": "मई"}[locale] in svg


def test_english_charts_need_no_locale():
    assert Formats("en_GB").vega() is None


def test_a_tile_is_written_in_the_locale():
    def tile(value, unit, own):
        return shown(Measure("x", value, unit, pl.DataFrame(), ""), "USD", own)

    assert tile(12_400_000.0, "money", Formats()) == "USD 12.4 M"
    assert tile(12_400_000.0, "money", Formats("de")) == "12,4\xa0Mio.\xa0USD"
    assert tile(0.256, "rate", Formats("de")) == "25,6\xa0%"
    assert tile(1234.0, "count", Formats("fr")) == "1\u202f234"
    assert tile(None, "count", Formats("fr")) == "–"


def test_days_in_a_table_follow_the_browser_and_a_format_of_their_own_stays():
    day = date(2026, 5, 1)
    frame = pl.DataFrame({"on": [day], "due": [day], "at": [datetime(2026, 5, 1)], "n": [1], "spare": [day]})
    config = {
        "on": {"label": "On"},
        "due": st.column_config.DateColumn("Due", format="YYYY"),
        "at": {"label": "Saved"},
        "n": {"label": "Number"},
    }
    dated = grid._dated(frame, config)
    assert dated["on"]["type_config"]["format"] == "localized"
    assert dated["due"]["type_config"]["format"] == "YYYY"
    assert dated["at"]["label"] == "Saved"
    assert dated["at"]["type_config"]["format"] == "localized"
    assert dated["n"] == {"label": "Number"}
    assert "spare" not in dated


def test_a_page_follows_the_setting(settings, sample, bundle, monkeypatch, tmp_path):
    path = tmp_path / "quarterdeck.yaml"
    path.write_text("locale: de", encoding="utf-8")
    monkeypatch.setenv("QUARTERDECK_CONFIG", str(path))
    monkeypatch.setenv("QUARTERDECK_HOME", str(settings.home))
    monkeypatch.chdir(ROOT)
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
    assert not test.exception
    values = " ".join(metric.value for metric in test.metric)
    assert re.search(r"\d,\d\xa0Mio\.\xa0USD", values)
    assert re.search(r"\d,\d\xa0%", values)
    captions = " ".join(caption.value for caption in test.sidebar.caption)
    assert f"As of {Formats('de').day(sample.as_of)}" in captions


def test_the_growth_table_is_written_in_the_locale(default_sample, default_settings):
    table = growth.table(default_sample, default_settings)
    english = growth.told(table, "Bookings", "USD")
    german = growth.told(table, "Bookings", "USD", Formats("de"))
    assert "." in english.row(0)[1]
    assert "," in german.row(0)[1]
    assert "Mio." in german.row(0)[1]
