"""A document of the enablement room as PDF, on the leaves that snapshots of pages are bound from."""

from __future__ import annotations

from core.charts import snapshot
from core.charts.snapshot import Part, Snapshot
from core.enablement.paper import Block, Paper


def pdf(paper: Paper) -> bytes:
    """Return a document as PDF.

    Parameters
    ----------
    paper : Paper
        Its tables become lines: what stands in the first column, then the others.
    """
    parts = [
        Part(title, "text", line) for title, blocks in paper.sections() for block in blocks for line in _lines(block)
    ]
    return snapshot.pdf(Snapshot(paper.title, paper.subtitle, tuple(parts)))


def _lines(block: Block) -> list[str]:
    if block.kind == "table":
        return [_row(block.rows[0], row) for row in block.rows[1:]]
    return [f"•  {block.text}" if block.kind == "bullet" else block.text]


def _row(head: tuple[str, ...], row: tuple[str, ...]) -> str:
    first, *rest = row
    told = [f"{name.lower()}: {value.rstrip('.')}" for name, value in zip(head[1:], rest, strict=False) if value]
    return f"•  {first}: {'; '.join(told)}" if told else f"•  {first}"
