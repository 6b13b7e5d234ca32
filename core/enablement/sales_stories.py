"""Objection handling, a case study and a whitepaper, drawn from won deals, capabilities and evidence."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

import polars as pl

from core.enablement.document import Block, Paper, bullets, heading, table, text
from core.enablement.rules import rules
from core.localization import message
from core.metrics.measure import counted

READY = ("available", "limited", "partner")
UNNAMED = "a customer"
TO_FILL = "To be told by the customer, and approved before it is used"


def objections(gaps: pl.DataFrame, capabilities: pl.DataFrame, company: str) -> Paper:
    """Return what to say when a buyer objects that something is missing: a gap a page, each sentence with its source.

    Parameters
    ----------
    gaps : pl.DataFrame
        The gap ledger.
    capabilities : pl.DataFrame
        The catalogue.
    company : str

    Returns
    -------
    Paper
        A gap whose capability is not in the catalogue is left out: there is nothing to say of it with a source.
    """
    by_id = {row["capability_id"]: row for row in capabilities.iter_rows(named=True)}
    blocks: list[Block] = []
    for gap in gaps.filter(pl.col("n_deals") > 0).iter_rows(named=True):
        capability = by_id.get(gap["gap_id"])
        if capability is not None and len(blocks) < rules()["most"]["gaps"] * 2:
            blocks += [
                heading(message("“You do not have {gap} in full.”", gap=gap["gap"])),
                *bullets(_reply(gap, capability)),
            ]
    if not blocks:
        blocks = [text("No open deal waits for a gap of the catalogue, so that there is no objection to answer yet.")]
    return Paper(
        "Objection handling", message("{company}: what to say, and where it stands", company=company), tuple(blocks)
    )


def _reply(gap: Mapping[str, Any], capability: Mapping[str, Any]) -> list[str]:
    """Return what to say of one gap, each line with the id it comes from."""
    key = capability["capability_id"]
    lines = [message("Ask: what do you need it for, and by when? ({gap_id})", gap_id=gap["gap_id"])]
    if capability.get("how"):
        lines.append(message("Say: {how} ({key})", how=capability["how"], key=key))
    if capability.get("exception"):
        lines.append(message("Say openly: {exception} ({key})", exception=capability["exception"], key=key))
    if capability["status"] == "roadmap" and capability.get("available_on"):
        lines.append(
            message(
                "Say when: planned for {available_on:%B %Y}. ({key})", available_on=capability["available_on"], key=key
            )
        )
    if capability.get("commitments"):
        lines.append(message("Commit to: {commitments}. ({key})", commitments=capability["commitments"], key=key))
    if capability.get("evidence"):
        lines.append(message("Show: {evidence} ({key})", evidence=_evidence(capability), key=key))
    if gap["n_closed"]:
        deals = counted(gap["n_closed"], "closed deal", "closed deals")
        lines.append(
            message(
                "Know: {n_won} of {deals} that asked for it were won all the same. (the gap ledger)",
                n_won=gap["n_won"],
                deals=deals,
            )
        )
    return lines


def _evidence(capability: Mapping[str, Any]) -> str:
    day = capability.get("evidence_on")
    return (
        message("{evidence}, as of {day}.", evidence=capability["evidence"], day=_day(day))
        if day
        else f"{capability['evidence']}."
    )


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def won_deals(opportunities: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    """Return the deals a story can be told of, the latest first.

    Parameters
    ----------
    opportunities, accounts : pl.DataFrame

    Returns
    -------
    pl.DataFrame
        [opportunity_id, account_id, account_name, industry, country, close_on, created_on] of won deals that are no
        renewals.
    """
    is_story = pl.col("is_won") & (pl.col("opportunity_type") != "renewal")
    about = accounts.select("account_id", "account_name", "industry", "country")
    rows = opportunities.filter(is_story.fill_null(value=False)).join(about, on="account_id", how="left")
    columns = ("opportunity_id", "account_id", "account_name", "industry", "country", "close_on", "created_on")
    return rows.sort("close_on", "opportunity_id", descending=[True, False]).select(columns)


def case_study(
    deal: Mapping[str, Any],
    asked: pl.DataFrame,
    capabilities: pl.DataFrame,
    company: str,
    referenceable: Collection[str] = (),
) -> Paper:
    """Return the skeleton of a case study of a won deal; what only the customer can tell is left to them, in words.

    The customer is named only where they allow it, else by industry and country.

    Parameters
    ----------
    deal : mapping
        A row of `won_deals`.
    asked : pl.DataFrame
        [text, capability_id]: what the buyer's list asked for, and the capability that answers it.
    capabilities : pl.DataFrame
    company : str
    referenceable : collection of str
        The account ids of customers who allow to be named.
    """
    name, key = customer(deal, referenceable), deal["opportunity_id"]
    by_id = {row["capability_id"]: row for row in capabilities.iter_rows(named=True)}
    rows = [
        (
            row["text"],
            str(by_id[row["capability_id"]].get("how") or by_id[row["capability_id"]]["name"]),
            row["capability_id"],
        )
        for row in asked.unique("capability_id", maintain_order=True).iter_rows(named=True)
        if row["capability_id"] in by_id and by_id[row["capability_id"]]["status"] in READY
    ][: rules()["most"]["criteria"]]
    days = (deal["close_on"] - deal["created_on"]).days if deal["close_on"] and deal["created_on"] else None
    took = message(" The decision took {days}. ({key})", days=counted(days, "day"), key=key) if days else ""
    country = deal.get("country")
    where = ", ".join(str(part) for part in (deal.get("industry"), deal.get("country")) if part)
    signed = message("Signed in {close_on:%B %Y}.{took}", close_on=deal["close_on"], took=took or f" ({key})")
    proofs = [by_id[row[2]] for row in rows if by_id[row[2]].get("evidence")]
    return Paper(
        message("Case study: {name}", name=name),
        f"{company}; {where}" if where else company,
        (
            heading("The customer"),
            *bullets([f"{_capital(name)}{f', {country}' if country else ''}. ({deal['account_id']})", signed]),
            heading("What they needed, and what they got"),
            table(("They asked", "They got", "Source"), rows)
            if rows
            else text("No requirement list is saved for this deal. Save it on the Requirements page."),
            heading("What can be shown"),
            *bullets([f"{_evidence(row)} ({row['capability_id']})" for row in proofs]),
            heading("What it changed"),
            *bullets(
                [f"{TO_FILL}: {what}" for what in ("the result in one figure", "how they measured it", "a quotation")]
            ),
        ),
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def customer(deal: Mapping[str, Any], referenceable: Collection[str]) -> str:
    """Return a customer's name where they allow it, else what they are.

    Examples
    --------
    >>> customer({"account_id": "A1", "account_name": "Acme", "industry": "Retail"}, ["A1"])
    'Acme'
    >>> customer({"account_id": "A1", "account_name": "Acme", "industry": "Retail"}, [])
    'a customer in Retail'
    """
    if deal["account_id"] in referenceable and deal.get("account_name"):
        return str(deal["account_name"])
    return (
        message("{unnamed} in {industry}", unnamed=UNNAMED, industry=deal["industry"])
        if deal.get("industry")
        else UNNAMED
    )


def whitepaper(capabilities: pl.DataFrame, category: str, n_won: int, company: str) -> Paper:
    """Return the skeleton of a whitepaper on one area: what is provided, committed to, proven, and left out.

    Parameters
    ----------
    capabilities : pl.DataFrame
    category : str
        An area of the catalogue, such as security.
    n_won : int
        Deals won in the last twelve months.
    company : str
    """
    rows = capabilities.filter(pl.col("category") == category, pl.col("status").is_in(READY)).sort("capability_id")
    shown = [row for row in rows.iter_rows(named=True) if row.get("how") or row.get("description")]
    promised = [(row["name"], row["commitments"], row["capability_id"]) for row in shown if row.get("commitments")]
    proven = [(row["name"], _evidence(row), row["capability_id"]) for row in shown if row.get("evidence")]
    left_out = [f"{row['exception']} ({row['capability_id']})" for row in shown if row.get("exception")]
    chosen = message(
        "{companies} chose us in the last twelve months. (deals won)", companies=counted(n_won, "company", "companies")
    )
    blocks: list[Block] = [
        heading("Summary"),
        *bullets(
            [
                message(
                    "{capabilities} in {category}, each with its source. (catalogue)",
                    capabilities=counted(len(shown), "capability", "capabilities"),
                    category=category,
                ),
                chosen,
            ]
        ),
    ]
    blocks += [heading("What we provide, and how")]
    blocks += bullets([f"{row.get('how') or row['description']} ({row['capability_id']})" for row in shown])
    blocks += [heading("What we commit to"), table(("What", "Commitment", "Source"), promised)]
    blocks += [heading("Evidence"), table(("What", "Where, and of which day", "Source"), proven)]
    blocks += [heading("What we leave out"), *bullets(left_out)] if left_out else []
    return Paper(
        message("{category} at {company}", category=category.capitalize(), company=company),
        "What we provide, commit to, prove and leave out",
        tuple(blocks),
    )
