"""Names become ids where a file holds only names: accounts, owners, products, deals."""

from __future__ import annotations

import polars as pl

from core.localization import joined, message
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
    by_id = targets["id"].drop_nulls().unique()
    cells = _others(frame, id_column, by_id)
    names = _others(frame, name_column, by_id)
    forms = {c: (fold(c), fold(turned(c)) if what == "people" else "") for c in (*cells, *names)}
    wanted = {form for pair in forms.values() for form in pair}
    by_name = _by_name(targets, wanted, what, findings) if cells or names else {}
    linked = {c: by_name[f] for c, pair in forms.items() for f in reversed(pair) if f in by_name}
    replaced = {c: linked[c] for c in cells if c in linked}
    if replaced:
        frame = frame.with_columns(pl.col(id_column).replace(replaced))
    own = pl.col(id_column) if id_column in frame.columns else pl.lit(None, pl.String)
    if name_column not in frame.columns:
        return frame if id_column in frame.columns else frame.with_columns(own.alias(id_column))
    ids = {n: linked.get(n, n) for n in names}
    return frame.with_columns(pl.coalesce(own, pl.col(name_column).replace(ids)).alias(id_column))


def turned(name: str) -> str:
    """Return a person's name with the first name first.

    Examples
    --------
    >>> turned("Lee, Ann"), turned("Ann Lee")
    ('Ann Lee', '')
    """
    last, comma, first = name.partition(",")
    return f"{first.strip()} {last.strip()}" if comma else ""


def tell_unlinked(
    frame: pl.DataFrame, column: str, targets: pl.DataFrame, words: tuple[str, str, str], findings: Findings
) -> None:
    """Tell of ids that the entity they name does not hold, where there is such an entity.

    Parameters
    ----------
    frame : pl.DataFrame
    column : str
    targets : pl.DataFrame
        [id, name] of the entity that is named; nothing is told where it is empty.
    words : tuple of str
        What the rows are, what they name, and where that should stand: ("deals", "people", "the sales team").
    findings : Findings
    """
    if targets.is_empty() or column not in frame.columns:
        return
    lost = frame.filter(pl.col(column).is_not_null()).join(targets, left_on=column, right_on="id", how="anti")
    if lost.height:
        names = lost[column].cast(pl.String).unique().sort()
        shown = joined(*names.head(3).to_list(), by=", ") + (" and more" if names.len() > 3 else "")
        rows, named, where = words
        findings.note(
            message(
                "{height:,} of the {rows} name {named} that {where} does not hold: {shown}.",
                height=lost.height,
                rows=rows,
                named=named,
                where=where,
                shown=shown,
            )
        )


def _others(frame: pl.DataFrame, column: str, linked: pl.Series) -> list[str]:
    """Return the different cells of a column that are no known id."""
    if column not in frame.columns:
        return []
    cells = frame[column].drop_nulls().unique()
    return [str(c) for c in cells.filter(~cells.is_in(linked.implode())).to_list()]


def _by_name(targets: pl.DataFrame, wanted: set[str], what: str, findings: Findings) -> dict[str, str]:
    """Return the folded names that are wanted -> id; of several with one name the first is taken, and told."""
    rows = targets.drop_nulls()
    keys = pl.Series("key", [fold(name) for name in rows["name"].to_list()], dtype=pl.String)
    rows = rows.with_columns(keys).filter(pl.col("key").is_in(sorted(wanted - {""})))
    twice = rows.filter(pl.col("key").is_duplicated())["name"].unique(maintain_order=True)
    if twice.len():
        findings.note(
            message(
                "{len} names of {what} are shared by several; where only a name is given, the first is taken.",
                len=twice.len(),
                what=what,
            )
        )
    return dict(rows.unique("key", keep="first", maintain_order=True).select("key", "id").iter_rows())


def from_names(frame: pl.DataFrame, id_column: str, name_column: str) -> pl.DataFrame:
    """Return [id, name] of what a frame names, one row per id."""
    if id_column not in frame.columns or name_column not in frame.columns:
        return pl.DataFrame(schema={"id": pl.String, "name": pl.String})
    rows = frame.select(id=pl.col(id_column), name=pl.col(name_column)).drop_nulls("id")
    return rows.with_columns(pl.col("name").fill_null(pl.col("id"))).unique("id", keep="first", maintain_order=True)
