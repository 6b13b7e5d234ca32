"""The caches of reading a buyer's list and filling it in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

if TYPE_CHECKING:
    import polars as pl

    from core.requirements.export.filled_file import Filled
    from core.requirements.officefiles.grids import Grid
    from core.requirements.read.requirement_list import RequirementList

LOOKED_AT = 200
BY_KEY = {"core.requirements.read.requirement_list.RequirementList": lambda requirements: requirements.key}


@st.cache_resource(show_spinner="Reading the list", max_entries=16)
def reading(content: bytes, name: str, given: tuple[str, ...]) -> RequirementList:
    """Return the list as read with what people said about its layout, one JSON text each."""
    import json

    from core.requirements.read import repair
    from core.requirements.read.requirement_list import read_list

    return read_list(content, name, [repair.from_dict(json.loads(text)) for text in given])


@st.cache_resource(show_spinner=False, max_entries=16)
def heads(content: bytes, name: str) -> list[Grid]:
    """Return the first rows of every sheet of a file."""
    from core.requirements.officefiles import grids

    opened = grids.open_file(content, name)
    return [opened.grid(sheet, LOOKED_AT) for sheet in opened.names]


@st.cache_resource(show_spinner="Filling the buyer's file", max_entries=8, hash_funcs=BY_KEY)
def filled(source: RequirementList, rows: bytes, _answers: pl.DataFrame, replace: bool) -> Filled:
    """Return the buyer's file with the answers; `rows` is their digest."""
    from core.requirements.export.filled_file import fill

    return fill(source, _answers, replace=replace)


def digest(frame: pl.DataFrame) -> bytes:
    """Return a short digest of a frame's rows."""
    import hashlib

    made: Any = hashlib.sha256(frame.write_csv().encode())
    return bytes(made.digest())
