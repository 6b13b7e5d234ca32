"""The tour leads through the pages, outlives a reload, gives back one's own levers, and is nobody else's."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import yaml
from streamlit.testing.v1 import AppTest

from core.contracts.errors import ConfigError
from core.enablement import demo_script
from core.scenarios import form, link
from core.scenarios.levers import LEVERS
from pages.ui.kit import auth, shell
from tests.pages.test_pages import ROOT, home  # noqa: F401

PAGES = {title: path for group in shell.ROOMS.values() for path, title, _ in group}
STEPS = [
    {"page": "Models", "title": "First", "words": "See."},
    {
        "page": "Scenarios",
        "title": "Churn",
        "words": "A wave.",
        "see": "What if?",
        "state": {"churn": 50, "more": ["Hires"], "hires": 5, "measure": "mrr_amount"},
    },
    {"page": "Customers", "title": "Last", "words": "Who?", "state": {"customers_view": "Segments"}},
]


@pytest.fixture
def visit(monkeypatch, tmp_path):
    """Open a page anew in a browser."""
    script = tmp_path / "tour.yaml"
    script.write_text(yaml.safe_dump({"name": "Mine", "steps": STEPS}), encoding="utf-8")
    chosen = tmp_path / "quarterdeck.yaml"
    chosen.write_text(yaml.safe_dump({"demo": {"script": str(script)}}), encoding="utf-8")
    monkeypatch.setenv("QUARTERDECK_CONFIG", str(chosen))

    def opened(page, browser="one", **asked):
        context = SimpleNamespace(headers={}, theme=None, ip_address=None, cookies={"quarterdeck_browser": browser})
        monkeypatch.setattr(auth.st, "context", context)
        test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        test.switch_page(page)
        for name, value in asked.items():
            test.query_params[name] = value
        return checked(test.run())

    return opened


def checked(test):
    assert not test.exception
    return test


def strip(test):
    """Return the words of the step that is on; empty without a tour."""
    return next((m.value for m in test.markdown if " of 3 · " in m.value), "")


def press(test, key):
    return checked(test.button(key=key).click().run())


def test_the_tour_goes_through_pages_and_states_and_gives_back_ones_own_levers(visit):
    test = visit(PAGES["Scenarios"], win_rate="25")
    press(test, "tour_start")
    assert (test.title[0].value, strip(test)) == ("Models", "1 of 3 · First: See.")
    press(test, "tour_next")
    assert (test.title[0].value, strip(test)) == ("Scenarios", "2 of 3 · Churn: A wave.")
    assert {key: test.slider(key=key).value for key in ("churn", "hires", "win_rate")} == {
        "churn": 50,
        "hires": 5,
        "win_rate": 0,
    }
    assert test.selectbox(key="measure").value == "mrr_amount"
    again = visit(PAGES["Scenarios"], churn="50")
    assert strip(again).startswith("2 of 3")
    assert strip(visit(PAGES["Scenarios"], browser="other", churn="50")) == ""
    press(again, "tour_next")
    assert (again.title[0].value, strip(again)) == ("Customers", "3 of 3 · Last: Who?")
    assert again.session_state["customers_view"] == "Segments"
    press(again, "tour_leave")
    assert (again.title[0].value, strip(again)) == ("Scenarios", "")
    assert again.slider(key="win_rate").value == 25
    assert again.slider(key="churn").value == 0
    assert again.selectbox(key="measure").value == "bookings_amount"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("- a", "has no steps"),
        ("steps: []", "has no steps"),
        ("steps: [1]", "step 1"),
        ("steps: [{page: Models, title: a}]", "lacks 'words'"),
        ("steps: [{page: Models, title: a, words: b, slide: 3}]", "has 'slide'"),
        ("steps: [{page: Moon, title: a, words: b}]", "no page called 'Moon'"),
        ("steps: [{page: Models, title: a, words: b, state: 3}]", "state of a step"),
        (f"steps: [{{page: Models, title: a, words: {'b' * 500}}}]", "too long"),
        ("steps: [", "cannot be read"),
    ],
)
def test_a_script_that_is_not_one_is_refused_by_its_step(tmp_path, content, words):
    file = tmp_path / "tour.yaml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=words):
        demo_script.load(str(file), PAGES)


def test_the_tour_that_ships_is_valid_and_its_levers_are_what_a_link_can_hold(bundle, sample, settings):
    from core.scenarios.analysis import whatif
    from pages.ui.kit import questions

    script = demo_script.load("", PAGES)
    titles = [step.page for step in script.steps]
    assert [*dict.fromkeys(titles)] == ["Executive", "Forecast", "Scenarios", "Customers", "Requirements", "Enablement"]
    for step in script.steps:
        assert step.see in questions.of_page(PAGES[step.page]) or step.see == "What if?"
    choices = form.Choices.of(whatif.ground(sample, settings, bundle).base)
    for step in script.steps:
        asked = {name: list(values) for name, values in step.state.items() if name in form.KEYS}
        values, notices = link.from_query(asked, choices)
        assert notices == []
        levers = {s.lever for s in values.scenario().levers}
        assert levers == {name for name in asked if name in LEVERS}


def test_fifty_random_scenarios_say_the_same_by_their_links(bundle, sample, settings):
    import random

    from core.scenarios.analysis import whatif

    ground = whatif.ground(sample, settings, bundle)
    choices, dice = form.Choices.of(ground.base), random.Random(28)
    for _ in range(50):
        levers = dice.sample(form.FIRST, 2) + dice.sample([n for n in choices.further if n != form.SHOCK], 2)
        asked = {form.FURTHER: [name for name in levers if name not in form.FIRST]}
        for name in levers:
            lever = LEVERS[name]
            scale = 100 if lever.is_relative else 1
            asked[name] = [f"{dice.uniform(max(lever.low, -0.3), min(lever.high, 0.3)) * scale:.2f}"]
        values, notices = link.from_query(asked, choices)
        assert notices == []
        again, notices = link.from_query(values.query(), choices)
        assert notices == []
        assert again.scenario() == values.scenario()
        assert again.query() == values.query()
    one, two = (whatif.work_out(ground, v.scenario()) for v in (values, again))
    assert one.sentence() == two.sentence()
    assert one.table("segment").equals(two.table("segment"))
