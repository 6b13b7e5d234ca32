"""The day a source speaks of, and the histories of its deals up to that day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from core import contracts
from core.contracts.errors import SourceError
from core.localization import message
from core.sources import changes, currencies, deals, history, rows, stages
from core.sources.as_of import latest_day
from core.sources.inventory import Inventory
from core.sources.linked_entities import owner_names
from core.sources.linking import link
from core.sources.pipeline_stages import PipelineStages
from core.sources.work import Assembly


def said_day(facts: Mapping[str, Any]) -> date | None:
    """Return the as-of date `meta.yaml` says; None where it says none."""
    day = facts.get("as_of")
    if not day:
        return None
    try:
        return date.fromisoformat(str(day)[:10])
    except ValueError as error:
        raise SourceError(
            message("as_of reads {day!r}, which is no date.", day=day), "meta.yaml", "Write it as 2026-03-31."
        ) from error


def day_of(work: Assembly, inventory: Inventory) -> date:
    """Return the day the data speaks of."""
    days: list[pl.Series] = []
    if "opportunities" in work.frames:
        frame = work.frames["opportunities"]
        days += [frame["created_on"], frame.filter("is_closed")["close_on"]]
        if "modified_at" in frame.columns and frame["modified_at"].null_count() < frame.height:
            days.append(frame["modified_at"].cast(pl.Date))
    for frame, _ in work.parts.get("opportunity_history", []):
        days += [
            frame[c].cast(pl.Date)
            for c in ("valid_from", "changed_at")
            if c in frame.columns and frame[c].dtype != pl.String
        ]
    for entity, column in (("transactions", "booked_on"), ("subscriptions", "started_on")):
        if entity in work.frames:
            days.append(work.frames[entity][column])
    if "activities" in work.frames:
        logged = work.frames["activities"].filter(pl.col("kind") != "meeting")
        days.append(logged["occurred_at"].cast(pl.Date))
    day = latest_day(days)
    if day is None and inventory.newest is not None:
        day = datetime.fromtimestamp(inventory.newest, UTC).date()
        work.findings.note(
            message(
                "No date says which day the data speaks of; {day} is taken, when its file was last "
                "changed. Set as_of to change it.",
                day=day,
            )
        )
    if day is None:
        raise SourceError(
            "No column holds a date, so nobody can say which day the data speaks of.",
            ", ".join(inventory.files) or "the files",
            "Add a close date or a creation date, or a file meta.yaml with as_of: 2026-03-31.",
        )
    return day


def histories(work: Assembly, as_of: date) -> None:
    """Read the histories of the deals, bring them in line with the deals, and give one to every deal without."""
    settings, findings = work.settings, work.findings
    frame = work.frames.get("opportunities")
    if frame is None:
        return
    listed = work.raw.get("stages")
    given = [
        (changes.with_stage_names(stages.named(f, listed), listed), s.history, s.entry.ends)
        for f, s in work.parts.get("opportunity_history", [])
    ]
    given = [(rows.with_keys(_started(f), "opportunity_history", findings), form, ends) for f, form, ends in given]
    spans = history.read(given, frame, settings, findings) if given else contracts.empty("opportunity_history")
    spans = _named_as_deals(spans, frame, work.by_pipeline)
    if spans.height:
        spans = _spans_in_currency(work, spans)
        if spans["owner_id"].null_count() == spans.height:
            owners = frame.select("opportunity_id", "owner_id")
            spans = spans.drop("owner_id").join(owners, on="opportunity_id", how="left", maintain_order="left")
            findings.note("The history does not say who owned a deal; its present owner is taken throughout.")
        else:
            spans = link(spans, "owner_id", "_", owner_names(work), "people", findings)
    work.stages = stages.table(frame, settings, listed, spans)
    lined = history.in_line(spans, frame, settings, as_of, findings, listed)
    begun = [
        d
        for d in (frame["created_on"].min(), frame.filter("is_closed")["close_on"].min(), spans["valid_from"].min())
        if isinstance(d, date)
    ]
    first = min([*begun, as_of])
    deals.tell(frame, as_of, first, findings)
    rest = history.of_the_rest(frame, lined, settings, first, as_of)
    work.frames["opportunity_history"] = pl.concat([lined, rest], how="diagonal_relaxed")


def _named_as_deals(spans: pl.DataFrame, frame: pl.DataFrame, by_pipeline: PipelineStages) -> pl.DataFrame:
    """Call stages that mean several things as their deals do: with the pipeline."""
    if not by_pipeline.words or "pipeline" not in frame.columns or spans.is_empty():
        return spans
    of_deals = frame.select("opportunity_id", _now=pl.col("pipeline").cast(pl.String))
    own = pl.col("pipeline").cast(pl.String) if "pipeline" in spans.columns else pl.lit(None, pl.String)
    joined = spans.join(of_deals, on="opportunity_id", how="left", maintain_order="left")
    return by_pipeline.named(joined.with_columns(pipeline=pl.coalesce(own, "_now"))).drop("_now", "pipeline")


def _started(frame: pl.DataFrame) -> pl.DataFrame:
    """Give rows of changes the day they count from."""
    if "valid_from" in frame.columns:
        return frame.with_columns(_moment=pl.col("valid_from"), valid_from=pl.col("valid_from").cast(pl.Date))
    if "changed_at" in frame.columns:
        return frame.with_columns(_moment=pl.col("changed_at"), valid_from=pl.col("changed_at").cast(pl.Date))
    return frame


def _spans_in_currency(work: Assembly, spans: pl.DataFrame) -> pl.DataFrame:
    """Convert a history's amounts by the currency and the rate of its deal, so that both agree."""
    frame = work.frames["opportunities"]
    if "original_amount" not in frame.columns:
        return spans
    factor = pl.when(pl.col("currency") == work.currency).then(1.0).otherwise(pl.col(currencies.RATE))
    rates = frame.select("opportunity_id", _times=factor)
    return (
        spans.join(rates, on="opportunity_id", how="left", maintain_order="left")
        .with_columns(amount=pl.col("amount") * pl.col("_times"))
        .drop("_times")
    )
