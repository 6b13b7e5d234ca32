"""The proof that only answer cells changed: part by part, and inside the sheets cell by cell."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from core.contracts.errors import RequirementError
from core.requirements.officefiles import fill_ooxml

PARTS = {"part": pl.String, "size": pl.Int64, "state": pl.String, "n_cells": pl.Int64, "sha256": pl.String}

BESIDE = "response document"


@dataclass(frozen=True)
class Proof:
    """What changed between the buyer's file and ours, found by comparing the two.

    Attributes
    ----------
    frame : pl.DataFrame
        [part, size, state, n_cells, sha256]: one row per part of the file, state being "identical", or
        "answers only" where nothing but the answer cells differs; size in bytes and sha256 of the part
        that goes back.
    n_cells, n_sheets : int
    noun : str
        What the parts are called.
    sheet : str
        What the changed cells lie in.
    """

    frame: pl.DataFrame
    n_cells: int
    n_sheets: int
    noun: str = "parts of the workbook"
    sheet: str = "sheet"

    def sentence(self) -> str:
        """Say how many cells changed, and that nothing else did."""
        if self.noun == BESIDE:
            return "The buyer's file stays as it is, for it has no room or cannot be written in place."
        if not self.n_cells:
            return "No cell changed; the file is identical."
        cells = f"{self.n_cells:,} cell{'s' if self.n_cells != 1 else ''} changed"
        sheets = f"{self.n_sheets:,} {self.sheet}{'s' if self.n_sheets != 1 else ''}"
        same = self.frame.filter(pl.col("state") == "identical").height
        if self.noun == "form fields":
            return f"{cells}; nothing of the buyer's file changed before what was added."
        if self.noun == "columns":
            return f"{cells}; nothing else in your file changed, character for character."
        those = f"those {self.sheet}s" if self.n_sheets != 1 else f"that {self.sheet}"
        return (
            f"{cells} in {sheets}; nothing else in your file changed: {same:,} {self.noun} byte for byte, "
            f"and in {those} every other cell."
        )


def compare(
    before: bytes,
    after: bytes,
    cells: Mapping[str, Mapping[Any, str]],
    same: Callable[[bytes, bytes, Any], bool] = fill_ooxml.same,
    n_sheets: int | None = None,
) -> Proof:
    """Compare two workbooks part by part.

    Parameters
    ----------
    before, after : bytes
    cells : mapping of str to mapping
        Per part the cells that were meant to change, and their texts.
    same : callable
        Says whether two versions of a part differ in given cells only.
    n_sheets : int, optional
        How many sheets those cells lie in, where one part holds several; default a part is a sheet.

    Raises
    ------
    RequirementError
        When anything else differs; the file is not handed out then.
    """
    rows = []
    with zipfile.ZipFile(io.BytesIO(before)) as old, zipfile.ZipFile(io.BytesIO(after)) as new:
        if old.namelist() != new.namelist():
            raise _broken("the list of its parts")
        for first, second in zip(old.infolist(), new.infolist(), strict=True):
            was, now = old.read(first), new.read(second)
            meant = cells.get(first.filename, {})
            if was != now and (not meant or not same(was, now, meant)):
                raise _broken(first.filename)
            state = "identical" if was == now else "answers only"
            changed = len(meant) if was != now else 0
            rows.append((first.filename, len(now), state, changed, hashlib.sha256(now).hexdigest()))
    frame = pl.DataFrame(rows, schema=PARTS, orient="row")
    changed = frame.filter(pl.col("n_cells") > 0).height
    return Proof(frame, int(frame["n_cells"].sum()), changed if n_sheets is None else n_sheets)


def _broken(part: str) -> RequirementError:
    return RequirementError(
        f"More than the answers would have changed in the buyer's file: {part}.",
        mend="The file was not made; keep theirs.",
    )
