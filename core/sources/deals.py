"""Completes deals: how each ended, its close date and amount, what it is linked to, what is missing."""

from __future__ import annotations

from datetime import date

import polars as pl

from core.config import Settings
from core.localization import message, message_plural
from core.sources import stage_map, stages
from core.sources.entities import has
from core.sources.findings import PART, Findings, counted
from core.sources.table import ROW

SHOWN = 2_000
ROUNDED = r"^\d[.,]\d+[eE]\+\d+$"


def with_ids(frame: pl.DataFrame, findings: Findings) -> pl.DataFrame:
    """Give deals of a file without ids their name as one, or a number where names repeat."""
    frame = _without_rounded_ids(frame, findings)
    if "opportunity_id" in frame.columns and frame["opportunity_id"].null_count() < frame.height:
        return frame
    if frame.is_empty():
        return frame.with_columns(opportunity_id=pl.lit(None, pl.String))
    names = has(frame, "opportunity_name")
    is_unique = (
        "opportunity_name" in frame.columns
        and frame["opportunity_name"].null_count() == 0
        and frame["opportunity_name"].is_unique().all()
    )
    if is_unique:
        findings.note("The deals have no id: their name is taken for it.")
        return frame.with_columns(opportunity_id=names)
    findings.note(
        "The deals have no id: they are numbered by their rows, so a later export cannot be matched with this one."
    )
    return frame.with_columns(opportunity_id=pl.format("row {}-{}", PART, ROW))


def _without_rounded_ids(frame: pl.DataFrame, findings: Findings) -> pl.DataFrame:
    """Drop ids a spreadsheet has rounded, such as 1.23457E+17: different deals share them."""
    if "opportunity_id" not in frame.columns or frame.is_empty():
        return frame
    n_rounded = int(frame["opportunity_id"].str.contains(ROUNDED).sum())
    if n_rounded <= frame.height / 2:
        return frame
    findings.note(
        message(
            "The ids of {deals} were rounded by a spreadsheet (1.23457E+17), and are not used: export them as text.",
            deals=counted(n_rounded, "deal", "deals"),
        )
    )
    return frame.drop("opportunity_id")


def completed(frame: pl.DataFrame, settings: Settings, listed: pl.DataFrame | None, findings: Findings) -> pl.DataFrame:
    """Say how every deal ended, and take the close date and amount it ended with.

    Parameters
    ----------
    frame : pl.DataFrame
        One row per deal.
    settings : Settings
    listed : pl.DataFrame, optional
        The source's own list of stages.
    findings : Findings
    """
    named = stage_map.with_categories(stages.named(frame, listed), listed)
    deals = stages.settled(named, settings, listed, findings)
    closed = pl.when(pl.col("is_closed")).then(has(deals, "closed_on", pl.Date))
    won = pl.when(pl.col("is_won")).then(has(deals, "won_amount", pl.Float64))
    deals = deals.with_columns(
        close_on=pl.coalesce(closed.cast(pl.Date), has(deals, "close_on", pl.Date)),
        amount=pl.coalesce(won, has(deals, "amount", pl.Float64)),
        created_on=has(deals, "created_on", pl.Date),
        opportunity_type=has(deals, "opportunity_type").fill_null("new"),
    )
    if deals["opportunity_type"].dtype != pl.String:
        deals = deals.with_columns(opportunity_type=pl.lit("new"))
    n_contacts = has(deals, "n_contacts", pl.Int64)
    return deals.with_columns(n_contacts=pl.when(n_contacts >= 0).then(n_contacts))


def reasons_of_lost(frame: pl.DataFrame, findings: Findings) -> pl.DataFrame:
    """Keep the reason of a loss where a deal was lost; some systems fill it for every deal."""
    if "lost_reason" not in frame.columns:
        return frame
    others = frame.filter(~pl.col("is_closed"))["lost_reason"]
    if others.len() and others.null_count() < 0.2 * others.len():
        return frame.with_columns(lost_reason=pl.when(pl.col("is_closed") & ~pl.col("is_won")).then("lost_reason"))
    return frame


