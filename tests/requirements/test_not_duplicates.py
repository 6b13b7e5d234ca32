"""Pairs that somebody said are different are not asked about again, by anybody, until somebody asks."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.requirements.catalogue import capabilities, effective_catalogue
from core.requirements.match import duplicates, not_duplicates
from core.store import Store

CAPS = (
    b"id,name,category,status,description\n"
    b"SEC-01,Single sign-on,security,available,Sign in with SAML 2.0\n"
    b"SEC-02,Login with SAML single sign-on,security,available,Sign in with SAML 2.0\n"
    b"FUN-01,Reports,functional,available,Custom reports\n"
)


@pytest.fixture
def store(tmp_path):
    opened = Store.open(f"sqlite:///{tmp_path / 'store.db'}")
    yield opened
    opened.close()


def standing():
    return effective_catalogue.of(capabilities.load(CAPS, "caps.csv"), pl.DataFrame())


def said(store, word, one, other, who="ana"):
    store.audit.add(who, word, not_duplicates.target(one, other), not_duplicates.detail(one, other))


def told(store, frame=None):
    return not_duplicates.read(store.audit.about(not_duplicates.TARGET), standing().frame if frame is None else frame)


def test_a_pair_said_to_be_different_is_left_out_for_everybody(store):
    known = standing().catalogue
    assert len(duplicates.find(known).frame) == 1
    said(store, not_duplicates.APART, "SEC-02", "SEC-01")
    found = told(store)
    assert found.pairs == (("SEC-01", "SEC-02"),)
    row = found.frame.row(0, named=True)
    assert (row["one"], row["other"], row["who"]) == ("Single sign-on", "Login with SAML single sign-on", "ana")
    assert found.sentence() == "1 pair was read and said to be different"
    left = duplicates.find(known, apart=found.pairs)
    assert left.frame.is_empty()
    assert left.sentence().startswith("None")


def test_the_latest_word_stands_and_all_stay_on_record(store):
    said(store, not_duplicates.APART, "SEC-01", "SEC-02")
    said(store, not_duplicates.ASK, "SEC-02", "SEC-01", "bo")
    assert told(store).pairs == ()
    said(store, not_duplicates.APART, "SEC-01", "SEC-02", "cy")
    assert told(store).frame["who"].to_list() == ["cy"]
    assert store.audit.about(not_duplicates.TARGET)["user"].to_list() == ["ana", "bo", "cy"]


def test_a_pair_of_which_one_is_gone_or_retired_is_not_listed(store):
    said(store, not_duplicates.APART, "SEC-01", "SEC-02")
    said(store, not_duplicates.APART, "SEC-01", "GONE-1")
    retired = standing().frame.with_columns(is_retired=pl.col("capability_id") == "SEC-02")
    assert told(store, retired).frame.is_empty()
    assert told(store).pairs == (("SEC-01", "SEC-02"),)


def test_newest_first_and_rows_that_say_nothing_are_passed_over(store):
    said(store, not_duplicates.APART, "SEC-01", "SEC-02")
    said(store, not_duplicates.APART, "FUN-01", "SEC-01")
    for detail in ("", "[1]", "[1, 2]", "null", '["a", "b", "c"]'):
        store.audit.add("eve", not_duplicates.APART, not_duplicates.target("SEC-01", "FUN-01"), detail)
    store.audit.add(
        "eve", "looked", not_duplicates.target("SEC-01", "SEC-02"), not_duplicates.detail("SEC-01", "SEC-02")
    )
    assert told(store).frame["one_id"].to_list() == ["FUN-01", "SEC-01"]


@given(st.text(min_size=1, max_size=200), st.text(min_size=1, max_size=200))
def test_any_two_ids_are_read_back_in_either_order(one, other):
    rows = [("now", "ana", not_duplicates.APART, not_duplicates.target(one, other), not_duplicates.detail(one, other))]
    trail = pl.DataFrame(rows, schema=["at", "user", "action", "target", "detail"], orient="row")
    trail = trail.with_columns(at=pl.lit(None, dtype=pl.Datetime("us")))
    frame = pl.DataFrame({"capability_id": [one, other], "name": ["A", "B"], "is_retired": [False, False]})
    assert not_duplicates.read(trail, frame).pairs == (tuple(sorted([one, other])),)
    assert not_duplicates.target(one, other) == not_duplicates.target(other, one)
