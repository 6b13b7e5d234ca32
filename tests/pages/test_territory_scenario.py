"""From a proposal of territories to the scenario of the deals that change hands."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl

from streamlit.testing.v1 import AppTest

from core import metrics, territories
from core.territories.territory_plan import Wish
from tests.pages.test_pages import ROOT


def test_a_proposal_opens_as_a_scenario_and_its_link_holds_the_deals(settings, sample, bundle, monkeypatch, tmp_path):
    monkeypatch.setenv("QUARTERDECK_HOME", str(settings.home))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).switch_page("pages/territories.py")
    region = territories.territory_plan.regions(sample)[0]
    wish = Wish(region, 5)
    test.session_state["territory_asked"] = wish
    test.run()
    assert not test.exception
    moves = territories.territory_plan.propose(sample, settings, wish).moves
    deals = territories.territory_plan.handed_over(sample, moves)
    assert deals
    links = [part.proto for part in test.get("page_link") if part.proto.label == "See what it does to the forecast"]
    (setting,) = json.loads(dict_of(links[0])["also"])
    loss = metrics.handovers.usual_loss(metrics.handovers.record(sample, settings), 0.1)
    assert setting[:3] == ["handover", loss, f"deals:{','.join(deals)}"]
    assert test.selectbox(key="territory_from").options[0].startswith("Q")
    scenario = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).switch_page("pages/scenarios.py")
    scenario.query_params["also"] = json.dumps([setting])
    scenario.run()
    assert not scenario.exception
    assert "New territories" in " ".join(str(part.value) for part in (*scenario.markdown, *scenario.caption))


def dict_of(link) -> dict[str, str]:
    return dict(parse_qsl(link.query_string))
