"""What the server does around every run: lightened once, and nothing shown differs."""

from __future__ import annotations

import gc

from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session
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
