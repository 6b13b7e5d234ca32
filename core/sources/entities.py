"""Completes the entities beside deals: what follows from other columns, and what is left out."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from core.config import Settings
from core.config.calendar import add_quarters, quarter_start
from core.contracts.constants import NOT_KNOWN
from core.localization import message
from core.sources.findings import Findings
from core.sources.linking import link
from core.sources.vocabulary import folded, meanings

MONTHS_OF = {
    "day": 365.25 / 12,
    "week": 52.1775 / 12,
    "month": 1.0,
    "quarter": 1 / 3,
    "halfyear": 1 / 6,
    "year": 1 / 12,
}
INTERVALS = {
    "day": ("day", "daily", "days", "tag", "jour"),
    "week": ("week", "weekly", "weeks", "woche", "semaine"),
    "month": ("month", "monthly", "months", "mo", "m", "1", "monat", "monatlich", "mois", "mensuel", "mes", "mensual"),
    "quarter": ("quarter", "quarterly", "quarters", "q", "3", "quartal", "vierteljährlich", "trimestre", "trimestriel"),
    "halfyear": ("half year", "halfyear", "semiannual", "semi-annually", "6", "halbjährlich", "biannual"),
    "year": (
        "year",
        "yearly",
        "annual",
        "annually",
        "years",
        "y",
        "12",
        "annuity",
        "jahr",
        "jährlich",
        "an",
        "annuel",
        "año",
        "anual",
    ),
}
LENGTH = "_quarters"  # How many quarters the period of a quota spans.
NEVER_BEGAN = ("incomplete", "incompleteexpired", "future", "trialing", "intrial", "draft", "pending")
VOID = ("draft", "void", "voided", "deleted", "uncollectible", "cancelled", "canceled", "reversed", "storniert")


def has(frame: pl.DataFrame, column: str, dtype: type[pl.DataType] | pl.DataType = pl.String) -> pl.Expr:
    """Return a column, or nulls where the frame has none of that name."""
    return pl.col(column) if column in frame.columns else pl.lit(None, dtype)


def accounts(frame: pl.DataFrame, findings: Findings) -> pl.DataFrame:
    """Complete accounts: an account without a name is called by its id, one without an id by its name."""
    frame = frame.with_columns(account_id=pl.coalesce(has(frame, "account_id"), has(frame, "account_name")))
    frame = frame.with_columns(account_name=pl.coalesce(has(frame, "account_name"), "account_id"))
    pairs = frame.select(id="account_id", name="account_name")
    if "parent_account_id" in frame.columns or "parent_name" in frame.columns:
        frame = link(frame, "parent_account_id", "parent_name", pairs, "accounts", findings)
    return frame


def products(frame: pl.DataFrame, prices: pl.DataFrame | None) -> pl.DataFrame:
    """Complete products: names from ids and the other way round, families, list prices of a price book."""
    frame = frame.with_columns(product_id=pl.coalesce(has(frame, "product_id"), has(frame, "product_name")))
    frame = frame.with_columns(
        product_name=pl.coalesce(has(frame, "product_name"), "product_id"),
        family=has(frame, "family").fill_null(NOT_KNOWN),
    )
    if prices is not None and "list_price_amount" not in frame.columns:
        active = prices.filter(has(prices, "is_active", pl.Boolean).fill_null(value=True)).drop_nulls(
            ["product_id", "list_price_amount"]
        )
        listed = active.group_by("product_id").agg(pl.col("list_price_amount").max())
        frame = frame.join(listed, on="product_id", how="left", maintain_order="left")
    for column in ("list_price_amount", "unit_cost_amount"):
        if column in frame.columns:
            frame = frame.with_columns(pl.when(pl.col(column) >= 0).then(column).alias(column))
    return frame


def transactions(frame: pl.DataFrame, findings: Findings) -> pl.DataFrame:
    """Complete transactions: kinds, ids of lines, signs of refunds; drafts and voided documents are left out."""
    frame = _without(frame, "transactions", VOID, "the document is a draft or void", findings)
    kind = has(frame, "kind").fill_null(
        pl.when(pl.col("amount") < 0).then(pl.lit("refund")).otherwise(pl.lit("billing"))
    )
    frame = frame.with_columns(kind=kind)
    is_refund = pl.col("kind") == "refund"
    if "line_number" in frame.columns and "transaction_id" in frame.columns:
        frame = frame.with_columns(
            transaction_id=pl.concat_str("transaction_id", pl.col("line_number").cast(pl.String), separator="-")
        )
    amount = pl.when(is_refund & (pl.col("amount") > 0)).then(-pl.col("amount")).otherwise("amount")
    frame = frame.with_columns(amount=amount)
    if "discount_rate" in frame.columns:
        rate = pl.col("discount_rate")
        scale = 100 if (frame["discount_rate"].max() or 0) > 1 else 1  # type: ignore[operator]
        frame = frame.with_columns(discount_rate=pl.when((rate / scale).is_between(0, 1)).then(rate / scale))
    return frame


def _without(frame: pl.DataFrame, entity: str, words: tuple[str, ...], reason: str, findings: Findings) -> pl.DataFrame:
    if "status" not in frame.columns:
        return frame
    gone = (
        frame["status"].map_elements(lambda s: folded(str(s)) in words, return_dtype=pl.Boolean).fill_null(value=False)
    )
    findings.lose(frame.filter(gone), entity, "left_out", reason, "status")
    return frame.filter(~gone)


def subscriptions(frame: pl.DataFrame, findings: Findings) -> pl.DataFrame:
    """Complete subscriptions: the amount a month from that of the interval or year; what never began is left out."""
    frame = _without(frame, "subscriptions", NEVER_BEGAN, "the contract has not begun", findings)
    quantity = has(frame, "quantity", pl.Float64).fill_null(1.0)
    count = has(frame, "interval_count", pl.Float64).cast(pl.Float64, strict=False).fill_null(1.0)
    factors = {w: MONTHS_OF[unit] for unit, words in INTERVALS.items() for w in map(folded, words)}
    if "interval" in frame.columns:
        cells = {t: factors.get(folded(str(t))) for t in frame["interval"].drop_nulls().unique().to_list()}
        a_month = (
            pl.col("interval")
            .cast(pl.String)
            .replace_strict(cells, default=None, return_dtype=pl.Float64)
            .fill_null(1.0)
        )
    else:
        a_month = pl.lit(1.0)
    monthly = pl.coalesce(
        has(frame, "mrr_amount", pl.Float64),
        has(frame, "annual_amount", pl.Float64) / 12,
        has(frame, "amount_per_interval", pl.Float64) * quantity * a_month / count,
    )
    frame = frame.with_columns(mrr_amount=monthly)
    ends = has(frame, "ended_on", pl.Date)
    return frame.with_columns(ended_on=pl.when(ends >= pl.col("started_on")).then(ends))


def activities(frame: pl.DataFrame, deal_ids: set[str], account_ids: set[str], findings: Findings) -> pl.DataFrame:
    """Complete activities: kinds by their words, minutes, and the deal or account behind a related id."""
    frame = frame.with_columns(kind=_kinds(frame))
    if "related_id" in frame.columns:
        related = pl.col("related_id")
        frame = frame.with_columns(
            opportunity_id=pl.coalesce(
                has(frame, "opportunity_id"), pl.when(related.is_in(sorted(deal_ids))).then(related)
            ),
            account_id=pl.coalesce(has(frame, "account_id"), pl.when(related.is_in(sorted(account_ids))).then(related)),
        )
    if "is_done" in frame.columns:
        waiting = ~frame["is_done"].fill_null(value=True)
        findings.lose(frame.filter(waiting), "activities", "left_out", "it is not done yet", "is_done")
        frame = frame.filter(~waiting)
    odd = frame.filter(pl.col("kind").is_null())
    if odd.height:
        findings.lose(odd, "activities", "no_key", "its type is none of call, mail, meeting, ticket and usage", "kind")
        findings.note(
            message(
                "{height:,} activities are tasks, notes or of another type that no page uses; they are left out.",
                height=odd.height,
            )
        )
        frame = frame.filter(pl.col("kind").is_not_null())
    return frame.with_columns(quantity=_minutes(frame))


def _kinds(frame: pl.DataFrame) -> pl.Expr:
    words = meanings("kind_activity")
    kind = has(frame, "kind")
    for column in ("type_words", "subject"):
        if column not in frame.columns or frame.schema[column] != pl.String:
            continue
        texts = {t: _kind_in(t, words) for t in frame[column].drop_nulls().unique().to_list()}
        kind = pl.coalesce(kind, pl.col(column).replace_strict(texts, default=None, return_dtype=pl.String))
    return kind


def _kind_in(text: str, table: Mapping[str, str]) -> str | None:
    whole = folded(text)
    first = folded(text.split(":", maxsplit=1)[0].split(" ", maxsplit=1)[0]) if text else ""
    return table.get(whole) or table.get(folded(text.split(":", maxsplit=1)[0])) or table.get(first)


def _minutes(frame: pl.DataFrame) -> pl.Expr:
    clock = pl.lit(None, pl.Float64)
    if "clock_duration" in frame.columns:
        parts = pl.col("clock_duration").cast(pl.String).str.extract_groups(r"^(\d+):(\d{2})")
        clock = parts.struct[0].cast(pl.Float64) * 60 + parts.struct[1].cast(pl.Float64)
    length = pl.lit(None, pl.Float64)
    if "ended_at" in frame.columns and frame.schema["ended_at"] == pl.Datetime:
        length = (pl.col("ended_at") - pl.col("occurred_at").cast(pl.Datetime("us"))).dt.total_seconds() / 60
    return pl.coalesce(
        has(frame, "quantity", pl.Float64),
        has(frame, "minutes", pl.Float64),
        has(frame, "seconds", pl.Float64) / 60,
        has(frame, "millis", pl.Float64) / 60_000,
        clock,
        pl.when(length > 0).then(length),
    )


def _in_quarters(frame: pl.DataFrame, settings: Settings, findings: Findings) -> pl.DataFrame:
    """Spread quotas of half-years and years evenly over their quarters."""
    if LENGTH not in frame.columns or (frame[LENGTH] == 1).all():
        return frame.drop(LENGTH, strict=False)
    findings.note("Quotas of half-years and years are spread evenly over their quarters.")
    parts = frame.with_columns(_k=pl.int_ranges(pl.col(LENGTH))).explode("_k")
    moved = [
        add_quarters(day, k, settings) if n > 1 else day
        for day, k, n in parts.select("period_start_on", "_k", LENGTH).iter_rows()
    ]
    begun = pl.Series("period_start_on", moved, dtype=pl.Date)
    return parts.with_columns(begun, pl.col("quota_amount") / pl.col(LENGTH)).drop("_k", LENGTH)


def quotas(frame: pl.DataFrame, settings: Settings, findings: Findings) -> pl.DataFrame:
    """Bring quotas to fiscal quarters: rows of months add up; of several kinds of quota the first is read."""
    if "kind_of_quota" in frame.columns and frame["kind_of_quota"].n_unique() > 1:
        first = frame["kind_of_quota"].drop_nulls().mode().sort()[0]
        findings.note("Quotas of several kinds are given; one kind is read.")
        frame = frame.filter(pl.col("kind_of_quota") == first)
    frame = _in_quarters(frame, settings, findings)
    days = frame["period_start_on"].drop_nulls().unique().to_list()
    starts = {d: quarter_start(d, settings) for d in days}
    quarter = pl.col("period_start_on").replace_strict(starts, default=None, return_dtype=pl.Date)
    moved = frame.with_columns(_quarter=quarter)
    if (
        moved.select((pl.col("_quarter") == pl.col("period_start_on")).all()).item()
        and not moved.select(pl.struct("rep_id", "period_start_on").is_duplicated().any()).item()
    ):
        return frame
    summed = moved.group_by("rep_id", "_quarter", maintain_order=True).agg(
        pl.col("quota_amount").sum(), pl.exclude("quota_amount", "period_start_on").first()
    )
    findings.note("Quotas are added up to fiscal quarters.")
    return summed.rename({"_quarter": "period_start_on"})
