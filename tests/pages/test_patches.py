"""What the server does around every run: lightened once, and nothing shown differs."""

from __future__ import annotations

import gc

from streamlit.commands import execution_control
from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session, runtime
from streamlit.runtime.scriptrunner import script_runner

from pages.ui.server import patches


def test_a_run_collects_young_objects_only(monkeypatch):
    monkeypatch.setattr(script_runner, "gc", gc)
    asked = []
    patches.lighten()
    monkeypatch.setattr(gc, "collect", asked.append)
    script_runner.gc.collect(2)
    assert asked == [patches.YOUNG]


def test_the_theme_is_read_once_and_stays_the_same(monkeypatch):
    calls = []

    def read(message, section="theme"):
        calls.append(section)
        if section == "theme":
            message.primary_color = "#0b6e6e"

    monkeypatch.setattr(app_session, "_populate_theme_msg", read)
    patches.lighten()
    patches.lighten()
    for _ in range(3):
        message = CustomThemeConfig()
        app_session._populate_theme_msg(message)
        app_session._populate_theme_msg(message.light, "theme.light")
        assert message.primary_color == "#0b6e6e"
        assert not message.HasField("light")
    assert calls == ["theme", "theme.light"]


def test_another_streamlit_is_left_alone(monkeypatch):
    monkeypatch.setattr(script_runner, "gc", None)
    monkeypatch.delattr(app_session, "_populate_theme_msg")
    patches.lighten()
    assert script_runner.gc is None
    assert not hasattr(app_session, "_populate_theme_msg")


def test_what_a_run_shows_travels_in_bursts_and_a_change_of_the_page_waits_for_them(monkeypatch):
    for module in (runtime, execution_control):
        monkeypatch.setattr(module, patches.FLUSH, 0.005)
    patches.send_together()
    assert (runtime.MESSAGE_FLUSH_INTERVAL_SECS, execution_control.MESSAGE_FLUSH_INTERVAL_SECS) == (0.05, 0.05)
    monkeypatch.delattr(runtime, patches.FLUSH)
    patches.send_together()
    assert not hasattr(runtime, patches.FLUSH)
