"""The executive summary of a list: two full leaves, and sentences that end."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from core.charts import list_summary, pdf_pages, snapshot
from core.metrics import shortened
from core.requirements.judge import bid_scores, gap_analysis
from core.requirements.work import deal_context

LISTS = Path(__file__).resolve().parents[2] / "sample_data" / "requirements"


@pytest.fixture(scope="module")
def made(sample, settings):
    stake = deal_context.open_deals(sample, settings)[3]
    found = gap_analysis.analyse_file(LISTS / "meridian_rfp.csv", settings=settings, stake=stake)
    bid = bid_scores.bid(found, settings, replace(stake, p_win=0.2))
    return list_summary.summary(found, bid_scores.scores(found, settings), bid, settings)


def test_both_leaves_are_filled(made, monkeypatch):
    leaves = []
    monkeypatch.setattr(pdf_pages, "bound", lambda pages, title, **_: leaves.extend(pages) or b"")
    snapshot.pdf(made)
    assert len(leaves) == 2
    lowest = [
        max(float(y) for y in re.findall(r'<text x="42.0" y="([\d.]+)"[^>]*font-size="9.8"', leaf))
        for leaf in leaves[1:]
    ]
    assert lowest[0] > pdf_pages.HIGH * 0.6


def test_every_line_ends_as_a_sentence(made):
    for part in made.parts:
        if part.kind == "text":
            assert part.body.rstrip().endswith((".", "?", "!", "…"))
            assert "?." not in part.body
            assert ".." not in part.body


def test_a_text_is_cut_at_a_word_and_says_so():
    assert (
        shortened("Orders and invoices shall be read from SAP S/4HANA", 44)
        == "Orders and invoices shall be read from SAP…"
    )
    assert shortened("one\n two", 20) == "one two"
    assert shortened("x" * 30, 10) == "x" * 9 + "…"
