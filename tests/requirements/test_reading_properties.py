"""Lists drawn at random: headings in eleven languages, decoys around them, ids of any form, sections between."""

from __future__ import annotations

import contextlib
import csv
import io
import json
from pathlib import Path

import docx
from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from core.contracts.errors import RequirementError
from core.requirements.officefiles import bundles
from core.requirements.read import reading_json
from core.requirements.read.requirement_list import read_any
from tests.requirements.documents import Pdf, saved, word
from tests.requirements.workbooks import book

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
LANGUAGES = {
    "English": (
        ["Ref", "Req ID", "No."],
        ["Requirement", "Question"],
        ["Priority", "MoSCoW"],
        ["Vendor response", "Answer"],
    ),
    "German": (["Nr.", "Kennung"], ["Anforderung", "Frage"], ["Priorität"], ["Antwort", "Erfüllt (Ja/Nein)"]),
    "French": (["Réf.", "N°"], ["Exigence", "Libellé de l'exigence"], ["Priorité"], ["Réponse"]),
    "Spanish": (["Código"], ["Requisito"], ["Prioridad"], ["Respuesta", "Cumple (S/N)"]),
    "Italian": (["Cod.", "Codice"], ["Requisito", "Descrizione"], ["Priorità"], ["Risposta"]),
    "Portuguese": (["Código"], ["Requisito"], ["Prioridade"], ["Resposta"]),
    "Dutch": (["Nr"], ["Eis", "Vraag"], ["Prioriteit"], ["Antwoord"]),
    "Polish": (["Lp."], ["Wymaganie", "Opis wymagania"], ["Priorytet"], ["Odpowiedź"]),
    "Swedish": (["Nr"], ["Krav", "Fråga"], ["Prioritet"], ["Svar"]),
    "Chinese": (["序号", "编号"], ["需求描述", "要求内容"], ["优先级"], ["是否满足"]),
    "Japanese": (["項番", "番号"], ["要件内容", "要求事項"], ["優先度"], ["回答"]),
}
SENTENCES = {
    "English": "The system shall export list {} to a file.",
    "German": "Das System muss die Liste {} in eine Datei ausgeben.",
    "French": "La solution doit exporter la liste {} vers un fichier.",
    "Spanish": "El sistema debe exportar la lista {} a un archivo.",
    "Italian": "Il sistema deve esportare la lista {} in un documento.",
    "Portuguese": "O sistema deve exportar a lista {} para um arquivo.",
    "Dutch": "Het systeem moet lijst {} naar een bestand exporteren.",
    "Polish": "System musi eksportować listę {} do pliku.",
    "Swedish": "Systemet ska exportera lista {} till en fil.",
    "Chinese": "系统应支持将列表{}导出为文件,并记录操作日志。",
    "Japanese": "システムは一覧{}をファイルに出力できること。",
}
FORMS = ["{}", "{}.", "R-{}", "REQ_{:03}", "1.{}", "FR{}", "AB.C-{:02}", "{}a"]
NAMES = ["Needs", "Contact Centre", "Budgeting", "Risk Assessment Needs", "Input Validation", "Blatt 1", "要件"]
DECOYS = {
    "Notes": [["Instructions"], ["Please fill in all rows."], ["Nothing here is asked for."]],
    "Codes": [["Code", "Meaning"], ["F", "Fully met out of the box"], ["P", "Partly met today"], ["N", "Not met"]],
    "Gone": [
        ["Id", "Requirement", "Status"],
        *[[f"X{n}", f"The system shall drop thing {n}.", "Withdrawn"] for n in range(4)],
    ],
    "Team": [["Name", "Phone", "Email"], ["Ann", "1", "a@example.com"]],
    "Sizes": [["Parameter", "Value", "Unit"], *[[f"Bookings in hall {n}", n, "a day"] for n in range(5)]],
}
TITLES = [[], [["Tender 2026/7"]], [["Tender"], ["Buyer", "Acme"], []], [["Please answer in full."], []]]
MODEST = profile(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@st.composite
def drawn(draw):
    """Draw a list in one language: its rows of cells, and what is right about it."""
    language = draw(st.sampled_from(sorted(LANGUAGES)))
    keys, texts, priorities, answers = LANGUAGES[language]
    roles = {"text": draw(st.sampled_from(texts))}
    roles |= {"id": draw(st.sampled_from(keys))} if draw(st.integers(0, 4)) else {}
    roles |= {"priority": draw(st.sampled_from(priorities))} if draw(st.booleans()) else {}
    roles |= {"answer": draw(st.sampled_from(answers))} if draw(st.booleans()) or len(roles) == 1 else {}
    order = [role for role in ("id", "text", "priority", "answer") if role in roles]
    form = draw(st.sampled_from(FORMS))
    title = draw(st.sampled_from(TITLES))
    rows = [*title, [roles[role] for role in order]]
    right = []
    for number in range(1, draw(st.integers(4, 14)) + 1):
        if number in (2, 5) and "id" in roles and draw(st.booleans()):
            rows.append(["" if role != "text" else f"Section {number}" for role in order])
        cells = {"id": form.format(number), "text": SENTENCES[language].format(number), "priority": "A", "answer": ""}
        rows.append([cells[role] for role in order])
        right.append((len(rows), cells["text"]))
    return rows, roles, len(title) + 1, right


def checked(part, roles, header, right):
    assert part["header_row"] == header
    assert {role: part["columns"][role] for role in ("id", "text", "priority")} == {
        role: roles.get(role) for role in ("id", "text", "priority")
    }
    assert [(row["row"], row["text"]) for row in part["rows"]] == right
    assert "answer" not in roles or roles["answer"] in part["answer_columns"]


@MODEST
@given(drawn(), st.sampled_from(NAMES), st.sets(st.sampled_from(sorted(DECOYS)), max_size=3), st.booleans())
def test_a_drawn_workbook_is_read_right_among_decoys(case, name, decoys, first):
    rows, roles, header, right = case
    others = {decoy: DECOYS[decoy] for decoy in sorted(decoys)}
    sheets = {**others, name: rows} if first else {name: rows, **others}
    read = reading_json.as_dict(read_any(book(**sheets), "a.xlsx"))
    (part,) = read["lists"]
    assert part["sheet"] == name
    checked(part, roles, header, right)
    assert {part["sheet"] for part in read["not_read"]} >= set(others)


@MODEST
@given(drawn(), st.sampled_from([",", ";", "\t", "|"]), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_a_drawn_text_file_is_read_right(case, mark, encoding):
    rows, roles, header, right = case
    target = io.StringIO()
    csv.writer(target, delimiter=mark).writerows(rows)
    (part,) = reading_json.as_dict(read_any(target.getvalue().encode(encoding), "a.csv"))["lists"]
    checked(part, roles, header, right)


@profile(parent=MODEST, max_examples=15)
@given(drawn())
def test_a_drawn_word_document_is_read_right(case):
    rows, roles, header, right = case
    made = docx.Document()
    table = made.add_table(rows=len(rows), cols=max(map(len, rows)))
    for line, texts in zip(table.rows, rows, strict=True):
        for cell, text in zip(line.cells, texts, strict=False):
            cell.text = text
    (part,) = reading_json.as_dict(read_any(saved(made), "a.docx"))["lists"]
    checked(part, roles, header, right)


@profile(parent=MODEST, max_examples=15)
@given(st.integers(3, 40), st.sampled_from(["{}.1", "R-{}", "{})"]), st.booleans())
def test_a_drawn_pdf_is_read_right(n_rows, form, ruled):
    made = Pdf()
    rows = [
        ["Ref", "Requirement", "Answer"],
        *[[form.format(n), f"The system shall do thing {n}.", ""] for n in range(1, n_rows + 1)],
    ]
    for start in range(0, len(rows), 30):
        made.page().table(rows[start : start + 30], [50, 110, 400, 550], 780, ruled=ruled)
    (part,) = reading_json.as_dict(read_any(made.bytes(), "a.pdf"))["lists"]
    assert [(row["id"], row["text"]) for row in part["rows"]] == [(row[0], row[1]) for row in rows[1:]]


def whole():
    rows = [["Ref", "Requirement", "Answer"], *[[f"R{n}", f"The system shall do thing {n}.", ""] for n in range(1, 6)]]
    page = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    records = [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
    return {
        "a.docx": word(rows),
        "a.pdf": Pdf().page().table(rows, [50, 110, 400, 550], 780).field("f", 405, 740).bytes(),
        "a.xls": (FIXTURES / "anforderungen.xls").read_bytes(),
        "a.html": f"<html><body><table>{page}</table></body></html>".encode(),
        "a.json": json.dumps(records).encode(),
        "a.zip": bundles.packed_together([("b.docx", word(rows)), ("c.csv", b"Id,Question\n1,Do you log?\n")]),
    }


WHOLE = whole()


@profile(parent=MODEST, max_examples=150)
@given(
    st.sampled_from(sorted(WHOLE)),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=9),
    st.floats(0.2, 1),
)
def test_a_damaged_file_is_read_or_told(name, changes, length):
    content = bytearray(WHOLE[name])
    for where, byte in changes:
        content[min(int(where * len(content)), len(content) - 1)] = byte
    with contextlib.suppress(RequirementError):
        reading_json.as_dict(read_any(bytes(content[: max(1, int(length * len(content)))]), name))
