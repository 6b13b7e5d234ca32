"""What is open, and what is not known, means the same wherever it is counted."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from core import metrics
from core.config import load
from core.config.stages import fitted
from core.features.deals import states_at
from core.sources import read_files
from tests.sources import exports

ODD = """opportunity_id,stage,amount,created_on,close_on,is_closed,is_won
a,Contract Sent,10,2025-01-02,2025-09-30,false,false
b,Close,20,2025-01-12,2025-05-20,true,true
c,Close,30,2025-02-01,2025-04-30,true,false
d,Closed Won,40,2025-02-03,2025-08-30,false,false
e,Something else,50,2025-02-03,2025-08-30,false,false
f,Contract Sent,60,2025-02-05,2025-05-25,true,true
"""
HISTORY = """opportunity_id,valid_from,stage,amount,close_on
a,2025-01-02,Contract Sent,5,2025-06-30
b,2025-01-12,Contract Sent,20,2025-06-30
c,2025-02-01,Contract Sent,30,2025-06-30
c,2025-04-30,Contract Sent,30,2025-04-30
d,2025-02-03,Closed Won,40,2025-08-30
"""


@pytest.mark.parametrize("files", [{"deals.csv": ODD}, {"deals.csv": ODD, "deal history.csv": HISTORY}])
def test_every_count_of_open_deals_agrees_on_odd_data(files):
    data = read_files({name: text.encode() for name, text in files.items()}, settings=load(environ={}))
    for settings in (load(environ={}), fitted(load(environ={}), data)):
        assert set(metrics.pipeline.open_deals(data, data.as_of, settings)["opportunity_id"]) == {"a", "d", "e"}
        assert set(states_at(data, data.as_of, settings)["opportunity_id"]) == {"a", "d", "e"}
        assert metrics.pipeline.open_pipeline(data, settings).value == 100.0
        first = date(2025, 1, 31)
        assert metrics.flow.flow(data, settings, first, data.as_of).value == 100.0


def test_without_a_history_nothing_is_said_to_have_increased():
    settings = load(environ={})
    data = read_files({"deals.csv": ODD.encode()}, settings=settings)
    walk = metrics.flow.flow(data, settings, date(2025, 1, 1), data.as_of)
    assert walk.amount("Increased") == 0
    assert walk.amount("Won") == 0
    assert walk.n_unknown == 2
    assert walk.residual == 0
    assert "won without an amount on record while they were open" in walk.sentence()


def test_deals_without_a_creation_date_are_open_since_the_first_day_known():
    text = (
        "id,stage,amount,close_on\n1,Discovery,10,2025-12-31\n2,Closed Won,20,2025-03-31\n3,Closed Lost,5,2025-03-30\n"
    )
    data = read_files({"deals.csv": text.encode()}, settings=load(environ={}))
    opened = data.frame("opportunity_history").filter(pl.col("opportunity_id") == "1")
    assert opened.select("valid_from", "valid_to").rows() == [(date(2025, 3, 30), None)]
    assert any("they count as open since 2025-03-30" in note for note in data.missing)


def test_the_order_of_stages_follows_a_known_system():
    firm = exports.company(2)
    data = read_files(exports.files_of(firm, "hubspot_export", "iso", "plain", "csv"), settings=load(environ={}))
    assert data.open_stages == ("Appointment Scheduled", "Qualified To Buy", "Contract Sent")
    assert fitted(load(environ={}), data).stages.open == data.open_stages
