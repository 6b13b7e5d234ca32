"""A column map put together step by step reads what was seen, whatever the files are."""

from __future__ import annotations

import json

import polars as pl
import pytest

from core.contracts.errors import SourceError
from core.sources import drafting, own_totals, page_needs
from core.sources.folder import reading_of_files
from tests.sources import exports

DEALS = (
    b"Deal report\n\nDeal,Customer,Step,Worth,Due,amount\n"
    b'1,Acme,Discovery,"1,200.00",2026-05-01,7\n'
    b"2,Bolt,Closed Won,3400,2026-02-10,8\n2,Bolt,Closed Won,3400,2026-02-10,8\n"
)


def plain(draft):
    return json.loads(json.dumps(draft.as_map()))


# Each layout as it usually comes and in one more container in turn, so that every container meets some layouts; every
# other pair runs in the slow part `live`.
CONTAINERS = ("xlsx", "jsonl", "json", "gz", "zip")
CASES = [
    pytest.param(layout, container, marks=() if (k + (container == "csv")) % 2 else pytest.mark.slow)
    for k, layout in enumerate(sorted(exports.LAYOUTS))
    for container in ("csv", CONTAINERS[k % len(CONTAINERS)])
]


@pytest.mark.parametrize(("layout", "container"), CASES)
def test_what_was_recognised_is_read_again_by_the_map(layout, container):
    files = exports.files_of(exports.company(4), layout, "iso", "plain", container)
    draft = drafting.as_recognised(files)
    first = reading_of_files(files)
    again = reading_of_files(files, plain(draft))
    assert again.dataset.fingerprint == first.dataset.fingerprint
    assert plain(drafting.by_map(files, plain(draft))) == plain(draft)


def test_a_table_is_taken_for_something_else_and_for_nothing():
    files = {"report.csv": DEALS, "other.csv": b"colour\nred\n"}
    draft = drafting.as_recognised(files)
    number = draft.at("report.csv", None)
    other = drafting.taken_for(draft, number, "transactions", files)
    assert other.tables[number].entity == "transactions"
    assert drafting.taken_for(other, number, None, files).is_empty
    assert drafting.taken_for(other, number, "unheard of", files).is_empty


def test_columns_are_moved_taken_off_and_put_back():
    files = {"opportunities.csv": DEALS}
    draft = drafting.taken_for(drafting.as_recognised(files), 0, "opportunities", files)
    draft = draft.with_column(0, "opportunity_id", "Deal").with_column(0, "stage", "Step")
    draft = draft.with_column(0, "close_on", "Due").with_column(0, "amount", "Worth")
    reading = reading_of_files(files, plain(draft))
    assert reading.dataset.opportunities["amount"].sum() == 4600
    swapped = draft.with_column(0, "amount", "Due")
    assert "close_on" not in swapped.tables[0].columns
    without = draft.with_column(0, "amount", None)
    assert "amount" in without.tables[0].as_entry()["ignore"]
    assert reading_of_files(files, plain(without)).dataset.opportunities["amount"].null_count() == 2
    assert draft.tables[0].values_of("stage") == ("Discovery", "Closed Won")
    bare = draft.with_column(0, "opportunity_id", None).with_column(0, "opportunity_name", None)
    assert ("opportunity_id", "opportunity_name") in bare.tables[0].missing


def test_answers_go_into_the_map_and_come_off_it():
    draft = drafting.as_recognised({"deals.csv": b"opportunity_id,stage,close_on\n1,Discovery,03/04/2026\n"})
    asked = draft.with_form(0, "dates", "close_on", "dd/mm/yyyy").with_ends("opportunities", "inclusive")
    asked = asked.with_fact("as_of", "2026-01-01").with_fact("currency", "EUR")
    plan = plain(asked)
    assert (plan["as_of"], plan["currency"]) == ("2026-01-01", "EUR")
    assert plan["opportunities"]["dates"] == {"close_on": "dd/mm/yyyy"}
    assert plan["opportunities"]["ends"] == "inclusive"
    again = asked.with_form(0, "dates", "close_on", None).with_ends("opportunities", None)
    assert plain(again.with_fact("as_of", None).with_fact("currency", None)) == plain(draft)


def test_a_map_that_names_what_is_not_there_is_refused():
    with pytest.raises(SourceError, match="not there"):
        drafting.by_map({"deals.csv": DEALS}, {"accounts": {"file": "none.csv"}})
    with pytest.raises(SourceError, match="no file that can be read"):
        drafting.as_recognised({"picture.png": b"x"})


def test_files_own_totals_stand_beside_what_was_read():
    files = {"deals.csv": DEALS, "stages.csv": b"stage_name,rank\nDiscovery,1\n"}
    plan = {
        "opportunities": {
            "file": "deals.csv",
            "columns": {"opportunity_id": "Deal", "stage": "Step", "amount": "Worth", "close_on": "Due"},
        },
        "stages": {"file": "stages.csv"},
    }
    (row,) = own_totals.beside(reading_of_files(files, plan)).iter_rows(named=True)
    assert (row["entity"], row["n_in_files"], row["n_read"]) == ("opportunities", 3, 2)
    assert (row["amount_in_files"], row["amount_read"]) == (8000.0, 4600.0)


def test_what_pages_lack_is_told_once():
    data = reading_of_files({"deals.csv": b"opportunity_id,stage,created_on\n1,Discovery,2026-04-03\n"}).dataset
    lacks = dict(page_needs.lacking(data).iter_rows())
    assert "amounts of deals: counts only" in lacks["Pipeline"]
    assert "nothing to show" not in lacks["Pipeline"]
    assert lacks["Customers"].startswith("contracts")
    none = data.with_frames(
        opportunities=data.opportunities.clear(), opportunity_history=data.frame("opportunity_history").clear()
    )
    assert "amounts" not in page_needs.lacking(none).filter(pl.col("page") == "Pipeline")["lacks"][0]
