"""The scenarios page: sliders, further levers, presets, links, saving, comparing."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.forecasts import backtest_archive
from core.scenarios import presets
from core.scenarios.engine import expectation

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


def address(test: AppTest) -> dict[str, list[str]]:
    return {name: [v] if isinstance(v, str) else list(v) for name, v in test.query_params.items()}


def followed(test: AppTest) -> AppTest:
    """The page in a fresh browser, by the link that stands in the address."""
    fresh = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    for name, values in address(test).items():
        fresh.query_params[name] = values
    return fresh.switch_page(PAGE).run()


def answered(test: AppTest) -> tuple[str, list[dict[str, object]]]:
    """The sentence of the scenario, and the table behind it."""
    test.button_group(key="view").set_value("Table").run()
    assert not test.exception
    return said(test), [frame.value.to_dict("records") for frame in test.dataframe][:1]


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
    assert "Win rate +USD" in said(moved)
    assert said(moved.slider(key="win_rate").set_value(0.0).run()) == before


def test_exact_numbers_can_be_typed():
    test = opened()
    test.toggle(key="typed").set_value(True).run()
    test.number_input(key="win_rate_typed").set_value(2.5).run()
    assert not test.exception
    assert test.slider(key="win_rate").value == 2.5
    assert "Win rate +USD" in said(test)


def test_further_levers_are_there_when_asked_for_and_gone_when_not():
    test = opened()
    before = said(test)
    test.multiselect(key="more").set_value(["hires", "discount", "shared_shock"]).run()
    assert not test.exception
    test.slider(key="hires").set_value(10.0).run()
    test.slider(key="shock").set_value(20.0).run()
    assert "Hires +USD" in said(test)
    test.multiselect(key="more").set_value([]).run()
    assert said(test) == before


def test_a_lever_is_moved_in_two_parts_of_the_company():
    test = opened()
    test.selectbox(key="scope").set_value("segment:SMB").run()
    test.slider(key="win_rate").set_value(10.0).run()
    press(test, "Add another segment")
    assert not test.exception
    assert test.slider(key="win_rate").value == 0
    assert any(b.label == "Win rate +10 % in SMB" for b in test.button)
    assert "Win rate +USD" in said(test)
    press(test, "Win rate +10 % in SMB")
    assert "Win rate +USD" not in said(test)


def test_a_preset_fills_the_sliders_and_reset_empties_them():
    test = opened()
    before = said(test)
    test.selectbox(key="preset").set_value("Price rise").run()
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
    test.multiselect(key="compared").set_value(["Baseline", "Board 🚀"]).run()
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
    assert "is outside your past range" in said(test)


@pytest.mark.parametrize(
    ("query", "sentences"),
    [
        (
            {"win_rate": "<script>", "churn": "9e99", "scope": "Segment Moon", "also": '[["os.system",1]]'},
            (
                r"Win rate '\<script\>', which is no number from -50 to 50",
                "Churn '9e99'",
                "'Segment Moon', which this data does not have",
                "no lever called 'os.system'",
            ),
        ),
        ({"win_rate": "__import__", "also": "!!"}, (r"Win rate '\_\_import\_\_'", "cannot be read")),
    ],
)
def test_a_hostile_link_gets_a_sentence(query, sentences):
    test = opened(**query)
    assert not test.exception
    warned = " ".join(w.value for w in test.warning)
    assert [words for words in sentences if words not in warned] == []


def test_a_link_brings_further_levers_along():
    test = opened(more="Hires", hires="5")
    assert not test.exception
    assert test.slider(key="hires").value == 5
    assert "Hires +USD" in said(test)


def test_a_goal_is_sought_and_its_mix_put_on_the_sliders(sample, settings, bundle):
    handed = backtest_archive.with_record(sample, settings, bundle)
    expected = expectation.start(sample, settings, handed).spread.mean
    test = opened()
    test.number_input(key="goal").set_value(round(expected * 1.03 / 1e6, 2)).run()
    assert not test.exception
    assert "one of these alone would do" in said(test)
    press(test, "Set the sliders to this mix")
    assert not test.exception
    assert "is already reached" in said(test)


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
    assert "Win rate +USD" in said(test)


@pytest.mark.slow
def test_the_link_of_every_preset_tells_the_same_in_a_fresh_browser():
    test = opened()
    for preset in (name for name in presets.load() if name != "Close the PCI DSS gap"):
        test.selectbox(key="preset").set_value(preset).run()
        assert address(test), preset
        fresh = followed(test)
        assert not fresh.warning, preset
        assert answered(fresh) == answered(test), preset


def test_every_lever_of_a_scenario_reaches_the_address_at_once(tmp_path):
    from core.store import Store

    kept = Store.open(f"sqlite:///{tmp_path / 'store.db'}")
    rows = [
        {"lever": "hires", "value": 4, "at": "2026-09", "extra": 0.0, "scope": "segment:SMB"},
        {"lever": "discount", "value": 0.05, "extra": 2.5, "scope": "segment:SMB"},
        {"lever": "lead_mix", "value": 0.1, "detail": "Event", "scope": "segment:SMB"},
        {"lever": "win_rate", "value": 0.0725, "scope": "segment:SMB"},
        {"lever": "churn", "value": 0.1, "scope": "region:EMEA"},
    ]
    kept.scenarios.save("all", "local", {"name": "all", "correlation": 0.155, "levers": rows})
    kept.close()
    test = opened()
    pick(test, "local/all")
    press(test, "Load")
    assert not test.exception
    link = address(test)
    assert link | {"more": [], "also": []} == {
        "scope": ["Segment SMB"],
        "hires": ["4"],
        "hires_at": ["2026-09"],
        "hires_extra": ["0"],
        "discount": ["5"],
        "discount_extra": ["2.5"],
        "lead_mix": ["10"],
        "lead_mix_detail": ["Event"],
        "win_rate": ["7.25"],
        "shock": ["15.5"],
        "more": [],
        "also": [],
    }
    assert link["also"] == ['[["churn",0.1,"region:EMEA"]]']
    assert answered(followed(test)) == answered(test)
    press(test, "Reset")
    assert address(test) == {"view": ["Table"]}


def test_levers_are_still_there_after_another_page():
    test = opened()
    test.slider(key="win_rate").set_value(10.0).run()
    before = said(test)
    test.switch_page("pages/models.py").run()
    test.switch_page(PAGE).run()
    assert not test.exception
    assert test.slider(key="win_rate").value == 10
    assert said(test) == before


def test_a_setting_the_data_no_longer_offer_is_let_go_of():
    test = opened(more="Hires", hires="5", hires_at="2031-01")
    assert any("'2031-01', which this data does not have" in w.value for w in test.warning)
    test.switch_page("pages/data.py").run()
    test.session_state["hires_at"] = "2031-01"
    test.session_state["more"] = ["hires", "wishes"]
    test.session_state["scope"] = "segment:Moon"
    test.switch_page(PAGE).run()
    assert not test.exception
    assert test.multiselect(key="more").value == ["hires"]
    assert test.selectbox(key="scope").value == "all"
    assert test.selectbox(key="hires_at").value == "2026-05"
