"""Completes leads and touches of campaigns: what follows from other columns, and leads that stand among contacts."""

from __future__ import annotations

import polars as pl

from core.sources.entities import has

# HubSpot's stages of a person's life, folded, from which on a deal was made.
BECAME_DEAL = ("opportunity", "customer", "evangelist")
OF_CONTACTS = ("lead_status", "lifecycle_stage")


def leads(frame: pl.DataFrame) -> pl.DataFrame:
    """Fill the day a lead came in by the moment and the moment by the day, and whether it became a deal.

    Parameters
    ----------
    frame : pl.DataFrame
        Leads as they were read.
    """
    day, moment = has(frame, "created_on", pl.Date), has(frame, "created_at", pl.Datetime("us"))
    frame = frame.with_columns(
        created_on=pl.coalesce(day, moment.dt.date()),
        created_at=pl.coalesce(moment, day.cast(pl.Datetime("us"))),
    )
    became = has(frame, "opportunity_id").is_not_null() | has(frame, "converted_on", pl.Date).is_not_null()
    return frame.with_columns(is_converted=pl.coalesce(has(frame, "is_converted", pl.Boolean), became) | became)


def of_contacts(contacts: pl.DataFrame) -> pl.DataFrame | None:
    """Return the leads of a list that holds leads and contacts together, as HubSpot's does; None where it holds none.

    Parameters
    ----------
    contacts : pl.DataFrame
        Contacts as they were read; everybody with a lead status or a stage of life is a lead too.
    """
    marks = [pl.col(name).is_not_null() for name in OF_CONTACTS if name in contacts.columns]
    if not marks:
        return None
    rows = contacts.filter(pl.any_horizontal(marks))
    if rows.is_empty():
        return None
    stage = has(rows, "lifecycle_stage").str.to_lowercase().str.replace_all(r"[^a-z]", "")
    deal = has(rows, "opportunity_id").str.split(";").list.first().str.strip_chars()
    size = has(rows, "employee_count").cast(pl.Float64, strict=False).cast(pl.Int64, strict=False)
    became = has(rows, "became_deal_on", pl.Date)
    return rows.with_columns(
        lead_id=has(rows, "contact_id"),
        lead_name=has(rows, "contact_name"),
        company=has(rows, "account_name"),
        status=pl.coalesce(has(rows, "lead_status"), has(rows, "lifecycle_stage")),
        opportunity_id=pl.when(deal != "").then(deal),
        converted_on=became,
        is_converted=stage.is_in(BECAME_DEAL).fill_null(value=False) | became.is_not_null(),
        employee_count=size,
    ).drop("contact_id", "contact_name", *OF_CONTACTS, "became_deal_on", strict=False)


def touches(frame: pl.DataFrame, contacts: pl.DataFrame | None) -> pl.DataFrame:
    """Fill when a person was reached by when they answered, and their account by their contact's.

    Parameters
    ----------
    frame : pl.DataFrame
        Touches as they were read.
    contacts : pl.DataFrame, optional
        Completed contacts.
    """
    moment = pl.Datetime("us")
    frame = frame.with_columns(
        touched_at=pl.coalesce(has(frame, "first_responded_at", moment), has(frame, "touched_at", moment))
    )
    if contacts is None or "contact_id" not in frame.columns or "account_id" not in contacts.columns:
        return frame
    pairs = contacts.select("contact_id", _account="account_id").unique("contact_id", keep="first")
    joined = frame.join(pairs, on="contact_id", how="left", maintain_order="left")
    return joined.with_columns(account_id=pl.coalesce(has(frame, "account_id"), "_account")).drop("_account")
