"""Opens one CSV, Parquet or Excel file as a frame of text or typed columns."""

from __future__ import annotations

import io
from pathlib import Path

import fastexcel
import polars as pl

from core.contracts.errors import SourceError, failures_as
from core.sources import guarded_read

ENDINGS = (".csv", ".tsv", ".parquet", ".xlsx")


def open_frame(name: str, content: bytes, sheet: str | None = None) -> pl.DataFrame:
    """Read a file's rows; CSV and Excel columns come as text, to be parsed by contract.

    Parameters
    ----------
    name : str
        File name; its ending says the kind.
    content : bytes
    sheet : str, optional
        Sheet of a workbook; default the first.

    Raises
    ------
    SourceError
        When the file is empty, of another kind than its name says, or cannot be read.
    """
    if not content.strip():
        raise SourceError("The file is empty.", name, "Export it again.")
    ending = Path(name).suffix.lower()
    what = f"The file cannot be read as {ending[1:].upper()}."
    with failures_as(SourceError, what, name, "Open and save it again, then retry."):
        guarded_read.check(name, content)
        if ending == ".parquet":
            return guarded_read.plain(pl.read_parquet(io.BytesIO(content)), name)
        if ending == ".xlsx":
            return _workbook(content, sheet)
        if ending in (".csv", ".tsv"):
            return _text(content, "\t" if ending == ".tsv" else None)
    raise SourceError("This kind of file is not read.", name, f"Use one of {', '.join(ENDINGS)}.")


def _workbook(content: bytes, sheet: str | None) -> pl.DataFrame:
    book = fastexcel.read_excel(content)
    return book.load_sheet(sheet or 0, dtypes="string").to_polars()


def _text(content: bytes, separator: str | None) -> pl.DataFrame:
    text = _decode(content)
    head = text.split("\n", 1)[0]
    mark = separator or max(",;\t|", key=head.count)
    return pl.read_csv(
        io.BytesIO(text.encode()), separator=mark, infer_schema=False, truncate_ragged_lines=True, encoding="utf8"
    )


def _decode(content: bytes) -> str:
    for encoding in ("utf-8-sig", "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")
