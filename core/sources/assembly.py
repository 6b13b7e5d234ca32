"""Puts what the files hold together: one dataset, linked, in one currency, with histories that agree."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

from core.config import Settings
from core.contracts import FRAMES, OPTIONAL_FRAMES, Dataset
from core.contracts.errors import SourceError, closest
from core.localization import message
from core.sources import doubts, ids, pipeline_stages, rows, span_ends, stage_map, stages
from core.sources.cells import Source, read_source
from core.sources.contract_fit import checked
from core.sources.findings import Findings
from core.sources.inventory import Inventory
from core.sources.linked_entities import accounts_and_products, currency_of, deals_of, others, people_of
from core.sources.timeline import day_of, histories, said_day
from core.sources.work import Assembly

ADVICE = {
    "opportunity_history": "flow, pushes and past pipeline cannot be shown.",
    "activities": "engagement and churn signals are left out.",
    "subscriptions": "recurring revenue and churn cannot be shown.",
    "transactions": "bookings are taken from won deals, and revenue cannot be shown.",
    "quotas": "attainment and coverage cannot be shown.",
    "sales_team": "teams cannot be told apart.",
    "products": "product families cannot be told apart.",
    "accounts": "segments and regions cannot be told apart.",
    "opportunities": "pipeline and forecast cannot be shown.",
}


def assemble(
    sources: tuple[Source, ...],
    inventory: Inventory,
    settings: Settings,
    as_of: date | None,
    name: str,
    findings: Findings,
) -> tuple[Dataset, list[stages.Stage]]:
    """Read every table and complete every entity.

    Parameters
    ----------
    sources : tuple of Source
    inventory : Inventory
    settings : Settings
    as_of : date, optional
        Default: `as_of` of `meta.yaml`, else the latest day on which several things happened.
    name : str
        What the source is called.
    findings : Findings

    Raises
    ------
    SourceError
        When no date says which day the data speaks of.
    """
    work = _read(sources, settings, findings)
    people_of(work)
    accounts_and_products(work)
    currency_of(work, str(inventory.facts.get("currency") or ""))
    deals_of(work)
    others(work)
    day = as_of or said_day(inventory.facts) or day_of(work, inventory)
    histories(work, day)
    return _dataset(work, day, name, {source.entity: source.entry.ends for source in sources}), work.stages


def _dataset(work: Assembly, day: date, name: str, ends: Mapping[str, span_ends.Ends | None]) -> Dataset:
    settings, findings = work.settings, work.findings
    made_ready = {n: checked(work.frames.get(n), n, findings) for n in (*FRAMES, *OPTIONAL_FRAMES)}
    # Deals' histories are half-open by now where the map says how they end.
    stated: dict[str, span_ends.Ends | None] = {
        **ends,
        "opportunity_history": "exclusive" if ends.get("opportunity_history") else None,
    }
    halved, conventions = span_ends.normalised(made_ready, stated)
    findings.ends += [c for c in conventions if c.entity not in {e.entity for e in findings.ends}]
    for sentence in filter(None, (convention.sentence() for convention in conventions)):
        findings.note(sentence)
    frames: dict[str, Any] = halved
    for entity in FRAMES:
        made = entity == "opportunity_history" and frames["opportunities"].height
        if entity not in work.raw and (made or not frames[entity].height):
            findings.note(
                message("No {entity} loaded: {advice}", entity=entity.replace("_", " "), advice=ADVICE[entity])
            )
    rejected, emptied = findings.frames()
    open_stages = tuple(s.name for s in work.stages if s.kind == stages.OPEN)
    return Dataset(
        **frames,
        as_of=day,
        source=name,
        rejected=rejected,
        missing=(*findings.notes, *(q.sentence() for q in findings.questions)),
        emptied=emptied,
        open_stages=() if set(open_stages) <= set(settings.stages.open) else open_stages,
        currency="" if work.currency == settings.currency else work.currency,
    )


def _read(sources: tuple[Source, ...], settings: Settings, findings: Findings) -> Assembly:
    parts: dict[str, list[tuple[pl.DataFrame, Source]]] = {}
    for source in sources:
        doubts.tell(source, findings)
        parts.setdefault(source.entity, []).append((read_source(source, settings, findings), source))
    raw = {
        n: pl.concat([f for f, _ in listed], how="diagonal_relaxed") if len(listed) > 1 else listed[0][0]
        for n, listed in parts.items()
    }
    raw = {n: _looked_up(f, n, parts[n], raw) for n, f in raw.items()}
    columns = [f[c] for f in raw.values() for c in f.columns if c.endswith("_id") and f.schema[c] == pl.String]
    forms = ids.long_forms(columns)
    if forms:
        findings.note("Salesforce ids of 15 and of 18 characters occur; they are matched with each other.")
        raw = {n: _lengthened(f, forms) for n, f in raw.items()}
        parts = {n: [(_lengthened(f, forms), s) for f, s in listed] for n, listed in parts.items()}
    tidy = {n: rows.without_deleted(f, n, findings) for n, f in raw.items() if n != "opportunity_history"}
    if "opportunity_history" in parts:
        listed = [
            (rows.without_deleted(f, "opportunity_history", findings), s) for f, s in parts["opportunity_history"]
        ]
        parts["opportunity_history"] = listed
        tidy["opportunity_history"] = listed[0][0]
    by_pipeline = _by_pipeline(sources, tidy, findings)
    in_order = stage_map.with_map(tidy.get("stages"), by_pipeline.entries())
    if in_order is not None:
        tidy["stages"] = in_order
    return Assembly(tidy, parts, settings, findings, by_pipeline=by_pipeline)


def _by_pipeline(
    sources: tuple[Source, ...], tidy: dict[str, pl.DataFrame], findings: Findings
) -> pipeline_stages.PipelineStages:
    """Return what the map says of stages, and give the deals' stages names that mean one thing."""
    deals = tidy.get("opportunities")
    named = stages.named(deals, tidy.get("stages")) if deals is not None else None
    by_pipeline = pipeline_stages.of_entries((source.entry.stages for source in sources), named)
    if named is not None and by_pipeline.words:
        by_pipeline.tell(named, findings)
        tidy["opportunities"] = by_pipeline.named(named)
    return by_pipeline


