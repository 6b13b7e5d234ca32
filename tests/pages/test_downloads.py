"""Every file of every page is taken and opened with the reader of its kind: nothing empty, nothing broken.

One opening of a page serves all its downloads; its PDF and HTML carry its title and questions, every chart drawn.
"""

from __future__ import annotations

import io
import json
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import docx
import nbformat
import openpyxl
import polars as pl
import pypdfium2
import pytest
import yaml
from pptx import Presentation
from pypdf import PdfReader
from streamlit.testing.v1 import AppTest

from core.charts import drawing, snapshot, typeface
from core.scope import Scope
from pages.ui.kit import downloads
from pages.ui.kit import snapshot as taking

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["app.py", *(f"pages/{p.name}" for p in sorted((ROOT / "pages").glob("*.py")))]


class Words(HTMLParser):
    """Gathers the text of a document."""

    def __init__(self):
        super().__init__()
        self.words = []

    def handle_data(self, data):
        self.words += data.split()


def html_words(content):
    reader = Words()
    reader.feed(content.decode())
    return reader.words


def slide_words(content):
    slides = Presentation(io.BytesIO(content)).slides
    return [shape.text for slide in slides for shape in slide.shapes if shape.has_text_frame and shape.text]


def workbook_cells(content):
    sheets = openpyxl.load_workbook(io.BytesIO(content)).worksheets
    return [cell for sheet in sheets for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None]


def word_text(content):
    document = docx.Document(io.BytesIO(content))
    return [*(p.text for p in document.paragraphs if p.text), *document.tables]


READERS = {
    "pdf": lambda content: "".join(leaf.extract_text() for leaf in PdfReader(io.BytesIO(content)).pages).split(),
    "html": html_words,
    "xlsx": workbook_cells,
    "pptx": slide_words,
    "docx": word_text,
    "json": json.loads,
    "ipynb": lambda content: nbformat.reads(content.decode(), 4).cells,
    "csv": lambda content: pl.read_csv(content, infer_schema_length=0).columns,
    "zip": lambda content: zipfile.ZipFile(io.BytesIO(content)).namelist(),
    "md": lambda content: content.decode().split(),
    "yaml": yaml.safe_load,
}


@pytest.fixture
def taken(settings, sample, bundle, monkeypatch, tmp_path):
    """Open a page and return its files by name, and what its own PDF and HTML are made of."""
    monkeypatch.setenv("QUARTERDECK_HOME", str(settings.home))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    monkeypatch.chdir(ROOT)
    files, snapshots = {}, []
    offer = taking.offer

    def button(where, label, content, file_name, *more, **options):
        files[file_name] = (label, content)

    def offered(page):
        snapshots.append(taking.taken(page, page.shown))
        offer(page)

    monkeypatch.setattr(downloads, "button", button)
    monkeypatch.setattr(taking, "offer", offered)
    drawn_once(monkeypatch)

    def open_page(path, **state):
        test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        for name, value in state.items():
            test.session_state[name] = value
        if path != "app.py":
            test.switch_page(path)
        test.run()
        assert not test.exception
        made = {name: content() if callable(content) else content for name, (_, content) in files.items()}
        return {name: c.encode() if isinstance(c, str) else c for name, c in made.items()}, snapshots[-1]

    return open_page


# A page is made whole for its files; one of them is in every run, the others are slow.
OFTEN = ("app.py",)


@pytest.mark.parametrize("path", [pytest.param(p, marks=() if p in OFTEN else pytest.mark.slow) for p in PAGES])
def test_every_file_of_a_page_opens_and_says_something(path, taken):
    files, content = taken(path)
    endings = {name.rpartition(".")[2] for name in files}
    assert {"pdf", "html", "ipynb"} <= endings
    assert endings <= set(READERS), "Name a reader for the new kind of file."
    for name, made in files.items():
        assert READERS[name.rpartition(".")[2]](made), name
    slug = content.title.lower().replace(" ", "-")
    own = {name.rpartition(".")[2]: made for name, made in files.items() if name.startswith(f"{slug}-20")}
    _check_pdf(content, own["pdf"])
    _check_html(content, own["html"].decode())
    if tables := content.tables():
        book = openpyxl.load_workbook(io.BytesIO(own["xlsx"]))
        assert len(book.sheetnames) >= len({question for question, _ in tables if question})


def test_what_leaves_names_the_scope_it_was_cut_to(taken):
    files, content = taken("pages/deal.py", page_scope=Scope(region="EMEA"))
    assert content.about.endswith("· Q2 2026 · EMEA")
    (made,) = (made for name, made in files.items() if name.startswith("deal-20") and name.endswith(".html"))
    assert content.about.rpartition("· ")[2] in html_words(made)


def _check_pdf(content, made):
    leaves = PdfReader(io.BytesIO(made)).pages
    words = words_of(made)
    assert content.title in words
    assert all(" ".join(typeface.printable(question).split()) in words for question in content.questions())
    assert snapshot.NOT_DRAWN not in words
    assert not any(leaf.images for leaf in leaves)
    fonts = {str(font.get_object()["/BaseFont"]) for leaf in leaves for font in _fonts(leaf)}
    assert fonts
    assert all("SourceSans3" in font for font in fonts)


def _check_html(content, made):
    assert made.count("<svg") == len([part for part in content.parts if part.kind == "chart"])
    assert content.title in made
    assert "<script" not in made


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
