"""Histories of deals in whatever form they come: spans, snapshots with starts alone, or a row per changed field."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from core import contracts
from core.config import Settings
from core.contracts.opportunities import OpportunityHistory
from core.contracts.stage_words import UNKNOWN_STAGE
from core.localization import message_plural
from core.sources import changes, stage_map
from core.sources.findings import PART, Findings
from core.sources.span_ends import EndConvention
from core.sources.stages import LOST, WON, ended_as, kinds
from core.sources.table import ROW

COLUMNS = OpportunityHistory.column_names()
STATE = ("stage", "forecast_category", "amount", "close_on", "owner_id")
SHOWN = 2_000
SAMPLED = 20_000


def read(
    parts: Sequence[tuple[pl.DataFrame, str, str | None]], deals: pl.DataFrame, settings: Settings, findings: Findings
) -> pl.DataFrame:
    """Return the spans of every form of history a source has.

    Parameters
    ----------
    parts : sequence of (frame, form, ends)
        Typed rows; the form is "spans", "snapshots", "changes" or empty, ends is "inclusive", "exclusive" or None.
    deals : pl.DataFrame
        Settled deals: the histories of others are orphans and are left out.
    settings : Settings
    findings : Findings

    Returns
    -------
    pl.DataFrame
        The columns of the contract; ends may be null where the next row is to give them.
    """
    spans: list[pl.DataFrame] = []
    rows_of_changes: list[pl.DataFrame] = []
    for frame, form, ends in parts:
        is_changes = form == "changes" or (not form and {"field", "new_value"} <= set(frame.columns))
        if is_changes:
            rows_of_changes.append(_without_orphans(frame, deals, findings))
        else:
            spans.append(_spans(frame, form, ends, findings))
    if rows_of_changes:
        made = changes.spans(pl.concat(rows_of_changes, how="diagonal_relaxed"), deals, settings, findings)
        spans.append(made)
    if not spans:
        return contracts.empty("opportunity_history")
    whole = pl.concat([_complete(s) for s in spans], how="diagonal_relaxed")
    return _without_orphans(whole, deals, findings)


def _complete(frame: pl.DataFrame) -> pl.DataFrame:
    schema = contracts.empty("opportunity_history").schema
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in schema.items() if name not in frame.columns]
    position = [pl.lit(None, pl.Int64).alias(c) for c in (ROW, PART) if c not in frame.columns]
    return frame.with_columns(*missing, *position).with_columns(
        pl.col("is_deleted").fill_null(value=False), pl.col("stage").fill_null(UNKNOWN_STAGE)
    )


def _spans(frame: pl.DataFrame, form: str, ends: str | None, findings: Findings) -> pl.DataFrame:
    """Return spans with an end where the file says one that can be true."""
    if "valid_from" not in frame.columns and "changed_at" in frame.columns:
        frame = frame.rename({"changed_at": "valid_from"})
    has_ends = form != "snapshots" and "valid_to" in frame.columns and frame["valid_to"].null_count() < frame.height
    if form == "snapshots" and "valid_to" in frame.columns:
        has_ends = frame["valid_to"].null_count() < frame.height
    if not has_ends:
        if "valid_to" in frame.columns:
            frame = frame.drop("valid_to")
        return frame
    is_turned = (pl.col("valid_to") < pl.col("valid_from")).fill_null(value=False)
    turned = frame.filter(is_turned)
    findings.empty(
        turned.head(SHOWN),
        "opportunity_history",
        "ends_before_it_starts",
        "valid_to lies before valid_from: the end follows from the next row",
        "valid_to",
    )
    frame = frame.with_columns(valid_to=pl.when(~is_turned).then("valid_to"))
    if ends == "inclusive" or (ends is None and _are_inclusive(frame)):
        findings.note("The history's spans end on their last day; they are read so.")
        findings.ends.append(
            EndConvention("opportunity_history", "valid_to", 0, 0, 0, "inclusive", is_set=ends is not None)
        )
        frame = frame.with_columns(valid_to=pl.col("valid_to") + pl.duration(days=1))
    return frame


def _are_inclusive(frame: pl.DataFrame) -> bool:
    """Say whether most spans end the day before the next begins."""
    rows = frame.head(SAMPLED).select("opportunity_id", "valid_from", "valid_to").sort("opportunity_id", "valid_from")
    gap = pl.col("valid_from").shift(-1).over("opportunity_id") - pl.col("valid_to")
    gaps = rows.select(gap.dt.total_days().alias("g"))["g"].drop_nulls()
    return gaps.len() >= 3 and (gaps == 1).sum() > 0.8 * gaps.len()


def _without_orphans(frame: pl.DataFrame, deals: pl.DataFrame, findings: Findings) -> pl.DataFrame:
    orphans = frame.join(deals, on="opportunity_id", how="anti")
    if orphans.is_empty():
        return frame
    n = orphans["opportunity_id"].n_unique()
    named = orphans.filter(pl.col(ROW).is_not_null())
    findings.lose(
        named.head(SHOWN),
        "opportunity_history",
        "orphan",
        "its deal is not among the deals that were read",
        "opportunity_id",
    )
    findings.note(
        message_plural(
            "{height} rows of history belong to {n} deal that was not read, and are left out.",
            "{height} rows of history belong to {n} deals that were not read, and are left out.",
            n,
            height=orphans.height,
        )
    )
    return frame.join(deals, on="opportunity_id", how="semi", maintain_order="left")


def in_line(
    history: pl.DataFrame,
    deals: pl.DataFrame,
    settings: Settings,
    as_of: date,
    findings: Findings,
    listed: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Put spans in order, end each where the next begins, and make the last agree with the deal's own row.

    Of several rows of one day the last counts. What closed a deal is called as the settings call it. A deal that is
    open today is open in its history; one that is closed is closed there from its close date on, at the latest today.
    `listed` is the list of stages: those a column map names end as it says.

    Returns
    -------
    pl.DataFrame
        Spans of the deals that have any, in the columns of the contract.
    """
    if history.is_empty():
        return history.select(COLUMNS)
    spans = _ended_by_next(history)
    spans = _with_words(spans, deals, settings, stage_map.marked(listed))
    return _agreeing(spans, deals, settings, as_of, findings).select(COLUMNS)


