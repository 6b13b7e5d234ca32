"""Word and PowerPoint files: what a reader, a screen reader and the customer's own template find in them."""

from __future__ import annotations

import io
import zipfile

import pytest
from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.shared import RGBColor
from pptx import Presentation
from streamlit.testing.v1 import AppTest

from core.contracts.errors import ConfigError
from core.enablement import document, house_slides, office_file, slide_parts, slides, word

PAPER = document.Paper(
    "Battlecard",
    "What to lead with",
    (
        document.text("Before all."),
        document.heading("Lead with"),
        *document.bullets([f"line {k}" for k in range(20)]),
        document.text("Two\nlines"),
        document.table(("No", "What"), [(k, f"row {k}") for k in range(20)]),
        document.heading("Empty"),
    ),
)


def read_word(content):
    return Document(io.BytesIO(content))


def read_slides(content):
    return Presentation(io.BytesIO(content))


def saved(file):
    target = io.BytesIO()
    file.save(target)
    return target.getvalue()


def template_docx(text="Confidential"):
    file = Document()
    file.styles["Heading 1"].font.color.rgb = RGBColor(200, 0, 100)
    file.sections[0].header.paragraphs[0].text = "Acme Corporation"
    file.add_paragraph(text)
    return saved(file)


def template_pptx():
    deck = Presentation()
    deck.slide_master.name = "Acme master"
    slide = deck.slides.add_slide(deck.slide_layouts[0])
    slide.shapes.title.text = "An old slide"
    return saved(deck)


def test_a_document_has_real_titles_headings_and_lists():
    file = read_word(word.write(PAPER))
    styles = [(p.style.name, p.text) for p in file.paragraphs if p.text]
    assert styles[:4] == [
        ("Title", "Battlecard"),
        ("Subtitle", "What to lead with"),
        ("Normal", "Before all."),
        ("Heading 1", "Lead with"),
    ]
    assert [text for style, text in styles if style == "List Bullet"] == [f"line {k}" for k in range(20)]
    assert [text for style, text in styles if style == "Heading 1"] == ["Lead with", "Empty"]
    assert "Two\nlines" in dict(styles).values()
    assert file.core_properties.title == "Battlecard"
    assert file.core_properties.language == "en"


def test_a_table_of_a_document_repeats_its_head_and_is_described():
    (table,) = read_word(word.write(PAPER)).tables
    assert [[cell.text for cell in row.cells] for row in table.rows][:2] == [["No", "What"], ["0", "row 0"]]
    xml = table._tbl.xml
    assert xml.count("<w:tblHeader") == 1
    assert 'w:tblDescription w:val="Table of 20 rows with the columns No, What"' in xml
    assert sum(column.width for column in table.columns) <= 9640 * word.TWIP


def test_a_deck_stands_in_placeholders_and_goes_on_over_the_next_slide():
    deck = read_slides(slides.write(PAPER))
    titles = [slide.shapes.title.text for slide in deck.slides]
    assert titles == ["Battlecard", "Battlecard", *["Lead with"] + ["Lead with, continued"] * 2, "Lead with"] + [
        "Lead with, continued"
    ] * 2 + ["Empty"]
    words = "\n".join(shape.text_frame.text for slide in deck.slides for shape in slide.shapes if shape.has_text_frame)
    assert all(f"line {k}" in words for k in range(20))
    tables = [shape for slide in deck.slides for shape in slide.shapes if shape.has_table]
    cells = [shape.table.cell(row, 1).text for shape in tables for row in range(1, len(shape.table.rows))]
    assert cells == [f"row {k}" for k in range(20)]
    for shape in tables:
        assert "with the columns No, What" in shape._element.nvGraphicFramePr.cNvPr.get("descr")
    assert not any(p.has_text_frame and not p.text_frame.text for slide in deck.slides for p in slide.placeholders)


