"""Files a stranger might send, each odd in its own way: what is read, from which columns, at which rows."""

from __future__ import annotations

import io
import json
import textwrap
import zipfile

import docx
import pytest
from docx.oxml import parse_xml

from core.requirements.read import reading_json
from core.requirements.read.requirement_list import read_any
from tests.requirements.documents import Pdf, saved
from tests.requirements.workbooks import book

N = None
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
EN = [
    "The platform shall archive invoices for ten years.",
    "Operators must be able to undo a booking.",
    "The solution shall show stock per warehouse.",
    "The vendor must patch critical flaws within three days.",
    "The portal shall work without plug-ins.",
    "Administrators should be able to lock an account.",
]
DE = [
    "Rechnungen werden zehn Jahre lang aufbewahrt.",
    "Buchungen lassen sich zurücknehmen.",
    "Bestände erscheinen je Lager.",
    "Kritische Lücken schließt der Anbieter binnen drei Tagen.",
    "Das Portal läuft ohne Zusatzprogramme.",
]
NL = [
    "Facturen worden tien jaar bewaard.",
    "Een boeking kan ongedaan worden gemaakt.",
    "Voorraad is per magazijn zichtbaar.",
    "De leverancier herstelt kritieke fouten binnen drie dagen.",
    "Het portaal werkt zonder plug-ins.",
]
PL = [
    "System przechowuje faktury przez dziesięć lat.",
    "Użytkownik może cofnąć księgowanie.",
    "Stany magazynowe są widoczne dla każdego magazynu.",
    "Dostawca usuwa błędy krytyczne w ciągu trzech dni.",
    "Portal działa bez wtyczek.",
]
PT = [
    "O sistema guarda as faturas durante dez anos.",
    "O utilizador pode anular um lançamento.",
    "O stock é mostrado por armazém.",
    "O fornecedor corrige falhas críticas em três dias.",
    "O portal funciona sem extensões.",
]
ZH = [
    "系统应保存发票十年。",
    "用户可以撤销记账。",
    "系统应按仓库显示库存。",
    "供应商应在三天内修复严重漏洞。",
    "门户网站应无需插件即可使用。",
]
HEAD = ["Ref", "Requirement", "Response"]
SIX = [[f"R{n}", text, ""] for n, text in enumerate(EN, 1)]


def sheet(rows, merges=(), hidden=()):
    """Return a workbook of one sheet."""

    def change(made):
        for span in merges:
            made["S"].merge_cells(span)
        for row in hidden:
            made["S"].row_dimensions[row].hidden = True

    return book(change, S=rows)


def filled(table, rows):
    for line, texts in zip(table.rows, rows, strict=True):
        for cell, text in zip(line.cells, texts, strict=True):
            cell.text = str(text)
    return table


def nested_table():
    made = docx.Document()
    outer = made.add_table(1, 1).cell(0, 0)
    outer.text = "Questionnaire"
    questions = [[n, f"Is it so that {text[:-1].lower()}?", ""] for n, text in enumerate(EN, 1)]
    filled(outer.add_table(7, 3), [["No.", "Question", "Answer"], *questions])
    return saved(made)


def tracked_changes():
    """A row that was struck out, and a sentence of which one half was put in and another taken out."""
    made = docx.Document()
    table = filled(made.add_table(8, 3), [HEAD, *SIX, ["R7", "", ""]])
    table.rows[7]._tr.insert(0, parse_xml(f'<w:trPr {W}><w:del w:id="5" w:author="Ann"/></w:trPr>'))
    gone = f'<w:del {W} w:id="6" w:author="Ann"><w:r><w:delText>Struck out.</w:delText></w:r></w:del>'
    table.rows[7].cells[1].paragraphs[0]._p.append(parse_xml(gone))
    sentence = table.rows[1].cells[1].paragraphs[0]._p
    put_in = f'<w:ins {W} w:id="7" w:author="Ann"><w:r><w:t xml:space="preserve"> Always.</w:t></w:r></w:ins>'
    sentence.append(parse_xml(put_in))
    sentence.append(parse_xml(gone))
    return saved(made)


def in_controls(of_rows):
    """A table in a content control, or each of its rows in one."""
    made = docx.Document()
    table = filled(made.add_table(7, 3), [HEAD, *SIX])
    for part in [row._tr for row in table.rows][1:] if of_rows else [table._tbl]:
        control = parse_xml(f"<w:sdt {W}><w:sdtPr/><w:sdtContent/></w:sdt>")
        part.addprevious(control)
        control[1].append(part)
    return saved(made)


