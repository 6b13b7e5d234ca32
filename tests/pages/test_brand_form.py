"""The Admin page's brand: what is in force, a preview of what is typed, refusals, saving and going back."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core.branding import saved_brand
from core.config import load
from core.config.branding import BrandSettings
from tests.branding.test_brand_settings import picture


def form(home, is_admin=True, is_bound=False):
    """The form alone, on a page that has no data."""
    from types import SimpleNamespace

    import streamlit as st

    from core.config import load
    from pages.ui.admin import brand_form, changes

    notes = st.session_state.setdefault("notes", [])
    page = SimpleNamespace(
        settings=load(environ={"QUARTERDECK_HOME": home}),
        may=lambda right: is_admin,
        note=lambda *words: notes.append(words),
    )
    changes.delegation = lambda page: SimpleNamespace(is_bound=is_bound)
    changes.outcome()
    brand_form.show(page, SimpleNamespace(answer=st.markdown))


def opened(home, **given):
    return AppTest.from_function(form, default_timeout=60, kwargs={"home": str(home), **given}).run()


def brand_in(home) -> BrandSettings:
    return load(environ={"QUARTERDECK_HOME": str(home)}).branding


def press(test, label):
    next(button for button in test.button if button.label == label).click()
    return test.run()


def test_a_name_is_previewed_saved_and_taken_back(tmp_path):
    test = opened(tmp_path)
    assert not test.exception
    assert "the look they were shipped with" in test.markdown[0].value
    assert next(button for button in test.button if button.label == "Save the brand").disabled
    test.text_input(key="brand_name").set_value("Acme <Desk>").run()
    previews = [element.proto.body for element in test.get("html")]
    assert len(previews) == 2
    assert all("Acme &lt;Desk&gt;" in body for body in previews)
    test = press(test, "Save the brand")
    assert "The brand is saved" in test.success[0].value
    assert brand_in(tmp_path).name == "Acme <Desk>"
    assert "bear the name" in test.markdown[0].value
    assert test.session_state["notes"][0][:2] == ("changed the brand", "Acme <Desk>")
    test = press(test, "Back to the settings file")
    assert brand_in(tmp_path) == BrandSettings()
    assert test.text_input(key="brand_name").value == "Quarterdeck"


def test_a_pale_colour_is_refused_with_its_figure(tmp_path):
    test = opened(tmp_path)
    test.color_picker(key="brand_accent").set_value("#ffcc00").run()
    assert "contrast of 1.3 to 1 on light pages" in test.error[0].value
    assert not test.button
    assert not brand_in(tmp_path).is_own


def test_logos_are_taken_away_by_one_tick(tmp_path):
    settings = load(environ={"QUARTERDECK_HOME": str(tmp_path)})
    saved_brand.save(settings, BrandSettings(name="Acme"), {"logo": picture()})
    test = opened(tmp_path)
    assert "data:image/png" in test.get("html")[0].proto.body
    test.checkbox(key="brand_no_logo").check().run()
    press(test, "Save the brand")
    assert brand_in(tmp_path).logo == ""
    assert not list((tmp_path / "branding").glob("*.png"))


@pytest.mark.parametrize("given", [{"is_admin": False}, {"is_bound": True}])
def test_who_may_not_change_it_reads_it(tmp_path, given):
    test = opened(tmp_path, **given)
    assert len(test.markdown) == 1
    assert not test.text_input
    assert not test.button
