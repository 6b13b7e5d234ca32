"""A buyer's requirement list held against the product: read, classify, match, gaps, bid, answers, ledger, workbook."""

from core.requirements import (
    catalogue,
    deal,
    doubts,
    duplicates,
    edition,
    gap,
    incoming,
    kept,
    ledger,
    match,
    memory,
    outgoing,
    responses,
    samples,
    scores,
    stakes,
    workbook,
)
from core.requirements.read import RequirementList, read_list

__all__ = [
    "RequirementList",
    "catalogue",
    "deal",
    "doubts",
    "duplicates",
    "edition",
    "gap",
    "incoming",
    "kept",
    "ledger",
    "match",
    "memory",
    "outgoing",
    "read_list",
    "responses",
    "samples",
    "scores",
    "stakes",
    "workbook",
]
