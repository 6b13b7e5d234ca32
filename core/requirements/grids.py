"""Files into grids of text, each cell at its own place; nothing in a file is ever executed."""

from __future__ import annotations

import csv
import io
import warnings
import zipfile
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from core.contracts.errors import RequirementError

LARGEST_BYTES = 50 * 2**20
LARGEST_UNPACKED = 400 * 2**20
MOST_ROWS, MOST_COLUMNS, MOST_BLANK = 250_000, 80, 2_000
TEXT_ENDINGS = (".csv", ".tsv", ".txt")
SHEET_ENDINGS = (".xlsx", ".xlsm")
ENDINGS = (*TEXT_ENDINGS, *SHEET_ENDINGS)
DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True)
class Grid:
    """One sheet as text.

    Attributes
    ----------
    name : str
        The sheet's name; "csv" for a text file.
    rows : list of (int, list of str)
        Row numbers as in the file, from 1, and their cells; blank rows are left out.
    is_hidden : bool
    """

    name: str
    rows: list[tuple[int, list[str]]]
    is_hidden: bool = False


def load(file: Path | str | bytes | BinaryIO, name: str = "") -> list[Grid]:
    """Read a CSV, TSV, XLSX or XLSM file.

    Parameters
    ----------
    file : path, bytes or binary file
    name : str
        The file's name, where `file` is not a path; its ending tells the kind.

    Raises
    ------
    RequirementError
        When the file is too large, empty, password-protected, damaged or of another kind.
    """
    title, held = content(file, name)
    ending = Path(title).suffix.lower()
    if not held.strip():
        raise RequirementError("The file is empty.", title, "Export the list again.")
    if held[:4] == b"\xd0\xcf\x11\xe0":
        raise RequirementError(
            "The workbook is password-protected or in the old XLS format.",
            title,
            "Save it as XLSX without a password and upload it again.",
        )
    if held[:4] == b"%PDF":
        raise RequirementError("This is a PDF, whatever its name says.", title, "Export the list as CSV or XLSX.")
    if held[:2] == b"PK":
        return _workbook(held, title)
    if ending in SHEET_ENDINGS:
        raise RequirementError("This is no Excel workbook.", title, "Save it as XLSX in your spreadsheet program.")
    if ending not in TEXT_ENDINGS:
        raise RequirementError(f"Files ending in {ending or 'nothing'} are not read.", title, "Use CSV, TSV or XLSX.")
    return [_text(held, title)]


def content(file: Path | str | bytes | BinaryIO, name: str) -> tuple[str, bytes]:
    """Return the name and the bytes of a file.

    Raises
    ------
    RequirementError
        When it cannot be read or is larger than 50 MB.
    """
    if isinstance(file, bytes):
        held, title = file, name
    elif isinstance(file, (str, Path)):
        title = name or Path(file).name
        try:
            size = Path(file).stat().st_size
            held = Path(file).read_bytes() if size <= LARGEST_BYTES else b""
        except OSError as error:
            raise RequirementError("The file cannot be read.", str(file), "Check its name and rights.") from error
        if size > LARGEST_BYTES:
            raise RequirementError("The file is larger than 50 MB.", title, "Remove pictures, or split the list.")
    else:
        held, title = file.read(), name or str(getattr(file, "name", "upload.csv"))
    if len(held) > LARGEST_BYTES:
        raise RequirementError("The file is larger than 50 MB.", title, "Remove pictures, or split the list.")
    return title, held


def _text(content: bytes, title: str) -> Grid:
    text = decode(content, title)
    sample = "\n".join(text.splitlines()[:60])
    csv.field_size_limit(1_000_000)
    delimiter = max(DELIMITERS, key=lambda d: _regular(sample, d))
    try:
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        rows = [(n, [c.strip() for c in cells[:MOST_COLUMNS]]) for n, cells in enumerate(islice(lines, MOST_ROWS), 1)]
    except csv.Error as error:
        raise RequirementError("A row of the file cannot be read.", f"{title}: {error}", "Export it again.") from error
    return Grid("csv", [(n, cells) for n, cells in rows if any(cells)])


def _regular(sample: str, delimiter: str) -> float:
    """Score a delimiter: cells per row, if the rows agree on their number."""
    try:
        counts = [len(row) for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter) if any(row)]
    except csv.Error:
        return 0.0
    if not counts or max(counts) == 1:
        return 0.0
    usual = max(set(counts), key=counts.count)
    if usual == 1:
        return 0.0
    return (usual - 0.5) * counts.count(usual) / len(counts)


def decode(content: bytes, title: str) -> str:
    """Return the text of a file: UTF-8 or UTF-16 with or without mark, else the best guess.

    Raises
    ------
    RequirementError
        When the file is no text.
    """
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        import charset_normalizer

        best = charset_normalizer.from_bytes(content[:200_000]).best()
        text = content.decode(best.encoding if best else "cp1252", errors="replace")
    if "\x00" in text[:10_000]:
        raise RequirementError("This file is not text.", title, "Export the list as CSV or XLSX.")
    return text


def _workbook(content: bytes, title: str) -> list[Grid]:
    from openpyxl import load_workbook

    try:
        packed = zipfile.ZipFile(io.BytesIO(content))
        unpacked = sum(part.file_size for part in packed.infolist())
    except zipfile.BadZipFile as error:
        raise RequirementError("The workbook is damaged.", title, "Save it again in your program.") from error
    if unpacked > LARGEST_UNPACKED:
        raise RequirementError("The workbook unpacks to more than 400 MB.", title, "Copy the list to a new workbook.")
    if "xl/workbook.xml" not in packed.namelist():
        raise RequirementError("This zip file is no Excel workbook.", title, "Save the list as XLSX.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on extensions openpyxl leaves aside
            book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
            return [_sheet(sheet) for sheet in book.worksheets]
    except RequirementError:
        raise
    except Exception as error:  # openpyxl raises many kinds on damaged parts
        raise RequirementError("The workbook is damaged.", title, "Save it again in your program.") from error


def _sheet(sheet: object) -> Grid:
    rows: list[tuple[int, list[str]]] = []
    blank = 0
    for n, cells in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True), 1):  # type: ignore[attr-defined]
        texts = ["" if value is None else str(value).strip() for value in cells]
        if any(texts):
            rows.append((n, texts))
            blank = 0
        else:
            blank += 1
        if blank > MOST_BLANK or len(rows) > MOST_ROWS:
            break
    hidden = getattr(sheet, "sheet_state", "visible") != "visible"
    return Grid(str(sheet.title), rows, hidden)  # type: ignore[attr-defined]
