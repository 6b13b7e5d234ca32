"""Layouts as buyers really send them, each written anew: what was taken for header, text, id, priority, answers."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from core.requirements.read import heading_row, layout
from core.requirements.read.requirement_list import read_list
from tests.requirements.workbooks import book, ods, ods_row

N = None


def said(found):
    lay = found.layouts[0]
    return {
        "header": lay.header_row,
        "columns": {r: c for r, c in lay.columns.items() if r in layout.SINGLE},
        "answers": [(p.column, p.kind) for p in lay.answers],
        "rows": found.frame["row"].to_list(),
    }


CLOUD = [  # a consensus questionnaire of cloud providers
    ["Consensus questionnaire", N, N, N, N],
    ["Question ID", "Question", "CSP CAIQ Answer", "Ownership", "CSP Implementation Description", "CCM Control ID"],
    ["A&A-01.1", "Are audit and assurance policies established and documented?", N, N, N, "A&A-01"],
    ["A&A-01.2", "Are those policies reviewed at least once a year?", N, N, N, "A&A-01"],
    ["A&A-02.1", "Are independent audits conducted according to relevant standards?", N, N, N, "A&A-02"],
]
VERIFICATION = [  # a verification standard in one table
    ["chapter_id", "chapter_name", "section_id", "section_name", "req_id", "req_description", "level1", "cwe"],
    ["V1", "Architecture", "V1.1", "Life cycle", "V1.1.1", "Verify the use of a secure life cycle.", N, N],
    ["V1", "Architecture", "V1.1", "Life cycle", "V1.1.2", "Verify that threat modelling is done.", N, "1053"],
    ["V2", "Sign-in", "V2.1", "Passwords", "V2.1.1", "Verify that passwords are long enough.", "✓", "521"],
]
GERMAN = [
    ["Lastenheft Vertriebsportal", N, N, N, N, N],
    ["Stand: 01.03.2026", N, N, N, N, N],
    [],
    ["Lfd. Nr.", "Themenbereich", "Anforderung", "Muss/Soll/Kann", "Erfüllt (Ja/Nein)", "Bemerkung des Bieters"],
    ["1", "Anmeldung", "Das System muss Single Sign-on unterstützen.", "Muss", N, N],
    ["2", "Anmeldung", "Passwörter sollen alle 90 Tage geändert werden können.", "Soll", N, N],
    ["3", "Berichte", "Berichte können als PDF ausgegeben werden.", "Kann", N, N],
]
FRENCH = [
    ["Réf.", "Domaine", "Exigence", "Priorité", "Réponse du candidat", "Commentaires"],
    ["EX-01", "Sécurité", "La solution doit chiffrer les données au repos.", "Obligatoire", N, N],
    ["EX-02", "Sécurité", "La solution doit journaliser les accès.", "Souhaitée", N, N],
]
SPANISH = [
    ["Código", "Requisito", "Obligatorio", "Cumple (S/N)", "Observaciones"],
    ["RF-1", "El sistema debe permitir la exportación de informes.", "Sí", N, N],
    ["RF-2", "El sistema deberá conservar los registros durante cinco años.", "No", N, N],
]
JAPANESE = [
    ["要件一覧", N, N, N, N],
    ["項番", "分類", "要件内容", "重要度", "対応可否", "備考"],
    ["1", "機能", "利用者はパスワードを変更できること。", "高", N, N],
    ["2", "機能", "管理者は利用者を登録できること。", "中", N, N],
    ["3", "性能", "応答時間は三秒以内であること。", "高", N, N],
]
MARKS = [
    ["#", "Functional requirement", "Standard", "Configuration", "Customization", "Not available", "Comments"],
    ["1", "The system shall import leads from a spreadsheet.", N, N, N, N, N],
    ["2", "The system shall merge duplicate accounts.", N, N, N, N, N],
    ["3", "The system shall forecast by territory.", N, N, N, N, N],
]
SECTIONS = [
    ["Ref", "Requirement", "M/D", "Compliance (Y/N/P)", "Supplier comments"],
    ["1", "General", N, N, N],
    ["1.1", "The supplier must hold a valid ISO 27001 certificate.", "M", N, N],
    ["1.2", "The supplier should have references of the same size.", "D", N, N],
    ["2", "Security", N, N, N],
    ["2.1", "All data must be encrypted in transit.", "M", N, N],
]
STORIES = [
    ["ID", "As a", "I want to", "So that", "Priority"],
    ["US-1", "sales rep", "see my open deals on one page", "I know what to do next", "High"],
    ["US-2", "manager", "compare my reps side by side", "I can coach them", "Medium"],
]
UNNAMED_ID = [
    ["", "Requirement", "Priority", "Response"],
    ["SEC-4.2.1", "Sessions must end after fifteen minutes.", "High", N],
    ["SEC-4.2.2", "Passwords must never be stored in clear.", "High", N],
    ["SEC-4.2.3", "Failed sign-ins must be counted.", "Low", N],
]
UNKNOWN_TONGUE = [
    ["Ayd", "Kelm", "Zors"],
    ["K1", "The tool must run in the browser without a plug-in", "High"],
    ["K2", "The tool must keep an audit trail of all changes", "Low"],
    ["K3", "The tool should send a reminder two days before", "Low"],
]
PLAIN_LINES = [
    ["The system must sign users in with their company account."],
    ["The system must keep all data in the European Union."],
    ["The vendor should answer tickets within four hours."],
]
AGAIN = [
    ["Tender 2026-17 for a sales platform"],
    ["No.", "Description", "Mandatory?", "Vendor response"],
    ["A", "Sign-in", N, N],
    ["A.1", "Users shall sign in with two factors", "Yes", N],
    ["No.", "Description", "Mandatory?", "Vendor response"],
    ["B", "Reports", N, N],
    ["B.1", "Reports shall be exported as PDF", "No", N],
]
CASES = {
    "cloud": (CLOUD, 2, {"text": 1, "id": 0}, [2, 4], [3, 4, 5]),
    "verification": (VERIFICATION, 1, {"text": 5, "id": 4, "category": 1}, [], [2, 3, 4]),
    "german": (GERMAN, 4, {"text": 2, "id": 0, "category": 1, "priority": 3}, [4, 5], [5, 6, 7]),
    "french": (FRENCH, 1, {"text": 2, "id": 0, "category": 1, "priority": 3}, [4, 5], [2, 3]),
    "spanish": (SPANISH, 1, {"text": 1, "id": 0, "priority": 2}, [3, 4], [2, 3]),
    "japanese": (JAPANESE, 2, {"text": 2, "id": 0, "category": 1, "priority": 3}, [4, 5], [3, 4, 5]),
    "marks": (MARKS, 1, {"text": 1, "id": 0}, [2, 3, 4, 5, 6], [2, 3, 4]),
    "sections": (SECTIONS, 1, {"text": 1, "id": 0, "priority": 2}, [3, 4], [3, 4, 6]),
    "stories": (STORIES, 1, {"text": 2, "id": 0, "priority": 4}, [], [2, 3]),
    "unnamed id": (UNNAMED_ID, 1, {"text": 1, "id": 0, "priority": 2}, [3], [2, 3, 4]),
    "unknown tongue": (UNKNOWN_TONGUE, 1, {"text": 1, "id": 0, "priority": 2}, [], [2, 3, 4]),
    "plain lines": (PLAIN_LINES, N, {"text": 0}, [], [1, 2, 3]),
    "header again": (AGAIN, 2, {"text": 1, "id": 0, "priority": 2}, [3], [4, 7]),
}


@pytest.mark.parametrize("case", CASES)
def test_a_layout_is_read_as_a_person_would(case):
    rows, header, columns, answers, wanted = CASES[case]
    found = said(read_list(book(S=rows), "a.xlsx"))
    assert found["header"] == header
    assert found["columns"] == columns
    assert [column for column, _ in found["answers"]] == answers
    assert found["rows"] == wanted


def test_a_framework_whose_text_has_no_telling_name():
    rows = [
        ["Function", "Category", "Subcategory", "References"],
        ["IDENTIFY", "Assets", "Physical devices within the organisation are kept in an inventory", "CIS 1"],
        [None, None, "Software platforms and applications are kept in an inventory", "CIS 2"],
        [None, None, "Communication and data flows are mapped by the organisation", "CIS 12"],
    ]
    found = read_list(book(S=rows), "a.xlsx")
    assert found.layouts[0].names["text"] == "Subcategory"
    assert found.frame["given_category"].to_list() == ["Assets"] * 3


def test_a_data_model_beside_a_list_is_left_out():
    model = [
        ["Entity", "Description"],
        ["Account", "A company we sell to or want to sell to"],
        ["Deal", "A chance to sell"],
    ]
    assert read_list(book(Asked=SECTIONS, Model=model), "a.xlsx").skipped == ("Model",)
    assert len(read_list(book(Model=model), "a.xlsx").frame) == 2


def test_titles_beside_an_id_are_carried_down():
    rows = [
        ["Depth", "Ref", "Name", "Description"],
        ["1", "A", "Access of users"],
        ["2", "A.1", None, "Users must sign in with two factors"],
        ["1", "B", "Backups"],
        ["2", "B.1", None, "Backups must be tested every month"],
        ["3", "B.2", "7", None],
        ["2", "B.3", None, "Backups must be kept for a year"],
    ]
    found = read_list(book(S=rows), "a.xlsx")
    assert found.frame.select("requirement_id", "section").rows() == [
        ("A.1", "Access of users"),
        ("B.1", "Backups"),
        ("B.3", "Backups"),
    ]


@pytest.mark.parametrize(
    ("name", "aside"),
    [
        ("Instructions", True),
        ("Read me first", True),
        ("Disaster Recovery", False),
        ("Guidelines", False),
        ("Pricing", True),
        ("Vendor Contacts", True),
        ("Requirements", False),
        ("lib_meta", True),
        ("Glossar", True),
        ("Discovery", False),
        ("Functional Requirements", False),
        ("Change Log", True),
    ],
)
def test_sheets_named_for_something_else(name, aside):
    assert heading_row.is_aside(name) is aside


def test_a_name_never_beats_the_headings():
    assert read_list(book(Overview=SECTIONS), "a.xlsx").layouts[0].sheet == "Overview"
    two = read_list(book(Overview=SECTIONS, Asked=SECTIONS), "a.xlsx")
    assert [lay.sheet for lay in two.layouts] == ["Overview", "Asked"]


WORDS = st.lists(
    st.sampled_from("system user report must export data audit shall keep show the a für données 管理".split()),
    min_size=5,
    max_size=12,
)
ID_NAMES = ["Ref", "Requirement ID", "No.", "Nr.", "Req #"]
TEXT_NAMES = ["Requirement", "Question", "Requirement description", "Anforderung", "Exigence", "Requisito"]
PRIORITY_NAMES = ["Priority", "MoSCoW", "Priorität", "Importance"]
ANSWER_NAMES = ["Vendor response", "Compliance (Y/N)", "Antwort", "Réponse"]


@st.composite
def layouts(draw):
    """Draw a list: title rows, blank columns, columns in any order, sections, blank rows between."""
    roles = {"text": draw(st.sampled_from(TEXT_NAMES))}
    for role, names in {"id": ID_NAMES, "priority": PRIORITY_NAMES, "answer": ANSWER_NAMES}.items():
        if draw(st.booleans()):
            roles[role] = draw(st.sampled_from(names))
    order = draw(st.permutations(list(roles)))
    blank = [None] * draw(st.integers(0, 2))
    said = [f"{' '.join(words)} {n}" for n, words in enumerate(draw(st.lists(WORDS, min_size=2, max_size=8)))]
    rows = [[*blank, "Tender of Acme Ltd"] for _ in range(draw(st.integers(0, 4)))]
    rows.append([*blank, *(roles[role] for role in order)])
    wanted, section = [], None
    for n, text in enumerate(said):
        if len(order) > 1 and draw(st.integers(0, 4)) == 0 and order[0] != "text":
            section = f"Part {n}"
            rows.append([*blank, section])
        rows += [[]] * draw(st.integers(0, 1))
        cells = {"text": text, "id": f"SEC-{n // 3}.{n}", "priority": ["High", "Medium", "Low"][n % 3], "answer": None}
        rows.append([*blank, *(cells[role] for role in order)])
        given_id, given_priority = (cells[r] if r in roles else None for r in ("id", "priority"))
        wanted.append((len(rows), given_id, section, text, given_priority))
    return rows, wanted


def as_text(rows, mark, encoding):
    target = io.StringIO(newline="")
    csv.writer(target, delimiter=mark).writerows([["" if c is None else c for c in row] for row in rows])
    return target.getvalue().encode(encoding)


@profile(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(layouts(), st.sampled_from(["xlsx", "ods", "csv ,", "csv ;", "csv \t"]), st.sampled_from(["utf-8", "utf-16"]))
def test_a_list_in_a_random_layout_is_read_back_exactly(made, kind, encoding):
    rows, wanted = made
    if kind == "xlsx":
        found = read_list(book(List=rows), "list.xlsx")
    elif kind == "ods":
        table = "".join(ods_row(*("" if c is None else c for c in row)) for row in rows)
        found = read_list(ods(f'<table:table table:name="List">{table}</table:table>'), "list.ods")
    else:
        found = read_list(as_text(rows, kind[-1], encoding), "list.csv")
    names = ("row", "requirement_id", "section", "text", "given_priority")
    assert found.frame.select(names).rows() == wanted
