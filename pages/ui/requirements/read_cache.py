"""The caches of reading a buyer's list and filling it in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.artifacts import ANALYSES
from pages.ui.kit import cache

if TYPE_CHECKING:
    import polars as pl

    from core.requirements.export.filled_file import Filled
    from core.requirements.officefiles.grids import Grid
    from core.requirements.read.requirement_list import RequirementList

LOOKED_AT = 200


def reading(content: bytes, name: str, given: tuple[str, ...]) -> RequirementList:
    """Return the list as read with what people said about its layout, one JSON text each."""
    return cache.remembered(
        ANALYSES, ("read", cache.digest(content), name, given), lambda: _read(content, name, given), "Reading the list"
    )


def _read(content: bytes, name: str, given: tuple[str, ...]) -> RequirementList:
    import json

    from core.requirements.read import repair
    from core.requirements.read.requirement_list import read_list

    return read_list(content, name, [repair.from_dict(json.loads(text)) for text in given])


def whole(content: bytes, name: str, given: tuple[str, ...]) -> RequirementList | None:
    """Return what a file without a list holds, so that its sheets can be taken; None where it cannot be read."""
    return cache.remembered(
        ANALYSES, ("whole", cache.digest(content), name, given), lambda: _whole(content, name, given)
    )


def _whole(content: bytes, name: str, given: tuple[str, ...]) -> RequirementList | None:
    import json

    from core.contracts.errors import RequirementError
    from core.requirements.read import repair
    from core.requirements.read.requirement_list import read_any

    try:
        return read_any(content, name, [repair.from_dict(json.loads(text)) for text in given])
    except RequirementError:
        return None


def heads(content: bytes, name: str) -> list[Grid]:
    """Return the first rows of every block of every sheet of a file."""
    return cache.remembered(ANALYSES, ("heads", cache.digest(content), name), lambda: _heads(content, name))


def _heads(content: bytes, name: str) -> list[Grid]:
    from core.requirements.read import project

    return project.heads(content, name, LOOKED_AT)


def sheet(content: bytes, name: str, wanted: str) -> Grid:
    """Return one whole sheet, or block of one, of a file."""
    return cache.remembered(
        ANALYSES, ("sheet", cache.digest(content), name, wanted), lambda: _sheet(content, name, wanted)
    )


def _sheet(content: bytes, name: str, wanted: str) -> Grid:
    from core.requirements.officefiles.sheetxml import MOST_ROWS
    from core.requirements.read import project

    return next(grid for grid in project.heads(content, name, MOST_ROWS) if grid.name == wanted)


def filled(source: RequirementList, rows: bytes, answers: pl.DataFrame, replace: bool) -> Filled:
    """Return the buyer's file with the answers; `rows` is their digest."""
    return cache.remembered(
        ANALYSES,
        ("filled", source.key, rows, replace),
        lambda: _filled(source, answers, replace),
        "Filling the buyer's file",
    )


def _filled(source: RequirementList, answers: pl.DataFrame, replace: bool) -> Filled:
    from core.requirements.export.filled_file import fill

    return fill(source, answers, replace=replace)


def digest(frame: pl.DataFrame) -> bytes:
    """Return a short digest of a frame's rows."""
    import hashlib

    made: Any = hashlib.sha256(frame.write_csv().encode())
    return bytes(made.digest())