def _ended_by_next(history: pl.DataFrame) -> pl.DataFrame:
    stamp = [c for c in ("_moment",) if c in history.columns]
    rows = history.with_row_index("_order").sort("opportunity_id", "valid_from", *stamp, "_order")
    same = pl.col("opportunity_id") == pl.col("opportunity_id").shift(-1)
    following = pl.when(same.fill_null(value=False)).then(pl.col("valid_from").shift(-1))
    rows = rows.with_columns(_next=following)
    if "valid_to" not in rows.columns or rows["valid_to"].null_count() == rows.height:
        rows = rows.with_columns(valid_to=pl.col("_next"))
        rows = rows.filter(pl.col("valid_to").is_null() | (pl.col("valid_to") > pl.col("valid_from")))
    else:
        late = pl.col("valid_to").is_null() | (pl.col("valid_to") > pl.col("_next"))
        rows = rows.with_columns(
            valid_to=pl.when(pl.col("_next").is_not_null() & late).then("_next").otherwise("valid_to")
        )
    return rows.drop("_order", "_next")


def _with_words(spans: pl.DataFrame, deals: pl.DataFrame, settings: Settings, mapped: pl.DataFrame) -> pl.DataFrame:
    """Call states that end a deal as the settings call them, so that open means the same on every page."""
    stage_kinds = kinds(spans["stage"].unique().to_list(), settings, mapped)
    won, lost = ended_as(settings)
    ended = {*settings.stages.won, *settings.stages.lost}
    renamed = {
        name: (won if kind == WON else lost)
        for name, (kind, _) in stage_kinds.items()
        if kind in (WON, LOST) and name not in ended
    }
    settled = {*ended, *renamed, *mapped["stage_name"].to_list()}
    ending = _ended_stages(deals)
    renamed |= {name: (won if is_won else lost) for name, is_won in ending.items() if name not in settled}
    return spans.with_columns(pl.col("stage").replace(renamed)) if renamed else spans


