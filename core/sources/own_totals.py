"""What the files themselves add up to, beside what was read of them."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from core.contracts import FRAMES, OPTIONAL_FRAMES
from core.sources import amounts
from core.sources.cells import Source
from core.sources.findings import Decision
from core.sources.folder import Reading

AMOUNT: Mapping[str, str] = {
    "opportunities": "amount",
    "transactions": "amount",
    "subscriptions": "mrr_amount",
    "quotas": "quota_amount",
}
SCHEMA = {
    "entity": pl.String,
    "n_in_files": pl.Int64,
    "n_read": pl.Int64,
    "n_left_out": pl.Int64,
    "amount_in_files": pl.Float64,
    "amount_read": pl.Float64,
}


def beside(reading: Reading) -> pl.DataFrame:
    """Return rows and amounts of every entity as the files hold them, and as they were read.

    Parameters
    ----------
    reading : Reading

    Returns
    -------
    pl.DataFrame
        [entity, n_in_files, n_read, n_left_out, amount_in_files, amount_read]. The amount in the files is the plain sum
        of the column as it is written: with rows that are left out, and in whatever currencies there are; null where
        the entity has no amount, or it is made of several columns. Rows left out are counted once each.
    """
    rows = []
    for entity in dict.fromkeys(source.entity for source in reading.plan.sources):
        sources = [s for s in reading.plan.sources if s.entity == entity]
        if entity not in (*FRAMES, *OPTIONAL_FRAMES):
            continue
        data = reading.dataset
        frame, column = data.frame(entity), AMOUNT.get(entity)
        lost = data.rejected.filter(pl.col("entity") == entity).select("file", "sheet", "row").unique().height
        parts = [_sum(source, column, reading.decisions) for source in sources] if column else [None]
        written = None if any(p is None for p in parts) else sum(p for p in parts if p is not None)
        amount = float(frame[column].sum()) if column and frame.height else None
        n_in_files = sum(source.match.table.frame.height for source in sources)
        rows.append((entity, n_in_files, frame.height, lost, written, amount))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _sum(source: Source, column: str, decisions: tuple[Decision, ...]) -> float | None:
    rule, table = source.entry.columns.get(column), source.match.table
    if not isinstance(rule, str):
        return None
    cells = table.frame[rule]
    if cells.dtype.is_numeric():
        return float(cells.sum())
    same = [d for d in decisions if (d.file, d.sheet, d.column) == (table.file, table.sheet, column)]
    if not same or cells.dtype != pl.String:
        return None
    values, _, _ = amounts.read(cells, amounts.AmountChoice(same[0].choice))
    return float(values.sum())
