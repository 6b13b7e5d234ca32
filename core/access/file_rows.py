"""How many rows leave with a file, for the audit log."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile

ROW = re.compile(rb"<(?:row|table:table-row)[ />]")
SHEETS = ("xl/worksheets/", "content.xml")


def rows_in(file_name: str, content: str | bytes) -> int | None:
    """Return the number of rows of a table in a file.

    Parameters
    ----------
    file_name : str
    content : str or bytes

    Returns
    -------
    int or None
        Of delimited text the records below the heading, of a workbook the rows of all sheets, headings among them, of
        JSON the items of its outermost list; None for kinds of files that hold no table.

    Examples
    --------
    >>> rows_in("deals.csv", "id,note\\n1,x\\n2,y\\n")
    2
    >>> rows_in("card.pdf", b"%PDF") is None
    True
    """
    ending = file_name.rpartition(".")[2].lower()
    if ending in ("csv", "tsv"):
        text = content if isinstance(content, str) else content.decode("utf-8-sig", "replace")
        delimiter = "\t" if ending == "tsv" else ","
        return max(sum(1 for record in csv.reader(io.StringIO(text), delimiter=delimiter) if record) - 1, 0)
    if ending in ("xlsx", "ods"):
        return _of_workbook(content if isinstance(content, bytes) else content.encode())
    if ending == "json":
        try:
            values = json.loads(content)
        except ValueError:
            return None
        return len(values) if isinstance(values, list) else None
    return None


def rows_text(file_name: str, content: str | bytes) -> str:
    """Return the number of rows as a part of a line of the audit log; empty where a file holds no table."""
    n_rows = rows_in(file_name, content)
    return "" if n_rows is None else f"{n_rows:,} {'row' if n_rows == 1 else 'rows'}; "


def _of_workbook(content: bytes) -> int | None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as workbook:
            sheets = [name for name in workbook.namelist() if name.startswith(SHEETS)]
            return sum(len(ROW.findall(workbook.read(name))) for name in sheets)
    except zipfile.BadZipFile:
        return None