def _ended_stages(deals: pl.DataFrame) -> dict[str, bool]:
    """Return stages that every one of their deals, three or more, was closed in, all won or all lost."""
    rows = deals.group_by("stage").agg(n=pl.len(), c=pl.col("is_closed").sum(), w=pl.col("is_won").sum())
    ended = rows.filter(
        (pl.col("n") >= 3) & (pl.col("c") == pl.col("n")) & ((pl.col("w") == 0) | (pl.col("w") == pl.col("n")))
    )
    return dict(ended.select("stage", pl.col("w") > 0).iter_rows())


def _agreeing(
    spans: pl.DataFrame, deals: pl.DataFrame, settings: Settings, as_of: date, findings: Findings
) -> pl.DataFrame:
    ended = [*settings.stages.won, *settings.stages.lost]
    won, lost = ended_as(settings)
    spans = spans.filter(pl.col("valid_from") <= pl.max_horizontal(pl.lit(as_of), "valid_from"))
    last = spans.filter(pl.col("valid_from") <= as_of).group_by("opportunity_id", maintain_order=True).last()
    states = last.select("opportunity_id", "is_deleted", "valid_from", "valid_to", **{f"_{c}": c for c in STATE})
    rows = deals.select("opportunity_id", *STATE, "is_closed", "is_won").join(states, on="opportunity_id")
    runs = pl.col("valid_to").is_null() | (pl.col("valid_to") > as_of)
    is_open_then = ~pl.col("_stage").is_in(ended) & ~pl.col("is_deleted") & runs
    ended_day = pl.min_horizontal(pl.col("close_on").fill_null(as_of), pl.lit(as_of))
    closing = rows.filter(pl.col("is_closed") & is_open_then).with_columns(
        valid_from=pl.max_horizontal(ended_day, "valid_from"),
        stage=pl.when(pl.col("is_won")).then(pl.lit(won)).otherwise(pl.lit(lost)),
    )
    otherwise_ended = rows.filter(
        pl.col("is_closed")
        & pl.col("_stage").is_in(ended)
        & (pl.col("_stage").is_in(list(settings.stages.won)) != pl.col("is_won"))
    )
    turned = otherwise_ended.with_columns(stage=pl.when(pl.col("is_won")).then(pl.lit(won)).otherwise(pl.lit(lost)))
    opened = rows.filter(~pl.col("is_closed") & ~is_open_then).with_columns(
        stage=_open_stage(ended), valid_from=pl.max_horizontal("valid_from", pl.lit(as_of))
    )
    moved = _moved(rows.filter(~pl.col("is_closed") & is_open_then), spans).with_columns(
        valid_from=pl.max_horizontal("valid_from", pl.lit(as_of))
    )
    _tell(closing, turned, opened, moved, findings)
    added = pl.concat([f.select("opportunity_id", "valid_from", *STATE) for f in (closing, turned, opened, moved)])
    if added.is_empty():
        return spans
    return _appended(spans, added)


def _moved(rows: pl.DataFrame, spans: pl.DataFrame) -> pl.DataFrame:
    """Return open deals whose own row says otherwise than the last state of their history."""
    compared = [c for c in ("stage", "amount", "close_on") if spans[c].null_count() < spans.height]
    if not compared:
        return rows.clear()
    return rows.filter(pl.any_horizontal(pl.col(c).ne_missing(pl.col(f"_{c}")) for c in compared))


