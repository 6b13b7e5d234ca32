"""The brand is on workbooks, questions, the trust page, the board's page and the assistants' server."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from docx import Document
from openpyxl import load_workbook

from core import command_times
from core.assistants import mcp_server
from core.branding import letterhead, logo_pictures
from core.branding.letterhead import HOUSE, Letterhead
from core.charts import workbook
from core.config import load
from core.requirements.export import gap_workbook, question_files, trust_page
from core.requirements.export.trust_answers import PublicAnswer, PublicAnswers
from core.scenarios import board_brief
from tests.branding.test_brand_settings import picture

NAME, COMPANY = "Acme & <Söhne>", "Acme AG"
LINES = [["1", "Security", "Which regions?", "", ""]]
EMPTY_OFFER = pl.DataFrame(schema=dict.fromkeys(gap_workbook.OFFER, pl.String) | {"is_retired": pl.Boolean})
ON = date(2026, 5, 4)


@pytest.fixture(scope="module")
def head() -> Letterhead:
    links = (("Privacy", "https://acme.test/privacy"),)
    return Letterhead(NAME, "#7a1f5c", logo_pictures.checked(picture()), "", links, "#e79ac8", COMPANY)


def properties(content: bytes) -> tuple[str, str]:
    book = load_workbook(io.BytesIO(content))
    return book.properties.creator, re.findall("<Company>(.*?)</Company>", part(content, "docProps/app.xml"))[0]


def part(content: bytes, name: str) -> str:
    import zipfile

    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return book.read(name).decode()


def test_workbooks_say_who_made_them_and_for_whom(head: Letterhead) -> None:
    for content in (
        workbook.workbook([], "about", head),
        question_files.workbook(LINES, "Questions", head),
        gap_workbook.offer(EMPTY_OFFER, head),
    ):
        assert properties(content) == (NAME, COMPANY)
    assert question_files.workbook(LINES, "Q", head) == question_files.workbook(LINES, "Q", head)


def test_questions_for_the_buyer_bear_name_and_logo(head: Letterhead) -> None:
    paper = Document(io.BytesIO(question_files.document(LINES, "Questions", head)))
    assert paper.core_properties.author == NAME
    assert len(paper.sections[0].header.part.related_parts) == 1
    assert not Document(io.BytesIO(question_files.document(LINES, "Q"))).sections[0].header.paragraphs[0].runs


def test_the_matrix_tells_the_companys_time(head: Letterhead) -> None:
    row = {"sheet": ["S"], "row": [1]}
    analysis: Any = SimpleNamespace(
        frame=pl.DataFrame(row),
        gaps=pl.DataFrame(row),
        to_check=pl.DataFrame(row),
        source=SimpleNamespace(name="list.xlsx"),
        catalogue_name="Ours",
        sentence=lambda: "One row.",
        summary={},
    )
    sent = pl.DataFrame(
        row | {"approved_by": ["Ann"], "response": ["Yes"], "approved_at": [datetime(2026, 5, 4, 22, 30)]}
    )
    content = gap_workbook.matrix(analysis, None, sent, head, "Europe/Vienna")
    sheet = load_workbook(io.BytesIO(content))["Matrix"]
    assert [cell.value for cell in sheet[1]][-1] == "Approved at (Vienna)"
    assert [cell.value for cell in sheet[2]][-1] == "2026-05-05 00:30"
    assert properties(content) == (NAME, COMPANY)


def test_the_trust_page_bears_logo_colours_and_links_and_still_runs_nothing(head: Letterhead) -> None:
    answer = PublicAnswer("Do you encrypt?", "Yes.", "security", ON, (), ())
    page = trust_page.folder(PublicAnswers((answer,), 0, 0), "Acme", ON, "", head)["index.html"].decode()
    assert "#7a1f5c" in page
    assert "#e79ac8" in page
    assert f'src="{head.source}" alt="Acme &amp; &lt;Söhne&gt;"' in page
    assert '<a href="https://acme.test/privacy"' in page
    style = re.findall("<style>(.*?)</style>", page)[0]
    assert base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() in page
    assert "<script" not in page
    plain = trust_page.folder(PublicAnswers((answer,), 0, 0), "Acme", ON)["index.html"].decode()
    assert "<img" not in plain


def test_the_boards_page_bears_logo_colour_name_and_links(head: Letterhead) -> None:
    assert board_brief._brand(head) == "h1,h2{color:#7a1f5c}a{color:#7a1f5c}"
    assert head.source in board_brief._logo(head)
    foot = board_brief._foot(head)
    assert "Acme AG · Acme &amp; &lt;Söhne&gt; · <a href=" in foot
    assert (board_brief._brand(HOUSE), board_brief._logo(HOUSE), board_brief._foot(HOUSE)) == ("", "", "")


def test_assistants_call_the_server_by_the_brand() -> None:
    async def app(*_: Any) -> None:
        raise AssertionError

    assert mcp_server.build(app, name="Acme").name == "Acme"
    assert mcp_server.build(app).name == "Quarterdeck"


def test_a_letterhead_names_the_company_that_was_set(tmp_path) -> None:
    settings = load(environ={"QUARTERDECK_HOME": str(tmp_path)})
    assert letterhead.of(settings).company == ""
    assert letterhead.of(settings.model_copy(update={"company": COMPANY})).company == COMPANY


def test_the_command_line_tells_the_companys_time(monkeypatch, tmp_path) -> None:
    (tmp_path / "own.yaml").write_text("time_zone: Asia/Kolkata\n")
    at = datetime(2026, 5, 4, 22, 30, tzinfo=UTC)
    assert command_times.stamp(at) == "2026-05-04 22:30 UTC"
    monkeypatch.setenv("QUARTERDECK_CONFIG", str(tmp_path / "own.yaml"))
    assert command_times.stamp(at) == "2026-05-05 04:00 (Kolkata)"
