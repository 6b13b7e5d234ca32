"""The engagement page on the sample company, and its part of the Data page."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.test_pages import ROOT


@pytest.fixture
def opened(small_settings, small, monkeypatch, tmp_path):
    monkeypatch.setenv("QUARTERDECK_HOME", str(small_settings.home))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    return lambda name: AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).switch_page(name).run()


def test_engagement_says_who_has_gone_quiet_and_how_far_moods_are_right(opened):
    page = opened("pages/engagement.py")
    assert not page.exception
    words = " ".join(entry.value for entry in page.markdown)
    assert "against their own rhythm" in words
    assert "people talk with us both ways" in words
    assert "always saying the most frequent one is right" in words or "Moods are not shown" in words
    assert not page.warning
