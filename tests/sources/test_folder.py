from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from core.contracts.errors import SourceError
from core.sources import read_files, read_folder
from core.sources.folder import reading_of_files

DEALS = """opportunity_id,account_id,stage,amount,created_on,close_on
1,a,Closed Won,"$1,200.50",2026-01-02,2026-02-03
2,a,Discovery,"1.200,50 €",2026-01-02,
3,a,Discovery,abc,2026-01-02,
4,a,Discovery,5,someday,
1,a,Discovery,5,2026-01-02,
6,a,,5,2026-01-02,
,a,Discovery,5,2026-01-02,
"""
DAY = date(2026, 3, 31)


def read(text: str = DEALS, **more: bytes):
    return read_files({"opportunities.csv": text.encode(), **more})


def test_only_rows_without_a_key_are_lost_and_every_cell_that_is_not_read_is_told():
    data = read()
    assert data.opportunities["opportunity_id"].to_list() == ["1", "2", "3", "4", "6"]
    lost = {(r["row"], r["column"]): r["reason"] for r in data.rejected.iter_rows(named=True)}
    assert "several rows" in lost[(6, "opportunity_id")]
    assert "row 2 counts" in lost[(6, "opportunity_id")]
    assert "is empty" in lost[(8, "opportunity_id")]
    cells = {(r["row"], r["column"]): r["reason"] for r in data.emptied.iter_rows(named=True)}
    assert "abc" in cells[(4, "amount")]
    assert "someday" in cells[(5, "created_on")]
    assert data.opportunities.filter(pl.col("opportunity_id") == "6")["stage"][0] == "Not known"


def test_won_and_closed_follow_from_the_stage():
    data = read(DEALS.split("\n2,", maxsplit=1)[0])
    assert data.opportunities.select("is_won", "is_closed", "currency").row(0) == (True, True, "USD")
    assert data.as_of == date(2026, 2, 3)


def test_a_deal_without_history_gets_one_span():
    spans = read().opportunity_history.filter(pl.col("opportunity_id") == "2")
    assert spans.select("opportunity_id", "valid_from", "valid_to").rows() == [("2", date(2026, 1, 2), None)]


def test_what_is_missing_is_said():
    assert "No activities loaded" in " ".join(read().missing)


def test_extra_columns_are_kept_and_ignored_ones_are_not():
    text = "opportunity_id,stage,created_on,Partner Tier\n1,Discovery,2026-01-01,Gold\n"
    assert read(text).opportunities["Partner Tier"].to_list() == ["Gold"]
    mapping = {"opportunities": {"file": "opportunities.csv", "ignore": ["partner tier"]}}
    assert "Partner Tier" not in read_files({"opportunities.csv": text.encode()}, mapping).opportunities.columns


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
    deals = read_files(files, mapping).opportunities
    assert deals.select("account_id", "currency", "stage", "is_won", "close_on").row(0) == (
        "7",
        "EUR",
        "Closed Won",
        True,
        None,
    )


@pytest.mark.parametrize(
    ("mapping", "expected"),
    [
        ({"acounts": {"file": "a.csv"}}, "accounts"),
        ({"accounts": {"file": "b.csv"}}, "a.csv"),
        ({"accounts": {"files": "x*.csv"}}, "names a file that is not there"),
        ({"accounts": {"file": "a.csv", "columns": {"account_id": "nr"}}}, "no column 'nr'"),
        ({"accounts": {"file": "a.csv", "columns": {"acount_id": "no"}}}, "Did you mean 'account_id'"),
        ({"accounts": {"file": "a.csv", "columns": {"account_id": {"first": ["no"], "join": ["no"]}}}}, "one of first"),
        ({"accounts": {"fil": "a.csv"}}, "Did you mean 'file'"),
        ({"accounts": {}}, "name a file"),
        ({"accounts": {"file": "a.csv", "dates": {"opened": "dd/mm/yyyy"}}}, "is no column of accounts"),
        ({"accounts": {"file": "a.csv", "numbers": "1 234"}}, "numbers"),
        ({"accounts": {"file": "a.csv", "sheet": 3}}, "sheet"),
        ({"accounts": {"file": "a.csv", "ignore": ["nothing"]}}, "ignores a column"),
        (
            {"accounts": {"file": "a.csv", "lookups": {"owner_id": {"entity": "team", "by": "a", "take": "b"}}}},
            "does not read",
        ),
        (
            {
                "accounts": {
                    "file": "a.csv",
                    "columns": {"owner_id": "no"},
                    "lookups": {"owner_id": {"entity": "accounts", "by": "nme", "take": "account_id"}},
                }
            },
            "names 'nme'",
        ),
        ([], "entities"),
    ],
)
def test_a_slip_in_a_map_gives_a_sentence(mapping, expected):
    with pytest.raises(SourceError, match=expected):
        read_files({"a.csv": b"no\n1\n"}, mapping or [1], as_of=DAY)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("accounts.csv", b"", "empty"),
        ("accounts.xlsx", b"%PDF-1.7", "XLSX"),
        ("accounts.parquet", b"nonsense", "PARQUET"),
        ("accounts.json", b"{", "not valid JSON"),
        ("accounts.json", b"3", "no records"),
        ("accounts.csv.gz", b"nonsense", "unpacked"),
        ("all.zip", b"nonsense", "unpacked"),
        ("holiday.csv", b"a,b\n1,2\n", "is recognised"),
        ("notes.pdf", b"%PDF", "no file that can be read"),
        ("accounts.csv", b"account_id,account_name\n1,Acme\n", "No column holds a date"),
        ("meta.yaml", b"as_of: [", "not valid YAML"),
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
    data = read_folder(tmp_path)
    assert data.accounts["account_name"].to_list() == ["Acme"]
    assert any("when its file was last changed" in note for note in data.missing)


def test_an_uploaded_map_is_read_or_refused():
    from core.sources.mapping import parse_map

    assert parse_map(b"accounts: {file: a.csv}") == {"accounts": {"file": "a.csv"}}
    with pytest.raises(SourceError, match="not valid YAML"):
        parse_map(b"accounts: [1, 2", "map.yaml")
    with pytest.raises(SourceError, match="entities and their columns"):
        parse_map(b"just text")


def test_what_was_recognised_can_be_written_as_a_map_that_reads_the_same():
    import yaml

    files = {
        "Opportunity.csv": b"Id,Name,StageName,Amount,CloseDate,CreatedDate,IsWon,IsClosed,SystemModstamp\n"
        b"006A00000000001AAA,One,Prospecting,10,2026-02-03,2026-01-02,false,false,2026-01-02\n"
    }
    reading = reading_of_files(files)
    assert {(m.entity, m.layout.vendor) for m in reading.matches} == {("opportunities", "Salesforce")}
    again = reading_of_files(files, yaml.safe_load(reading.as_yaml()))
    assert again.dataset.fingerprint == reading.dataset.fingerprint