def numbered_by_word():
    made = docx.Document()
    for title, texts in (("Security", EN[:3]), ("Operations", EN[3:])):
        made.add_heading(title, 1)
        for text in texts:
            made.add_paragraph(text, style="List Number")
    return saved(made)


def set_in_columns():
    """Clauses in two columns below a line that runs over both."""
    made = Pdf().page().text(50, 810, "Annex B: requirements of Acme and what they are about in all its plants", 14)
    for first, texts, left in ((1, EN[:3], 50), (4, EN[3:], 320)):
        height = 780
        for number, text in enumerate(texts, first):
            for n, line in enumerate(textwrap.wrap(f"{number}. {text}", 34)):
                made.text(left + 12 * (n > 0), height, line)
                height -= 12
            height -= 8
    return made.bytes()


def unruled():
    made = Pdf().page().text(53, 780, "Ref").text(110, 780, "Requirement").text(430, 780, "Answer")
    for number, text in enumerate(EN, 1):
        made.text(53, 792 - 36 * number, f"R{number}")
        for n, line in enumerate(textwrap.wrap(text, 40)):
            made.text(110, 792 - 36 * number - 12 * n, line)
    return made.bytes()


def decoys():
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as packed:
        packed.writestr("tender/list.xlsx", sheet([HEAD, *SIX]))
        packed.writestr("tender/readme.txt", "Please return by Friday.\nThank you.")
        packed.writestr("tender/prices.csv", "Item,Amount\nSeat,\nSetup,\n")
        packed.writestr("tender/inner.zip", b"PK")
        packed.writestr("__MACOSX/._list.xlsx", b"x")
    return target.getvalue()


def hidden_twin():
    def change(made):
        made["Old"].sheet_state = "hidden"

    return book(change, Old=[HEAD, *SIX[:4]], New=[HEAD, *SIX])


def csv_of_excel():
    lines = "".join(f'"{n}";"{t[:-1]}; siehe ""Anlage {n}"",\r\nZeile 2.";"";""\r\n' for n, t in enumerate(DE, 1))
    return f'sep=;\r\n"Nr.";"Anforderung ""Muss""";"Erfüllt";"Kommentar"\r\n{lines}'.encode("cp1252")


def far_off():
    blank = [N] * 8
    rows = [[N] * 5 + ["Acme tender", N, N] if n == 2 else blank for n in range(11)]
    rows.append([N] * 5 + ["Line", "Need", "Reply"])
    for number, text in enumerate(EN, 1):
        rows += [[N] * 5 + [number, text, N], blank]
    return sheet(rows)


def rows_of(texts, form="R{}", *more):
    return [[form.format(n), text, *more] for n, text in enumerate(texts, 1)]


