from __future__ import annotations

from types import SimpleNamespace

import pytest
import structlog
from streamlit.runtime.scriptrunner import script_runner

from core.operations import instruments
from pages.ui.server import run_watch


def value(name, **labels):
    return instruments.REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.fixture
def runs(monkeypatch):
    """What the watched runner does is told by the test: a list of functions, each one run."""
    todo = []
    monkeypatch.setattr(script_runner.ScriptRunner, "_run_script", lambda *_: todo.pop(0)())
    run_watch.install()
    runner = SimpleNamespace(_pages_manager=SimpleNamespace(), _session_id="the session")

    def run(work, is_part=False, is_auto=False):
        todo.append(work)
        data = SimpleNamespace(fragment_id_queue=["f"] if is_part else [], is_auto_rerun=is_auto)
        script_runner.ScriptRunner._run_script(runner, data)

    return run


def test_pages_moves_and_failures_are_timed_under_the_title_of_the_page(runs):
    title = "A page of this test"
    seen = {}

    def page():
        run_watch.opened(title, "ana@example.com")
        seen.update(structlog.contextvars.get_contextvars())

    runs(page)
    assert value("quarterdeck_page_seconds_count", page=title) == 1
    assert set(seen) == {"session", "request", "page", "user"}
    assert "ana" not in str(seen)
    runs(lambda: None, is_part=True)
    runs(lambda: run_watch.script_failed(KeyError("x")), is_part=True)
    assert value("quarterdeck_move_seconds_count", page=title) == 2
    assert value("quarterdeck_page_runs_total", page=title, outcome="ok") == 2
    assert value("quarterdeck_page_runs_total", page=title, outcome="failed") == 1
    assert value("quarterdeck_errors_total", page=title, kind="Unexpected") == 1
    runs(lambda: None, is_part=True, is_auto=True)
    assert value("quarterdeck_move_seconds_count", page=title) == 2
    assert structlog.contextvars.get_contextvars() == {}


def test_it_is_installed_once_and_counts_sessions_of_a_server_that_runs(runs):
    before = script_runner.ScriptRunner._run_script
    run_watch.install()
    assert script_runner.ScriptRunner._run_script is before
    assert value("quarterdeck_sessions") == 0
