from __future__ import annotations

import io
import re
from datetime import date, datetime

import altair as alt
import polars as pl
import pytest
import vl_convert
from polars.exceptions import PanicException
from pypdf import PdfReader

from core.charts import drawing, pdf_pages, snapshot, theme, typeface
from core.charts.snapshot import Part, Snapshot

HOSTILE = '<script>alert("x")</script> & 🚀 **bold** $1$'


def spec(label="One"):
    rows = [{"x": label, "y": 3, "on": "2026-01-01"}, {"x": "Two <b>", "y": 5, "on": "2026-02-01"}]
    return alt.Chart(alt.Data(values=rows)).mark_bar().encode(x="x:N", y="y:Q").to_dict()


def page(n=2):
    parts = [Part("", "tile", ("Bookings", "USD 1 M", "+3 %")), Part("", "tile", (HOSTILE, "–", ""))]
    for k in range(n):
        parts += [Part(f"Question {k}?", "text", HOSTILE), Part(f"Question {k}?", "chart", spec())]
    return Snapshot("Pipeline", "Company · as of today", tuple(parts))


def test_html_holds_vectors_and_loads_and_runs_nothing():
    found = snapshot.html(page())
    assert found.count("<svg") == 2
    assert found.count("<h2>") == 2
    assert "<script" not in found
    assert "&lt;script&gt;" in found
    assert "<strong>bold</strong>" in found
    assert not re.search(r"""(src|href)=["']?https?:""", found)
    assert "break-inside: avoid" in found
    ids = re.findall(r'\bid="([^"]+)"', found)
    assert len(ids) == len(set(ids))


def test_pdf_is_a_file_of_leaves_with_text_and_no_pictures():
    content = snapshot.pdf(page(6))
    leaves = PdfReader(io.BytesIO(content)).pages
    assert len(leaves) >= 2
    assert content.startswith(b"%PDF-1.")
    assert not any(leaf.images for leaf in leaves)
    words = "\n".join(leaf.extract_text() for leaf in leaves)
    assert all(f"Question {k}?" in words for k in range(6))
    assert '<script>alert("x")</script> & □ bold' in words
    assert typeface.FALLBACK in words
    assert pdf_pages.LACKING in words
    assert "🚀" not in words


def test_the_same_page_is_the_same_file_bearing_its_title():
    content = snapshot.pdf(page())
    assert content == snapshot.pdf(page())
    assert PdfReader(io.BytesIO(content)).metadata.title == "Pipeline"


def test_what_cannot_be_drawn_as_vectors_is_a_picture(monkeypatch):
    plain = drawing.pdf
    monkeypatch.setattr(
        drawing, "pdf", lambda svg: plain(svg) if "<image" in svg or "aria-label" not in svg else boom()
    )
    leaves = PdfReader(io.BytesIO(snapshot.pdf(page()))).pages
    assert sum(len(leaf.images) for leaf in leaves) == 2


def test_a_panic_in_the_drawing_of_one_chart_leaves_a_whole_file(monkeypatch):
    """A cloud of points that is too dense for svg2pdf once kept the Forecast PDF from ever answering."""
    plain = vl_convert.svg_to_pdf

    def panics(svg):
        if "<image" not in svg and "aria-label" in svg:
            raise PanicException("the cloud is too dense")
        return plain(svg)

    monkeypatch.setattr(vl_convert, "svg_to_pdf", panics)
    leaves = PdfReader(io.BytesIO(snapshot.pdf(page()))).pages
    assert sum(len(leaf.images) for leaf in leaves) == 2
    assert "Question 1?" in "".join(leaf.extract_text() for leaf in leaves)


def test_what_cannot_be_drawn_at_all_is_a_sentence(monkeypatch):
    monkeypatch.setattr(drawing, "svg", lambda spec: boom())
    monkeypatch.setattr(drawing, "png", lambda spec: boom())
    words = "".join(leaf.extract_text() for leaf in PdfReader(io.BytesIO(snapshot.pdf(page()))).pages)
    assert words.count("could not be drawn") == 2
    assert snapshot.html(page()).count("could not be drawn") == 2


def test_a_leaf_that_cannot_be_drawn_as_vectors_is_a_picture(monkeypatch):
    plain = drawing.pdf
    monkeypatch.setattr(drawing, "pdf", lambda svg: plain(svg) if "<image" in svg else boom())
    leaf = PdfReader(io.BytesIO(pdf_pages.bound(pdf_pages.leaves([pdf_pages.heading("One")])))).pages[0]
    assert len(leaf.images) == 1


def boom():
    raise drawing.DrawingError("no")


def block(height, is_tied=False):
    return pdf_pages.Block(height, lambda top: f"<g>{top:.0f}</g>", is_tied)


def tops(leaf):
    return [int(v) for v in re.findall(r"<g>(\d+)</g>", leaf)]


