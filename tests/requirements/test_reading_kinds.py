"""Files of many kinds, written anew, each holding one difficulty: what is read, from which columns, at which rows."""

from __future__ import annotations

import io

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.datavalidation import DataValidation

from core.requirements.read import reading_json
from core.requirements.read.requirement_list import read_any
from tests.requirements.documents import word
from tests.requirements.workbooks import book, held

N = None
S = [
    "The platform shall archive invoices for ten years.",
    "Operators must be able to undo a booking.",
    "The solution shall show stock per warehouse.",
    "The vendor must patch critical flaws within three days.",
    "The portal shall work without plug-ins.",
    "Administrators should be able to lock an account.",
    "The interface must answer within one second.",
    "The supplier shall train two trainers.",
]
DE = [
    "Rechnungen werden zehn Jahre lang aufbewahrt.",
    "Buchungen lassen sich zurücknehmen.",
    "Bestände erscheinen je Lager.",
    "Kritische Lücken schließt der Anbieter binnen drei Tagen.",
    "Das Portal läuft ohne Zusatzprogramme.",
    "Konten werden nach fünf Fehlversuchen gesperrt.",
]
FR = [
    "Le système conserve les factures pendant dix ans.",
    "Un utilisateur annule une écriture en un clic.",
    "Les stocks sont affichés par entrepôt.",
    "Le fournisseur corrige les failles sous trois jours.",
    "Le portail fonctionne sans extension du navigateur.",
]
ES = [
    "El sistema conserva las facturas durante diez años.",
    "Los usuarios anulan un asiento con un clic.",
    "Las existencias se muestran por almacén.",
    "El proveedor corrige los fallos en tres días.",
    "El portal funciona sin complementos en el navegador.",
]


def numbered(texts, key="R-{}", more=()):
    return [[key.format(n), text, *more] for n, text in enumerate(texts, 1)]


def part(sheet, header, rows, **columns):
    return {
        "sheet": sheet,
        "header": header,
        "rows": list(rows),
        "id": N,
        "text": N,
        "priority": N,
        "category": N,
        "answers": [],
        **columns,
    }


def plain(rows, *parts, name="a.xlsx", **others):
    return lambda: (name, book(Needs=rows, **others), parts)


def choices(formula, span, rows, **others):
    def change(made):
        rule = DataValidation(type="list", formula1=formula)
        rule.add(span)
        made["Needs"].add_data_validation(rule)

    return book(change, Needs=rows, **others)


def merged(rows, *spans, **others):
    def change(made):
        for span in spans:
            made["Needs"].merge_cells(span)

    return book(change, Needs=rows, **others)


def delimited(rows, mark=",", encoding="utf-8"):
    import csv

    target = io.StringIO()
    csv.writer(target, delimiter=mark).writerows([[cell or "" for cell in row] for row in rows])
    return target.getvalue().encode(encoding)


LIST = [["Id", "Requirement", "Priority"], *numbered(S, more=["Must"])]
MAIN = part("Needs", 1, range(2, 10), id="Id", text="Requirement", priority="Priority")
SMALL = [["Id", "Requirement"], *numbered(S[:4])]
SMALL_PART = part("Needs", 1, range(2, 6), id="Id", text="Requirement")

