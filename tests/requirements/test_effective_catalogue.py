"""The catalogue as people edit it: laid over the shipped one, brought from files, twins merged."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from io import BytesIO

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.cli import _store_if_there
from core.config import load as load_settings
from core.contracts.errors import RequirementError
from core.requirements.catalogue import capabilities, catalogue_import, effective_catalogue
from core.requirements.export import gap_workbook
from core.requirements.judge import gap_analysis, row_judgement
from core.requirements.match import duplicates
from core.requirements.read.requirement_list import read_list
from core.requirements.work import saved_lists
from core.requirements.work.gap_ledger import RequirementSet
from core.store import Store
from core.store.capabilities import CapabilityEdit

CAPS = (
    b"id,name,category,status,description,limit,commitments,available_on,effort_weeks,owner\n"
    b"SEC-01,Single sign-on,security,available,Sign in with SAML 2.0,,SAML 2.0,,,Identity\n"
    b"SEC-02,Login with SAML single sign-on,security,available,Sign in with SAML 2.0,One provider,OIDC,,2,Identity\n"
    b"FUN-01,Reports,functional,roadmap,Custom reports,,,2026-09-30,4,Analytics\n"
)


def test_what_is_edited_in_one_industry_does_not_show_in_another(tmp_path, monkeypatch):
    monkeypatch.setenv("QUARTERDECK_HOME", str(tmp_path))
    monkeypatch.setenv("QUARTERDECK_CONFIG", str(tmp_path / "quarterdeck.yaml"))
    store = Store.open(f"sqlite:///{tmp_path / 'c.db'}")
    edit = CapabilityEdit("X-1", 0, {"name": "For patients", "status": "available"})
    store.capabilities.save_all(effective_catalogue.book("medical"), [edit], "anna")
    shown = {}
    for industry in ("software", "medical"):
        (tmp_path / "quarterdeck.yaml").write_text(f"demo: {{industry: {industry}}}\n", encoding="utf-8")
        shown[industry] = effective_catalogue.load(store).row("X-1") is not None
    store.close()
    assert shown == {"software": False, "medical": True}


@pytest.fixture
def shipped():
    return capabilities.load(CAPS, "caps.csv")


@pytest.fixture
def store(tmp_path):
    opened = Store.open(f"sqlite:///{tmp_path / 'store.db'}")
    yield opened
    opened.close()


def standing(shipped, store):
    return effective_catalogue.of(shipped, store.capabilities.newest(effective_catalogue.BOOK))


def save(store, *edits):
    assert store.capabilities.save_all(effective_catalogue.BOOK, edits, "ana") == []


def test_nothing_edited_is_the_shipped_one(shipped):
    found = effective_catalogue.of(shipped, pl.DataFrame())
    assert found.name == "caps.csv"
    assert found.catalogue.frame.equals(shipped.frame.sort("capability_id"))
    assert found.frame["version"].to_list() == [0, 0, 0]
    assert found.sentence() == (
        "3 capabilities: 2 available, 1 on the roadmap. 2 available ones have no evidence link yet."
    )


def test_an_edit_stands_before_the_shipped_one_and_a_new_one_is_there(shipped, store):
    first = standing(shipped, store)
    edit = effective_catalogue.change(
        first.row("FUN-01"), status="available", available_on=None, evidence="https://a.example"
    )
    added = CapabilityEdit(
        "NEW-1", 0, {**effective_catalogue.change({"capability_id": "NEW-1"}, name="Maps", status="partner").values}
    )
    save(store, edit, added)
    found = standing(shipped, store)
    row = found.row("FUN-01")
    assert (row["status"], row["available_on"], row["version"], row["author"]) == ("available", None, 1, "ana")
    assert row["name"] == "Reports"
    assert found.row("NEW-1")["status"] == "partner"
    assert found.name == "your catalogue"
    assert "2 were added or changed here" in found.sentence()
    assert found.catalogue.fingerprint != first.catalogue.fingerprint


def test_a_retired_one_answers_nothing_and_can_be_brought_back(shipped, store):
    save(store, effective_catalogue.change(standing(shipped, store).row("FUN-01"), is_retired=True))
    found = standing(shipped, store)
    assert "FUN-01" not in found.catalogue.frame["capability_id"].to_list()
    assert "1 is retired" in found.sentence()
    assert found.by_category().rows() == [("security", "available", 2)]
    save(store, effective_catalogue.change(found.row("FUN-01"), is_retired=False))
    assert "FUN-01" in standing(shipped, store).catalogue.frame["capability_id"].to_list()


def test_the_history_says_who_changed_what_to_what(shipped, store):
    save(
        store, effective_catalogue.change(standing(shipped, store).row("FUN-01"), status="available", effort_weeks=2.5)
    )
    save(store, effective_catalogue.change(standing(shipped, store).row("FUN-01"), is_retired=True))
    save(
        store,
        CapabilityEdit(
            "N", 0, effective_catalogue.change({"capability_id": "N"}, name="Maps", status="partner").values
        ),
    )
    rows = effective_catalogue.history(shipped, store.capabilities.all(effective_catalogue.BOOK))
    assert rows.select("capability_id", "author", "what", "version").rows() == [
        ("N", "ana", "added: Maps, partner", 1),
        ("FUN-01", "ana", "retired", 2),
        ("FUN-01", "ana", "status: roadmap → available; person-weeks: 4 → 2.5", 1),
    ]


def test_an_earlier_wording_is_put_back(shipped, store):
    first = standing(shipped, store).row("SEC-01")
    save(store, effective_catalogue.change(first, name="SSO", limit="Ten providers"))
    save(store, effective_catalogue.restored(standing(shipped, store).row("SEC-01"), first))
    now = standing(shipped, store).row("SEC-01")
    assert {n: now[n] for n in effective_catalogue.FIELDS} == {n: first[n] for n in effective_catalogue.FIELDS}
    assert now["version"] == 2


@pytest.mark.parametrize(
    ("key", "values", "said"),
    [
        (" ", {"name": "A", "status": "available"}, "needs an id"),
        ("None", {"name": "A", "status": "available"}, "needs an id"),
        ("A", {"name": "  ", "status": "available"}, "needs a name"),
        ("A", {"name": "A", "status": "maybe"}, "status is missing"),
        ("A", {"name": "A", "status": "available", "category": "magic"}, "no category 'magic'"),
        ("A", {"name": "A", "status": "available", "effort_weeks": 1e9}, "person-weeks cannot be meant"),
        ("A", {"name": "A", "status": "available", "evidence": "javascript:alert(1)"}, "is no link"),
    ],
)
def test_what_cannot_be_kept_is_said(key, values, said):
    with pytest.raises(RequirementError, match=said):
        effective_catalogue.checked(key, values)


def test_a_form_is_trimmed_and_empty_is_null():
    found = effective_catalogue.checked(
        "A", {"name": " Maps ", "status": "partner", "limit": "  ", "owner": "Ana", "other": 1}
    )
    assert found == {"name": "Maps", "status": "partner", "limit": None, "owner": "Ana"}


def test_the_next_id_counts_on(shipped):
    assert effective_catalogue.next_id(shipped.frame, "security") == "SEC-03"
    assert effective_catalogue.next_id(shipped.frame, "support") == "SUP-01"
    assert effective_catalogue.next_id(shipped.frame, None) == "CAP-01"


def test_matching_gaps_and_the_ledger_speak_from_the_edited_catalogue(settings, sample, tmp_path, store, bundle):
    mine = replace_database(settings, tmp_path)
    before = gap_analysis.analyse_file(
        b"id,requirement\n1,Single sign-on with SAML 2.0 is mandatory\n", settings=mine, name="l.csv"
    )
    top = before.frame["capability_id"][0]
    assert before.frame["status"][0] == "available"
    row = effective_catalogue.load(store).row(top)
    save(store, effective_catalogue.change(row, status="not available", commitments=None))
    after = gap_analysis.analyse_file(
        b"id,requirement\n1,Single sign-on with SAML 2.0 is mandatory\n",
        effective_catalogue.load(store).catalogue,
        mine,
        name="l.csv",
    )
    assert (after.frame["capability_id"][0], after.frame["status"][0]) == (top, "not available")
    deal = sample.opportunities.filter(~pl.col("is_closed") & (pl.col("amount") > 0))["opportunity_id"][0]
    rows = pl.DataFrame(
        [(None, 2, "1", "SSO", "security", "critical", top, 1.0)], schema=saved_lists.ROWS, orient="row"
    )
    in_force = effective_catalogue.load(store).catalogue
    book = saved_lists.ledger(sample, mine, bundle, [RequirementSet("L", deal, rows)], in_force)
    assert top in book.frame["gap_id"].to_list()


def replace_database(settings, tmp_path):
    return settings.model_copy(update={"database_url": f"sqlite:///{tmp_path / 'store.db'}"})


def test_without_a_store_the_shipped_one_is_in_force(tmp_path):
    here = load_settings(
        environ={"QUARTERDECK_HOME": str(tmp_path), "QUARTERDECK_DATABASE_URL": f"sqlite:///{tmp_path}/x.db"}
    )
    with _store_if_there(here) as store:
        assert effective_catalogue.load(store).catalogue.frame.height == capabilities.load().frame.height
    assert not (tmp_path / "x.db").exists()


NEW = (
    b"id,name,status,owner,eta,effort\n"
    b"SEC-01,Single sign-on,available,Platform,,\n"
    b"FUN-01,Reports,roadmap,Analytics,2026-09-30,4\n"
    b"MAP-1,Maps,planned,Geo,2027-01-31,6\n"
    b"BAD-1,Broken,perhaps,,,\n"
    b"BAD-2,Broken,roadmap,,next spring,\n"
    b"BAD-3,Broken,roadmap,,,lots\n"
    b",No id,available,,,\n"
    b"MAP-1,Twice,available,,,\n"
)


def test_a_file_is_shown_before_it_is_taken_over(shipped, store):
    before = standing(shipped, store)
    found = catalogue_import.preview(before, capabilities.read(NEW, "new.csv"))
    assert found.frame.select("capability_id", "kind", "what").rows() == [
        ("SEC-01", "changed", "owner: Identity → Platform"),
        (
            "MAP-1",
            "new",
            "name: empty → Maps; status: empty → roadmap; available on: empty → 2027-01-31; "
            "person-weeks: empty → 6; owner: empty → Geo",
        ),
        ("SEC-02", "not in the file", "stays, unless you retire it"),
    ]
    assert found.n_same == 1
    assert found.rejected["row"].to_list() == [5, 6, 7, 8, 9]
    assert found.rejected["reason"].str.slice(0, 12).to_list() == [
        "The status '",
        "The date 'ne",
        "The effort '",
        "It has no id",
        "The id MAP-1",
    ]
    assert found.sentence() == (
        "new.csv: 1 new, 1 changed, 1 as they stand; 1 of ours are not in it. 5 rows cannot be used, as said below."
    )
    save(store, *found.edits, *found.retiring)
    after = standing(shipped, store)
    assert after.row("SEC-01")["description"] == "Sign in with SAML 2.0"
    assert after.row("SEC-02")["is_retired"]
    again = catalogue_import.preview(after, capabilities.read(NEW, "new.csv"))
    assert (again.edits, again.n_same) == ((), 3)


def test_a_file_brings_a_retired_one_back(shipped, store):
    save(store, effective_catalogue.change(standing(shipped, store).row("FUN-01"), is_retired=True))
    found = catalogue_import.preview(standing(shipped, store), capabilities.read(NEW, "new.csv"))
    assert ("FUN-01", "brought back") in found.frame.select("capability_id", "kind").rows()


def test_a_bad_link_and_an_unknown_category_in_a_file(shipped):
    content = b"id,name,category,evidence\nSEC-01,Single sign-on,Magic,\nX,Maps,security,ftp://x\n"
    found = catalogue_import.preview(
        effective_catalogue.of(shipped, pl.DataFrame()), capabilities.read(content, "n.csv")
    )
    assert found.n_same == 1
    assert "is no link" in found.rejected["reason"][0]


def test_what_is_downloaded_is_read_back_the_same(shipped):
    first = effective_catalogue.of(shipped, pl.DataFrame())
    content = gap_workbook.offer(first.frame)
    again = capabilities.read(content, "catalogue.xlsx")
    assert again.rejected.is_empty()
    assert catalogue_import.preview(first, again).n_same == 3


def test_a_formula_in_a_name_stays_text(shipped):
    from openpyxl import load_workbook

    evil = effective_catalogue.of(shipped, pl.DataFrame()).frame.with_columns(name=pl.lit("=1+1"))
    cell = load_workbook(BytesIO(gap_workbook.offer(evil))).active["B2"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")


def test_twins_are_found_and_different_numbers_are_not(shipped):
    pairs = duplicates.find(shipped).frame
    assert [(r["one_id"], r["other_id"]) for r in pairs.to_dicts()] == [("SEC-01", "SEC-02")]
    assert pairs["words"][0] == "single, sign-on"
    numbers = capabilities.load(b"id,name\nA,99.9 % availability\nB,99.99 % availability\n", "c.csv")
    assert duplicates.find(numbers).frame.is_empty()
    assert duplicates.find(capabilities.load(b"id,name\nA,One\n", "c.csv")).frame.is_empty()


def test_one_is_made_of_two_and_old_ids_still_count(shipped, store, settings):
    first = standing(shipped, store)
    stays, gone = duplicates.merged(first.row("SEC-01"), first.row("SEC-02"))
    assert stays.values["commitments"] == "SAML 2.0; OIDC"
    assert stays.values["limit"] == "One provider"
    assert stays.values["effort_weeks"] == 2.0
    save(store, stays, gone)
    after = standing(shipped, store)
    known = after.catalogue
    assert known.aliases == {"SEC-02": "SEC-01"}
    assert known.by_id()["SEC-02"]["capability_id"] == "SEC-01"
    rows = pl.DataFrame(
        {
            "text": ["SSO"],
            "category": ["security"],
            "priority": ["high"],
            "capability_id": ["SEC-02"],
            "confidence": [1.0],
        }
    )
    assert row_judgement.judge(rows, known, settings)["capability_id"].to_list() == ["SEC-01"]
    assert (
        effective_catalogue.history(shipped, store.capabilities.all(effective_catalogue.BOOK))["what"].to_list()[0]
        == "merged into SEC-01"
    )


def test_a_merge_into_a_merged_one_is_followed_and_a_circle_ends(shipped):
    rows = effective_catalogue.of(shipped, pl.DataFrame()).frame
    chain = rows.with_columns(
        is_retired=pl.col("capability_id") != "FUN-01",
        merged_into=pl.col("capability_id").replace_strict({"SEC-02": "SEC-01", "SEC-01": "FUN-01"}, default=None),
    )
    assert effective_catalogue.Edition(chain, "c").catalogue.aliases == {"SEC-01": "FUN-01", "SEC-02": "FUN-01"}
    circle = rows.with_columns(
        is_retired=pl.lit(value=True),
        merged_into=pl.col("capability_id").replace_strict({"SEC-02": "SEC-01", "SEC-01": "SEC-02"}, default=None),
    )
    assert set(effective_catalogue.Edition(circle, "c").catalogue.aliases) == {"SEC-01", "SEC-02"}


def test_what_was_answered_before_follows_a_merge(shipped, settings):
    known = replace(shipped, aliases={"OLD": "SEC-01"})
    from core.requirements.match.answer_library import Memory
    from core.store.answers import SHAPE

    row = {
        "answer_id": "answer 1",
        "text": "Sign in by SAML",
        "capability_id": "OLD",
        "answer": "",
        "category": "support",
        "source": "l",
        "place": "csv row 2",
        "owner": "ana",
        "kind": "confirmed",
        "chance": None,
        "at": None,
        "age_days": 1,
    }
    found = gap_analysis.analyse(
        read_list(b"id,requirement\n1,Sign in by SAML\n", "l.csv"),
        known,
        settings,
        library=Memory(pl.DataFrame([row], schema=SHAPE)),
    )
    assert found.frame["capability_id"].to_list() == ["SEC-01"]
    assert found.frame["status"].to_list() == ["available"]


@given(st.text(max_size=40), st.one_of(st.none(), st.dates(date(2000, 1, 1), date(2100, 1, 1))))
def test_any_value_is_told_in_words(name, day):
    found = effective_catalogue.differences({"name": "A", "available_on": None}, {"name": name, "available_on": day})
    assert len(found) == (name != "A") + (day is not None)


def test_yaml_that_unfolds_without_end_is_refused_and_lists_of_links_are_read():
    grown = b"- &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
        f"- &{chr(98 + k)} [{','.join([f'*{chr(97 + k)}'] * 9)}]\n".encode() for k in range(12)
    )
    content = b"x:\n" + b"".join(b"  " + line + b"\n" for line in grown.splitlines())
    own = b"capabilities:\n- {id: A, name: Maps}\n- {id: B, name: Two, links: [https://a.x, https://b.x]}\n"
    with pytest.raises(RequirementError, match="anchors and aliases; write out"):
        capabilities.read(content + own, "c.yaml")
    found = capabilities.read(own, "c.yaml")
    assert effective_catalogue.links(found.catalogue.frame["evidence"][1]) == ["https://a.x", "https://b.x"]
