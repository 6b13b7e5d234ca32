"""Every page leaves as PDF and HTML: what it shows, set in the shipped font, every chart drawn."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pypdfium2
import pytest
from pypdf import PdfReader
from streamlit.testing.v1 import AppTest

from core.charts import drawing, snapshot, typeface
from pages.ui.kit import snapshot as taking

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["app.py", *(f"pages/{p.name}" for p in sorted((ROOT / "pages").glob("*.py")))]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_leaves_as_pdf_and_html(page, settings, sample, bundle, monkeypatch, tmp_path):
    monkeypatch.setenv("QUARTERDECK_HOME", str(settings.home))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    monkeypatch.chdir(ROOT)
    taken = []
    monkeypatch.setattr(taking, "offer", lambda page: taken.append(taking.taken(page, page.shown)))
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    if page != "app.py":
        test.switch_page(page)
    test.run()
    assert not test.exception
    content = taken[-1]
    charts = [part for part in content.parts if part.kind == "chart"]
    drawn_once(monkeypatch)
    written = snapshot.pdf(content)
    leaves, words = PdfReader(io.BytesIO(written)).pages, words_of(written)
    assert content.title in words
    assert all(" ".join(typeface.printable(question).split()) in words for question in content.questions())
    assert snapshot.NOT_DRAWN not in words
    assert not any(leaf.images for leaf in leaves)
    fonts = {str(font.get_object()["/BaseFont"]) for leaf in leaves for font in _fonts(leaf)}
    assert fonts
    assert all("SourceSans3" in font for font in fonts)
    html = snapshot.html(content)
    assert html.count("<svg") == len(charts)
    assert "<script" not in html


def drawn_once(monkeypatch):
    """Let PDF and HTML share the vectors of a chart, which are the same for both."""
    plain, vectors = drawing.svg, {}

    def svg(spec):
        key = json.dumps(spec, sort_keys=True, default=str)
        if key not in vectors:
            vectors[key] = plain(spec)
        return vectors[key]

    monkeypatch.setattr(drawing, "svg", svg)


def words_of(written):
    """Return what a PDF says, in one line."""
    paper = pypdfium2.PdfDocument(written)
    said = " ".join(paper[k].get_textpage().get_text_range() for k in range(len(paper)))
    paper.close()
    return " ".join(said.split())


def _fonts(leaf):
    """Return the fonts of a leaf and of what is drawn within it."""
    waiting, fonts = [leaf["/Resources"]], []
    while waiting:
        resources = waiting.pop().get_object()
        fonts += resources.get("/Font", {}).values()
        inner = [part.get_object() for part in resources.get("/XObject", {}).values()]
        waiting += [part["/Resources"] for part in inner if "/Resources" in part]
    return fonts