# name: (file, content, lists of (header row, rows, id, text, answers))
FILES = {
    "a Dutch list in the words of a department, one row hidden": (
        "a.xlsx",
        lambda: sheet(
            [["Kenmerk", "Wens van de afdeling", "Weging", "Hoe ingevuld"], *rows_of(NL, "W{}", "M", N)], hidden=[4]
        ),
        [(1, range(2, 7), "Kenmerk", "Wens van de afdeling", ["Hoe ingevuld"])],
    ),
    "Polish, ids with Roman numbers": (
        "a.xlsx",
        lambda: sheet(
            [
                ["Oznaczenie", "Treść", "Waga", "Spełnia (T/N)", "Uwagi"],
                *[
                    [f"SW-{r}.{n}.b", t, 3, N, N]
                    for n, (r, t) in enumerate(zip("I II III IV V".split(), PL, strict=True))
                ],
            ]
        ),
        [(1, range(2, 7), "Oznaczenie", "Treść", ["Spełnia (T/N)", "Uwagi"])],
    ),
    "Polish questions": (
        "a.xlsx",
        lambda: sheet(
            [["Lp.", "Pytanie", "Tak/Nie", "Komentarz"], *[[n, f"Czy {t[:-1]}?", N, N] for n, t in enumerate(PL, 1)]]
        ),
        [(1, range(2, 7), "Lp.", "Pytanie", ["Tak/Nie", "Komentarz"])],
    ),
    "Portuguese blocks with their columns the other way round": (
        "a.xlsx",
        lambda: sheet(
            [
                ["Bloco 1: Financeiro"],
                ["Cód.", "Requisito", "Atende?"],
                *rows_of(PT[:3], "F{}", N),
                [],
                ["Bloco 2: Técnico"],
                ["Requisito", "Cód.", "Atende?"],
                *[[t, f"T{n}", N] for n, t in enumerate(PT[3:], 1)],
            ]
        ),
        [(2, range(3, 6), "Cód.", "Requisito", ["Atende?"]), (8, range(9, 11), "Cód.", "Requisito", ["Atende?"])],
    ),
    "Chinese with modules merged downwards": (
        "a.xlsx",
        lambda: sheet(
            [
                ["模块", "编号", "功能描述", "供应商应答"],
                *[
                    [m, f"GN-00{n}", t, N]
                    for n, (m, t) in enumerate(zip(["财务", N, N, "技术", N], ZH, strict=True), 1)
                ],
            ],
            merges=("A2:A4", "A5:A6"),
        ),
        [(1, range(2, 7), "编号", "功能描述", ["供应商应答"])],
    ),
    "German answers that say k. A. already": (
        "a.xlsx",
        lambda: sheet([["Nr.", "Anforderung", "Antwort", "Bemerkung"], *rows_of(DE, "{}", "k. A.", N)]),
        [(1, range(2, 7), "Nr.", "Anforderung", ["Antwort", "Bemerkung"])],
    ),
    "Spanish questions under lettered sections": (
        "a.xlsx",
        lambda: sheet(
            [
                ["Nº", "Pregunta", "Sí/No", "Observaciones"],
                ["A", "Seguridad", N, N],
                ["A.1", "¿Se cifran los datos en reposo?", N, N],
                ["A.2", "¿Disponen de un plan de continuidad?", N, N],
                ["B", "Soporte", N, N],
                ["B.1", "¿Ofrecen soporte en español?", N, N],
                ["B.2", "¿Qué horario tiene el soporte?", N, N],
            ]
        ),
        [(1, [3, 4, 6, 7], "Nº", "Pregunta", ["Sí/No", "Observaciones"])],
    ),
    "a hidden sheet with an older version": (
        "a.xlsx",
        hidden_twin,
        [(1, range(2, 8), "Ref", "Requirement", ["Response"])],
    ),
    "two rows of headings, merged": (
        "a.xlsx",
        lambda: sheet(
            [["Ref", "What we need", "Supplier", N], [N, N, "Yes / No", "Remarks"], *rows_of(EN, "{}", N, N)],
            merges=("A1:A2", "B1:B2", "C1:D1"),
        ),
        [(1, range(3, 9), "Ref", "What we need", ["Supplier / Yes / No", "Supplier / Remarks"])],
    ),
    "a semicolon file of Excel with quotes and line ends inside": (
        "a.csv",
        csv_of_excel,
        [(2, range(3, 8), "Nr.", 'Anforderung "Muss"', ["Erfüllt", "Kommentar"])],
    ),
    "ids with slashes": (
        "a.xlsx",
        lambda: sheet([["№", "Description of need", "Meets?"], *rows_of(EN, "A/{}/2", N)]),
        [(1, range(2, 8), "№", "Description of need", ["Meets?"])],
    ),
    "letters that begin anew in each section": (
        "a.xlsx",
        lambda: sheet(
            [
                ["No.", "Requirement", "Response"],
                ["1", "Security", N],
                *[[f"{c})", t, N] for c, t in zip("abc", EN[:3], strict=True)],
                ["2", "Operations", N],
                *[[f"{c})", t, N] for c, t in zip("abc", EN[3:], strict=True)],
            ]
        ),
        [(1, [3, 4, 5, 7, 8, 9], "No.", "Requirement", ["Response"])],
    ),
    "a row under the headings that says what to write": (
        "a.xlsx",
        lambda: sheet([HEAD, ["(do not change)", "(do not change)", "(max. 200 characters)"], *rows_of(EN, "R{}", N)]),
        [(1, range(3, 9), "Ref", "Requirement", ["Response"])],
    ),
    "an explanation below each row": (
        "a.xlsx",
        lambda: sheet([HEAD, *[r for row in SIX for r in (row, [N, "Explanation: it matters since the audit.", N])]]),
        [(1, range(2, 13, 2), "Ref", "Requirement", ["Response"])],
    ),
    "far from the corner, every second row blank": (
        "a.xlsx",
        far_off,
        [(12, range(13, 25, 2), "Line", "Need", ["Reply"])],
    ),
    "the same text in two languages": (
        "a.xlsx",
        lambda: sheet(
            [
                ["ID", "Requirement (EN)", "Exigence (FR)", "Response / Réponse"],
                *[[n, t, f"Traduction de l'exigence {n} en français.", N] for n, t in enumerate(EN, 1)],
            ]
        ),
        [(1, range(2, 8), "ID", "Requirement (EN)", ["Response / Réponse"])],
    ),
    "a long reason beside each short text": (
        "a.xlsx",
        lambda: sheet(
            [
                ["Key", "Statement", "Rationale", "Bidder"],
                *rows_of(EN, "K{}", "Because the auditors of our group asked for it and we agreed with them.", N),
            ]
        ),
        [(1, range(2, 8), "Key", "Statement", ["Bidder"])],
    ),
    "weights first, ids last": (
        "a.xlsx",
        lambda: sheet(
            [
                ["Weight", "Mandatory?", "Vendor to complete: compliance", "Requirement", "ID"],
                *[[5, "Yes", N, t, f"X{n}"] for n, t in enumerate(EN, 1)],
            ]
        ),
        [(1, range(2, 8), "ID", "Requirement", ["Vendor to complete: compliance"])],
    ),
    "questions in a table within a table of Word": (
        "a.docx",
        nested_table,
        [(1, range(2, 8), "No.", "Question", ["Answer"])],
    ),
    "tracked changes of Word": ("a.docx", tracked_changes, [(1, range(2, 8), "Ref", "Requirement", ["Response"])]),
    "rows of Word in content controls": (
        "a.docx",
        lambda: in_controls(of_rows=True),
        [(1, range(2, 8), "Ref", "Requirement", ["Response"])],
    ),
    "a table of Word in a content control": (
        "a.docx",
        lambda: in_controls(of_rows=False),
        [(1, range(2, 8), "Ref", "Requirement", ["Response"])],
    ),
    "a PDF table without lines": ("a.pdf", unruled, [(1, range(2, 8), "Ref", "Requirement", ["Answer"])]),
    "a zip with decoys": ("a.zip", decoys, [(1, range(2, 8), "Ref", "Requirement", ["Response"])]),
}


