"""The one way from a mart back to the raw rows behind it: a page of them, asked of the engine that holds them."""

from __future__ import annotations

import polars as pl

from core.contracts import RAW_FRAMES, Dataset
from core.contracts.errors import ContractError, SourceError, closest

MOST_ROWS = 5_000


def raw_page(
    data: Dataset,
    entity: str,
    where: pl.Expr,
    newest_by: str,
    offset: int = 0,
    limit: int = MOST_ROWS,
) -> pl.DataFrame:
    """Return one page of raw rows, the newest first.

    Which rows somebody may see and which names are hidden are steps of the dataset itself; with `where` and the limit
    they are part of one plan, so that the engine hands out no row that is not shown.

    Parameters
    ----------
    data : Dataset
        As the reader may see it.
    entity : {"opportunity_history", "transactions", "activities"}
    where : pl.Expr
        Which rows.
    newest_by : str
        The column of days they are sorted by.
    offset, limit : int
        The first row of the page and how many it has, at most 5,000.

    Returns
    -------
    pl.DataFrame
        In the shape of the entity.

    Raises
    ------
    ContractError
        When there is no raw table of that name.
    SourceError
        When the rows are no longer where they were.
    """
    if entity not in RAW_FRAMES:
        near = closest(entity, RAW_FRAMES)
        mend = f"Did you mean {near!r}?" if near else f"Known: {', '.join(RAW_FRAMES)}."
        raise ContractError(f"There is no raw table called {entity!r}.", mend=mend)
    rows = data.lazy(entity).filter(where).sort(newest_by, descending=True, maintain_order=True)
    try:
        return rows.slice(offset, min(limit, MOST_ROWS)).collect(engine="streaming")
    except FileNotFoundError as error:
        raise SourceError(
            "The rows behind this figure are gone, for the data were read anew several times since.",
            entity.replace("_", " "),
            "Open the page again.",
        ) from error