def test_the_second_slide_on_bears_deck_and_number():
    deck = read_slides(slides.write(PAPER))
    for slide in list(deck.slides)[1:]:
        kinds = {p.placeholder_format.type.name: p.text_frame.text for p in slide.placeholders}
        assert kinds["FOOTER"] == "Battlecard"
        assert "SLIDE_NUMBER" in kinds
        numbers = [shape.shape_id for shape in slide.shapes]
        assert len(numbers) == len(set(numbers))


def test_long_rows_and_lines_go_on_over_more_slides_until_each_fits():
    long = "We sign your users in through your identity provider, create accounts and map your groups. " * 2
    paper = document.Paper(
        "Case study",
        "Long",
        (
            document.heading("Table"),
            document.table(("They asked", "They got"), [(long, long)] * 8),
            document.heading("Lines"),
            *document.bullets([long * 2] * 8),
            document.heading("One"),
            document.text(long * 20),
        ),
    )
    deck = read_slides(slides.write(paper))
    titles = [slide.shapes.title.text for slide in deck.slides]
    assert titles.count("Table, continued") >= 1
    assert titles.count("Lines, continued") >= 1
    assert titles.count("One") == 1
    rows = [len(shape.table.rows) - 1 for slide in deck.slides for shape in slide.shapes if shape.has_table]
    assert sum(rows) == 8
    assert slide_parts.parts("Nothing", [document.table(("A", "B"), [])], 10**7, 10**6)[0][1][0].rows == (("A", "B"),)


def test_a_deck_stands_on_the_layout_with_room_for_anything():
    deck = Presentation()
    listed = deck.slide_master._element.sldLayoutIdLst
    listed.insert(0, listed[2])  # the heading of a section, which has a title and a text as well
    made = read_slides(slides.write(PAPER, saved(deck)))
    assert {slide.slide_layout.name for slide in made.slides} == {"Title Slide", "Title and Content"}


def test_no_shape_leaves_its_slide():
    deck = read_slides(slides.write(PAPER))
    assert (deck.slide_width, deck.slide_height) == (house_slides.WIDE, house_slides.HIGH)
    for slide in deck.slides:
        for shape in slide.shapes:
            assert shape.left >= 0
            assert shape.left + shape.width <= deck.slide_width
            assert shape.top + shape.height <= deck.slide_height


@pytest.mark.parametrize("write", [word.write, slides.write], ids=["docx", "pptx"])
def test_the_same_paper_is_the_same_file_without_a_date(write):
    content = write(PAPER)
    assert content == write(PAPER)
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        assert book.testzip() is None
        assert {part.date_time for part in book.infolist()} == {office_file.FIXED_DATE}
        core = book.read("docProps/core.xml").decode()
    assert "created" not in core
    assert "modified" not in core


def test_a_word_template_gives_its_styles_and_header_and_not_its_text():
    template = template_docx()
    assert word.lacking(template) == ""
    file = read_word(word.write(PAPER, template))
    assert file.sections[0].header.paragraphs[0].text == "Acme Corporation"
    assert file.styles["Heading 1"].font.color.rgb == RGBColor(200, 0, 100)
    assert not any("Confidential" in paragraph.text for paragraph in file.paragraphs)
    assert file.paragraphs[0].text == "Battlecard"
    assert file.tables[0].style.name in word.TABLE_STYLES
    assert word.write(PAPER, template) == word.write(PAPER, template)


def test_a_word_template_of_several_sections_gives_the_page_headers_and_table_style_of_its_text():
    file = Document()
    cover = file.sections[0]
    cover.different_first_page_header_footer = True
    cover.first_page_header.paragraphs[0].text = "Logo"
    file.add_section().header.is_linked_to_previous = False
    file.sections[1].header.paragraphs[0].text = "Acme Corporation"
    file.sections[1].footer.paragraphs[0].text = "Confidential"
    last = file.add_section()
    last.page_width, last.page_height = last.page_height, last.page_width
    file.styles.add_style("Acme table", WD_STYLE_TYPE.TABLE)
    made = read_word(word.write(PAPER, saved(file)))
    (section,) = made.sections
    assert section.page_width < section.page_height
    assert section.first_page_header.paragraphs[0].text == "Logo"
    assert section.header.paragraphs[0].text == "Acme Corporation"
    assert section.footer.paragraphs[0].text == "Confidential"
    assert made.tables[0].style.name == "Acme table"
    file.add_table(1, 1).style = "Table Grid"
    assert read_word(word.write(PAPER, saved(file))).tables[0].style.name == "Table Grid"


