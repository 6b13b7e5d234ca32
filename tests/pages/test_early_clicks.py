"""What is clicked before a session has drawn it waits until it has; a server that is told to stop says so."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient, WebSocketDenialResponse
from streamlit.proto.ClientState_pb2 import ClientState

from pages.ui.server import draining, early_clicks


def session(drawn=(), fragments=()):
    state = SimpleNamespace(_new_widget_state=SimpleNamespace(widget_metadata=dict.fromkeys(drawn)))
    return SimpleNamespace(_session_state=state, has_fragment=lambda name: name in fragments)


def clicked(name, fragment="", auto=False):
    state = ClientState(fragment_id=fragment, is_auto_rerun=auto)
    state.widget_states.widgets.add(id=name, trigger_value=True)
    state.widget_states.widgets.add(id="box", string_value="typed")
    return state


def test_a_click_on_what_is_not_drawn_yet_is_early():
    assert early_clicks.is_early(session(), clicked("button"))
    assert not early_clicks.is_early(session(drawn=["button"]), clicked("button"))
    assert early_clicks.is_early(session(drawn=["button"]), clicked("button", fragment="part"))
    assert not early_clicks.is_early(session(["button"], ["part"]), clicked("button", fragment="part"))
    assert not early_clicks.is_early(session(), clicked("button", auto=True))
    assert not early_clicks.is_early(session(), None)
    assert not early_clicks.is_early(session(), ClientState())


def test_the_page_is_drawn_first_without_the_click_and_with_all_else():
    state = clicked("button", fragment="part")
    bare = early_clicks._without_clicks(state)
    assert [widget.id for widget in bare.widget_states.widgets] == ["box"]
    assert bare.fragment_id == ""
    assert [widget.id for widget in state.widget_states.widgets] == ["button", "box"]


@pytest.fixture
def client():
    async def answer(_):
        return PlainTextResponse("ok")

    routes = [Route(path, answer) for path in (draining.HEALTH, "/", "/media/file")]
    return TestClient(draining.Draining(Starlette(routes=routes)))


def test_a_server_that_is_told_to_stop_is_not_ready_and_a_moment_later_takes_no_new_page(client, monkeypatch):
    page = {"sec-fetch-mode": "navigate"}
    assert client.get(draining.HEALTH).status_code == client.get("/", headers=page).status_code == 200
    monkeypatch.setattr(draining._DRAIN, "since", draining.time.monotonic())
    assert draining.is_draining()
    assert client.get(draining.HEALTH).status_code == 503
    assert client.get("/", headers=page).status_code == 200
    monkeypatch.setattr(draining, "GRACE_SECONDS", 0.0)
    assert client.get("/", headers=page).status_code == 503
    assert client.get("/media/file").status_code == 200, "what an open page asks for is still answered"
    with pytest.raises(WebSocketDenialResponse) as refused, client.websocket_connect(draining.SOCKET):
        pass
    assert refused.value.status_code == 503
