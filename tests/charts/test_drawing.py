"""What leaves the house is set in the shipped family, whatever fonts the machine has, and never fails in silence."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import altair as alt
import polars as pl
import pytest
from pypdf import PdfReader

from core.charts import drawing, explain, snapshot, typeface

ROOT = Path(__file__).resolve().parents[2]
EMOJI = ROOT / "tests" / "fixtures" / "emoji_font" / "rocket.ttf"
DRAW = """
import sys
from core.charts.snapshot import Part, Snapshot, pdf
rows = [{"name": name, "n": 1} for name in ("🚀 Rocket GmbH", "日本電気", "Łódź & Co")]
enc = {"y": {"field": "name", "type": "nominal"}, "x": {"field": "n", "type": "quantitative"}}
chart = {"data": {"values": rows}, "mark": "bar", "encoding": enc}
page = Snapshot("A 🚀 page", "1 2 3", (Part("Who? 👩‍🚀", "text", "日本 🚀"), Part("Who? 👩‍🚀", "chart", chart)))
sys.stdout.buffer.write(pdf(page))
"""


def drawn_with(fonts: Path | None, home: Path) -> bytes:
    """Draw in a process of its own, for fonts are read once: those of the machine and of a home folder."""
    folder = home / "share" / "fonts"
    folder.mkdir(parents=True)
    if fonts is not None:
        (folder / fonts.name).write_bytes(fonts.read_bytes())
    env = {**os.environ, "HOME": str(home), "XDG_DATA_HOME": str(home / "share")}
    return subprocess.run([sys.executable, "-c", DRAW], cwd=ROOT, env=env, capture_output=True, check=True).stdout


def test_a_pdf_is_the_same_with_and_without_a_colour_emoji_font(tmp_path):
    without, beside = drawn_with(None, tmp_path / "a"), drawn_with(EMOJI, tmp_path / "b")
    assert without == beside
    leaf = PdfReader(io.BytesIO(beside)).pages[0]
    words = leaf.extract_text()
    assert "Łódź & Co" in words
    assert "□ Rocket GmbH" in words
    assert "□□□□" in words
    fonts = {str(font.get_object()["/BaseFont"]) for font in leaf["/Resources"]["/Font"].values()}
    assert fonts
    assert all("SourceSans3" in font for font in fonts)


def test_the_font_of_the_test_is_one_that_the_writer_stops_at(tmp_path):
    svg = '<svg xmlns="http://www.w3.org/2000/svg"><text y="9" font-family="Noto Color Emoji">🚀</text></svg>'
    code = f"import vl_convert; vl_convert.svg_to_pdf({svg!r})"
    folder = tmp_path / "fonts"
    folder.mkdir()
    (folder / EMOJI.name).write_bytes(EMOJI.read_bytes())
    env = {**os.environ, "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert "subsetting a font" in run.stderr


class PanicException(BaseException):
    """Stands for pyo3's own, which cannot be made from Python."""


def test_a_panic_becomes_an_error_and_an_interrupt_stays_one():
    def panics():
        raise PanicException("called `Option::unwrap()` on a `None` value")

    def stops():
        raise KeyboardInterrupt

    with pytest.raises(drawing.DrawingError, match="unwrap"):
        drawing._guarded(panics)
    with pytest.raises(KeyboardInterrupt):
        drawing._guarded(stops)


def test_a_real_panic_of_the_writer_is_caught():
    """A see-through layer a million points below the leaf is what brought the writer down."""
    far = '<g opacity="0.5" transform="translate(0,97020245)"><path d="M0,0h2v2z" fill="red"/></g>'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">{far}</svg>'
    with pytest.raises(drawing.DrawingError, match="Panic"):
        drawing.pdf(svg)
    assert drawing.pdf('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>').startswith(b"%PDF")


def test_points_are_see_through_by_their_colour():
    values = [{"x": k, "y": k} for k in range(50)]
    chart = alt.Chart(alt.Data(values=values)).mark_circle(opacity=0.5).encode(x="x:Q", y="y:Q")
    svg = drawing.svg(snapshot.drawn(chart.to_dict()))
    assert svg.count('fill-opacity="0.5"') == 50
    assert ' opacity="0.5"' not in svg


def test_a_text_is_written_with_what_the_family_has():
    assert typeface.printable("Zoë\u0301 n\u0303") == "Zoë\u0301 ñ"
    assert typeface.printable("👩‍🚀️ one\x00\u200b") == "□ one"
    assert typeface.printable_svg("<text>a &amp; 🚀</text>") == "<text>a &amp; □</text>"
    assert (
        typeface.printable_svg('<text font-family="Menlo">a</text>')
        == f'<text font-family="{typeface.FAMILY}">a</text>'
    )


def test_lines_are_as_wide_as_they_are_drawn():
    words = "Quarterly revenue will be 12.4 million; " * 5
    lines = typeface.wrapped(words, 200, 10)
    assert " ".join(lines).split() == words.split()
    assert all(typeface.width(line, 10) <= 200 for line in lines)
    assert typeface.width(f"{lines[0]} {lines[1].split()[0]}", 10) > 200
    assert all(typeface.width(line, 10) <= 50 for line in typeface.wrapped("W" * 40, 50, 10))
    assert "".join(typeface.wrapped("W" * 40, 50, 10)) == "W" * 40
    assert typeface.width("WW", 10, 700) > typeface.width("ii", 10) > 0
    assert typeface.wrapped("", 50, 10) == [""]


def test_every_point_of_the_swarm_stands_in_its_row():
    frame = pl.DataFrame(
        {
            "driver": ["Stage"] * 300 + ["Kind"] * 3,
            "entity_id": [str(k) for k in range(303)],
            "feature": ["stage"] * 300 + ["kind"] * 3,
            "value": ["1"] * 303,
            "contribution": [k / 100 for k in range(300)] + [1.0, 2.0, 3.0],
            "rank": [k / 300 for k in range(300)] + [None] * 3,
        }
    )
    spec = explain.beeswarm(frame).to_dict()
    (rows,) = spec["datasets"].values()
    assert all(-1 <= row["jitter"] <= 1 for row in rows)
    svg = drawing.svg(snapshot.drawn(spec))
    assert svg.count('aria-roledescription="circle"') == 303
    drawing.pdf(svg)


def test_the_licence_travels_with_the_font():
    assert "SIL OPEN FONT LICENSE Version 1.1" in (typeface.FOLDER / "OFL.txt").read_text(encoding="utf-8")
    css = typeface.stylesheet()
    assert css.count("@font-face") == 2
    assert "http" not in css.partition("base64")[0]