def lists(name, content):
    return reading_json.as_dict(read_any(content, name))["lists"]


@pytest.mark.parametrize("kind", FILES)
def test_an_odd_file_is_read_right(kind):
    name, make, wanted = FILES[kind]
    assert [
        (
            p["header_row"],
            [row["row"] for row in p["rows"]],
            p["columns"]["id"],
            p["columns"]["text"],
            p["answer_columns"],
        )
        for p in lists(name, make())
    ] == [(header, list(rows), *rest) for header, rows, *rest in wanted]


@pytest.mark.parametrize(
    ("name", "make"), [("a.pdf", set_in_columns), ("a.docx", numbered_by_word), ("a.pdf", unruled)]
)
def test_running_text_is_read_in_its_own_order(name, make):
    (part,) = lists(name, make())
    assert [row["text"] for row in part["rows"]] == EN
    assert [row["id"].strip("R.") for row in part["rows"]] == ["1", "2", "3", "4", "5", "6"]


def test_what_was_struck_out_is_not_read_and_what_was_put_in_is():
    (part,) = lists("a.docx", tracked_changes())
    assert part["rows"][0]["text"] == f"{EN[0]} Always."
    assert not any("Struck out" in row["text"] for row in part["rows"])


def test_what_of_a_zip_is_not_read_is_told_by_name():
    read = reading_json.as_dict(read_any(decoys(), "a.zip"))
    told = {part["sheet"].partition(":")[0] for part in read["not_read"]}
    assert told == {"tender/inner.zip", "tender/readme.txt", "tender/prices.csv"}


def test_records_in_groups_of_json_are_one_list():
    groups = [{"name": "A", "requirements": [{"id": f"F{n}", "text": t} for n, t in enumerate(EN, 1)]}]
    (part,) = lists("a.json", json.dumps({"tender": 7, "groups": groups}).encode())
    assert [(row["id"], row["text"]) for row in part["rows"]] == [(f"F{n}", t) for n, t in enumerate(EN, 1)]
