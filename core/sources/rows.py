"""Which rows count: not deleted ones, not those without a key, and one per id."""

from __future__ import annotations

import polars as pl

from core.contracts.schemas import ALL_SCHEMAS
from core.localization import message, message_plural
from core.sources.columns import KEYS
from core.sources.file_days import day_in
from core.sources.findings import PART, Findings
from core.sources.table import ROW
from core.sources.vocabulary import folded, words

# Several rows of one document share its number; each is a line.
LINES = ("transactions", "subscriptions")
NUMBERED = {
    "transactions": "transaction_id",
    "subscriptions": "subscription_id",
    "activities": "activity_id",
    "campaign_touches": "touch_id",
    "course_completions": "completion_id",
    "content_uses": "use_id",
}
SHOWN = 2_000


def without_deleted(frame: pl.DataFrame, entity: str, findings: Findings) -> pl.DataFrame:
    """Leave out rows the CRM marks as deleted."""
    for name in ("is_deleted", "row_is_deleted"):
        if name in frame.columns and not (name == "is_deleted" and entity == "opportunity_history"):
            gone = frame[name].fill_null(value=False)
            findings.lose(frame.filter(gone), entity, "deleted", "the CRM marks the row as deleted", name)
            frame = frame.filter(~gone)
    if entity == "opportunities" and "status" in frame.columns and frame.schema["status"] == pl.String:
        texts = [t for t in frame["status"].drop_nulls().unique().to_list() if folded(t) in words("deleted")]
        gone = frame["status"].is_in(texts).fill_null(value=False)
        findings.lose(frame.filter(gone), entity, "deleted", "its status says that it was deleted", "status")
        frame = frame.filter(~gone)
    return frame


def with_keys(frame: pl.DataFrame, entity: str, findings: Findings) -> pl.DataFrame:
    """Leave out rows without a key; where no column holds an id, rows are numbered."""
    numbered = NUMBERED.get(entity)
    if numbered and (numbered not in frame.columns or frame[numbered].null_count()):
        number = pl.format("{}{}-{}", pl.lit("row "), pl.col(PART), pl.col(ROW))
        own = pl.col(numbered) if numbered in frame.columns else pl.lit(None, pl.String)
        frame = frame.with_columns(pl.coalesce(own, number).alias(numbered))
    for key in KEYS.get(entity, ()):
        if key not in frame.columns:
            frame = frame.with_columns(pl.lit(None, pl.String).alias(key))
        bare = frame[key].is_null()
        if frame[key].null_count():
            reason = message("{key} is empty, and a row is of no use without it", key=key)
            findings.lose(frame.filter(bare), entity, "no_key", reason, key)
            frame = frame.filter(~bare)
    return frame


def one_per_key(frame: pl.DataFrame, entity: str, findings: Findings) -> pl.DataFrame:
    """Leave one row per id: identical rows count once; of different ones the last changed, else the first."""
    schema = ALL_SCHEMAS.get(entity)
    keys = [k for k in (schema.primary_key() if schema else ()) if k in frame.columns]
    if not keys or frame.is_empty() or _are_unique(frame, keys):
        return frame
    values = [c for c in frame.columns if c not in (ROW, PART)]
    before = frame.height
    first = frame.unique(subset=values, keep="first", maintain_order=True)
    again = before - first.height
    if again:
        lost = frame.join(first, on=[ROW, PART], how="anti")
        findings.lose(lost.head(SHOWN), entity, "repeated", "the same row stands here once more; it counts once")
        rows = message("{again} rows repeat others", again=again) if again > 1 else "1 row repeats another"
        findings.note(
            message(
                "{entity}: {rows} word for word and counted once.",
                entity=entity.replace("_", " ").capitalize(),
                rows=rows,
            )
        )
    if entity in LINES:
        return _as_lines(first, keys[0])
    return _newest(first, keys, entity, findings)


def _are_unique(frame: pl.DataFrame, keys: list[str]) -> bool:
    key = pl.col(keys[0]) if len(keys) == 1 else pl.struct(keys)
    return bool(frame.select(key.n_unique()).item() == frame.height)


def _as_lines(frame: pl.DataFrame, key: str) -> pl.DataFrame:
    line = pl.int_range(pl.len()).over(key)
    return frame.with_columns(pl.when(line > 0).then(pl.format("{}-{}", key, line + 1)).otherwise(key).alias(key))


def _ranked(several: pl.DataFrame, findings: Findings) -> tuple[pl.DataFrame, str, str]:
    """Return rows with one id, the one that counts first, and in words which that is and why.

    The last changed counts; where no column says it, that of the file whose name holds the latest date.
    """
    if "modified_at" in several.columns and several["modified_at"].null_count() < several.height:
        ranked = several.sort("modified_at", descending=True, nulls_last=True, maintain_order=True)
        return ranked, "was changed last", "it was changed last"
    days = {k: day_in(sheet or file) or day_in(file) for k, (file, sheet) in enumerate(findings.places)}
    used = {k: days.get(k) for k in several[PART].unique().to_list()}
    if len(set(used.values())) > 1 and all(used.values()):
        day = pl.col(PART).replace_strict(used, default=None, return_dtype=pl.Date)
        ranked = several.sort(day, descending=True, maintain_order=True)
        return ranked, "stands in the newest file, by the dates in their names", "its file is the newest by its name"
    return several, "stands first", "it stands first, and no column says which was changed last"


def _newest(frame: pl.DataFrame, keys: list[str], entity: str, findings: Findings) -> pl.DataFrame:
    several = frame.filter(pl.struct(keys).is_duplicated())
    if several.is_empty():
        return frame
    ranked, which, why = _ranked(several, findings)
    newest = ranked.unique(subset=keys, keep="first", maintain_order=True)
    rows = several.join(newest.select(*keys, _kept=ROW), on=keys, how="left", nulls_equal=True)
    is_kept = rows.join(newest.select(ROW, PART, _is=pl.lit(value=True)), on=[ROW, PART], how="left")["_is"].fill_null(
        value=False
    )
    shown = ", ".join(keys)
    reason = pl.format(
        message("{shown} stands on several rows that differ: row {{}} counts, {why}", shown=shown, why=why),
        pl.col("_kept"),
    )
    findings.lose(rows.filter(~is_kept).head(SHOWN), entity, "same_id", reason, keys[0])
    findings.empty(rows.filter(is_kept).head(SHOWN), entity, "same_id", reason, keys[0])
    n = newest.height
    findings.note(
        message_plural(
            "{entity}: {n} id stands on several rows that differ; of each the row counts that {which}.",
            "{entity}: {n} ids stand on several rows that differ; of each the row counts that {which}.",
            n,
            entity=entity.replace("_", " ").capitalize(),
            which=which,
        )
    )
    losing = rows.filter(~is_kept).select(ROW, PART)
    return frame.join(losing, on=[ROW, PART], how="anti", maintain_order="left")
