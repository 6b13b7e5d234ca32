"""A case study takes what the list of its deal asks for."""

from __future__ import annotations

from types import SimpleNamespace

import polars as pl

from core.requirements.work.gap_ledger import RequirementSet
from pages.ui.enablement import stories

ROWS = {"text": ["Encryption at rest", "Sushi"], "capability_id": ["SEC-001", None]}


def test_the_deals_own_list_is_taken_and_another_deal_has_none(monkeypatch):
    monkeypatch.setattr(stories.saved_content, "lists", lambda page: [])
    monkeypatch.setattr(stories.gap_cache, "catalogue_in_force", lambda: None)
    lists = [RequirementSet("A list", "O1", pl.DataFrame(ROWS))]
    monkeypatch.setattr(stories.sample_lists, "sets", lambda data, catalogue: lists)
    page = SimpleNamespace(data=None)
    assert stories._asked(page, "O1").rows() == [("Encryption at rest", "SEC-001")]
    assert stories._asked(page, "O2").is_empty()
