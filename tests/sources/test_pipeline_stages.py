"""The stages of a column map: for all pipelines and for each, applied to deals, histories and their order."""

from __future__ import annotations

import polars as pl
import pytest

from core.config import load
from core.config.stages import fitted, is_open
from core.contracts.spans import is_valid
from core.sources.folder import reading_of_files

SETTINGS = load(environ={})
DEALS = """deal id,pipeline,stage,amount,created,close date
1,New business,Signed,100,2025-01-02,2025-06-30
2,Renewals,Signed,40,2025-01-03,2025-07-30
3,Renewals,Countersigned,50,2025-01-04,2025-02-20
4,New business,Pitch,10,2025-01-05,2025-08-31
5,New business,Binned,5,2025-01-05,2025-02-28
6,Partners,Pitch,7,2025-01-06,2025-09-30
"""
STAGES = {
    "New business": {"order": ["Pitch", "Paper", "Signed"], "won": ["Signed"], "lost": ["Binned"]},
    "Renewals": {"order": ["Notice", "Signed", "Countersigned"], "won": ["Countersigned"]},
}


def read(stages, text=DEALS, **more):
    columns = {
        "opportunity_id": "deal id",
        "pipeline": "pipeline",
        "created_on": "created",
        "close_on": "close date",
    }
    mapping = {"opportunities": {"file": "deals.csv", "columns": columns, "stages": stages}}
    files = {"deals.csv": text.encode(), **{f"{name}.csv": content.encode() for name, content in more.items()}}
    for name in more:
        mapping[name] = {"file": f"{name}.csv"}
    return reading_of_files(files, mapping, SETTINGS)


def endings(reading):
    rows = reading.dataset.opportunities.sort("opportunity_id")
    return ["won" if w else "lost" if c else "open" for c, w in rows.select("is_closed", "is_won").iter_rows()]


def test_one_name_means_what_its_pipeline_says():
    reading = read(STAGES)
    assert endings(reading) == ["won", "open", "won", "open", "lost", "open"]
    stages = reading.dataset.opportunities.sort("opportunity_id")["stage"].to_list()
    assert stages == ["Signed (New business)", "Signed (Renewals)", "Countersigned", "Pitch", "Binned", "Pitch"]
    assert {s.name: s.kind for s in reading.stages if s.known_by == "column map"} == {
        "Pitch": "open",
        "Signed (Renewals)": "open",
        "Signed (New business)": "won",
        "Countersigned": "won",
        "Binned": "lost",
    }
    assert "gives no stages of Partners" in " ".join(reading.notes)


def test_open_deals_are_the_same_by_history_and_stages_are_in_the_order_of_the_map():
    reading = read({**STAGES, "*": {"order": ["Pitch"]}})
    data = reading.dataset
    settings = fitted(SETTINGS, data)
    now = data.frame("opportunity_history").filter(is_valid(data.as_of), is_open(settings))
    assert sorted(now["opportunity_id"]) == ["2", "4", "6"]
    assert settings.stages.open == ("Pitch", "Signed (Renewals)")


def test_a_history_is_read_by_the_pipeline_of_its_deal():
    history = """opportunity_id,valid_from,stage
1,2025-01-02,Pitch
1,2025-02-01,Signed
2,2025-01-03,Notice
2,2025-02-02,Signed
"""
    data = read(STAGES, opportunity_history=history).dataset
    spans = (
        data.frame("opportunity_history")
        .filter(pl.col("opportunity_id").is_in(["1", "2"]))
        .sort("opportunity_id", "valid_from")
    )
    assert spans["stage"].to_list() == ["Pitch", "Closed Won", "Notice", "Signed (Renewals)"]


def test_stages_for_all_pipelines_go_before_the_words_of_a_name():
    header = "deal id,pipeline,stage,amount,created,close date"
    text = f"{header}\n1,x,Won back,5,2025-01-02,2025-03-01\n2,x,Dead,6,2025-01-02,2025-03-01\n"
    assert endings(read({"order": ["Dead", "Won back"], "won": ["Won back"]}, text)) == ["won", "open"]


def test_a_status_goes_before_the_map_and_is_told():
    text = DEALS.replace("created,", "created,status,").replace("2025-01-02,", "2025-01-02,open,")
    text = "\n".join(line.replace(",2025-01-0", ",2025-01-0") for line in text.splitlines())
    rows = [line.split(",") for line in text.splitlines()]
    width = len(rows[0])
    text = "\n".join(",".join(r if len(r) == width else [*r[:5], "", *r[5:]]) for r in rows) + "\n"
    mapping = {"opportunities": {"file": "deals.csv", "stages": STAGES}}
    reading = reading_of_files({"deals.csv": text.encode()}, mapping, SETTINGS)
    assert endings(reading)[0] == "open"
    assert "1 deal in Signed (New business): the status says otherwise" in " ".join(reading.notes)


def test_a_pipeline_that_is_not_there_is_told_with_the_nearest():
    notes = " ".join(read({"Renewal": {"won": ["Countersigned"]}}).notes)
    assert "a pipeline Renewal that no deal is in; did you mean Renewals?" in notes


@pytest.mark.parametrize("kind", ["won", "lost"])
def test_what_ends_a_deal_may_be_said_without_an_order(kind):
    reading = read({"New business": {kind: ["Pitch"]}})
    assert endings(reading)[3] == kind
    assert endings(reading)[5] == "open"
