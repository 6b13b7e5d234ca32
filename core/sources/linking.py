"""Names become ids where a file holds only names: accounts, owners, products, deals."""

from __future__ import annotations

import polars as pl

from core.sources.findings import Findings
from core.sources.headers import fold


def link(
    frame: pl.DataFrame, id_column: str, name_column: str, targets: pl.DataFrame, what: str, findings: Findings
) -> pl.DataFrame:
    """Fill a column of ids by the names beside it.

    Parameters
    ----------
    frame : pl.DataFrame
    id_column, name_column : str
        Either may be missing from the frame.
    targets : pl.DataFrame
        [id, name] of the entity that is named.
    what : str
        The entity in words, for the notes.

    Returns
    -------
    pl.DataFrame
        With `id_column`; an id that is no id but a name is replaced too, and a name that is found nowhere is its own
        id. `name_column` stays.
    """
    known = {i: i for i in targets["id"].drop_nulls().to_list()}
    by_name = _by_name(targets, what, findings)
    cells = frame[id_column].drop_nulls().unique().to_list() if id_column in frame.columns else []
    named = {c: by_name[fold(c)] for c in cells if c not in known and fold(c) in by_name}
    if id_column in frame.columns:
        frame = frame.with_columns(pl.col(id_column).replace(named) if named else pl.col(id_column))
    if name_column not in frame.columns:
        return frame if id_column in frame.columns else frame.with_columns(pl.lit(None, pl.String).alias(id_column))
    names = frame[name_column].drop_nulls().unique().to_list()
    ids = {n: known.get(n) or by_name.get(fold(n)) or n for n in names}
    from_name = pl.col(name_column).replace_strict(ids, default=None, return_dtype=pl.String)
    has_id = pl.col(id_column) if id_column in frame.columns else pl.lit(None, pl.String)
    return frame.with_columns(pl.coalesce(has_id, from_name).alias(id_column))


def _by_name(targets: pl.DataFrame, what: str, findings: Findings) -> dict[str, str]:
    rows = targets.drop_nulls().with_columns(key=pl.col("name").map_elements(fold, return_dtype=pl.String))
    rows = rows.filter(pl.col("key") != "")
    twice = rows.filter(pl.col("key").is_duplicated())["name"].unique(maintain_order=True)
    if twice.len():
        shown = ", ".join(twice.head(3).to_list())
        findings.note(
            f"{twice.len()} names of {what} are shared by several ({shown}); where only a name is given, the first is "
            "taken."
        )
    return dict(rows.unique("key", keep="first", maintain_order=True).select("key", "id").iter_rows())


def from_names(frame: pl.DataFrame, id_column: str, name_column: str) -> pl.DataFrame:
    """Return [id, name] of what a frame names, one row per id."""
    if id_column not in frame.columns or name_column not in frame.columns:
        return pl.DataFrame(schema={"id": pl.String, "name": pl.String})
    rows = frame.select(id=pl.col(id_column), name=pl.col(name_column)).drop_nulls("id")
    return rows.with_columns(pl.col("name").fill_null(pl.col("id"))).unique("id", keep="first", maintain_order=True)
