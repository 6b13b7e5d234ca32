"""Files made to exhaust the server are refused in a sentence, and nothing else dies of them."""

from __future__ import annotations

import io
import time
import zipfile
from datetime import time as clock
from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from core.contracts.errors import SourceError, failures_as
from core.contracts.yaml_text import YamlError, read_yaml
from core.requirements.judge.limits import demands
from core.requirements.officefiles.sheetxml import unescape
from core.sources import guarded_read, trial_read
from core.sources.files import tables_of
from core.sources.mapping import parse_map, read_map

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def opened(name, content):
    """The one table of a file, without the numbers of its rows."""
    (table,) = tables_of(name, content, lambda header: header in ("accountid", "accountname"))
    return table.frame.drop("_row", strict=False)


def cell(place, text):
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


def workbook(rows, strings=""):
    """Return a workbook of one sheet, as small as a reader takes it."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" '
        'ContentType="application/xml"/><Default Extension="rels" ContentType="application/'
        'vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" '
        f'ContentType="{kind}.sheet.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" '
        f'Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{strings}</sst>',
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        for name, text in parts.items():
            book.writestr(name, text)
    return out.getvalue()


def parquet(**columns):
    out = io.BytesIO()
    pl.DataFrame(columns).write_parquet(out)
    return out.getvalue()


HEAD = f'<row r="1">{cell("A1", "account_id")}{cell("B1", "account_name")}</row>'
FAR = {
    "the last cell of all": f'{HEAD}<row r="1048576">{cell("XFD1048576", "x")}</row>',
    "a very wide sheet": HEAD + "".join(f'<row r="{r}">{cell(f"XFC{r}", "x")}</row>' for r in range(2, 50)),
    "a spelling of its own": f"{HEAD}<row r = '1048576'><c  r = 'xfd1048576' t='inlineStr'><is><t>x</t></is></c></row>",
}


@pytest.mark.parametrize("rows", FAR.values(), ids=FAR)
def test_a_sheet_that_reaches_too_far_is_refused_before_a_reader_makes_room_for_it(rows):
    with pytest.raises(SourceError, match=r"reaches to row .* Delete the rows and columns beyond the table"):
        opened("accounts.xlsx", workbook(rows))


def test_a_workbook_that_unpacks_to_too_much_is_refused(monkeypatch):
    monkeypatch.setattr(guarded_read, "MOST_UNPACKED", 1_000_000)
    with pytest.raises(SourceError, match="unpacks to more than"):
        opened("accounts.xlsx", workbook(HEAD + f'<row r="2">{cell("A2", "x" * 2_000_000)}</row>'))


def test_a_plain_workbook_is_read_and_half_a_character_is_no_error():
    frame = opened("accounts.xlsx", workbook(HEAD + f'<row r="2">{cell("A2", "1_xD800_")}{cell("B2", "b")}</row>'))
    assert frame["account_name"].to_list() == ["b"]
    assert unescape("a_xD800_b") == "a\ufffdb"
    assert unescape("_xD83D__xDE80_ _x0041_") == "🚀 A"


def test_too_many_columns_and_too_long_a_line_are_refused():
    many = ",".join(f"c{n}" for n in range(1_000_000)).encode() + b"\n1\n"
    with pytest.raises(SourceError, match="more than 2,000 columns"):
        opened("accounts.csv", many)
    with pytest.raises(SourceError, match="longer than 2 MB"):
        opened("accounts.csv", b"account_id,account_name\n1," + b"x" * 3_000_000)


@pytest.mark.parametrize(
    ("value", "words"),
    [(b"\xff", "bytes"), (["a"], "lists"), ({"a": 1}, "records"), (timedelta(1), "spans of time")],
)
def test_columns_no_table_of_ours_can_hold_are_named(value, words):
    content = parquet(account_id=["1"], tags=[value])
    with pytest.raises(SourceError, match=f"column 'tags' holds {words}.*Export it as text"):
        opened("accounts.parquet", content)


def test_other_kinds_of_columns_become_plain_ones():
    frame = pl.DataFrame({"account_id": ["1"], "at": [clock(9)], "nothing": [None]}).with_columns(
        price=pl.lit("1.50").cast(pl.Decimal(10, 2)),
        kind=pl.lit("a").cast(pl.Categorical),
        when=pl.lit("2026-01-01T12:00:00+02:00").str.to_datetime(time_zone="Europe/Berlin"),
    )
    out = io.BytesIO()
    frame.write_parquet(out)
    read = opened("accounts.parquet", out.getvalue())
    assert read.schema["price"] == pl.Float64
    assert {str(read.schema[name]) for name in ("at", "kind", "nothing")} == {"String"}
    assert read["when"].to_list()[0].isoformat() == "2026-01-01T10:00:00"


def test_rows_claimed_in_a_few_bytes_are_refused(monkeypatch):
    monkeypatch.setattr(guarded_read, "MOST_CELLS", 1_000)
    with pytest.raises(SourceError, match="claims 6,000 rows"):
        opened("accounts.parquet", parquet(account_id=["x"] * 6_000))


def long_table(rows, last):
    """Return a Parquet file of four columns: three say yes in every row."""
    out = io.BytesIO()
    yes = pl.select(a=pl.repeat(value=True, n=rows, dtype=pl.Boolean))
    yes.with_columns(b="a", c="a", d=last).write_parquet(out)
    return out.getvalue()


def test_over_a_hundred_million_cells_are_refused_unless_the_file_is_as_long_as_they_are():
    rows = 26_000_000
    bomb = long_table(rows, pl.col("a"))
    numbers = np.frombuffer(np.random.default_rng(3).bytes(rows), dtype=np.uint8)
    honest = long_table(rows, pl.Series(numbers))
    assert len(bomb) < 1_000_000 < rows <= len(honest)
    with pytest.raises(SourceError, match="claims 26,000,000 rows of 4 columns"):
        guarded_read.check("accounts.parquet", bomb)
    guarded_read.check("accounts.parquet", honest)


def test_a_long_table_whose_bytes_bear_it_out_is_read_up_to_the_most_of_all(monkeypatch):
    monkeypatch.setattr(guarded_read, "MOST_CELLS", 1_000)
    ids = [f"{n:x}" for n in np.random.default_rng(3).integers(0, 2**60, 6_000)]
    content = parquet(account_id=ids)
    assert opened("accounts.parquet", content)["account_id"].to_list() == ids
    monkeypatch.setattr(guarded_read, "MOST_IN_PARQUET", 5_999)
    with pytest.raises(SourceError, match="claims 6,000 rows"):
        opened("accounts.parquet", content)


# Half of what one upload may have is enough for a small file, as the next test shows, and takes half as long to fill.
LITTLE_BYTES = 2 << 30


@pytest.mark.parametrize(("seconds", "most"), [(60, LITTLE_BYTES), (1, 4 << 30)], ids=["memory", "processor"])
def test_what_exhausts_memory_or_processor_dies_on_trial_and_alone(settings, monkeypatch, seconds, most):
    monkeypatch.setattr(trial_read, "TRIAL_SECONDS", seconds)
    monkeypatch.setattr(trial_read, "TRIAL_BYTES", most)
    strings = f"<si><t>{'x' * 32_000}</t></si>"
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(2, 80_001))
    with pytest.raises(SourceError, match="more memory or time"):
        trial_read.trial({"accounts.xlsx": workbook(HEAD + rows, strings)}, None, settings)


def test_a_trial_says_what_is_wrong_and_nothing_where_all_is_well(settings, monkeypatch):
    monkeypatch.setattr(trial_read, "TRIAL_BYTES", LITTLE_BYTES)
    good = b"opportunity_id,stage,amount,created_on,close_on\n1,Discovery,100,2025-01-05,2025-03-01\n"
    trial_read.trial({"opportunities.csv": good}, None, settings)
    with pytest.raises(SourceError, match="column 'tags' holds bytes"):
        trial_read.trial({"accounts.parquet": parquet(account_id=["1"], tags=[b"x"])}, None, settings)


class PanicException(BaseException):
    """As engines written in Rust raise it."""


def test_a_panic_becomes_a_sentence_and_a_wish_to_stop_does_not():
    with pytest.raises(SourceError, match="Cannot be read"), failures_as(SourceError, "Cannot be read."):
        raise PanicException
    with pytest.raises(KeyboardInterrupt), failures_as(SourceError, "Cannot be read."):
        raise KeyboardInterrupt
    with pytest.raises(SourceError, match="own words"), failures_as(SourceError, "Cannot be read."):
        raise SourceError("In its own words.")


HOSTILE_YAML = {
    "a date there never was": "accounts: 2024-02-30",
    "a number of 5,000 digits": "accounts: " + "1" * 5_000,
    "a long number in other writing": "accounts: 0x" + "f" * 9_000,
    "deep nesting": "[" * 50_000,
    "deep nesting in lines": "- " * 50_000,
    "300,000 keys": "\n".join(f"k{n}: 1" for n in range(300_000)),
    "anchors": "a: &x [1]\nb: [*x, *x]",
    "an object": "!!python/object/apply:os.system ['true']",
    "no text": b"\xff\xfe\xff",
}


@pytest.mark.parametrize("content", HOSTILE_YAML.values(), ids=HOSTILE_YAML)
def test_yaml_made_to_hurt_is_a_sentence_soon(content, tmp_path):
    begin = time.process_time()
    with pytest.raises(YamlError):
        read_yaml(content)
    with pytest.raises(SourceError, match="not valid YAML"):
        parse_map(content if isinstance(content, bytes) else content.encode())
    file = tmp_path / "map.yaml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(SourceError):
        read_map(file)
    assert time.process_time() - begin < 10


@pytest.mark.parametrize("text", ["99.9 % ", "99.9 %. ", "99.9 % uptime ", "RTO 4 h ", "data in the EU "])
def test_a_cell_of_350_kb_is_read_in_a_moment(text):
    begin = time.process_time()
    demands(text * (350_000 // len(text)))
    assert time.process_time() - begin < 5