def test_a_heading_is_never_left_alone_at_the_foot_of_a_leaf():
    room = pdf_pages.BOTTOM - pdf_pages.MARGIN
    found = pdf_pages.leaves([block(room - 50), block(30, is_tied=True), block(40)])
    assert [tops(leaf) for leaf in found] == [[42], [42, 72]]


def test_what_is_tied_but_longer_than_a_leaf_is_broken_between_blocks_only():
    room = pdf_pages.BOTTOM - pdf_pages.MARGIN
    found = pdf_pages.leaves([block(room * 0.6, is_tied=True), block(room * 0.6, is_tied=True), block(room * 0.3)])
    assert [len(tops(leaf)) for leaf in found] == [1, 2]
    for leaf in found:
        assert all(42 <= top < pdf_pages.BOTTOM for top in tops(leaf))
    assert len(pdf_pages.leaves([])) == 1


@pytest.mark.parametrize(("wide", "high"), [(100, 80), (2000, 300), (300, 5000)])
def test_a_chart_fits_a_leaf_and_keeps_its_shape(wide, high):
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" viewBox="0 0 {wide} {high}"></svg>'
    found = pdf_pages.figure(svg)
    drawn = found.draw(100)
    w, h = (float(re.search(rf'{side}="([\d.]+)"', drawn).group(1)) for side in ("width", "height"))
    assert w <= pdf_pages.ROOM + 0.1
    assert found.height <= pdf_pages.BOTTOM - pdf_pages.MARGIN
    assert w / h == pytest.approx(wide / high, rel=0.02)


def test_text_is_broken_and_what_cannot_be_printed_is_left_out():
    found = pdf_pages.paragraph("word " * 60 + "\nnext\x00line")
    drawn = found.draw(50)
    assert drawn.count("<text") >= 4
    assert "\x00" not in drawn
    assert found.height > pdf_pages.paragraph("one").height


def test_what_stands_first_is_bold_and_markup_is_text():
    drawn = pdf_pages.paragraph("**Blocker, <row> 2**: it is missing, 80 % of it").draw(50)
    assert '<tspan font-weight="700">Blocker, &lt;row&gt; 2</tspan>' in drawn
    assert "**" not in drawn
    assert f"80{pdf_pages.NO_BREAK}%" in drawn
    assert "tspan" not in pdf_pages.paragraph("no **bold** at its head").draw(50)


def test_only_a_sentence_before_a_chart_is_kept_with_what_follows():
    assert pdf_pages.paragraph("one").is_tied
    assert not pdf_pages.paragraph("one", is_tied=False).is_tied
    assert not pdf_pages.bullet("one").is_tied


def test_a_table_breaks_between_its_rows_and_its_head_is_not_left_alone():
    rows = [("What", "Said"), *((f"row {k}", "word " * 30) for k in range(60))]
    blocks = pdf_pages.table(rows, (100, 300))
    assert [one.is_tied for one in blocks[:3]] == [True, False, False]
    assert blocks[1].height > blocks[0].height
    found = pdf_pages.leaves(blocks)
    assert len(found) > 1
    assert [sum(leaf.count(f">row {k}<") for leaf in found) for k in range(60)] == [1] * 60
    assert pdf_pages.BAND in found[0]


def test_arrow_data_become_rows_and_dates_stay_on_their_day():
    frame = pl.DataFrame({"day": [date(2026, 5, 15)], "at": [datetime(2026, 5, 15, 3)], "n": [1.5]})
    sink = frame.write_ipc_stream(None)
    found = snapshot.drawn({"mark": "bar", "datasets": {"d": sink.getvalue(), "e": [{"a": 1}]}})
    assert found["datasets"]["d"] == [{"day": "2026-05-15T00:00:00", "at": "2026-05-15T03:00:00", "n": 1.5}]
    assert found["datasets"]["e"] == [{"a": 1}]
    assert found["width"] == snapshot.WIDTH
    assert "width" not in snapshot.drawn({"hconcat": []})


def test_a_legend_has_as_many_columns_as_fit_the_paper():
    legend = alt.Color("x:N", legend=theme.legend(each=200))
    spec = alt.Chart(alt.Data(values=[{"x": "a", "y": 1}])).mark_bar().encode(x="y:Q", color=legend).to_dict()
    drawn = snapshot.drawn(spec)
    assert drawn["encoding"]["color"]["legend"]["columns"] == snapshot.PLOT // 200


def test_what_a_page_showed_is_collected_in_its_order():
    shown = [("", "tile", ("a", "b", "c")), ("Q", "text", "said"), ("Q", "chart", lambda: spec("made"))]
    found = snapshot.collected("T", "about", shown)
    assert found.questions() == ["", "Q"]
    assert found.of("Q")[1].body["data"]["values"][0]["x"] == "made"
