"""Every colour that carries words or marks stands out from the page in both themes (WCAG 2)."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import polars as pl
import pytest

from core.charts import forecast, regions, requirements, theme

ROOT = Path(__file__).resolve().parents[2]
TEXT, MARK = 4.5, 3.0
LOOK = (ROOT / "pages" / "ui" / "kit" / "look.css").read_text(encoding="utf-8")
CONFIG = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]
MARKS = ["ACTUAL", "FORECAST", "CONTEXT", "PALE", "QUIET", "RED", "VIOLET", "ROSE", "BLUE", "OLIVE", "INK"]
WORDS = ["textColor", "linkColor", "primaryColor", "grayTextColor", "greenTextColor", "redTextColor"]


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def halves(colour: str) -> tuple[str, str]:
    match = re.fullmatch(r"light-dark\((#[0-9a-f]{6}),(#[0-9a-f]{6})\)", colour)
    assert match, colour
    return match[1], match[2]


def test_contrast_is_worked_out_as_the_standard_says():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_charts_stand_on_the_ground_of_the_page():
    assert halves(theme.GROUND) == (CONFIG["light"]["backgroundColor"], CONFIG["dark"]["backgroundColor"])
    assert halves(theme.LABEL) == (CONFIG["light"]["grayTextColor"], CONFIG["dark"]["grayTextColor"])


@pytest.mark.parametrize("name", MARKS)
def test_marks_of_charts_stand_out(name):
    for colour, ground in zip(halves(getattr(theme, name)), halves(theme.GROUND), strict=True):
        assert contrast(colour, ground) >= MARK, name


def test_words_in_charts_can_be_read():
    for name in ("LABEL", "INK"):
        for colour, ground in zip(halves(getattr(theme, name)), halves(theme.GROUND), strict=True):
            assert contrast(colour, ground) >= TEXT, name


@pytest.mark.parametrize("step", range(len(theme.SEQUENCE)))
def test_words_on_a_heat_cell_can_be_read(step):
    word = theme.ON_DEEP if step >= len(theme.SEQUENCE) / 2 else theme.ON_PALE
    assert contrast(theme.SEQUENCE[step], word) >= TEXT


@pytest.mark.parametrize("step", range(len(regions.STEPS)))
def test_words_on_a_tile_of_the_map_can_be_read(step):
    word = theme.ON_DEEP if step in (0, len(regions.STEPS) - 1) else theme.ON_PALE
    assert contrast(regions.STEPS[step], word) >= TEXT


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("name", WORDS)
def test_words_of_the_page_can_be_read(name, mode):
    assert contrast(CONFIG[mode][name], CONFIG[mode]["backgroundColor"]) >= TEXT


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_headings_of_tables_can_be_read(mode):
    own = CONFIG[mode]
    assert contrast(own["dataframeHeaderTextColor"], own["dataframeHeaderBackgroundColor"]) >= TEXT


def test_series_of_the_page_are_those_of_charts():
    for mode, half in (("light", 0), ("dark", 1)):
        first = [halves(colour)[half] for colour in (theme.ACTUAL, theme.FORECAST, theme.CONTEXT)]
        assert CONFIG[mode]["chartCategoricalColors"][:3] == first


def test_the_style_sheet_uses_colours_of_the_themes_for_words():
    words = re.findall(r"^\s*color: (light-dark\([^;]*)\);", LOOK, re.MULTILINE)
    assert words
    for found in words:
        for colour, ground in zip(re.findall("#[0-9a-f]{6}", found), halves(theme.GROUND), strict=True):
            assert contrast(colour, ground) >= TEXT, found


def test_paper_takes_the_light_half():
    assert theme.paper(f'{{"color": "{theme.ACTUAL}"}}') == f'{{"color": "{halves(theme.ACTUAL)[0]}"}}'


@pytest.mark.parametrize("name", [name for name in MARKS if name != "INK"])
def test_words_on_a_part_of_a_bar_can_be_read(name):
    colour = getattr(theme, name)
    for ink, half in zip(halves(theme.ink_on(colour)), halves(colour), strict=True):
        assert contrast(ink, half) >= TEXT, name


def test_no_part_and_no_line_is_told_by_its_colour_alone():
    frame = pl.DataFrame({"category": ["a", "a"], "status": ["available", "unclear"], "n": [3, 2]})
    bars, words = requirements.by_category(frame).to_dict()["layer"]
    assert words["mark"]["type"] == "text"
    assert words["encoding"]["text"]["condition"]["field"] == bars["encoding"]["color"]["field"] == "status"
    curves = pl.DataFrame({"part": ["a", "b"], "age_days": [1, 1], "won_rate": [0.1, 0.2]})
    drawn = forecast.win_curves(curves).to_dict()["encoding"]
    assert drawn["strokeDash"]["scale"]["domain"] == drawn["color"]["scale"]["domain"] == ["a", "b"]
    assert drawn["strokeDash"]["legend"] == drawn["color"]["legend"]
