"""A document of the enablement room as PDF, on the leaves that snapshots of pages are bound from."""

from __future__ import annotations

from core.charts import booklet
from core.enablement.paper import Block, Paper, widths

LETTER, BESIDE = 5, 10


def pdf(paper: Paper) -> bytes:
    """Return a document as PDF.

    Parameters
    ----------
    paper : Paper
    """
    blocks = [booklet.title(paper.title, paper.subtitle)]
    for title, inside in paper.sections():
        blocks.append(booklet.heading(title))
        for block in inside:
            blocks += _blocks(block)
    return booklet.bound(booklet.leaves(blocks, paper.title))


def _blocks(block: Block) -> list[booklet.Block]:
    if block.kind == "table":
        return booklet.table(block.rows, widths(block.rows, int(booklet.ROOM), LETTER, BESIDE))
    if block.kind == "bullet":
        return [booklet.bullet(block.text)]
    return [booklet.paragraph(block.text, is_tied=False)]
