"""The pages on leads and attribution: the finding comes first, and what is chosen counts."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.test_pages import ROOT


@pytest.fixture
def opened(small_settings, small, monkeypatch, tmp_path):
    monkeypatch.setenv("QUARTERDECK_HOME", str(small_settings.home))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    return lambda name: AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).switch_page(name).run()


def words(page):
    assert not page.exception
    return " ".join(entry.value for entry in page.markdown)


def test_attribution_begins_with_the_disagreement(opened):
    page = opened("pages/attribution.py")
    assert "The models disagree about" in words(page)
    assert "touched by campaigns (reconciled)" in words(page)
    page.segmented_control("touches").set_value("activities").run()
    assert "touched by the sales team" in words(page)


def test_leads_are_listed_by_capacity(opened):
    page = opened("pages/leads.py")
    assert "became a deal within 90 days" in words(page)
    if page.number_input:
        page.number_input("lead_capacity").set_value(3).run()
        assert "Work 3 leads of" in words(page)
