"""The gap analysis as a workbook; nothing from an upload ever runs in it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import polars as pl

from core import local_times
from core.branding.letterhead import HOUSE, Letterhead
from core.requirements.judge.draft_answers import Drafts
from core.requirements.judge.gap_analysis import GapAnalysis

TITLES = {
    "sheet": "Sheet",
    "row": "Row",
    "requirement_id": "Id",
    "section": "Section",
    "text": "Requirement",
    "kind": "Kind of row",
    "polarity": "What yes says",
    "category": "Category",
    "priority": "Priority",
    "capability_id": "Capability",
    "capability": "Capability name",
    "status": "Status",
    "confidence": "Confidence",
    "statement": "Statement",
    "comparison": "Limits compared",
    "gap_type": "Gap",
    "severity": "Severity",
    "impact": "Impact",
    "workaround": "Until then",
    "owner": "Owner",
    "size": "Size of the gap",
    "effort_weeks": "Effort, person-weeks",
    "effort_low_weeks": "Effort at least",
    "effort_high_weeks": "Effort at most",
    "timeline": "Time to delivery",
    "timeline_weeks": "Weeks to delivery",
    "cost_amount": "Cost",
    "approach": "Approach",
    "solution": "Recommended solution",
    "exposed_amount": "Deal amount exposed",
    "reason": "Why so classified",
    "obligation": "Obligation",
    "answered_before": "Answered before",
    "answer": "Draft answer",
    "sources": "Taken from",
    "sent": "Answer sent",
    "approved_by": "Approved by",
    "approved_at": "Approved at (UTC)",
    "why": "Why",
}
WIDTHS = {
    "text": 70,
    "solution": 60,
    "capability": 30,
    "comparison": 50,
    "workaround": 40,
    "impact": 36,
    "reason": 40,
    "section": 24,
    "answer": 60,
    "sources": 18,
    "sent": 60,
    "why": 36,
}


def matrix(
    analysis: GapAnalysis,
    drafts: Drafts | None = None,
    sent: pl.DataFrame | None = None,
    head: Letterhead = HOUSE,
    zone: str = "UTC",
) -> bytes:
    """Return the compliance matrix as XLSX: all rows in file order, the gaps, what is to be checked, and a summary.

    Texts are written as text, so that a cell that begins with = + - or @ stays what the buyer wrote
    and is never computed.

    Parameters
    ----------
    analysis : GapAnalysis
    drafts : Drafts, optional
        With them each row has its answer and where that comes from.
    sent : pl.DataFrame, optional
        [sheet, row, response, approved_by, approved_at] of the answers that leave the house; who approved each,
        and when, then stands beside it.

    Returns
    -------
    bytes
        Sheets Matrix, Gaps, To be checked and Summary.
    """
    import xlsxwriter

    target = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(target, options)
    book.set_properties(head.properties(analysis.source.name))
    looks = _looks(book)
    rows, titles = analysis.frame, dict[str, Any]()
    if drafts is not None:
        drafted = drafts.frame.select("sheet", "row", answer="draft", sources="sources")
        rows = rows.join(drafted, on=["sheet", "row"], how="left", maintain_order="left")
    if sent is not None:
        sent, titles = local_times.localised(sent, {"approved_at": TITLES["approved_at"]}, zone)
        when = pl.col("approved_at").dt.strftime("%Y-%m-%d %H:%M")
        signed = sent.select("sheet", "row", "approved_by", sent="response", approved_at=when)
        rows = rows.join(signed, on=["sheet", "row"], how="left", maintain_order="left")
    for title, frame in (("Matrix", rows), ("Gaps", analysis.gaps), ("To be checked", analysis.to_check)):
        _table(book, title, frame, looks, TITLES | titles)
    _summary(book, analysis, looks)
    book.close()
    return target.getvalue()


def _looks(book: Any) -> dict[str, Any]:
    plain = {"valign": "top", "font_name": "Calibri", "font_size": 10}
    head = {**plain, "bold": True}
    return {
        "head": book.add_format({**head, "font_color": "#FFFFFF", "bg_color": "#0A4F4D", "text_wrap": True}),
        "text": book.add_format({**plain, "text_wrap": True}),
        "number": book.add_format({**plain, "num_format": "#,##0.0"}),
        "money": book.add_format({**plain, "num_format": "#,##0"}),
        "rate": book.add_format({**plain, "num_format": "0 %"}),
        "available": book.add_format({**plain, "bg_color": "#D9EFEC"}),
        "not available": book.add_format({**plain, "bg_color": "#F6D9D3"}),
        "other": book.add_format({**plain, "bg_color": "#FBEBD5"}),
    }


def _look(name: str, value: object, looks: dict[str, Any]) -> Any:
    if name == "status":
        return looks.get(str(value), looks["other"])
    if name in ("cost_amount", "exposed_amount"):
        return looks["money"]
    if name == "confidence":
        return looks["rate"]
    return looks["number"] if name.endswith("_weeks") else looks["text"]


def _table(book: Any, title: str, frame: pl.DataFrame, looks: dict[str, Any], titles: Mapping[str, str]) -> None:
    sheet = book.add_worksheet(title)
    for column, name in enumerate(frame.columns):
        sheet.write_string(0, column, titles[name], looks["head"])
        sheet.set_column(column, column, WIDTHS.get(name, 14))
    for index, row in enumerate(frame.iter_rows(), start=1):
        for column, (name, value) in enumerate(zip(frame.columns, row, strict=True)):
            look = _look(name, value, looks)
            if value is None:
                sheet.write_blank(index, column, None, look)
            elif isinstance(value, str):
                sheet.write_string(index, column, value[:32_767], look)
            else:
                sheet.write_number(index, column, value, look)
    sheet.freeze_panes(1, 5)
    sheet.autofilter(0, 0, max(frame.height, 1), frame.width - 1)


def _summary(book: Any, analysis: GapAnalysis, looks: dict[str, Any]) -> None:
    sheet = book.add_worksheet("Summary")
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 60)
    rows: list[tuple[str, Any]] = [("File", analysis.source.name), ("Catalogue", analysis.catalogue_name)]
    rows += [("In words", analysis.sentence())]
    rows += [(name.replace("_", " ").capitalize(), value) for name, value in analysis.summary.items()]
    rows = [(name, "; ".join(value) if isinstance(value, list) else value) for name, value in rows]
    for index, (name, value) in enumerate(rows):
        sheet.write_string(index, 0, name, looks["head"])
        if isinstance(value, (int, float)):
            sheet.write_number(index, 1, value, looks["rate"] if name.endswith("rate") else looks["number"])
        else:
            sheet.write_string(index, 1, "" if value is None else str(value), looks["text"])


OFFER = {
    "capability_id": ("id", 12),
    "name": ("name", 34),
    "category": ("category", 14),
    "status": ("status", 14),
    "description": ("description", 70),
    "limit": ("limit", 34),
    "commitments": ("commitments", 34),
    "available_on": ("available_on", 14),
    "effort_weeks": ("effort_weeks", 14),
    "owner": ("owner", 18),
    "evidence": ("evidence", 40),
}


def offer(frame: pl.DataFrame, head: Letterhead = HOUSE) -> bytes:
    """Return the catalogue as XLSX, in the columns it is read back from; retired capabilities are left out.

    Parameters
    ----------
    frame : pl.DataFrame
        As `Edition.frame`.
    """
    import xlsxwriter

    target = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(target, options)
    book.set_properties(head.properties("Catalogue"))
    looks, sheet = _looks(book), book.add_worksheet("Catalogue")
    rows = frame.filter(~pl.col("is_retired")).select(list(OFFER))
    for column, (title, width) in enumerate(OFFER.values()):
        sheet.write_string(0, column, title, looks["head"])
        sheet.set_column(column, column, width)
    for index, row in enumerate(rows.iter_rows(), start=1):
        for column, value in enumerate(row):
            if isinstance(value, float):
                sheet.write_number(index, column, value, looks["number"])
            elif value is not None:
                sheet.write_string(index, column, str(value)[:32_767], looks["text"])
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, max(rows.height, 1), len(OFFER) - 1)
    book.close()
    return target.getvalue()
