"""A document of the enablement room as PDF, on the leaves that snapshots of pages are bound from."""

from __future__ import annotations

from core.branding.letterhead import HOUSE, Letterhead
from core.charts import pdf_pages
from core.enablement.document import Block, Paper, widths

LETTER, BESIDE = 5, 10


def pdf(paper: Paper, head: Letterhead = HOUSE) -> bytes:
    """Return a document as PDF.

    Parameters
    ----------
    paper : Paper
    head : Letterhead
    """
    blocks = [pdf_pages.title(paper.title, paper.subtitle, head)]
    for title, inside in paper.sections():
        blocks.append(pdf_pages.heading(title))
        for block in inside:
            blocks += _blocks(block)
    return pdf_pages.bound(pdf_pages.leaves(blocks, paper.title, head), paper.title, creator=head.name)


def _blocks(block: Block) -> list[pdf_pages.Block]:
    if block.kind == "table":
        return pdf_pages.table(block.rows, widths(block.rows, int(pdf_pages.ROOM), LETTER, BESIDE))
    if block.kind == "bullet":
        return [pdf_pages.bullet(block.text)]
    return [pdf_pages.paragraph(block.text, is_tied=False)]
