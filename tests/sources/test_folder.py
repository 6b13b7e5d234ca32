from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from core.contracts.errors import SourceError
from core.sources import read_files, read_folder

DEALS = """opportunity_id,account_id,stage,amount,created_on,close_on
1,a,Closed Won,"$1,200.50",2026-01-02,2026-02-03
2,a,Discovery,"1.200,50 €",02.01.2026,
3,a,Discovery,abc,2026-01-02,
4,a,Discovery,5,someday,
1,a,Discovery,5,2026-01-02,
6,a,,5,2026-01-02,
"""


def read(text: str = DEALS, **more: bytes):
    return read_files({"opportunities.csv": text.encode(), **more})


def test_good_rows_are_kept_and_bad_rows_come_back_with_reasons():
    data = read()
    assert data.opportunities["opportunity_id"].to_list() == ["2"]
    assert data.opportunities["amount"].to_list() == [1200.5]
    found = {(r["row"], r["column"]): r["reason"] for r in data.rejected.iter_rows(named=True)}
    assert "abc" in found[(4, "amount")]
    assert "someday" in found[(5, "created_on")]
    assert "same id" in found[(2, None)]
    assert "same id" in found[(6, None)]
    assert "stage is empty" in found[(7, "stage")]


def test_won_and_closed_follow_from_the_stage():
    data = read(DEALS.split("\n2,", maxsplit=1)[0])
    assert data.opportunities.select("is_won", "is_closed", "currency").row(0) == (True, True, "USD")
    assert data.as_of == date(2026, 2, 3)


def test_a_deal_without_history_gets_one_span():
    spans = read().opportunity_history
    assert spans.select("opportunity_id", "valid_from", "valid_to").row(0) == ("2", date(2026, 1, 2), None)


def test_what_is_missing_is_said():
    told = " ".join(read().missing)
    assert "No activities loaded" in told
    assert "close_on" not in told
    renamed = read(DEALS.replace("close_on", "closed_on"))
    assert any("close_on" in note and "closed_on" in note for note in renamed.missing)


def test_extra_columns_are_kept():
    data = read("opportunity_id,stage,created_on,Partner Tier\n1,Discovery,2026-01-01,Gold\n")
    assert data.opportunities["Partner Tier"].to_list() == ["Gold"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_encodings(encoding):
    data = read_files({"accounts.csv": "account_id;account_name\n1;Müller\n".encode(encoding)})
    assert data.accounts["account_name"].to_list() == ["Müller"]


def test_a_map_renames_replaces_and_looks_up():
    mapping = {
        "accounts": {"file": "firms.csv", "columns": {"account_id": "no", "account_name": "firm"}},
        "opportunities": {
            "file": "deals.csv",
            "columns": {"opportunity_id": "id", "stage": "state", "account_id": "firm", "created_on": "start"},
            "constants": {"currency": "EUR"},
            "values": {"stage": {"WON": "Closed Won"}},
            "lookups": {"account_id": {"entity": "accounts", "by": "account_name", "take": "account_id"}},
        },
    }
    files = {"firms.csv": b"no,firm\n7,Acme\n", "deals.csv": b"id,state,firm,start\n1,WON,Acme,2026-01-01\n"}
    data = read_files(files, mapping)
    row = data.rejected.row(0, named=True)
    assert row["rule"] == "closed_deals_have_a_date"
    files["deals.csv"] = b"id,state,firm,start\n1,OPEN,Acme,2026-01-01\n"
    deal = read_files(files, mapping).opportunities
    assert deal.select("account_id", "currency", "stage").row(0) == ("7", "EUR", "OPEN")


@pytest.mark.parametrize(
    ("mapping", "expected"),
    [
        ({"acounts": {"file": "a.csv"}}, "accounts"),
        ({"accounts": {"file": "b.csv"}}, "a.csv"),
        ({"accounts": {"file": "a.csv", "columns": {"account_id": "nr"}}}, "no column"),
        ({"accounts": {"fil": "a.csv"}}, "accounts.file"),
        ([], "entities"),
    ],
)
def test_a_wrong_map_is_told(mapping, expected):
    with pytest.raises(SourceError, match=expected):
        read_files({"a.csv": b"no\n1\n"}, mapping or [1])


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("accounts.csv", b"", "empty"),
        ("accounts.xlsx", b"%PDF-1.7", "XLSX"),
        ("accounts.parquet", b"nonsense", "PARQUET"),
        ("holiday.csv", b"a,b\n1,2\n", "named after an entity"),
    ],
)
def test_a_bad_file_is_told(name, content, expected):
    with pytest.raises(SourceError, match=expected):
        read_files({name: content})


def test_a_missing_folder_is_told(tmp_path):
    with pytest.raises(SourceError, match="no such folder"):
        read_folder(tmp_path / "none")


def test_excel_is_read_like_csv(tmp_path):
    pl.DataFrame({"account_id": ["1"], "account_name": ["Acme"]}).write_excel(tmp_path / "accounts.xlsx")
    assert read_folder(tmp_path).accounts["account_name"].to_list() == ["Acme"]


def test_an_uploaded_map_is_read_or_refused():
    from core.sources.mapping import parse_map

    assert parse_map(b"accounts: {file: a.csv}") == {"accounts": {"file": "a.csv"}}
    with pytest.raises(SourceError, match="not valid YAML"):
        parse_map(b"accounts: [1, 2", "map.yaml")
    with pytest.raises(SourceError, match="entities and their columns"):
        parse_map(b"just text")
