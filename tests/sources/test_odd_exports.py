"""Small odd exports: the figures come out right, and what is left out or guessed is said."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path

import pytest
import yaml

from core.config import load
from core.contracts.errors import SourceError
from core.sources.check import summary
from core.sources.folder import reading_of_files

CASES = yaml.safe_load(Path(__file__).with_name("odd_exports.yaml").read_text(encoding="utf-8"))
SETTINGS = load(environ={})


def told_of(answer):
    return " ".join((*answer["notes"], *answer["questions"]))


@pytest.mark.parametrize("name", CASES)
def test_an_odd_export_is_read_right_and_told(name):
    case = CASES[name]
    reading = reading_of_files({file: text.encode() for file, text in case["files"].items()}, settings=SETTINGS)
    answer = summary(reading, SETTINGS)
    wanted = {k: v.isoformat() if isinstance(v, dt.date) else v for k, v in case["figures"].items()}
    assert {k: answer[k] for k in wanted} == wanted
    said = told_of(answer)
    assert [text for text in case.get("told", ()) if text not in said] == []
    reasons = " ".join(entry["reason"] for entry in answer["left_out"])
    assert [text for text in case.get("left_out", ()) if text not in reasons] == []


@pytest.mark.parametrize("name", [n for n, case in CASES.items() if len(case["files"]) == 1])
def test_the_map_of_an_odd_export_reads_it_the_same(name):
    files = {file: text.encode() for file, text in CASES[name]["files"].items()}
    reading = reading_of_files(files, settings=SETTINGS)
    again = reading_of_files(files, reading.as_map(), SETTINGS)
    columns = ["opportunity_id", "stage", "amount", "created_on", "close_on", "is_closed", "is_won"]
    assert again.dataset.opportunities.select(columns).rows() == reading.dataset.opportunities.select(columns).rows()


def book(sheets):
    import xlsxwriter

    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as workbook:
        days = workbook.add_format({"num_format": "dd.mm.yyyy"})
        for name, rows in sheets.items():
            sheet = workbook.add_worksheet(name)
            for i, row in enumerate(rows):
                for j, cell in enumerate(row):
                    if isinstance(cell, dt.date):
                        sheet.write_datetime(i, j, dt.datetime(cell.year, cell.month, cell.day), days)
                    elif isinstance(cell, str) and cell.startswith("="):
                        sheet.write_formula(i, j, cell, None, 20.5)
                    elif cell is not None:
                        sheet.write(i, j, cell)
    return target.getvalue()


HEADER = ["Deal ID", "Deal Name", "Stage", "Amount", "Created", "Close Date", "Won"]
FIRST = [1001, "One", "Proposal", 12.125, dt.date(2024, 1, 2), dt.date(2024, 6, 30), False]
SECOND = [1002, "Two", "Closed Won", 8.375, dt.date(2024, 1, 3), dt.date(2024, 2, 8), True]


def test_numbers_of_a_workbook_are_numbers_whatever_their_decimals():
    content = book({"Deals": [["Pipeline"], HEADER, FIRST, SECOND, ["Total", None, None, "=SUM(D3:D4)"]]})
    reading = reading_of_files({"crm.xlsx": content}, settings=SETTINGS)
    assert reading.dataset.opportunities["amount"].to_list() == [12.125, 8.375]
    assert reading.dataset.opportunities["opportunity_id"].to_list() == ["1001", "1002"]
    assert "row 5 holds totals" in " ".join(reading.notes)


def test_a_sheet_a_year_is_read_and_a_summary_is_told():
    content = book({"Summary": [["Stage", "Amount"], ["Won", 20]], "2023": [HEADER, FIRST], "2024": [HEADER, SECOND]})
    reading = reading_of_files({"crm.xlsx": content}, settings=SETTINGS)
    assert reading.dataset.opportunities.height == 2
    assert "sheet Summary was not read" in " ".join(reading.notes)


def test_a_file_without_a_header_is_refused():
    with pytest.raises(SourceError, match="is recognised"):
        reading_of_files({"deals.csv": b"1,One,Proposal,12,2024-01-02\n2,Two,Closed Won,20,2024-01-03\n"})


def test_the_unit_of_a_column_can_be_said_in_the_map():
    columns = {"opportunity_id": "Deal ID", "amount": "Amount (k)", "created_on": "Created"}
    files = {"deals.csv": b"Deal ID,Stage,Amount (k),Created\n1,Proposal,12,2024-01-02\n"}
    mapping = {"opportunities": {"file": "deals.csv", "columns": columns, "units": {"amount": 1}}}
    assert reading_of_files(files, mapping, SETTINGS).dataset.opportunities["amount"].to_list() == [12.0]
    with pytest.raises(SourceError, match="is no column of opportunities"):
        reading_of_files(files, {"opportunities": {"file": "deals.csv", "units": {"amnt": 1}}}, SETTINGS)


def long_file(*changes):
    """Return a file of over two million characters, with lines put at places."""
    head = "opportunity_id,opportunity_name,stage,amount,currency,created_on,close_on,is_closed,is_won,lead_source"
    rows = [
        f'D{k},"Deal {k}, long",Closed Won,10.50,USD,2024-01-02,2024-02-20,true,true,the web' for k in range(26_000)
    ]
    lines = [head, *rows]
    for index, line in changes:
        lines[index:index] = [line]
    text = "\n".join(lines) + "\n"
    assert len(text) > 2_000_000
    return {"opportunities.csv": text.encode()}


@pytest.mark.parametrize(
    ("changes", "n_more", "sentence"),
    [
        ([(0, "A report")], 0, "1 line above the table was not read"),
        ([(500, long_file()["opportunities.csv"].decode().partition("\n")[0])], 0, "row 501 holds the header again"),
        ([(26_001, "Total,,,273000.00,,,,,,")], 0, "holds totals"),
        ([(700, 'X1,"Deal open,Discovery,5.5,USD,2024-01-01,2024-09-02,false,false,web')], 1, "opened and not closed"),
        ([(700, "X1,Deal, with comma,Discovery,5.5,USD,2024-01-01,2024-09-02,false,false,web")], 0, "11 cells"),
        ([(700, "X1,Deal,Discovery")], 1, "3 cells"),
    ],
)
def test_a_long_file_is_told_of_as_a_short_one(changes, n_more, sentence):
    reading = reading_of_files(long_file(*changes), settings=SETTINGS)
    answer = summary(reading, SETTINGS)
    assert answer["won_amount"] == 273_000.0
    assert answer["n_deals"] == 26_000 + n_more
    assert sentence in " ".join((told_of(answer), *(entry["reason"] for entry in answer["left_out"])))
