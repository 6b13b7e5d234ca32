"""The requirements page: a reading put right and remembered, and the buyer's file filled in."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.requirements.workbooks import LIST, book

ROOT = Path(__file__).resolve().parents[2]
ODD = [
    ["Wishes of Acme"],
    ["Key", "Wish", "Ours"],
    ["1", "All data must be encrypted at rest", None],
    ["2", "Quick search", None],
]


@pytest.fixture(autouse=True)
def home(settings, sample, bundle, monkeypatch, tmp_path):
    monkeypatch.setenv("QUARTERDECK_HOME", str(settings.home))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")


def opened(name, content):
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).switch_page("pages/requirements.py").run()
    test.file_uploader(key="requirement_upload").set_value([(name, content, "")]).run()
    assert not test.exception
    return test


def said(test):
    return " ".join(m.value for m in (*test.markdown, *test.caption))


def labelled(elements, label):
    return next(e for e in elements if e.label.startswith(label))


def test_a_reading_is_put_right_and_remembered():
    content = book(S=ODD)
    test = opened("odd.xlsx", content)
    assert "No requirement list was found" in test.warning[0].value
    next(t for t in test.toggle if "requirements" in t.label).set_value(True)
    labelled(test.selectbox, "Heading").set_value(2)
    labelled(test.button, "Read again").click().run()
    assert "Choose the column that holds the requirements." in [w.value for w in test.warning]
    next(t for t in test.toggle if "requirements" in t.label).set_value(True)
    labelled(test.selectbox, "Heading").set_value(2)
    labelled(test.selectbox, "Requirement").set_value(1)
    labelled(test.selectbox, "Id").set_value(0)
    labelled(test.multiselect, "Our comment").set_value([2])
    labelled(test.button, "Read again").click().run()
    assert not test.exception
    assert "2 requirements read from sheet S." in said(test)
    assert "As you said." in said(test)
    later = opened("next.xlsx", book(T=[["Spring"], *ODD[1:], ["3", "Dark mode", None]]))
    assert "3 requirements read from sheet T." in said(later)
    labelled(later.button, "Undo my changes").click().run()
    assert "No requirement list was found" in later.warning[0].value


def test_the_buyers_own_file_is_offered_with_its_proof():
    content = book(S=[[*LIST[0], "Vendor response"], *LIST[1:]])
    test = opened("asked.xlsx", content)
    assert "No answer is approved yet" in said(test)
    assert "No cell changed; the file is identical." in said(test)
    test.selectbox(key="fill_which").set_value("All drafts, unreviewed").run()
    assert "nothing else in your file changed" in said(test)
    assert any("unreviewed: nobody has approved" in warning.value for warning in test.warning)
    assert any(b.label == "Download the buyer's own file, filled in" for b in test.get("download_button"))


def test_a_locked_file_gets_one_sentence():
    test = opened("a.xlsx", b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"))
    assert test.warning[0].value.startswith("The workbook is password-protected")
    assert not any("as it was read" in e.label for e in test.expander)


def test_a_sheet_and_rows_that_were_not_read_are_taken_with_a_click():
    rows = [["Before you start: all answers must be in English"], *LIST]
    others = [["Term", "Meaning"], ["SLA", "The service must be up all the time"]]
    test = opened("taken.xlsx", book(Needs=rows, Words=others))
    assert "2 requirements read from sheet Needs" in said(test)
    assert "It stands above the heading." in said(test)
    labelled(test.button, "Take all 1").click().run()
    assert not test.exception
    assert "3 requirements read from sheet Needs" in said(test)
    labelled(test.button, "Read it").click().run()
    assert not test.exception
    assert "read from 2 sheets" in said(test)


def test_several_files_are_read_as_one_project():
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).switch_page("pages/requirements.py").run()
    files = [("b.xlsx", book(S=LIST), ""), ("a.csv", b"Id,Question\n1,Do you log every access?\n", "")]
    test.file_uploader(key="requirement_upload").set_value(files).run()
    assert not test.exception
    assert "3 requirements read from 2 sheets" in said(test)
