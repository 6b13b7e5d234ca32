"""The forecast on one page, from a company worked out by hand."""

from __future__ import annotations

import io

import polars as pl
import pytest
from pptx import Presentation
from pypdf import PdfReader

from core.charts import drawing, forecast_pack
from core.forecasts import calls, monday, quarter_walk
from tests.forecasts.moving_company import NO_MODELS, moving_company


@pytest.fixture(scope="module")
def content(settings):
    data = moving_company()
    frames = (pl.DataFrame(schema=calls.CALLS), pl.DataFrame(schema=calls.EDITS))
    quarter = monday.monday(data, settings, NO_MODELS, *frames)
    walk = quarter_walk.walk(data, settings, NO_MODELS)
    return forecast_pack.pack(quarter, walk, "Past forecasts missed by 9 %.", "Company, as of today")


def test_it_holds_number_range_record_gap_walk_deals_and_managers(content):
    assert content.title == "Q2 2026 forecast"
    assert content.tiles[0][2].count("USD") == 2
    assert content.sentences[-1] == "Past forecasts missed by 9 %."
    assert content.managers[1][:2] == ("M1", "1.0 k")
    assert content.deals[0] == forecast_pack.DEALS
    assert content.deals[1][-1][0] in "+-"


def test_the_pdf_is_one_page_however_many_rows_there_are(content):
    long = forecast_pack.Pack(
        **{**vars(content), "managers": content.managers[:1] + content.managers[1:] * 40, "deals": content.deals * 4}
    )
    for pack in (content, long):
        reader = PdfReader(io.BytesIO(forecast_pack.pdf(pack)))
        assert len(reader.pages) == 1
        assert "Past forecasts missed by 9 %" in reader.pages[0].extract_text()


def test_a_chart_that_cannot_be_drawn_is_left_out(content, monkeypatch):
    def fails(spec):
        raise drawing.DrawingError("no")

    monkeypatch.setattr(drawing, "svg", fails)
    assert len(PdfReader(io.BytesIO(forecast_pack.pdf(content))).pages) == 1


def test_the_slide_has_tables_that_can_be_changed(content):
    deck = Presentation(io.BytesIO(forecast_pack.pptx(content)))
    assert len(deck.slides) == 1
    tables = [shape.table for shape in deck.slides[0].shapes if shape.has_table]
    assert [table.cell(0, 0).text for table in tables] == ["Manager", "Deal"]
    assert deck.slides[0].shapes.title.text.startswith("Q2 2026 forecast: USD")
