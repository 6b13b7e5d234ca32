"""Histories that hold a row per changed field: deal, field, old value, new value, time."""

from __future__ import annotations

from functools import cache

import polars as pl

from core.config import Settings
from core.localization import message
from core.sources import amounts, dates, vocabulary
from core.sources.findings import Findings
from core.sources.headers import fold
from core.sources.stages import named

FIELDS = {
    "stage": [
        "StageName",
        "Stage",
        "dealstage",
        "deal stage",
        "stage_id",
        "salesstage",
        "stepname",
        "phase",
        "stufe",
        "étape",
        "etapa",
        "Opportunity Stage",
        "pipeline stage",
        "hs_deal_stage",
    ],
    "amount": [
        "Amount",
        "amount",
        "value",
        "estimatedvalue",
        "expected_revenue",
        "Expected Revenue",
        "deal value",
        "betrag",
        "wert",
        "montant",
        "importe",
        "monto",
        "valor",
    ],
    "close_on": [
        "CloseDate",
        "Close Date",
        "closedate",
        "expected_close_date",
        "estimatedclosedate",
        "date_deadline",
        "closing date",
        "expected close",
        "Expected Closing",
        "abschlussdatum",
        "date de clôture",
        "fecha de cierre",
    ],
    "owner_id": [
        "OwnerId",
        "Owner",
        "hubspot_owner_id",
        "user_id",
        "owner_id",
        "ownerid",
        "Salesperson",
        "Opportunity Owner",
        "deal owner",
    ],
    "forecast_category": [
        "ForecastCategoryName",
        "ForecastCategory",
        "Forecast",
        "Forecast Category",
        "hs_manual_forecast_category",
        "msdyn_forecastcategory",
    ],
    "status": ["status", "statecode", "state"],
}
TRACKED = ("stage", "amount", "close_on", "owner_id", "forecast_category")


@cache
def _fields() -> dict[str, str]:
    return {fold(name): ours for ours, listed in FIELDS.items() for name in (ours, *listed)}


