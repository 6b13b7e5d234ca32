"""How many rows leave is counted in the file itself."""

from __future__ import annotations

import io
import json

import polars as pl
import pytest
import xlsxwriter

from core.access.file_rows import rows_in, rows_text


def workbook(n_rows):
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        for _ in range(2):
            sheet = book.add_worksheet()
            for row in range(n_rows):
                sheet.write(row, 0, row)
    return out.getvalue()


CASES = [
    ("a.csv", "", 0),
    ("a.csv", "id\n", 0),
    ("a.CSV", pl.DataFrame({"note": ["two\nlines", "x"]}).write_csv(), 2),
    ("a.csv", b"\xef\xbb\xbfid,b\r\n1,2\r\n", 1),
    ("a.tsv", "id\tb\n1\t2\n", 1),
    ("a.xlsx", workbook(3), 6),
    ("a.xlsx", "no workbook", None),
    ("a.json", json.dumps([1, 2, 3]), 3),
    ("a.json", json.dumps({"a": 1}), None),
    ("a.json", "{", None),
    ("a.pdf", b"%PDF", None),
]


# By number: a workbook holds the second it was written in, and workers must name cases alike.
@pytest.mark.parametrize(("name", "content", "expected"), CASES, ids=range(len(CASES)))
def test_rows_are_counted_by_the_kind_of_file(name, content, expected):
    assert rows_in(name, content) == expected


def test_a_line_of_the_audit_log_says_it_where_there_is_a_table():
    assert rows_text("a.csv", "id\n1\n") == "1 row; "
    assert rows_text("a.csv", "id\n" + "1\n" * 1_200) == "1,200 rows; "
    assert rows_text("a.pdf", b"x") == ""