def tell(deals: pl.DataFrame, as_of: date, first: date, findings: Findings) -> None:
    """Tell of deals without dates, closed in the future, or created after they closed."""
    _say(
        deals.filter(pl.col("created_on").is_null()),
        findings,
        message("no creation date: they count as open since {first}, the first day known", first=first),
    )
    _say(
        deals.filter(pl.col("is_closed") & pl.col("close_on").is_null()),
        findings,
        "closed without a close date: they count as won or lost, and in no quarter",
    )
    for rows, whose in (
        (deals.filter(~pl.col("is_closed")), "open"),
        (deals.filter("is_won"), "won"),
    ):
        bare = rows.filter(pl.col("amount").is_null() & _has_no_other_amount(rows))
        if bare.height:
            findings.note(
                message_plural(
                    "{n:,} of {deals} has no amount and adds nothing to sums.",
                    "{n:,} of {deals} have no amount and add nothing to sums.",
                    bare.height,
                    deals=counted(rows.height, "open deal", "open deals")
                    if whose == "open"
                    else counted(rows.height, "won deal", "won deals"),
                )
            )
    undated = deals.filter(~pl.col("is_closed") & pl.col("close_on").is_null())
    _say(undated, findings, "open without an expected close date: they are in no period's forecast")
    late = deals.filter(pl.col("is_closed") & (pl.col("close_on") > as_of))
    findings.empty(
        late.head(SHOWN),
        "opportunities",
        "closed_in_future",
        pl.format("closed on {}, after the as-of date {}", "close_on", pl.lit(str(as_of))),
        "close_on",
    )
    _say(late, findings, message("closed after {as_of}, the day the data speaks of", as_of=as_of))
    odd = deals.filter(pl.col("is_closed") & (pl.col("created_on") > pl.col("close_on")))
    findings.empty(
        odd.head(SHOWN), "opportunities", "created_after_close", "the deal was created after it closed", "created_on"
    )
    _say(odd, findings, "created after they closed")


def _has_no_other_amount(rows: pl.DataFrame) -> pl.Expr:
    """Say which amounts are missing in their own currency too; those without a rate are told apart."""
    return pl.col("original_amount").is_null() if "original_amount" in rows.columns else pl.lit(value=True)


def _say(rows: pl.DataFrame, findings: Findings, text: str) -> None:
    if rows.height:
        has_word = "have " if text.startswith("no ") else "are "
        singular = (
            text.replace("they are in", "it is in")
            .replace("they count", "it counts")
            .replace("they closed", "it closed")
        )
        findings.note(
            message("{height:,} deals {has_word}{text}.", height=rows.height, has_word=has_word, text=text)
            if rows.height > 1
            else (
                message("1 deal has {singular}.", singular=singular)
                if has_word == "have "
                else message("1 deal is {singular}.", singular=singular)
            )
        )


def main_products(deals: pl.DataFrame, lines: pl.DataFrame | None) -> pl.DataFrame:
    """Name the product of a deal by its largest line, where the source has lines and the deals name none."""
    if lines is None or lines.is_empty() or "opportunity_id" not in lines.columns:
        return deals
    if "product_id" in deals.columns and deals["product_id"].null_count() < deals.height:
        return deals
    product = pl.coalesce(has(lines, "product_id"), has(lines, "product_name"))
    largest = (
        lines.with_columns(_product=product)
        .filter(pl.col("_product").is_not_null())
        .sort("amount", descending=True, nulls_last=True, maintain_order=True)
        .unique("opportunity_id", keep="first", maintain_order=True)
    )
    chosen = largest.select("opportunity_id", product_id="_product")
    return deals.drop("product_id", strict=False).join(chosen, on="opportunity_id", how="left", maintain_order="left")


def contact_counts(deals: pl.DataFrame, roles: pl.DataFrame | None) -> pl.DataFrame:
    """Count the contacts of a deal, where the source has them and the deals do not say."""
    if (
        roles is None
        or roles.is_empty()
        or ("n_contacts" in deals.columns and deals["n_contacts"].null_count() < deals.height)
    ):
        return deals
    counts = roles.group_by("opportunity_id").agg(n_contacts=pl.col("contact_id").n_unique().cast(pl.Int64))
    counted = deals.drop("n_contacts", strict=False).join(
        counts, on="opportunity_id", how="left", maintain_order="left"
    )
    return counted.with_columns(pl.col("n_contacts").fill_null(0))
