"""The playbooks and benchmarks pages: tasks, record and plays; parts, others and what may leave."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from core.artifacts import RESULTS, process_shelf
from core.plays import play_record
from core.plays.play_view import Runs
from pages.ui.playbooks import outcomes
from tests.pages.test_pages import ROOT


@pytest.fixture
def opened(settings, sample, monkeypatch, tmp_path):
    """Open a page of the sample company with a database of its own."""
    monkeypatch.setenv("QUARTERDECK_HOME", str(settings.home))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)

    def page(name):
        return app.switch_page(f"pages/{name}.py").run()

    return page


def test_a_play_is_started_skipped_and_mended(opened):
    page = opened("playbooks")
    assert not page.exception
    assert "No play has brought a task yet." in " ".join(e.value for e in page.markdown)
    page.button("play_start_onboarding").click().run()
    assert not page.exception
    assert "4 tasks wait in 1 run of plays" in " ".join(e.value for e in page.markdown)
    text = page.text_area("play_text_onboarding_0")
    text.set_value(text.value.replace("days: 3\n", "days: three\n")).run()
    page.button("play_text_onboarding_0_check").click().run()
    assert "(steps, number 1, days)" in page.warning[0].value


def test_what_plays_came_to_is_worked_out_once_for_the_same_rows_and_runs(opened, monkeypatch):
    page = opened("playbooks")
    assert not page.exception
    worked_out = []
    record = play_record.record
    monkeypatch.setattr(play_record, "record", lambda *given: worked_out.append(1) or record(*given))
    page.segmented_control("play_state").set_value("done").run()
    assert not page.exception
    assert not worked_out
    process_shelf(RESULTS).clear()
    page.button("play_start_onboarding").click().run()
    assert not page.exception
    assert worked_out


def test_another_run_or_step_is_another_record(sample, settings):
    page = SimpleNamespace(data=sample, settings=settings)
    steps = pl.DataFrame({"id": [1], "state": ["waiting"]})
    runs = Runs((), pl.DataFrame({"id": [1]}), steps)
    done = replace(runs, steps=steps.with_columns(state=pl.lit("done")))
    assert outcomes._state(page, runs) == outcomes._state(page, replace(runs))
    assert outcomes._state(page, runs) != outcomes._state(page, done)


def test_parts_are_compared_and_a_file_is_made_ready(opened):
    page = opened("benchmarks")
    assert not page.exception
    words = " ".join(e.value for e in page.markdown)
    assert "teams are compared over the last 12 months" in words
    assert "No file of others names a segment of yours." in words
    assert "0 of a privacy budget of 4 is spent" in words
