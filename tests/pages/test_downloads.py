"""Every page leaves as PDF and HTML: what it shows, set in the shipped font, every chart drawn."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from pypdf import PdfReader
from streamlit.testing.v1 import AppTest

from core.charts import snapshot, typeface
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
    leaves = PdfReader(io.BytesIO(snapshot.pdf(content))).pages
    words = " ".join(" ".join(leaf.extract_text() for leaf in leaves).split())
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


def _fonts(leaf):
    """Return the fonts of a leaf and of what is drawn within it."""
    waiting, fonts = [leaf["/Resources"]], []
    while waiting:
        resources = waiting.pop().get_object()
        fonts += resources.get("/Font", {}).values()
        inner = [part.get_object() for part in resources.get("/XObject", {}).values()]
        waiting += [part["/Resources"] for part in inner if "/Resources" in part]
    return fonts
