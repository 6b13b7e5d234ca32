"""Changed data are prepared once, beside the pages; what goes wrong is noted, and nothing shown is lost by it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest

from core.artifacts import MARTS, SNAPSHOTS, forget_all, open_cache
from core.config import load
from core.preparing import preparation, states
from core.sources import load_data, loading

HEAD = "opportunity_id,stage,amount,created_on,close_on\n"
NOW = datetime(2026, 5, 15, 12, tzinfo=UTC)


def write(folder, n):
    rows = "".join(f"{k},Discovery,{k * 10},2026-01-02,2026-05-01\n" for k in range(1, n + 1))
    (folder / "deals.csv").write_text(HEAD + rows, encoding="utf-8")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "exports").mkdir()
    write(tmp_path / "exports", 3)
    return tmp_path / "exports"


@pytest.fixture
def settings(tmp_path, folder):
    return load(environ={"QUARTERDECK_HOME": str(tmp_path / "home"), "QUARTERDECK_DATA": str(folder)})


def state_of(settings):
    return loading.state_of(settings, "settings").name


def shown(settings):
    """Read the data as the first page would, and note that they are shown."""
    state, data = state_of(settings), load_data(settings, source="settings")
    states.note_shown(settings, "settings", state, data.as_of.isoformat())
    return state


@pytest.fixture
def started(monkeypatch):
    """What would be started."""
    calls = []
    monkeypatch.setattr(preparation.subprocess, "Popen", lambda command, **_: calls.append(command[3:]))
    return calls


def test_the_state_is_that_of_the_snapshot_and_changes_with_a_file(settings, folder):
    assert states.last(settings, "settings", state_of(settings)) is None
    before = shown(settings)
    assert open_cache(settings.home).is_kept(SNAPSHOTS, before)
    assert states.last(settings, "settings", before) is None
    write(folder, 4)
    after = state_of(settings)
    assert after != before
    earlier = states.last(settings, "settings", after)
    assert earlier is not None
    assert (earlier.state, states.last(settings, "another source", after)) == (before, None)


def test_the_sample_has_one_state_that_is_its_snapshots(small, small_settings):
    state = loading.state_of(small_settings, "sample")
    assert state.changed_ns is None
    assert state == loading.state_of(small_settings, "settings")
    assert open_cache(small_settings.home).is_kept(SNAPSHOTS, state.name)


def test_what_was_shown_by_other_rules_or_is_gone_is_not_shown_again(settings, folder):
    shown(settings)
    write(folder, 4)
    other = settings.model_copy(update={"currency": "EUR"})
    assert states.last(other, "settings", state_of(other)) is None
    open_cache(settings.home).prune(SNAPSHOTS)
    assert states.last(settings, "settings", state_of(settings)) is None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"state": "x"}', '{"state": "x", "rules": "y", "as_of": "z", "q": 1}']
)
def test_a_damaged_note_counts_as_none(settings, text):
    shown(settings)
    for file in (settings.home / states.FOLDER).glob("*.json"):
        file.write_text(text, encoding="utf-8")
    assert states.last(settings, "settings", "newer") is None


def test_work_is_asked_for_once_whoever_asks(settings, started):
    def ask():
        preparation.ensure(settings, "settings", 0, "s1", lambda: NOW)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert started == [["settings", "0", "s1"]]
    assert preparation.ensure(settings, "settings", 0, "s1", lambda: NOW).stage == "running"
    assert len(started) == 1


def test_work_that_ends_without_a_word_is_told_and_can_be_asked_for_again(settings, started):
    assert preparation.ensure(settings, "settings", 0, "s1", lambda: NOW).stage == "running"
    later = NOW + states.STARTING
    assert preparation.ensure(settings, "settings", 0, "s1", lambda: later) == states.Progress("failed", states.ENDED)
    assert len(started) == 1
    preparation.again(settings, "settings", 0, "s1", lambda: later)
    preparation.again(settings, "settings", 0, "s1", lambda: later)
    assert len(started) == 2
    assert states.progress(settings, "settings", "s1", later).stage == "running"
    assert states.progress(settings, "settings", "s2", later).stage == "none"


def test_work_on_any_state_of_a_source_counts_as_running(settings, started, monkeypatch):
    monkeypatch.setattr(preparation, "PATIENCE", 0.0)
    with states.working(settings, "settings") as is_free:
        assert is_free
        with states.working(settings, "settings") as is_free_again:
            assert not is_free_again
        assert preparation.ensure(settings, "settings", 0, "s2", lambda: NOW).stage == "running"
        assert not preparation.prepare(settings, "settings", 0, "s2")
    assert started == []
    assert preparation.ensure(settings, "settings", 0, "s2", lambda: NOW).stage == "running"
    assert len(started) == 1


def test_a_state_is_prepared_and_shown_from_then_on(settings, folder, monkeypatch):
    shown(settings)
    write(folder, 4)
    state = state_of(settings)
    monkeypatch.setattr("core.models.registry.load_or_train", lambda *_: pytest.fail("trained after all"))
    monkeypatch.setattr(preparation, "_make", lambda data, _: data.opportunities.height == 4 or pytest.fail("old rows"))
    assert preparation.prepare(settings, "settings", 0, state)
    assert states.last(settings, "settings", state) is None


def test_why_a_state_cannot_be_prepared_is_noted(settings, folder):
    before = shown(settings)
    (folder / "deals.csv").write_text("nothing,of,use\n", encoding="utf-8")
    state = state_of(settings)
    states.note_work(settings, "settings", state, NOW)
    assert not preparation.prepare(settings, "settings", 0, state)
    progress = states.progress(settings, "settings", state, NOW)
    assert progress.stage == "failed"
    assert "deals.csv" in progress.failure
    earlier = states.last(settings, "settings", state)
    assert earlier is not None
    assert earlier.state == before


def test_files_that_change_while_they_are_read_are_not_shown(settings, folder, monkeypatch):
    shown(settings)
    write(folder, 4)
    state = state_of(settings)
    monkeypatch.setattr(preparation, "_make", lambda *_: pytest.fail("made of half a state"))
    monkeypatch.setattr("core.sources.load_data", lambda *_, **__: write(folder, 5))
    assert not preparation.prepare(settings, "settings", 0, state)
    assert states.progress(settings, "settings", state, NOW).failure == preparation.CHANGED
    assert states.progress(settings, "settings", state_of(settings), NOW).stage == "none"


def test_a_process_of_its_own_prepares_and_one_that_is_killed_is_noticed(settings, folder, monkeypatch):
    monkeypatch.setenv("QUARTERDECK_DATA", str(folder))
    monkeypatch.setenv("QUARTERDECK_HOME", str(settings.home))
    shown(settings)
    write(folder, 6)
    state = state_of(settings)
    processes = []
    popen = subprocess.Popen
    monkeypatch.setattr(preparation.subprocess, "Popen", lambda *a, **k: processes.append(popen(*a, **k)))
    preparation.ensure(settings, "settings", 0, state, lambda: NOW)
    processes[0].kill()
    processes[0].wait()
    later = NOW + timedelta(minutes=1)
    assert preparation.ensure(settings, "settings", 0, state, lambda: later).failure == states.ENDED
    preparation.again(settings, "settings", 0, state, lambda: later)
    assert processes[1].wait(240) == 0
    assert states.last(settings, "settings", state) is None
    forget_all()
    assert open_cache(settings.home).entries(MARTS)
    assert load_data(settings, source="settings").opportunities.height == 6


def test_nothing_is_prepared_beside_unless_the_server_asks_for_it(monkeypatch):
    monkeypatch.delenv(preparation.WANTED, raising=False)
    assert not preparation.is_wanted()
    monkeypatch.setenv(preparation.WANTED, "1")
    assert preparation.is_wanted()


def test_a_disk_that_takes_nothing_loses_the_note_alone(settings, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(states.Path, "write_text", full)
    states.note_shown(settings, "settings", "s1", "2026-05-15")
    assert states.last(settings, "settings", "s2") is None


def test_the_process_runs_with_the_home_and_the_database_of_the_server(settings, monkeypatch):
    seen = {}
    monkeypatch.setattr(preparation.subprocess, "Popen", lambda command, env, **_: seen.update(env, command=command))
    preparation.ensure(settings, "CRM's own", 3, "s1", lambda: NOW)
    assert seen["command"] == [sys.executable, "-m", "core.preparing.preparation", "CRM's own", "3", "s1"]
    assert seen["QUARTERDECK_HOME"] == str(settings.home)
    assert seen["QUARTERDECK_DATABASE_URL"] == settings.database
    assert seen[preparation.WANTED] == "0"


def test_the_command_line_of_the_process(settings, folder, monkeypatch):
    calls = []
    monkeypatch.setattr(sys, "argv", ["worker", "settings", "0", "s1"])
    monkeypatch.setattr(preparation, "load", lambda: settings)
    monkeypatch.setattr(preparation, "prepare", lambda *given: calls.append(given))
    monkeypatch.setattr(os, "nice", calls.append, raising=False)
    preparation.main()
    assert calls == [preparation.LOW, (settings, "settings", 0, "s1")]