KINDS = {
    # names of sheets
    "modules named like asides": lambda: (
        "a.xlsx",
        book(**dict.fromkeys(("Cost Centres", "Risk Rating", "References Check", "Stock"), LIST)),
        [{**MAIN, "sheet": n} for n in ("Cost Centres", "Risk Rating", "References Check", "Stock")],
    ),
    "an aside with another heading that asks": lambda: (
        "a.xlsx",
        book(
            Needs=LIST,
            **{
                "Contact Centre": [
                    ["No.", "Question", "Vendor response"],
                    *numbered([f"Do you {s[4:]}" for s in S], "C{}"),
                ]
            },
        ),
        [
            MAIN,
            part("Contact Centre", 1, range(2, 10), id="No.", text="Question", answers=["Vendor response"]),
        ],
    ),
    "instructions are none": plain(
        LIST,
        MAIN,
        Instructions=[["How to fill this in"], ["Please answer every row."], ["You must not change the ids."]],
    ),
    # decoys
    "a register of risks": plain(
        LIST,
        MAIN,
        Risks2=[
            ["Ref", "Description", "Likelihood", "Impact", "Owner"],
            *[[f"K{n}", f"Key people could leave in phase {n}.", "High", "Low", "Ann"] for n in range(9)],
        ],
    ),
    "parameters": plain(
        LIST,
        MAIN,
        Volumes=[
            ["Id", "Parameter", "Value", "Unit"],
            *[[f"P{n}", f"Number of invoices a day in plant {n}", 10 * n, "pieces"] for n in range(9)],
        ],
    ),
    "a mapping": plain(
        LIST,
        MAIN,
        Crosswalk=[
            ["Id", "Description", "Source", "Target"],
            *[[f"M{n}", f"Corresponds to control number {n} of the norm", f"A.{n}", f"B.{n}"] for n in range(9)],
        ],
    ),
    "groups": plain(
        LIST,
        MAIN,
        Groups=[
            ["Id", "Name", "Description"],
            *[[f"G{n}", f"Group {n}", f"Firms with up to {n}0 people"] for n in (1, 2, 3)],
        ],
    ),
    "scores": plain(
        LIST,
        MAIN,
        Levels=[["Score", "Meaning"], *[[n, f"The process is at stage {n} of its growth"] for n in range(5)]],
    ),
    "withdrawn in German": plain(
        LIST,
        MAIN,
        Altes=[["Nr", "Anforderung", "Stand"], *[[f"X{n}", text, "entfallen"] for n, text in enumerate(DE)]],
    ),
    "superseded ones": plain(
        LIST,
        MAIN,
        Old=[["Id", "Requirement", "Superseded by"], *[[f"X{n}", text, f"R-{n}"] for n, text in enumerate(S[:5])]],
    ),
    "a sheet of choices": lambda: (
        "a.xlsx",
        choices(
            "=Words!$A$2:$A$4",
            "C2:C9",
            [["Id", "Requirement", "Response"], *numbered(S)],
            Words=[
                ["Response words"],
                ["Fully met by the standard"],
                ["Partly met by the standard"],
                ["Not met at all now"],
            ],
        ),
        [part("Needs", 1, range(2, 10), id="Id", text="Requirement", answers=["Response"])],
    ),
    "terms": plain(
        LIST, MAIN, Words=[["Term", "Definition"], ["SLA", "What we must provide"], ["RTO", "How long it can take"]]
    ),
    "own answers": lambda: (
        "a.csv",
        delimited(
            [
                ["Id", "Topic", "Answer", "Owner", "Last reviewed", "Tags"],
                *[[f"A{n}", "Backups", f"We keep copies in {n} places.", "Ann", "2026-01-01", "x"] for n in range(6)],
            ]
        ),
        [],
    ),
    # headings
    "title rows above": plain(
        [["Tender 12", N, N], ["Requirements for the new platform"], ["Date", "2026-03-01"], N or [], *LIST],
        part("Needs", 5, range(6, 14), id="Id", text="Requirement", priority="Priority"),
    ),
    "a body row that reads like a heading": plain(
        [*LIST[:4], ["R-90", "Question", "Priority"], ["R-91", "Security Requirements", "Must"], *LIST[4:]],
        part("Needs", 1, range(2, 12), id="Id", text="Requirement", priority="Priority"),
    ),
    "two rows of headings": lambda: (
        "a.xlsx",
        merged(
            [["Id", "Requirement", "Vendor", N], [N, N, "Response", "Comments"], *numbered(S)],
            "A1:A2",
            "B1:B2",
            "C1:D1",
        ),
        [
            part(
                "Needs",
                1,
                range(3, 11),
                id="Id",
                text="Requirement",
                answers=["Vendor / Response", "Vendor / Comments"],
            )
        ],
    ),
    "a heading per section": plain(
        [
            ["Archive", N, N],
            ["Id", "Requirement", "Response"],
            *numbered(S[:3], "A{}"),
            [],
            ["Service", N, N],
            ["Id", "Requirement", "Response"],
            *numbered(S[3:6], "B{}"),
        ],
        part("Needs", 2, [3, 4, 5, 9, 10, 11], id="Id", text="Requirement", answers=["Response"]),
    ),
    # sections
    "chapters over numbers": plain(
        [
            ["#", "Requirement"],
            ["V1", "Archive"],
            ["1.1", S[0]],
            ["1.2", S[1]],
            ["V2", "Service"],
            ["2.1", S[3]],
            ["2.2", S[4]],
        ],
        part("Needs", 1, [3, 4, 6, 7], id="#", text="Requirement"),
    ),
    "chapters in the text's column": plain(
        [
            ["#", "Requirement", "Response"],
            [N, "V1 Archive and search", N],
            ["1.1", S[0], N],
            ["1.2", S[1], N],
            [N, "V2 Service", N],
            ["2.1", S[3], N],
            ["2.2", S[4], N],
        ],
        part("Needs", 1, [3, 4, 6, 7], id="#", text="Requirement", answers=["Response"]),
    ),
    "titles without ids": plain(
        [
            ["Requirement", "Priority"],
            ["Archive", N],
            [S[0], "Must"],
            [S[1], "Should"],
            ["Service", N],
            [S[3], "Must"],
            [S[4], "Must"],
        ],
        part("Needs", 1, [3, 4, 6, 7], text="Requirement", priority="Priority"),
    ),
    "titles merged over the table": lambda: (
        "a.xlsx",
        merged(
            [
                ["Id", "Requirement", "Area"],
                ["Archive and search", N, N],
                *numbered(S[:3], more=["x"]),
                ["Service", N, N],
                *numbered(S[3:6], "T-{}", more=["y"]),
            ],
            "A2:C2",
            "A6:C6",
        ),
        [part("Needs", 1, [3, 4, 5, 7, 8, 9], id="Id", text="Requirement", category="Area")],
    ),
    # examples and notes
    "an example first": plain(
        [LIST[0], ["Example", "The system shall play music.", "Must"], *LIST[1:]],
        part("Needs", 1, range(3, 11), id="Id", text="Requirement", priority="Priority"),
    ),
    "notes between": plain(
        [*LIST[:4], [N, "Note: the next rows must be answered in full.", N], *LIST[4:]],
        part("Needs", 1, [2, 3, 4, *range(6, 11)], id="Id", text="Requirement", priority="Priority"),
    ),
    # forms
    "a form in French": plain(
        [["Questionnaire"]] + [row for n, t in enumerate(FR, 1) for row in ([n, t], [N, "Réponse :"])],
        part("Needs", N, [2, 4, 6, 8, 10], id="column A", text="column B", answers=["C of the next row"]),
    ),
    "a form with the label in front": plain(
        [row for n, t in enumerate(S[:5], 1) for row in ([f"Q{n}", f"Describe how {t[4:]}"], ["Answer:", N], [])],
        part("Needs", N, [1, 4, 7, 10, 13], id="column A", text="column B", answers=["B of the next row"]),
    ),
    "a form with sections": plain(
        [["Company", N]]
        + [row for n, t in enumerate(S[:3], 1) for row in ([f"1.{n}", t], [N, "Vendor response:"])]
        + [["Service", N]]
        + [row for n, t in enumerate(S[3:6], 1) for row in ([f"2.{n}", t], [N, "Vendor response:"])],
        part("Needs", N, [2, 4, 6, 9, 11, 13], id="column A", text="column B", answers=["C of the next row"]),
    ),
    # headings nobody knows here
    "Funcionalidades": plain(
        [["Clave", "Funcionalidades", "Bloque"], *[[f"F{n}", t, "Ventas"] for n, t in enumerate(ES, 1)]],
        part("Needs", 1, range(2, 7), id="Clave", text="Funcionalidades"),
    ),
    "FONCTIONS": plain(
        [["Rubrique", "N°", "FONCTIONS ATTENDUES", "Poids"], *[["Base", f"F.{n}", t, 3] for n, t in enumerate(FR, 1)]],
        part("Needs", 1, range(2, 7), id="N°", text="FONCTIONS ATTENDUES", category="Rubrique"),
    ),
    "Beschreibung": plain(
        [["Kürzel", "Titel", "Beschreibung"], *[[f"AF-{n}", f"Thema {n}", t] for n, t in enumerate(DE, 1)]],
        part("Needs", 1, range(2, 8), id="Kürzel", text="Beschreibung"),
    ),
    "Hungarian headings": plain(
        [["Jel", "Leírás röviden"], *[[f"J{n}", t] for n, t in enumerate(DE, 1)]],
        part("Needs", 1, range(2, 8), id="Jel", text="Leírás röviden"),
    ),
    "Vietnamese headings": plain(
        [["STT", "Nội dung yêu cầu"], *[[n, f"Hệ thống lưu trữ hóa đơn trong vòng {n} năm."] for n in range(1, 7)]],
        part("Needs", 1, range(2, 8), id="STT", text="Nội dung yêu cầu"),
    ),
    # ids
    "ids under Functional requirement": plain(
        [["Epic", "Functional requirement", "Description"], *[["Sales", f"R{n}.1", t] for n, t in enumerate(S, 1)]],
        part("Needs", 1, range(2, 10), id="Functional requirement", text="Description", category="Epic"),
    ),
    "codes before a colon": plain(
        [["Requirement", "Response"], *[[f"SEC-{n:02}: {t}", N] for n, t in enumerate(S, 1)]],
        part("Needs", 1, range(2, 10), text="Requirement", answers=["Response"]),
    ),
    "user stories": plain(
        [
            ["User Story #", "As a", "I want to", "So that"],
            *[
                [f"US{n}", "clerk", f"see all open bookings of month {n}", f"nobody waits for answer {n}"]
                for n in range(1, 7)
            ],
        ],
        part("Needs", 1, range(2, 8), id="User Story #", text="I want to"),
    ),
    "word ids without a heading": lambda: (
        "a.csv",
        delimited([[f"login-{w}", t] for w, t in zip(("page", "lock", "mail", "log", "sso", "role"), S, strict=False)]),
        [part("csv", N, range(1, 7), id="column A", text="column B")],
    ),
    # priorities and answers
    "assurance levels and a flag": plain(
        [
            ["Id", "Key measure", "Requirement", "Assurance level"],
            *[[f"R{n}", "Key measure" if n % 2 else N, t, ("Basic", "Important")[n % 2]] for n, t in enumerate(S)],
        ],
        part("Needs", 1, range(2, 10), id="Id", text="Requirement", priority="Assurance level"),
    ),
    "scores filled in beforehand": lambda: (
        "a.xlsx",
        choices('"0,1,2,3"', "C2:C9", [["Id", "Requirement", "Self score", "Remarks"], *numbered(S, more=[0])]),
        [part("Needs", 1, range(2, 10), id="Id", text="Requirement", answers=["Self score", "Remarks"])],
    ),
    "valid and non-valid": lambda: (
        "a.xlsx",
        choices('"Valid,Non-valid"', "C2:C9", [["Id", "Requirement", "Outcome"], *numbered(S, more=["Non-valid"])]),
        [part("Needs", 1, range(2, 10), id="Id", text="Requirement", answers=["Outcome"])],
    ),
    "blocks beside each other": plain(
        [["Id", "Requirement", N, "Id", "Requirement"], *[[f"A{n}", S[n], N, f"B{n}", S[n + 4]] for n in range(4)]],
        part("Needs", 1, range(2, 6), id="Id", text="Requirement"),
        part("Needs", 1, range(2, 6), id="Id", text="Requirement"),
    ),
    "blocks with other headings": plain(
        [["Ref", "Functional requirement", N, "No", "Technical requirement"]]
        + [[f"A{n}", S[n], N, f"B{n}", S[n + 4]] for n in range(4)],
        part("Needs", 1, range(2, 6), id="Ref", text="Functional requirement"),
        part("Needs", 1, range(2, 6), id="No", text="Technical requirement"),
    ),
    "a legend below": plain([*LIST, [], ["Legend"], ["Yes", "Fully there today"], ["No", "Not there at all"]], MAIN),
    "a heading merged over ids and texts": lambda: (
        "a.xlsx",
        merged([["Requirement", N, "Answer"], *numbered(S, "1.{}", more=[N])], "A1:B1"),
        [part("Needs", 1, range(2, 10), id="Requirement", text="Requirement", answers=["Answer"])],
    ),
    "blocks of labelled rows": plain(
        [
            row
            for n, t in enumerate(S[:3], 1)
            for row in (["Requirement ID", f"R{n}"], ["Requirement", t], ["Response", N], [])
        ],
        part("Needs", N, [2, 6, 10], text="column B", answers=["B of the next row"]),
    ),
    "letters over numbers that start again": plain(
        [
            ["S.No", "Technical specification", "Compliance (Yes/No)", "Remarks"],
            ["A", "Servers", N, N],
            *[[n, t, N, N] for n, t in enumerate(S[:4], 1)],
            ["B", "Storage", N, N],
            *[[n, t, N, N] for n, t in enumerate(S[4:], 1)],
            ["Total", 8, N, N],
        ],
        part(
            "Needs",
            1,
            [3, 4, 5, 6, 8, 9, 10, 11],
            id="S.No",
            text="Technical specification",
            answers=["Compliance (Yes/No)", "Remarks"],
        ),
    ),
    "tasks with codes under headings nobody knows": plain(
        [
            ["Practices", "Tasks", "References"],
            ["Define Needs (PO.1): Ensure that needs are known.", N, N],
            *[[N, f"PO.1.{n}: {t}", f"SM.{n}"] for n, t in enumerate(DE, 1)],
        ],
        part("Needs", 1, range(3, 9), text="Tasks"),
    ),
    "chapters between ticks": plain(
        [
            ["ID", "Own ID", "Verification Requirement", "Level 1", "Level 2", "Status"],
            ["V1", N, "Design and threat modelling", N, N, N],
            *[[f"1.{n}", f"ARCH-{n}", t, "✓", "✓", "N/A"] for n, t in enumerate(S[:4], 1)],
            ["V2", N, "Data storage and privacy", N, N, N],
            *[[f"2.{n}", f"DATA-{n}", t, "✓", "✓", "N/A"] for n, t in enumerate(S[4:], 1)],
        ],
        part("Needs", 1, [3, 4, 5, 6, 8, 9, 10, 11], id="ID", text="Verification Requirement"),
    ),
    "Portuguese": plain(
        [
            ["Item", "Descrição do Requisito", "Tipo", "Obrigatório (S/N)", "Atende (S/N)", "Observações"],
            *[
                [n, f"O sistema deve permitir a emissão de notas de tipo {n}.", "Vendas", "S", N, N]
                for n in range(1, 6)
            ],
        ],
        part(
            "Needs",
            1,
            range(2, 7),
            id="Item",
            text="Descrição do Requisito",
            priority="Obrigatório (S/N)",
            category="Tipo",
            answers=["Atende (S/N)", "Observações"],
        ),
    ),
    "titles in capitals between questions": plain(
        [
            ["QUESTION", "YES/NO", "NOTES"],
            ["LAWFULNESS AND CONSENT", N, N],
            *[[f"Do you keep record {n} of consent?", N, N] for n in range(3)],
            ["Rights of People", N, N],
            *[[f"Can people get copy {n}?", N, N] for n in range(3)],
        ],
        part("Needs", 1, [3, 4, 5, 7, 8, 9], text="QUESTION", answers=["YES/NO", "NOTES"]),
    ),
    "in place and not in place": plain(
        [
            ["Need", "In place", "Not in place", "N/A", "Comments"],
            *[[f"1.{n} {t}", N, N, N, N] for n, t in enumerate(S)],
        ],
        part("Needs", 1, range(2, 10), text="Need", answers=["one X in B:D", "Comments"]),
    ),
    "empty boxes merged below the questions": lambda: (
        "a.xlsx",
        merged(
            [row for n, t in enumerate(S[:4], 1) for row in ([n, f"Please describe how {t[4:]}"], [N, N])],
            *(f"A{n}:B{n}" for n in (2, 4, 6, 8)),
        ),
        [part("Needs", N, [1, 3, 5, 7], id="column A", text="column B", answers=["B of the next row"])],
    ),
    "a label with a limit": plain(
        [
            row
            for n, t in enumerate(S[:4], 1)
            for row in ([f"Q {n}", f"Please describe how {t[4:]}"], ["Supplier response (max. 200 words):", N])
        ],
        part("Needs", N, [1, 3, 5, 7], id="column A", text="column B", answers=["B of the next row"]),
    ),
    "Czech": plain(
        [
            ["Č.", "Popis požadavku", "Splňuje ANO/NE", "Komentář dodavatele"],
            *[[n, f"Systém musí umožnit export sestavy číslo {n} do souboru.", N, N] for n in range(1, 7)],
        ],
        part(
            "Needs",
            1,
            range(2, 8),
            id="Č.",
            text="Popis požadavku",
            answers=["Splňuje ANO/NE", "Komentář dodavatele"],
        ),
    ),
    "Thai": plain(
        [["ที่", "รายละเอียดข้อกำหนด"], *[[n, f"ระบบต้องสามารถส่งออกรายงานหมายเลข {n} เป็นไฟล์ได้"] for n in range(1, 7)]],
        part("Needs", 1, range(2, 8), id="ที่", text="รายละเอียดข้อกำหนด"),
    ),
    "a section's name over its column": plain(
        [
            ["1. Security", "Compliant (Y/N)", "Comments"],
            *[[t, N, N] for t in S[:4]],
            ["2. Reports", "Compliant (Y/N)", "Comments"],
            *[[t, N, N] for t in S[4:]],
        ],
        part("Needs", 1, [2, 3, 4, 5, 7, 8, 9, 10], text="1. Security", answers=["Compliant (Y/N)", "Comments"]),
    ),
    "several tables of a document": lambda: (
        "a.docx",
        word(SMALL, [["Name", "Role"], ["Ann", "Buyer"]], [SMALL[0], *numbered(S[4:], "T-{}")], before=["Hello."]),
        [{**SMALL_PART, "sheet": "Table 1"}, {**SMALL_PART, "sheet": "Table 3"}],
    ),
    "a title and notes in a delimited file": lambda: (
        "a.csv",
        delimited(
            [["Tender 7"], ["Please answer every line"], [], ["Nr", "Anforderung", "Antwort"], *numbered(DE, "{}")], ";"
        ),
        [part("csv", 4, range(5, 11), id="Nr", text="Anforderung", answers=["Antwort"])],
    ),
    "only questions": lambda: (
        "a.csv",
        "\n".join(f"Do you offer service {n}?" for n in range(6)).encode(),
        [part("csv", N, range(1, 7), text="column A")],
    ),
}


