"""Every chart that can be clicked lists what can be clicked, under the names its axes have."""

from __future__ import annotations

from datetime import date

import polars as pl

from core import charts
from core.charts import deal_page
from pages.ui.kit import chart_specs
from pages.ui.kit.mark_choices import choices


def of(function, name, *args):
    return choices(chart_specs.built(function, args), name)


def test_what_a_click_gives_is_listed_under_its_own_words():
    parts = pl.DataFrame({"region": ["EMEA", "APAC"], "quarter": ["Q1", "Q2"], "amount": [1.0, 2.0]})
    listed = of(charts.executive.heat, "cell", parts, "EUR", "quarter")
    assert list(listed.items())[:2] == [
        ("EMEA, Q1", {"region": "EMEA", "quarter": "Q1"}),
        ("APAC, Q2", {"region": "APAC", "quarter": "Q2"}),
    ]
    assert of(charts.executive.heat, "nothing", parts, "EUR", "quarter") == {}


def test_an_id_is_listed_under_the_name_on_the_axis():
    months = pl.DataFrame({"month": [date(2026, 4, 1), date(2026, 5, 1)], "amount": [1.0, 2.0]})
    assert of(charts.executive.monthly, "month", months, "EUR")["May 2026"] == {"key": "2026-05-01"}
    people = pl.DataFrame(
        {"rep_id": ["R2", "R1"], "rep_name": ["Zoe", "Al"], "amount": [9.0, 4.0], "attainment_rate": [0.9, 0.4]}
    )
    walk = pl.DataFrame({"step": ["Start", "Won", "Lost", "End"], "n_deals": [0, 1, 2, 0], "amount": [1.0, 2, -1, 2]})
    assert list(of(deal_page.moves, "step", walk, "EUR")) == ["Won", "Lost"]
    top = people.rename({"rep_id": "account_id", "rep_name": "account_name"}).with_columns(share_rate=0.5)
    assert of(charts.executive.concentration, "account", top, "account_name", "EUR")["Zoe"] == {"account_id": "R2"}
