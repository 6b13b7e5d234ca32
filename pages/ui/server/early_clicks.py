"""A click that comes before its session has drawn what was clicked counts after it has.

A browser whose server went away goes on with another one, in a new session. What somebody clicks there before that
session has drawn the page would be thrown away: it knows neither the button nor what the button does.
"""

from __future__ import annotations

from functools import wraps
from typing import Any

from streamlit.runtime.app_session import AppSession, AppSessionState
from streamlit.runtime.scriptrunner import ScriptRunnerEvent

WAITING = "_quarterdeck_waiting_click"
DRAWN = (ScriptRunnerEvent.SCRIPT_STOPPED_WITH_SUCCESS,)
TRIGGERS = ("trigger_value", "string_trigger_value", "json_trigger_value", "chat_input_value")


def keep() -> None:
    """Let early clicks wait from now on; done once per process."""
    session: Any = AppSession
    request, handle = session.request_rerun, session._handle_scriptrunner_event_on_event_loop
    if getattr(request, "keeps_clicks", False):
        return

    @wraps(request)
    def request_rerun(self: Any, client_state: Any) -> None:
        if not is_early(self, client_state):
            request(self, client_state)
            return
        is_drawing = self._state == AppSessionState.APP_IS_RUNNING
        setattr(self, WAITING, _copy(client_state))
        if not is_drawing:
            request(self, _without_clicks(client_state))

    @wraps(handle)
    def handle_event(self: Any, sender: Any, event: Any, *more: Any, **words: Any) -> None:
        handle(self, sender, event, *more, **words)
        waiting = getattr(self, WAITING, None)
        if waiting is not None and event in DRAWN and sender is self._scriptrunner:
            setattr(self, WAITING, None)
            if waiting.fragment_id and not self.has_fragment(waiting.fragment_id):
                waiting.fragment_id = ""
            request(self, waiting)

    request_rerun.keeps_clicks = True  # type: ignore[attr-defined]
    session.request_rerun, session._handle_scriptrunner_event_on_event_loop = request_rerun, handle_event


def is_early(session: Any, client_state: Any) -> bool:
    """Say whether something was clicked that a session has not drawn yet."""
    if not client_state or client_state.is_auto_rerun:
        return False
    if client_state.fragment_id and not session.has_fragment(client_state.fragment_id):
        return True
    drawn = session._session_state._new_widget_state.widget_metadata
    return any(_is_click(widget) and widget.id not in drawn for widget in client_state.widget_states.widgets)


def _is_click(widget: Any) -> bool:
    return widget.WhichOneof("value") in TRIGGERS


def _copy(client_state: Any) -> Any:
    out = type(client_state)()
    out.CopyFrom(client_state)
    return out


def _without_clicks(client_state: Any) -> Any:
    out = _copy(client_state)
    out.fragment_id = ""
    del out.widget_states.widgets[:]
    out.widget_states.widgets.extend(w for w in client_state.widget_states.widgets if not _is_click(w))
    return out
