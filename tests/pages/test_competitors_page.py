"""The competitors page: the record leads, one competitor is chosen, and without any a sentence says what to load."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.test_pages import ROOT


@pytest.fixture
def page(settings, sample, monkeypatch, tmp_path):
    monkeypatch.setenv("QUARTERDECK_HOME", str(settings.home))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).switch_page("pages/competitors.py").run()


def test_the_hardest_is_named_and_one_is_looked_at(page):
    assert not page.exception
    words = " ".join(e.value for e in page.markdown)
    assert "deals against a named competitor that closed in the last 24 months were won." in words
    page.selectbox("competitor").select("Vantiv").run()
    assert not page.exception
    assert "deals against Vantiv were won" in " ".join(e.value for e in page.markdown)