def _looked_up(
    frame: pl.DataFrame, entity: str, parts: list[tuple[pl.DataFrame, Source]], raw: Mapping[str, pl.DataFrame]
) -> pl.DataFrame:
    """Replace names by ids as a map says; a name that is not found has no id."""
    rules = {column: rule for _, source in parts for column, rule in source.entry.lookups.items()}
    for column, rule in rules.items():
        other = raw[rule.entity]
        for name, there, what in (
            (column, frame, entity),
            (rule.by, other, rule.entity),
            (rule.take, other, rule.entity),
        ):
            if name not in there.columns:
                near = closest(name, there.columns)
                raise SourceError(
                    message(
                        "The lookup of {entity}.{column} names {name!r}, which {what} does not have.",
                        entity=entity,
                        column=column,
                        name=name,
                        what=what,
                    ),
                    "the column map",
                    message("Did you mean {near!r}?", near=near) if near else "",
                )
        pairs = other.select(_by=pl.col(rule.by), _take=pl.col(rule.take)).drop_nulls("_by").unique("_by", keep="first")
        joined = frame.join(pairs, left_on=column, right_on="_by", how="left", maintain_order="left")
        frame = joined.drop(column).rename({"_take": column})
    return frame


def _lengthened(frame: pl.DataFrame, forms: Mapping[str, str]) -> pl.DataFrame:
    named = [c for c in frame.columns if c.endswith("_id") and frame.schema[c] == pl.String]
    return frame.with_columns(ids.lengthened(frame[c], forms) for c in named)