def shown(read):
    return [
        {
            "sheet": p["sheet"],
            "header": p["header_row"],
            "rows": [row["row"] for row in p["rows"]],
            **p["columns"],
            "answers": p["answer_columns"],
        }
        for p in reading_json.as_dict(read)["lists"]
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_read_right(kind):
    name, content, wanted = KINDS[kind]()
    assert shown(read_any(content, name)) == list(wanted)


def test_every_row_that_asks_is_read_or_told():
    for make in KINDS.values():
        name, content, _ = make()
        read = read_any(content, name)
        rows = {(grid.name, number) for grid in read.grids for number, cells in grid.rows if any(c in S for c in cells)}
        told = {(part.sheet, number) for part in read.not_read for number in part.rows}
        assert rows <= {(r["sheet"], r["row"]) for r in read.frame.iter_rows(named=True)} | told


def test_codes_before_a_colon_are_ids_and_the_text_stays_as_it_is():
    name, content, _ = KINDS["codes before a colon"]()
    rows = reading_json.as_dict(read_any(content, name))["lists"][0]["rows"]
    assert (rows[0]["id"], rows[0]["text"]) == ("SEC-01", f"SEC-01: {S[0]}")


def test_a_workbook_of_openpyxl_without_a_list_is_read_as_none():
    assert reading_json.as_dict(read_any(held(Workbook()), "a.xlsx"))["lists"] == []
