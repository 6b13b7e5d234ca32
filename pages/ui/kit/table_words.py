"""Texts of ours in the cells of a table in the reader's language; what came with the data stays as it is."""

from __future__ import annotations

from functools import cache, partial

import polars as pl

from core.contracts import SCHEMAS
from core.localization import shown, shown_value
from core.localization.reader import READS

# Words of people, of buyers or of files, whatever table they stand in.
OF_PEOPLE = frozenset(
    """
    text title name owner person people team who user author file sheet place comment note question answer
    requirement capability detail target campaign source segment product competitor account deal link open id
    key opens company
    """.split()
)
# Columns whose words are all ours, also where the data has a name that reads the same: "Price" as a reason for a loss.
OF_US = frozenset({"topic", "topics", "step", "opportunity_type", "forecast_category", "role"})
# Names of columns that tables of ours have too: their words are looked up, but for values of the data.
FIXED = {"kind", "status", "outcome", "content_kind"}
MOST = 2_000  # values of a column that are looked up


def in_language(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a table with its texts of ours in the reader's language; English is the table itself."""
    if READS.get() is None:
        return frame
    turned = []
    for name, kind in frame.schema.items():
        is_list = isinstance(kind, pl.List) and kind.inner == pl.String
        if not (kind == pl.String or is_list) or _is_of_data(name):
            continue
        values = (frame[name].explode() if is_list else frame[name]).drop_nulls().unique()
        in_words = partial(shown_value, whole=False) if name not in OF_US else shown
        table = {value: words for value in values.head(MOST) if (words := str(in_words(value))) != value}
        if table:
            column = pl.element() if is_list else pl.col(name)
            column = column.replace(list(table), list(table.values()))
            turned.append(pl.col(name).list.eval(column) if is_list else column)
    return frame.with_columns(turned) if turned else frame


def _is_of_data(name: str) -> bool:
    return name not in OF_US and (
        name in OF_PEOPLE or name.endswith(("_id", "_name", "_path", "_url")) or name in _data_columns()
    )


@cache
def _data_columns() -> frozenset[str]:
    return frozenset(column for schema in SCHEMAS.values() for column in schema.columns()) - FIXED