def spans(
    rows: pl.DataFrame, deals: pl.DataFrame, settings: Settings, findings: Findings, listed: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Turn changes of fields into states: one row per deal and day with a change, after the changes of that day.

    A deal begins, on its creation date, with the old value of each field's first change; a field that was never
    changed has always been as it is now. An empty new value clears the field.

    Returns
    -------
    pl.DataFrame
        opportunity_id, valid_from, stage, amount, close_on, owner_id, forecast_category; a field that no row speaks of
        is the deal's present one.
    """
    moment = "changed_at" if "changed_at" in rows.columns else "valid_from"
    old = pl.col("old_value") if "old_value" in rows.columns else pl.lit(None, pl.String)
    dated = rows.filter(pl.col(moment).is_not_null()).with_columns(
        _field=pl.col("field").map_elements(lambda f: _fields().get(fold(str(f)), ""), return_dtype=pl.String),
        _old=old.cast(pl.String),
        _new=pl.col("new_value").cast(pl.String),
    )
    others = dated.filter(pl.col("_field") == "")["field"].drop_nulls().unique().sort()
    if others.len():
        findings.note(
            message(
                "The history of changes also holds {to_list}; these fields are not followed.",
                to_list=", ".join(others.head(5).to_list()),
            )
        )
    dated = dated.filter(pl.col("_field").is_in(list(TRACKED)), pl.col("opportunity_id").is_not_null()).sort(
        "opportunity_id", moment, maintain_order=True
    )
    if dated.is_empty():
        return pl.DataFrame(schema={"opportunity_id": pl.String, "valid_from": pl.Date, "stage": pl.String})
    fields = [f for f in TRACKED if f in set(dated["_field"].unique().to_list())]
    states = _states(dated, deals, fields, moment)
    return _typed(states, fields, settings)


def _states(dated: pl.DataFrame, deals: pl.DataFrame, fields: list[str], moment: str) -> pl.DataFrame:
    """Return the state of every deal at its start and after each day with changes, as texts."""
    day = pl.col(moment).cast(pl.Date)
    marked = dated.with_columns(_day=day, _new=pl.col("_new").fill_null(""))
    daily = marked.group_by("opportunity_id", "_day", "_field", maintain_order=True).agg(pl.col("_new").last())
    wide = daily.pivot(on="_field", index=["opportunity_id", "_day"], values="_new", maintain_order=True)
    first = marked.unique(["opportunity_id", "_field"], keep="first", maintain_order=True)
    before = first.pivot(on="_field", index="opportunity_id", values="_old", maintain_order=True)
    begun = marked.group_by("opportunity_id").agg(pl.col("_day").min())
    started = (
        deals.select("opportunity_id", "created_on")
        if "created_on" in deals.columns
        else deals.select("opportunity_id", created_on=pl.lit(None, pl.Date))
    )
    begun = begun.join(started, on="opportunity_id", how="left").with_columns(
        _day=pl.min_horizontal("_day", "created_on")
    )
    start = begun.select("opportunity_id", "_day").join(before, on="opportunity_id", how="left")
    names = ["opportunity_id", "_day", *fields]
    rows = (
        pl.concat([start.select(names), wide.select(names)]).with_row_index("_k").sort("opportunity_id", "_day", "_k")
    )
    filled = rows.with_columns(pl.col(f).forward_fill().over("opportunity_id") for f in fields)
    changed = {
        f: first.filter(pl.col("_field") == f).select("opportunity_id", pl.lit(value=True).alias(f"_has_{f}"))
        for f in fields
    }
    for f in fields:
        filled = filled.join(changed[f], on="opportunity_id", how="left", maintain_order="left")
    filled = filled.unique(["opportunity_id", "_day"], keep="last", maintain_order=True)
    present = deals.select(
        "opportunity_id", *(pl.col(f).cast(pl.String).alias(f"_now_{f}") for f in TRACKED if f in deals.columns)
    )
    filled = filled.join(present, on="opportunity_id", how="left", maintain_order="left")
    never = [
        pl.when(pl.col(f"_has_{f}").is_null()).then(f"_now_{f}").otherwise(f).alias(f)
        for f in fields
        if f"_now_{f}" in filled.columns
    ]
    rest = [pl.col(f"_now_{f}").alias(f) for f in TRACKED if f not in fields and f"_now_{f}" in filled.columns]
    return filled.with_columns(*never, *rest).rename({"_day": "valid_from"})


def _typed(states: pl.DataFrame, fields: list[str], settings: Settings) -> pl.DataFrame:
    out = states
    for f in TRACKED:
        if f not in out.columns:
            continue
        column = out[f].set(out[f] == "", None)
        if f == "amount":
            column = amounts.read(column, amounts.choose(column), settings.currency)[0]
        elif f == "close_on":
            column = dates.read(column, dates.choose(column), settings.time_zone)[0].cast(pl.Date)
        elif f == "forecast_category":
            meanings = vocabulary.meanings("forecast_category")
            words = {t: meanings.get(vocabulary.folded(t)) for t in column.drop_nulls().unique().to_list()}
            column = column.replace_strict(words, default=None, return_dtype=pl.String)
        out = out.with_columns(column.alias(f))
    columns = ["opportunity_id", "valid_from", *(f for f in TRACKED if f in out.columns)]
    return out.select(columns)


def with_stage_names(rows: pl.DataFrame, listed: pl.DataFrame | None) -> pl.DataFrame:
    """Replace ids of stages among the old and new values by their names."""
    if listed is None or "field" not in rows.columns:
        return rows
    is_stage = rows["field"].map_elements(lambda f: _fields().get(fold(str(f))) == "stage", return_dtype=pl.Boolean)
    for column in ("old_value", "new_value"):
        if column in rows.columns:
            names = named(rows.select(stage=column), listed)["stage"]
            rows = rows.with_columns(pl.when(is_stage).then(names).otherwise(column).alias(column))
    return rows
