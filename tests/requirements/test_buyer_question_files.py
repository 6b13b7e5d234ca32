"""Questions go out as a workbook and a document, and the buyer's answers come back whatever they did to the file."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import docx
import openpyxl
import pytest

from core.contracts.errors import RequirementError
from core.requirements.export import question_files
from core.requirements.read import question_answers
from core.store.buyer_questions import BuyerQuestion

TEXTS = {
    ("S", 1): ("A-1", "Support around the clock"),
    ("S", 2): ("", "=cmd|' /C calc'!A0 users"),
    ("S", 3): ("A-3", "Hosting in the EU"),
}
OURS = [text for pair in TEXTS.values() for text in pair if text]


def question(number, text, state="open", answer=""):
    at = datetime(2026, 5, 4, tzinfo=UTC)
    return BuyerQuestion(number, "S", number, f"AB12-{number}", text, state, answer, "", "", "", "ann", at, None, 1)


QUESTIONS = [
    question(1, "Which time zone do you mean by around the clock?"),
    question(2, '=HYPERLINK("http://x") how many users are there at most?'),
    question(3, "Does hosting in Ireland suffice for you?"),
    question(4, "Who signs?", state="withdrawn"),
]
LINES = question_files.lines(QUESTIONS, TEXTS)


def workbook():
    return openpyxl.load_workbook(io.BytesIO(question_files.workbook(LINES, "=Questions")))


def saved(book):
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def test_nothing_in_the_workbook_computes_and_withdrawn_questions_stay_here():
    sheet = workbook().active
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert [cell.value for cell in sheet["A"]][4:] == ["AB12-1", "AB12-2", "AB12-3"]
    assert sheet["B6"].value == "row 2"


def test_rows_moved_and_headings_reworded_are_found_again():
    book = workbook()
    sheet = book.active
    sheet["E4"] = "What Acme says"
    sheet["E5"], sheet["E6"] = "CET", "400"
    sheet["D5"] = "Zone?"
    sheet.move_range("A5:E5", rows=6)
    answers = question_answers.read(saved(book), "back.xlsx", QUESTIONS, OURS)
    assert answers.answers == {"AB12-1": "CET", "AB12-2": "400"}
    assert answers.reworded == ["AB12-1"]
    assert answers.sentence() == "2 answers to 3 questions of the file; 1 question stands in other words."


def test_a_document_without_its_codes_is_read_by_the_words_of_the_questions():
    document = docx.Document(io.BytesIO(question_files.document(LINES, "Questions\x07")))
    table = document.tables[0]
    for row, answer in zip(table.rows[1:], ("CET", "400", "Yes"), strict=True):
        row.cells[0].text, row.cells[4].text = "", answer
    table.rows[3].cells[3].text = "Does hosting in Ireland suffice to you?"
    answers = question_answers.read(saved(document), "back.docx", QUESTIONS, OURS)
    assert answers.answers == {"AB12-1": "CET", "AB12-2": "400", "AB12-3": "Yes"}


def test_contradictions_and_rows_of_nobody_are_told_and_not_taken():
    text = (
        "Code,Question,Antwort\nAB12-1,Which time zone do you mean by around the clock?,CET\n"
        "AB12-1,Which time zone do you mean by around the clock?,PST\n"
        'AB12-3,=HYPERLINK("http://x") how many users are there at most?,400\nX,Something else entirely,Why not\n'
    )
    answers = question_answers.read(text.encode(), "back.csv", QUESTIONS, OURS)
    assert answers.answers == {}
    assert answers.contradictions == [
        "Row 4 has the code AB12-3 beside the question of AB12-2.",
        "AB12-1 has 2 different answers in the file.",
    ]
    assert answers.unmatched == ["X · Something else entirely · Why not"]


def test_a_question_asked_of_two_rows_needs_its_code():
    twice = [question(1, "Please explain what is meant here."), question(2, "Please explain what is meant here.")]
    text = b"Question,Answer\nPlease explain what is meant here.,So\nAB12-2,Yes\n"
    assert question_answers.read(text, "back.csv", twice).answers == {"AB12-2": "Yes"}


def test_a_file_of_another_list_is_refused():
    with pytest.raises(RequirementError, match="None of the questions"):
        question_answers.read(b"Code,Answer\nZZ99-1,Yes\n", "back.csv", QUESTIONS)
