from __future__ import annotations

import re
import zlib
from datetime import date, datetime

import altair as alt
import polars as pl
import pytest

from core.charts import pdf_pages, snapshot
from core.charts.snapshot import Part, Snapshot
from core.contracts.errors import QuarterdeckError

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
    found = snapshot.pdf(page(6))
    kids = re.search(rb"/Kids \[([^\]]*)\]", found).group(1).count(b" 0 R")
    assert kids == int(re.search(rb"/Count (\d+)", found).group(1)) >= 2
    assert found.startswith(b"%PDF-1.7")
    assert b"/Subtype /Image" not in found
    assert b"/FontFile2" in found or b"/FontFile3" in found


def test_every_object_of_the_bound_file_is_where_the_table_says():
    found = snapshot.pdf(page(6))
    start = int(found.rpartition(b"startxref")[2].split()[0])
    rows = found[start:].split(b"trailer")[0].split(b"\n", 2)[2].split(b"\r\n")
    places = {number: int(row.split()[0]) for number, row in enumerate(rows) if row.endswith(b" n")}
    for number, place in places.items():
        assert found[place:].startswith(b"%d 0 obj" % number)
    heads = [body.partition(b"stream\n")[0] for body in pdf_pages._objects(found).values()]
    used = {int(n) for head in heads for n in pdf_pages.REFERENCE.findall(head)}
    assert used <= set(places)
    for body in pdf_pages._objects(found).values():
        if b"/FlateDecode" in body.partition(b"stream\n")[0]:
            zlib.decompress(body.partition(b"stream\n")[2].rpartition(b"\nendstream")[0])


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


def test_what_a_page_showed_is_collected_in_its_order():
    shown = [("", "tile", ("a", "b", "c")), ("Q", "text", "said"), ("Q", "chart", lambda: spec("made"))]
    found = snapshot.collected("T", "about", shown)
    assert found.questions() == ["", "Q"]
    assert found.of("Q")[1].body["data"]["values"][0]["x"] == "made"


class PanicException(BaseException):
    """As the writer of PDFs raises it."""


def test_a_leaf_the_writer_panics_on_goes_in_as_a_picture(monkeypatch):
    import vl_convert

    write = vl_convert.svg_to_pdf

    def panics(svg):
        if "<image" not in svg:
            raise PanicException
        return write(svg)

    monkeypatch.setattr(vl_convert, "svg_to_pdf", panics)
    content = snapshot.pdf(page(1))
    assert content.startswith(b"%PDF")
    assert b"/Subtype /Image" in content


def test_what_cannot_be_drawn_at_all_is_a_sentence(monkeypatch):
    import vl_convert

    def panics(*_, **__):
        raise PanicException

    monkeypatch.setattr(vl_convert, "svg_to_pdf", panics)
    with pytest.raises(QuarterdeckError, match=r"cannot be drawn as PDF.*HTML"):
        snapshot.pdf(page(1))
