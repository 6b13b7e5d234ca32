"""The scenarios page: sliders, further levers, presets, links, saving, comparing."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parents[2]
PAGE = "pages/scenarios.py"


@pytest.fixture(autouse=True)
def home(settings, sample, bundle, monkeypatch, tmp_path):
    monkeypatch.setenv("QUARTERDECK_HOME", str(settings.home))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")


def opened(**query: str) -> AppTest:
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    test.run()
    for name, value in query.items():
        test.query_params[name] = value
    return test.switch_page(PAGE).run()


def said(test: AppTest) -> str:
    return " ".join(m.value for m in test.markdown)


def press(test: AppTest, label: str) -> AppTest:
    return next(b for b in test.button if b.label == label).click().run()


def pick(test: AppTest, name: str) -> None:
    next(s for s in test.selectbox if s.label == "Saved").set_value(name).run()


def save_as(test: AppTest, name: str) -> AppTest:
    test.text_input[0].set_value(name)
    return press(test, "Save")


def test_a_slider_moves_the_number_and_back_again():
    test = opened()
    before = said(test)
    moved = test.slider(key="win_rate").set_value(10.0).run()
    assert not moved.exception
    assert said(moved) != before
    assert "Win rate USD" in said(moved)
    assert said(moved.slider(key="win_rate").set_value(0.0).run()) == before


def test_exact_numbers_can_be_typed():
    test = opened()
    test.toggle(key="typed").set_value(True).run()
    test.number_input(key="win_rate_typed").set_value(2.5).run()
    assert not test.exception
    assert test.slider(key="win_rate").value == 2.5
    assert "Win rate USD" in said(test)


def test_further_levers_are_there_when_asked_for_and_gone_when_not():
    test = opened()
    before = said(test)
    test.multiselect(key="more").set_value(["hires", "discount", "shared_shock"]).run()
    assert not test.exception
    test.slider(key="hires").set_value(10.0).run()
    test.slider(key="shock").set_value(20.0).run()
    assert "Hires USD" in said(test)
    test.multiselect(key="more").set_value([]).run()
    assert said(test) == before


def test_a_lever_is_moved_in_two_parts_of_the_company():
    test = opened()
    test.selectbox(key="scope").set_value("segment:SMB").run()
    test.slider(key="win_rate").set_value(10.0).run()
    press(test, "Keep these and move others")
    assert not test.exception
    assert test.slider(key="win_rate").value == 0
    assert any(b.label == "Win rate +10 % in SMB" for b in test.button)
    assert "Win rate USD" in said(test)
    press(test, "Win rate +10 % in SMB")
    assert "Win rate USD" not in said(test)


def test_a_preset_fills_the_sliders_and_reset_empties_them():
    test = opened()
    before = said(test)
    test.button_group(key="preset").set_value("Price rise").run()
    assert (test.slider(key="price").value, test.slider(key="win_rate").value) == (5, -3)
    press(test, "Reset")
    assert not test.exception
    assert test.slider(key="price").value == 0
    assert said(test) == before


@pytest.mark.parametrize("view", ["How likely", "Table"])
def test_every_view_opens(view):
    test = opened()
    test.slider(key="churn").set_value(20.0).run()
    for measure in ("bookings_amount", "mrr_amount", "nrr_rate", "attainment_rate"):
        test.selectbox(key="measure").set_value(measure).run()
        test.button_group(key="view").set_value(view).run()
        assert not test.exception


def test_a_scenario_is_saved_loaded_compared_and_deleted():
    test = opened()
    test.slider(key="win_rate").set_value(15.0).run()
    save_as(test, "Board 🚀")
    assert not test.exception
    assert any("Board 🚀" in s.value for s in test.success)
    test.slider(key="win_rate").set_value(0.0).run()
    pick(test, "local/Board 🚀")
    press(test, "Load")
    assert test.slider(key="win_rate").value == 15
    test.multiselect(key="compared").set_value(["As things stand", "Board 🚀"]).run()
    assert "Board 🚀 brings USD" in said(test)
    pick(test, "local/Board 🚀")
    press(test, "Delete")
    assert not test.exception
    assert "Board 🚀" not in next(s for s in test.selectbox if s.label == "Saved").options


def test_a_colleagues_save_is_not_overwritten_unseen():
    mine, other = opened(), opened()
    save_as(mine, "plan")
    assert any("already a scenario called 'plan'" in w.value for w in save_as(other, "plan").warning)
    assert any("version 2" in s.value for s in save_as(mine, "plan").success)
    pick(other, "local/plan")
    press(other, "Load")
    save_as(other, "plan")
    assert any("Nothing was overwritten" in w.value for w in save_as(mine, "plan").warning)
    assert not mine.exception
    assert not other.exception


def test_what_a_slider_cannot_hold_is_kept_beside_it(tmp_path):
    from core.store import Store

    kept = Store.open(f"sqlite:///{tmp_path / 'store.db'}")
    rows = [
        {"lever": "win_rate", "value": 3.0, "scope": "all"},
        {"lever": "churn", "value": 0.1, "scope": "region:EMEA"},
        {"lever": "deal_size", "value": 0.1, "scope": "all"},
    ]
    kept.scenarios.save("wild", "local", {"name": "wild", "levers": rows})
    kept.close()
    test = opened()
    pick(test, "local/wild")
    press(test, "Load")
    labels = [b.label for b in test.button]
    assert "Win rate +300 %" in labels
    assert "Churn +10 % in EMEA" in labels
    assert test.slider(key="deal_size").value == 10


def test_a_far_lever_is_warned_of():
    test = opened()
    test.slider(key="creation").set_value(50.0).run()
    assert "further than it went" in said(test)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"win_rate": "<script>"}, r"Win rate '\<script\>', which is no number from -50 to 50"),
        ({"win_rate": "__import__"}, r"Win rate '\_\_import\_\_'"),
        ({"churn": "9e99"}, "Churn '9e99'"),
        ({"scope": "Segment Moon"}, "'Segment Moon', which this data does not have"),
        ({"also": '[["os.system",1]]'}, "no lever called 'os.system'"),
        ({"also": "!!"}, "cannot be read"),
    ],
)
def test_a_hostile_link_gets_a_sentence(query, words):
    test = opened(**query)
    assert not test.exception
    assert any(words in w.value for w in test.warning)


def test_a_link_brings_further_levers_along():
    test = opened(more="Hires", hires="5")
    assert not test.exception
    assert test.slider(key="hires").value == 5
    assert "Hires USD" in said(test)


def test_a_goal_is_sought_and_its_mix_put_on_the_sliders():
    test = opened()
    test.number_input(key="goal").set_value(1.9).run()  # USD 1.7 M are expected
    assert not test.exception
    assert "one of these alone would do" in said(test)
    press(test, "Set the sliders to this mix")
    assert not test.exception
    assert "is reached already" in said(test)


def test_a_named_deal_is_taken_as_lost_and_two_levers_are_mapped():
    test = opened()
    before = said(test)
    press(test, "Add")
    assert not test.exception
    assert any(b.label.startswith("Deal lost in O") for b in test.button)
    assert said(test) != before
    test.toggle(key="two_levers").set_value(True).run()
    assert not test.exception
    assert "Between them, Win rate and Cycle length" in said(test)


def test_the_tour_walks_five_steps_and_brings_ones_own_levers_back():
    test = opened()
    test.slider(key="win_rate").set_value(25.0).run()
    test.toggle(key="present").set_value(True).run()
    assert "1 of 5" in said(test)
    assert test.slider(key="win_rate").value == 0.0
    for step in range(2, 6):
        test.button(key="tour_next").click().run()
        assert not test.exception
        assert f"{step} of 5" in said(test)
        assert test.slider(key="win_rate").value == (10.0 if step in {2, 3} else 0.0)
    test.toggle(key="present").set_value(False).run()
    assert test.slider(key="win_rate").value == 25.0


def test_a_scenario_is_locked_branched_and_shared(tmp_path):
    test = opened()
    save_as(test, "root")
    pick(test, "local/root")
    press(test, "Lock")
    assert any("is locked" in w.value for w in save_as(test, "root").warning)
    save_as(test, "twig")
    assert any("└ twig" in option for s in test.selectbox if s.label == "Saved" for option in s.options)
    pick(test, "local/root")
    press(test, "Delete")
    assert any("Unlock it first" in w.value for w in test.warning)
    assert not test.exception


def test_a_scenario_file_is_opened():
    test = opened()
    plan = b"name: mine\nlevers: [{lever: win_rate, value: 0.07}, {lever: hires, value: 4, at: 2026-09}]"
    test.file_uploader(key="scenario_file").set_value([("a.yaml", plan, "text/yaml")]).run()
    assert not test.exception
    assert test.slider(key="win_rate").value == 7
    assert test.slider(key="hires").value == 4
    test.file_uploader(key="scenario_file").set_value([("b.yaml", b"a: [", "text/yaml")]).run()
    assert any("not valid YAML" in w.value for w in test.warning)


def test_a_link_brings_levers_of_another_part_along():
    test = opened(also='[["win_rate",0.2,"segment:SMB"]]')
    assert any(b.label == "Win rate +20 % in SMB" for b in test.button)
    assert "Win rate USD" in said(test)