def _appended(spans: pl.DataFrame, added: pl.DataFrame) -> pl.DataFrame:
    cut = added.select("opportunity_id", _cut="valid_from").unique("opportunity_id", keep="last")
    spans = spans.join(cut, on="opportunity_id", how="left")
    is_cut = pl.col("_cut").is_not_null() & (pl.col("valid_from") <= pl.col("_cut"))
    until = (
        pl.when(is_cut & (pl.col("valid_to").is_null() | (pl.col("valid_to") > pl.col("_cut"))))
        .then("_cut")
        .otherwise("valid_to")
    )
    spans = spans.with_columns(valid_to=until).filter(
        pl.col("_cut").is_null() | (pl.col("valid_from") <= pl.col("_cut"))
    )
    spans = spans.filter(
        pl.col("_cut").is_null() | (pl.col("valid_from") < pl.col("_cut")) | (pl.col("valid_to") > pl.col("valid_from"))
    )
    fresh = added.with_columns(valid_to=pl.lit(None, pl.Date), is_deleted=pl.lit(value=False))
    return pl.concat([spans.select(COLUMNS), fresh.select(COLUMNS)]).sort(
        "opportunity_id", "valid_from", maintain_order=True
    )


def _tell(
    closing: pl.DataFrame, turned: pl.DataFrame, opened: pl.DataFrame, moved: pl.DataFrame, findings: Findings
) -> None:
    counts = (
        (closing, "closed, and their history leaves them open: they end on their close date"),
        (turned, "ended otherwise in their history than in their own row, which counts"),
        (opened, "open, and their history has ended them: their own row counts"),
        (
            moved,
            "described otherwise by their history than by their own row, which counts from the as-of date on",
        ),
    )
    for rows, text in counts:
        if rows.height:
            findings.note(message_plural("{n} deal is {text}.", "{n} deals are {text}.", rows.height, text=text))


def of_the_rest(
    deals: pl.DataFrame, history: pl.DataFrame, settings: Settings, first: date, as_of: date
) -> pl.DataFrame:
    """Give every deal without a history what is sure of it: when it began, when it ended, where it stands.

    A deal without a creation date counts as open since the first day known. What a closed deal's stage, amount and
    expected close were while it was open is not there, and is not made up: its open span has the stage that says so
    and neither amount nor date. A close date after the as-of date ends the deal on that date: it is closed by then.
    """
    bare = deals.join(history, on="opportunity_id", how="anti")
    won, lost = ended_as(settings)
    ended = [*settings.stages.won, *settings.stages.lost]
    begun = pl.col("created_on").fill_null(first)
    forever, alive = pl.lit(None, pl.Date).alias("valid_to"), pl.lit(value=False).alias("is_deleted")
    running = bare.filter(~pl.col("is_closed")).with_columns(forever, alive, valid_from=begun, stage=_open_stage(ended))
    over = bare.filter("is_closed")
    day = pl.max_horizontal(begun, pl.min_horizontal(pl.col("close_on").fill_null(as_of), pl.lit(as_of)))
    before = over.with_columns(
        alive,
        valid_from=begun,
        valid_to=day,
        stage=pl.lit(UNKNOWN_STAGE),
        forecast_category=pl.lit(None, pl.String),
        amount=pl.lit(None, pl.Float64),
        close_on=pl.lit(None, pl.Date),
    )
    fits = pl.col("stage").is_in(list(settings.stages.won)) & pl.col("is_won") | (
        pl.col("stage").is_in(list(settings.stages.lost)) & ~pl.col("is_won")
    )
    called = pl.when(fits).then("stage").when(pl.col("is_won")).then(pl.lit(won)).otherwise(pl.lit(lost))
    after = over.with_columns(forever, alive, valid_from=day, stage=called)
    return pl.concat([part.select(COLUMNS) for part in (running, before, after)])


def _open_stage(ended: list[str]) -> pl.Expr:
    """Return the stage of an open deal; one that its flags hold open in an ended stage is in none that is known."""
    return pl.when(pl.col("stage").is_in(ended)).then(pl.lit(UNKNOWN_STAGE)).otherwise("stage")
