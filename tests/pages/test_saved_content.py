"""What people saved is seen by those who see its deal, on every page."""

from __future__ import annotations

import ast
from pathlib import Path

import polars as pl
import pytest

from core.requirements.work import saved_lists
from core.store import Store
from core.store.answers import Decision
from core.store.reviews import Change
from tests.pages.test_access import come, home  # noqa: F401

UI = Path(__file__).resolve().parents[2] / "pages"
PAGES = [f"pages/{name}.py" for name in ("requirements", "enablement", "catalogue", "scenarios", "review", "admin")]
TEXT = "The zirconium register shall be exported every night."


def everything(test):
    """Return all that a page sent: its elements, the rows of its tables and the choices of its fields."""
    parts = [frame.value.to_csv() for frame in test.dataframe]
    for node in (test.main, test.sidebar):
        parts += [str(element.proto) for element in node if hasattr(element, "proto")]
    for kind in ("selectbox", "multiselect", "pills", "segmented_control", "radio"):
        parts += [" ".join(map(str, element.options)) for element in test.get(kind) if hasattr(element, "options")]
    return " ".join(parts)


@pytest.fixture
def saved(sample, tmp_path):
    """A list of another region with a worked row, an answer on it, and people of both regions enrolled."""
    store = Store.open(f"sqlite:///{tmp_path / 'store.db'}")
    regions = sample.accounts.select("account_id", "region")
    deals = sample.opportunities.filter(~pl.col("is_closed")).join(regions, on="account_id")
    people, key = {}, "SEC-15"
    for region in ("EMEA", "APAC"):
        deal = deals.filter(pl.col("region") == region)["opportunity_id"][0]
        # So many that it is the question buyers asked most, which Enablement shows.
        rows = [["Sheet", 3 + n, "R1", f"{TEXT} {region}", "functional", "high", key, 0.95] for n in range(150)]
        payload = {"opportunity_id": deal, "rows": rows, "file_key": region, "summary": {"opportunity_id": deal}}
        kept = store.requirement_sets.save_with_file(
            f"List of {region}", "everybody", payload, (f"file of {region}.csv", b"Requirement\n" + TEXT.encode())
        )
        work = {"state": "answered", "answer": f"Answer of {region}", "owner": f"owner-{region}@example.com"}
        store.reviews.change(kept.id, [Change("Sheet", 3, 0, work)], f"worker-{region}@example.com")
        given = Decision(f"{TEXT} Again {region}", f"file of {region}.csv", "Sheet row 4", "corrected", key)
        store.answers.add([given], f"author-{region}@example.com")
        reps = sample.sales_team.filter((pl.col("region") == region) & (pl.col("role") == "rep"))
        people[region] = str(reps["rep_name"][0])
    store.enablement.save("training", "everybody", {"people": list(people.values()), "done": {people["APAC"]: [1]}})
    yield people
    store.close()


def traces(region):
    names = ("List of", "file of", "Answer of")
    return [f"{name} {region}" for name in names] + [f"{TEXT} {region}", f"author-{region}@", f"worker-{region}@"]


@pytest.mark.parametrize("page", PAGES)
def test_no_page_shows_what_belongs_to_another_region_or_names_to_somebody_masked(come, saved, page):  # noqa: F811
    if page == "pages/admin.py":
        shown = everything(come("di@example.com", page))
        assert not [mark for region in ("EMEA", "APAC") for mark in traces(region) if mark in shown]
        return
    bound = everything(come("ana@example.com", page))
    assert not [mark for mark in (*traces("APAC"), saved["APAC"]) if mark in bound]
    masked = everything(come("di@example.com", page))
    # What a buyer asks for stays readable; whose list it is, and who worked on it, does not.
    marks = [mark for region in ("EMEA", "APAC") for mark in traces(region) if "register" not in mark]
    assert not [mark for mark in (*marks, *saved.values()) if mark in masked]


def test_whoever_sees_everything_sees_it_all(come, saved):  # noqa: F811
    shown = everything(come(None, "pages/enablement.py", "none"))
    assert {*saved.values()} <= {name for name in saved.values() if name in shown}
    assert TEXT in shown
    lists = everything(come(None, "pages/requirements.py", "none"))
    assert "List of EMEA" in lists
    assert "List of APAC" in lists


def test_a_bound_person_sees_their_own_and_enrolls_without_losing_others(come, saved, tmp_path):  # noqa: F811
    test = come("ana@example.com", "pages/enablement.py")
    assert saved["EMEA"] in everything(test)
    next(field for field in test.multiselect if field.label == "Enrolled").set_value([]).run()
    test.button(key="save_lessons").click().run()
    assert not test.exception
    store = Store.open(f"sqlite:///{tmp_path / 'store.db'}")
    (record,) = store.enablement.list("everybody")
    assert record.payload == {"people": [saved["APAC"]], "done": {saved["APAC"]: [1]}}
    store.close()


def test_data_uploaded_for_a_session_opens_nobody_elses_lists(sample):
    from dataclasses import replace

    from core.access import Identity
    from core.access.saved_content import Reader, lists
    from core.store.repositories import Saved

    entries = [Saved(1, "everybody", "Theirs", {"opportunity_id": sample.opportunities["opportunity_id"][0]}, 1, None)]
    own = replace(sample, is_transient=True)
    assert lists(Reader.of(Identity("ana", "Ana", (), ("EMEA",)), own), entries) == []
    assert lists(Reader.of(Identity("bo", "Bo", ()), own), entries) == entries


def test_pages_read_saved_content_through_one_door_only():
    """Saving goes to the store itself; what is read comes through `saved_content`."""
    reads = {
        "requirement_sets": {"list", "get", "file", "file_names"},
        "reviews": {"rows"},
        "answers": {"frame"},
        "enablement": {"list", "get"},
        "audit": {"newest", "about"},
        "calls": {"newest", "all"},
        "deal_edits": {"newest", "all"},
        "scenarios": {"visible", "list"},
    }
    guilty = []
    for file in UI.rglob("*.py"):
        if file.name == "saved_content.py":
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute)):
                continue
            if node.attr in reads.get(node.value.attr, ()):
                guilty.append(f"{file.name}: {ast.unparse(node)}")
    assert guilty == []


def test_a_list_kept_without_a_deal_is_everybodys(sample):
    from core.access import Identity
    from core.access.saved_content import Reader, lists
    from core.store.repositories import Saved

    entries = [Saved(1, "everybody", "Nobody's", {"opportunity_id": None}, 1, None)]
    assert lists(Reader.of(Identity("ana", "Ana", (), ("EMEA",)), sample), entries) == entries
    assert saved_lists.restored("Nobody's", entries[0].payload) is None