def test_a_word_template_without_a_style_says_so_and_is_given_it():
    file = Document()
    for name in ("List Bullet", "Subtitle"):
        file.styles[name].element.getparent().remove(file.styles[name].element)
    file.styles.add_style("Acme text", WD_STYLE_TYPE.PARAGRAPH)
    template = saved(file)
    assert word.lacking(template) == (
        "The Word template has no style called Subtitle, List Bullet: there the house look serves."
    )
    written = read_word(word.write(PAPER, template))
    assert [p.style.name for p in written.paragraphs if p.text.startswith("line")] == ["List Bullet"] * 20


def test_a_presentation_template_gives_its_layouts_and_not_its_slides():
    template = template_pptx()
    assert slides.lacking(template) == ""
    content = slides.write(PAPER, template)
    deck = read_slides(content)
    titles = [slide.shapes.title.text for slide in deck.slides]
    assert "An old slide" not in titles
    assert titles[0] == "Battlecard"
    assert deck.slide_width == Presentation().slide_width
    assert content == slides.write(PAPER, template)
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        assert b"An old slide" not in b"".join(book.read(name) for name in book.namelist())


def test_a_presentation_template_without_a_layout_says_which():
    deck = Presentation()
    for layout in list(deck.slide_layouts)[1:]:
        deck.slide_layouts.remove(layout)
    template = saved(deck)
    assert "no layout with a title and one text" in slides.lacking(template)
    with pytest.raises(ConfigError, match="slide master"):
        slides.write(PAPER, template)


@pytest.mark.parametrize(
    ("lacking", "content"),
    [
        (word.lacking, b""),
        (word.lacking, b"no zip"),
        (word.lacking, template_pptx()),
        (slides.lacking, b""),
        (slides.lacking, b"no zip"),
        (slides.lacking, template_docx()),
    ],
    # A file holds the time it was written at, and workers must name cases alike.
    ids=["word, empty", "word, no zip", "word, slides", "slides, empty", "slides, no zip", "slides, word"],
)
def test_what_is_no_template_is_told_in_a_sentence(lacking, content):
    with pytest.raises(ConfigError, match="cannot be opened"):
        lacking(content)


def test_a_template_that_unpacks_to_too_much_is_not_opened():
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("word/document.xml", b"\0" * (office_file.MOST_BYTES + 1))
    with pytest.raises(ConfigError, match="unpacks to 50 MB"):
        word.lacking(target.getvalue())


def test_a_template_that_is_not_there_names_the_setting(tmp_path):
    with pytest.raises(ConfigError, match=r"enablement\.templates"):
        office_file.read_template(tmp_path / "none.docx")


PAGE = """
import streamlit as st
from core.config import load
from pages.ui.enablement import templates
settings = load()
named = settings.enablement.templates.model_copy(update={"docx": st.session_state.path})
settings = settings.model_copy(update={"enablement": settings.enablement.model_copy(update={"templates": named})})
own = templates.chosen(settings)
st.write(str(own.docx is not None))
"""


@pytest.mark.parametrize(
    ("content", "is_used", "warning"),
    [(template_docx(), "True", ""), (b"no", "False", "cannot be opened"), (None, "False", "cannot be read")],
    ids=["good", "bad", "missing"],
)
def test_the_template_of_the_settings_serves_on_the_page(tmp_path, content, is_used, warning):
    path = tmp_path / "acme.docx"
    if content is not None:
        path.write_bytes(content)
    test = AppTest.from_string(PAGE, default_timeout=120)
    test.session_state["path"] = str(path)
    test.run()
    assert not test.exception
    assert test.markdown[0].value == is_used
    assert (warning in test.warning[0].value) if warning else not test.warning
