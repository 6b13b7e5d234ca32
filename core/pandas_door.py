"""The one door for pandas: frames of your own in, frames of any result out.

Inside, Quarterdeck works on Polars. pandas is imported by whoever hands a frame in or asks for one.

Examples
--------
A company from frames in memory, and a measure as pandas::

    from core import metrics, pandas_door
    from core.config import load

    data = pandas_door.dataset({"accounts": accounts, "transactions": transactions}, load())
    pandas_door.to_pandas(metrics.bookings.by_month(data, load()))
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.contracts.errors import SourceError

if TYPE_CHECKING:
    import pandas as pd


def dataset(
    frames: Mapping[str, pd.DataFrame | pl.DataFrame],
    settings: Settings | None = None,
    mapping: Mapping[str, Any] | None = None,
    as_of: date | None = None,
    source: str = "Frames in memory",
) -> Dataset:
    """Return a dataset from frames, read and checked as files are.

    Parameters
    ----------
    frames : mapping of str to pandas or Polars frame
        By entity, such as accounts or transactions; an index with a name becomes a column.
    settings : Settings, optional
        Default those in force.
    mapping : mapping, optional
        A column map, where your columns have other names; its files are the names of `frames` with `.parquet`.
    as_of : date, optional
        Default the latest day of the frames.
    source : str
        Where the data came from, in words.

    Returns
    -------
    Dataset
        Rows that do not fit are in its `rejected`, with the rule each broke; NaN, None and NaT are missing.

    Raises
    ------
    SourceError
        When no frame is named after an entity, or one cannot be read.
    """
    from core.sources import read_files

    files = {f"{name}.parquet": _parquet(name, frame) for name, frame in frames.items()}
    return read_files(files, mapping, settings, as_of, source)


def to_polars(frame: pd.DataFrame | pl.DataFrame, name: str = "frame") -> pl.DataFrame:
    """Return a frame as Polars; an index with a name becomes a column, NaN becomes null.

    Raises
    ------
    SourceError
        When it is no frame, or holds a column of mixed kinds.
    """
    if isinstance(frame, pl.DataFrame):
        return frame
    try:
        named = frame.reset_index() if any(level is not None for level in frame.index.names) else frame
        return pl.from_pandas(named, nan_to_null=True)
    except (AttributeError, TypeError, ValueError, pl.exceptions.PolarsError) as error:
        mend = "Hand in a pandas frame of one kind per column."
        raise SourceError("The frame cannot be read.", name, mend) from error


def to_pandas(result: Any) -> pd.DataFrame:
    """Return a result's rows as a pandas frame.

    Parameters
    ----------
    result : pl.DataFrame, or anything with a `frame`
        A measure, an outlook, an explanation.

    Raises
    ------
    SourceError
        When it has no rows.
    """
    frame = result if isinstance(result, pl.DataFrame) else getattr(result, "frame", None)
    if not isinstance(frame, pl.DataFrame):
        raise SourceError(f"A {type(result).__name__} has no rows.", "", "Hand in a result with a frame.")
    return frame.to_pandas()


def tables(data: Dataset) -> dict[str, pd.DataFrame]:
    """Return every entity of a dataset as a pandas frame, by name."""
    return {name: data.frame(name).to_pandas() for name in data.row_counts}


def _parquet(name: str, frame: pd.DataFrame | pl.DataFrame) -> bytes:
    target = io.BytesIO()
    to_polars(frame, name).write_parquet(target)
    return target.getvalue()
