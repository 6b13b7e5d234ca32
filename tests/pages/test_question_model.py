"""The language model in the answer window: settings that lead to none are said, with what is to be mended."""

from __future__ import annotations

import streamlit as st
from streamlit.testing.v1 import AppTest


def _window(settings):
    """Offer the choice of a question nobody understood, as the answer window does."""
    from types import SimpleNamespace

    from core.scope import Scope
    from pages.ui.kit import question_model

    desk = SimpleNamespace(settings=settings, data=SimpleNamespace(unmasked=None))
    question_model.offer_choice("what", desk, SimpleNamespace(is_masked=False, user="ann"), Scope())


def test_a_host_that_may_not_be_asked_is_not_a_model_that_finds_nothing(settings, tmp_path, monkeypatch):
    rules = {"url": "https://b.example/v1", "model": "m", "hosts": ("a.example",)}
    model = settings.language_model.model_copy(update=rules)
    given = {"language_model": model, "database": f"sqlite:///{tmp_path / 'q.db'}"}
    monkeypatch.setattr(st, "rerun", lambda scope="app": None)
    test = AppTest.from_function(_window, args=(settings.model_copy(update=given),), default_timeout=60).run()
    test.button(key="question_choose").click().run()
    test.run()
    assert not test.exception
    (warning,) = test.warning
    assert "b.example is none of the hosts that may be asked" in warning.value
    assert "Add b.example if it is yours." in warning.value
    assert not any("found none" in caption.value for caption in test.caption)
