"""The stages a column map puts in order, as the list of stages the source lacks or has otherwise."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from core.sources.mapping import EntityMap

BY_MAP = "by_map"
SCHEMA = {
    "stage_name": pl.String,
    "rank": pl.Float64,
    "probability": pl.Float64,
    "is_closed": pl.Boolean,
    "is_won": pl.Boolean,
    "forecast_category": pl.String,
    "pipeline": pl.String,
    BY_MAP: pl.Boolean,
}


def with_map(given: pl.DataFrame | None, entries: Iterable[EntityMap]) -> pl.DataFrame | None:
    """Return a source's list of stages with what a column map says of them, which goes before what the source says.

    Parameters
    ----------
    given : pl.DataFrame, optional
        The source's own list.
    entries : iterable of EntityMap

    Returns
    -------
    pl.DataFrame or None
        The given one where no map names a stage; `by_map` is true for the stages a map names.
    """
    stages = _of_entries(entries)
    if stages.is_empty():
        return given
    if given is None or "stage_name" not in given.columns:
        return stages
    names = stages["stage_name"].implode()
    own = [c for c in given.columns if c not in SCHEMA or c == "stage_name"]
    replaced = given.filter(pl.col("stage_name").is_in(names)).select(own).join(stages, on="stage_name", how="left")
    rest = given.filter(~pl.col("stage_name").is_in(names).fill_null(value=False))
    absent = stages.join(given, on="stage_name", how="anti")
    return pl.concat([replaced, rest, absent], how="diagonal_relaxed")


def _of_entries(entries: Iterable[EntityMap]) -> pl.DataFrame:
    rows = []
    for entry in entries:
        for pipeline, words in entry.stages.items():
            named = dict.fromkeys((*words.order, *words.won, *words.lost, *words.probability, *words.forecast_category))
            for rank, name in enumerate(named):
                is_closed = name in words.won or name in words.lost
                chance, category = words.probability.get(name), words.forecast_category.get(name)
                whose = None if pipeline == "*" else pipeline
                rows.append((name, float(rank), chance, is_closed, name in words.won, category, whose, True))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row").unique("stage_name", keep="first", maintain_order=True)


def marked(listed: pl.DataFrame | None) -> pl.DataFrame:
    """Return the stages of a list that a column map names: [stage_name, rank, is_closed, is_won, …]."""
    if listed is None or BY_MAP not in listed.columns:
        return pl.DataFrame(schema=SCHEMA)
    return listed.filter(pl.col(BY_MAP).fill_null(value=False))


def with_categories(deals: pl.DataFrame, listed: pl.DataFrame | None) -> pl.DataFrame:
    """Give deals without a forecast category and without a probability those a column map says of their stage."""
    rows = marked(listed)
    for name in ("forecast_category", "probability"):
        values = dict(rows.select("stage_name", name).drop_nulls().iter_rows())
        if not values:
            continue
        dtype = SCHEMA[name]
        of_stage = pl.col("stage").replace_strict(values, default=None, return_dtype=dtype)
        given = pl.col(name) if name in deals.columns else pl.lit(None, dtype)
        deals = deals.with_columns(pl.coalesce(given, of_stage).alias(name))
    return deals
