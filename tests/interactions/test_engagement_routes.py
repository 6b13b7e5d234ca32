"""The API gives each measure of engagement, its sentence and its rows, cut to what the caller sees."""

from __future__ import annotations

from types import SimpleNamespace
from typing import get_args

from core.api.routes import engagement_routes
from core.interactions import interaction_view
from core.scope import Scope
from tests.interactions.conftest import ANA, REP, mail


def test_every_measure_has_a_value_a_formula_and_rows(firm, settings, store, engaged):
    engaged(mail((4, 9), ANA, REP, 1), mail((4, 11), REP, ANA, 2, answers=1))
    asked = []
    asking = SimpleNamespace(
        need=asked.append,
        part=lambda _: (firm, settings),
        interactions=lambda data, own: interaction_view.of(data, own, store, hides_people=True),
    )
    for name in get_args(engagement_routes.Name):
        shown = engagement_routes.engagement(name, asking, Scope())
        assert shown.sentence
        assert len(shown.formula) > 60
    assert set(asked) == {"pipeline:read"}
    assert engagement_routes.engagement("answers", asking, Scope()).value == 2.0
    rows = engagement_routes.engagement_rows("contacts", asking, Scope())
    assert rows.rows[0]["n_two_way"] == 1
