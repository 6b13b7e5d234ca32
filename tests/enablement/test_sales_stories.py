"""Objection handling, case study and whitepaper: each line with its source, nobody named who does not allow it."""

from __future__ import annotations

import io
import re
from datetime import date

import docx
import polars as pl
import pptx
import pytest

from core.enablement import sales_stories, slides, word
from core.requirements.catalogue import capabilities

GAPS = pl.DataFrame(
    {
        "gap_id": ["INT-08", "SEC-13", "nothing near"],
        "gap": ["SAP connector", "Customer-managed encryption keys", "Zebras"],
        "n_deals": [3, 2, 1],
        "n_closed": [4, 0, 0],
        "n_won": [1, 0, 0],
    }
)
DEAL = {
    "opportunity_id": "D1",
    "account_id": "A1",
    "account_name": "Acme Rail",
    "industry": "Transport",
    "country": "France",
    "close_on": date(2026, 5, 4),
    "created_on": date(2026, 1, 4),
}
ASKED = pl.DataFrame(
    {
        "text": ["Sign in by SAML", "Commission statements", "SAML again"],
        "capability_id": ["SEC-01", "FUN-24", "SEC-01"],
    }
)
SOURCE = re.compile(r"\((?:[A-Z]{3}-\d+|A1|D1|the gap ledger|catalogue|deals won)\)$")


@pytest.fixture(scope="module")
def offered():
    return capabilities.load().frame


def lines(paper):
    return [block.text for block in paper.blocks if block.kind == "bullet"]


def papers(offered):
    return [
        sales_stories.objections(GAPS, offered, "Northwind"),
        sales_stories.case_study(DEAL, ASKED, offered, "Northwind"),
        sales_stories.whitepaper(offered, "security", 12, "Northwind"),
    ]


def test_every_line_has_its_source_but_what_only_the_customer_can_tell(offered):
    for paper in papers(offered):
        bare = [line for line in lines(paper) if not SOURCE.search(line) and not line.startswith("To be told by")]
        assert bare == []
        for block in (block for block in paper.blocks if block.kind == "table"):
            assert block.rows[0][-1] == "Source"
            assert all(row[-1] for row in block.rows[1:])


def test_an_objection_is_met_with_what_there_is_the_limit_and_the_date(offered):
    paper = sales_stories.objections(GAPS, offered, "Northwind")
    assert [block.text for block in paper.blocks if block.kind == "heading"] == [
        "“You do not have SAP connector in full.”",
        "“You do not have Customer-managed encryption keys in full.”",
    ]
    words = "\n".join(lines(paper))
    assert "Say openly: The connector is read only; we do not write orders or invoices back to SAP. (INT-08)" in words
    assert "Say when: planned for December 2026. (SEC-13)" in words
    assert "1 of 4 closed deals that asked for it were won all the same." in words
    nothing = sales_stories.objections(GAPS.head(0), offered, "Northwind")
    assert "no objection to answer yet" in nothing.blocks[0].text


def test_a_customer_is_named_only_where_they_allow_it(offered):
    hidden = sales_stories.case_study(DEAL, ASKED, offered, "Northwind")
    assert "Acme" not in str(hidden)
    assert hidden.title == "Case study: a customer in Transport"
    named = sales_stories.case_study(DEAL, ASKED, offered, "Northwind", ["A1"])
    assert named.title == "Case study: Acme Rail"
    (rows,) = [block.rows for block in named.blocks if block.kind == "table"]
    assert [row[2] for row in rows[1:]] == ["SEC-01"]
    assert "The decision took 120 days." in "\n".join(lines(named))
    without = sales_stories.case_study(DEAL | {"industry": None}, ASKED.head(0), offered, "Northwind")
    assert without.title == "Case study: a customer"
    assert any("No requirement list is saved" in block.text for block in without.blocks)


def test_won_deals_are_no_renewals_and_the_latest_first():
    kinds = ["new", "renewal", "expansion", "new"]
    deals = pl.DataFrame(
        {
            "opportunity_id": ["D1", "D2", "D3", "D4"],
            "account_id": ["A1"] * 4,
            "opportunity_type": kinds,
            "is_won": [True, True, True, False],
            "close_on": [date(2026, 1, day) for day in (1, 2, 3, 4)],
            "created_on": [date(2025, 1, 1)] * 4,
        }
    )
    accounts = pl.DataFrame(
        {"account_id": ["A1"], "account_name": ["Acme"], "industry": ["Retail"], "country": ["France"]}
    )
    assert sales_stories.won_deals(deals, accounts)["opportunity_id"].to_list() == ["D3", "D1"]


def test_the_files_open_and_hold_what_the_paper_says(offered):
    for paper in papers(offered):
        document = docx.Document(io.BytesIO(word.write(paper)))
        assert document.paragraphs[0].text == paper.title
        text = "\n".join(paragraph.text for paragraph in document.paragraphs)
        assert all(line in text for line in lines(paper)[:5])
        deck = pptx.Presentation(io.BytesIO(slides.write(paper)))
        assert len(deck.slides) > len({block.text for block in paper.blocks if block.kind == "heading"}) * 0.5
