"""Stages as a column map puts them in order: what ends a deal, ranks, probabilities, forecast categories."""

from __future__ import annotations

import polars as pl
import pytest

from core.config import load
from core.config.stages import fitted, is_open
from core.contracts.errors import SourceError
from core.sources.folder import reading_of_files

DEALS = b"""opportunity_id,stage,amount,created_on,close_on,forecast_category
1,Alpha,10,2026-01-02,2026-05-01,
2,Beta,20,2026-01-03,2026-06-01,commit
3,Signed,30,2026-01-04,2026-02-01,
4,Dropped,40,2026-01-05,2026-02-02,
5,Won verbally,50,2026-01-06,2026-03-01,
"""
HISTORY = b"""opportunity_id,valid_from,stage,amount,close_on
5,2026-01-06,Alpha,50,2026-03-01
5,2026-02-06,Won verbally,50,2026-03-01
3,2026-01-04,Beta,30,2026-02-01
3,2026-02-01,Signed,30,2026-02-01
"""
WORDS = {
    "order": ["Beta", "Won verbally", "Alpha"],
    "won": ["Signed"],
    "lost": ["Dropped"],
    "probability": {"Beta": 0.2, "Alpha": 0.9},
    "forecast_category": {"Beta": "pipeline", "Alpha": "best_case"},
}


def read(stages, **more):
    files = {"deals.csv": DEALS, "opportunity_history.csv": HISTORY}
    entry = {"file": "deals.csv", "stages": stages}
    return reading_of_files(files, {"opportunities": entry, "opportunity_history": {"file": "opportunity_history.csv"}})


@pytest.mark.parametrize("stages", [WORDS, {"*": WORDS}, {"New business": WORDS}])
def test_the_map_says_what_ends_a_deal_and_in_which_order_stages_come(stages):
    reading = read(stages)
    deals = reading.dataset.opportunities.sort("opportunity_id")
    assert deals.select("is_closed", "is_won").rows() == [
        (False, False),
        (False, False),
        (True, True),
        (True, False),
        (False, False),
    ]
    assert reading.dataset.open_stages == ("Beta", "Won verbally", "Alpha")
    assert {s.name: (s.kind, s.known_by) for s in reading.stages}["Won verbally"] == ("open", "column map")
    assert deals["forecast_category"].to_list()[:2] == ["best_case", "commit"]
    settings = fitted(load(environ={}), reading.dataset)
    last = reading.dataset.frame("opportunity_history").filter(pl.col("valid_to").is_null())
    assert set(last.filter(is_open(settings))["opportunity_id"]) == {"1", "2", "5"}
    assert "Won verbally" in last.filter(pl.col("opportunity_id") == "5")["stage"].to_list()


def test_without_the_map_the_words_decide_as_before():
    reading = read({})
    assert {s.name: s.kind for s in reading.stages}["Won verbally"] == "won"


def test_a_list_of_stages_of_the_source_gives_way_to_the_map_and_keeps_its_ids():
    head = b"opportunity_id,stage,amount,created_on,close_on\n"
    deals = head + b"1,s1,10,2026-01-02,2026-05-01\n2,s2,9,2026-01-02,2026-02-01\n"
    stages = b"stage_id,stage_name,rank,is_closed,is_won\ns1,Talk,1,false,false\ns2,Done,2,true,true\n"
    plan = {
        "opportunities": {"file": "deals.csv", "stages": {"order": ["Talk"], "lost": ["Done"]}},
        "stages": {"file": "stages.csv"},
    }
    reading = reading_of_files({"deals.csv": deals, "stages.csv": stages}, plan)
    assert reading.dataset.opportunities.select("stage", "is_closed", "is_won").rows() == [
        ("Talk", False, False),
        ("Done", True, False),
    ]


def test_a_word_that_is_no_forecast_category_is_refused():
    with pytest.raises(SourceError, match="forecast_category"):
        read({**WORDS, "forecast_category": {"Beta": "maybe"}})


def test_a_map_says_the_day_and_the_currency_and_is_written_with_them():
    files = {"deals.csv": DEALS}
    reading = reading_of_files(files, {"as_of": "2026-02-15", "currency": "euro"})
    assert (str(reading.dataset.as_of), reading.dataset.currency) == ("2026-02-15", "EUR")
    assert reading.as_map()["as_of"] == "2026-02-15"
    assert reading.as_yaml().startswith("as_of: '2026-02-15'\ncurrency: EUR\nopportunities:")
    again = reading_of_files(files, reading.as_map())
    assert again.dataset.fingerprint == reading.dataset.fingerprint
    for facts, words in (({"as_of": "soon"}, "no date"), ({"currency": "beads"}, "no currency 'beads'")):
        with pytest.raises(SourceError, match=words):
            reading_of_files(files, facts)
