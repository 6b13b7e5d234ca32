"""A brand is on everything that leaves the house: PDFs, pages, Word and PowerPoint files, digests and mails."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, date, datetime
from email.utils import parseaddr
from pathlib import Path

import pytest
from pypdf import PdfReader

from core.alerts import message as written
from core.alerts.message import Line, Message
from core.alerts.sending import mail
from core.alerts.ways import MAIL, Way
from core.branding import brand_pictures, letterhead, logo_pictures
from core.branding.letterhead import HOUSE, Letterhead
from core.charts import document_pdf, snapshot
from core.charts.snapshot import Part, Snapshot
from core.config import Settings, load
from core.config.branding import BrandSettings
from core.digest import writing
from core.digest.contents import Digest, Plan, Section
from core.enablement import document, slides, word
from tests.branding.test_brand_settings import picture

NAME, ACCENT = "Acme & <Söhne>", "#7a1f5c"
PAPER = document.Paper(
    "Title",
    "Below",
    (document.heading("One"), document.text("Words."), document.table(("A", "B"), [("1", "2")])),
)


@pytest.fixture(scope="module")
def head() -> Letterhead:
    links = (("Privacy", "https://acme.test/privacy"),)
    return Letterhead(NAME, ACCENT, logo_pictures.checked(picture()), "Georgia", links)


def parts(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return {name: book.read(name).decode("utf-8", "replace") for name in book.namelist()}


def test_a_word_file_bears_logo_colour_font_and_name(head: Letterhead) -> None:
    files = parts(word.write(PAPER, None, head))
    assert any(name.startswith("word/media/") for name in files)
    assert "Acme &amp; &lt;Söhne&gt;" in files["docProps/core.xml"]
    assert 'descr="Acme &amp; &lt;Söhne&gt;"' in "".join(files.values())
    assert "Georgia" in files["word/styles.xml"]
    assert "7A1F5C" in files["word/document.xml"]
    assert word.write(PAPER, None, head) == word.write(PAPER, None, head)
    assert word.write(PAPER) == word.write(PAPER, None, HOUSE) != word.write(PAPER, None, head)


def test_a_deck_bears_logo_colour_font_and_name(head: Letterhead) -> None:
    from pptx import Presentation

    content = slides.write(PAPER, None, head)
    files = parts(content)
    theme = next(text for name, text in files.items() if "theme/theme" in name)
    assert "7A1F5C" in theme
    assert "Georgia" in theme
    deck = Presentation(io.BytesIO(content))
    assert deck.core_properties.author == NAME
    shapes = [shape for layout in deck.slide_layouts for shape in layout.shapes if shape.name == "Logo"]
    assert len(shapes) == 1
    assert shapes[0].left + shapes[0].width <= deck.slide_width
    assert shapes[0].top + shapes[0].height <= deck.slide_height
    assert slides.write(PAPER) == slides.write(PAPER, None, HOUSE)


def test_a_template_of_ones_own_keeps_its_look(head: Letterhead) -> None:
    template = word.write(PAPER)
    files = parts(word.write(PAPER, template, head))
    assert not any(name.startswith("word/media/") for name in files)
    assert "7A1F5C" not in files["word/document.xml"]


def test_a_pdf_bears_the_name_on_every_leaf_and_the_colour(head: Letterhead) -> None:
    reader = PdfReader(io.BytesIO(document_pdf.pdf(PAPER, head)))
    assert reader.metadata is not None
    assert reader.metadata.creator == NAME
    assert "Acme & <Söhne> · Title" in reader.pages[0].extract_text()
    assert len(reader.pages[0].images) == 1
    plain = PdfReader(io.BytesIO(document_pdf.pdf(PAPER)))
    assert plain.metadata is not None
    assert plain.metadata.creator == "Quarterdeck"
    assert len(plain.pages[0].images) == 0
    red, green, blue = (f"{int(ACCENT[i : i + 2], 16) / 255:.3f}"[:4] for i in (1, 3, 5))
    drawn = reader.pages[0].get_contents()
    assert drawn is not None
    text = drawn.get_data().decode("latin-1")
    assert red in text
    assert green in text
    assert blue in text


def test_a_page_as_html_bears_logo_and_colour_and_escapes_the_name(head: Letterhead) -> None:
    content = Snapshot("T", "about", (Part("", "text", "Words."),), head=head)
    page = snapshot.html(content)
    assert head.source in page
    assert "Acme &amp; &lt;Söhne&gt;" in page
    assert f"th {{ background: {ACCENT} }}" in page
    assert "<img" not in snapshot.html(Snapshot("T", "about", ()))


def test_a_digest_bears_logo_name_links_and_colour(head: Letterhead) -> None:
    import polars as pl

    from core.charts.page_tables import Column, PageTable

    rows = PageTable(pl.DataFrame({"a": ["x"]}), (Column("a", "A", "text"),))
    day = date(2026, 5, 4)
    content = Digest(Plan(), "Acme", "files", day, day, (Section("Number", "Words.", rows),))
    page = writing.html(content, head=head)
    assert head.source in page
    assert f"background:{ACCENT}" in page
    assert '<a href="https://acme.test/privacy"' in page
    assert page.count("Acme &amp; &lt;Söhne&gt;") == 2
    plain = writing.html(content)
    assert "<img" not in plain
    assert "background:#0a4f4d" in plain
    assert writing.written(content, Path("x.html"), head) == page
    assert writing.written(content, Path("x.md"), head) == writing.markdown(content)


def mail_of(brand: BrandSettings) -> tuple[str, str, str]:
    own = load(environ={}).model_copy(update={"branding": brand})
    way = Way("", "Mail", MAIL, "mail.example.com:25", "", sender="sales@acme.test")
    message = Message("Two deals slipped", (Line("One."), Line("Two.")))
    sent = mail.composed(
        way, "ana@acme.test", message, "", "m", datetime(2026, 5, 4, tzinfo=UTC), "", mail.mail_head(own)
    )
    bodies = [part.get_content() for part in sent.walk() if part.get_content_maintype() == "text"]
    return str(sent["From"]), bodies[0], bodies[1]


def test_a_mail_comes_from_the_brand_with_its_links() -> None:
    sender, text, html = mail_of(BrandSettings(name=NAME, links={"Imprint": "https://acme.test/i"}))
    assert parseaddr(sender) == (NAME, "sales@acme.test")
    assert text.rstrip().endswith("Imprint: https://acme.test/i")
    assert "Acme &amp; &lt;Söhne&gt; · <a href" in html
    named, _, _ = mail_of(BrandSettings(name=NAME, mail_sender="Sales, Desk"))
    assert parseaddr(named)[0] == "Sales, Desk"
    plain, text, html = mail_of(BrandSettings())
    assert plain == "sales@acme.test"
    assert "Quarterdeck" not in text + html


def test_a_logo_that_is_gone_holds_no_mail_up() -> None:
    sender, _, html = mail_of(BrandSettings(name="Acme", logo="/nowhere/logo.png"))
    assert parseaddr(sender)[0] == "Acme"
    assert "<img" not in html


def test_the_written_name_and_the_icon_escape_what_they_show() -> None:
    brand = BrandSettings(name="<b>", accent=ACCENT)
    assert ">B<" in brand_pictures.mark(brand)
    assert brand_pictures.icon_address(BrandSettings()) == ""
    assert brand_pictures.icon_address(brand).startswith("data:image/svg+xml,%3Csvg")
    assert "•" in brand_pictures.mark(BrandSettings(name="!"))
    for is_dark in (False, True):
        shown = brand_pictures.preview(brand.model_copy(update={"links": {"<i>": "https://a.test"}}), None, is_dark)
        assert "<b>" not in shown
        assert "<i>" not in shown
    assert "data:image/png" in brand_pictures.preview(brand, picture(), False)


def test_the_letterhead_follows_the_settings(tmp_path: Path) -> None:
    own: Settings = load(environ={"QUARTERDECK_HOME": str(tmp_path)})
    named = own.model_copy(update={"branding": BrandSettings(name=NAME, accent=ACCENT, document_font="Georgia")})
    assert letterhead.of(named) == Letterhead(NAME, ACCENT, b"", "Georgia", ())
    assert written.text(Message("T"), "", letterhead.of(named)) == f"T\n\n\n{NAME}\n"
