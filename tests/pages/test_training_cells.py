"""What courses and documents go with, on the page: the finding comes first, few reps are said, nothing loaded too."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core.metrics import content_effect, course_record
from tests.pages.test_pages import ROOT


@pytest.fixture
def opened(small_settings, small, monkeypatch, tmp_path):
    monkeypatch.setenv("QUARTERDECK_HOME", str(small_settings.home))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).switch_page("pages/enablement.py").run()


def test_courses_and_content_are_answered_first(opened, small, small_settings):
    assert not opened.exception
    words = " ".join(entry.value for entry in opened.markdown).replace("\\", "")
    assert course_record.by_course(small, small_settings).sentence()[:40] in words
    assert content_effect.by_content(small, small_settings).sentence()[:40] in words
    opened.segmented_control("ramp_goal").set_value("target").run()
    assert not opened.exception
