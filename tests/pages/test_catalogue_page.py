"""The catalogue page as a sales engineer uses it."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
import yaml
from streamlit.testing.v1 import AppTest

from core.requirements.catalogue import capabilities, effective_catalogue
from core.requirements.catalogue.effective_catalogue import BOOK
from core.store import Store
from core.store.capabilities import CapabilityEdit
from pages.ui.kit import auth

ROOT = Path(__file__).resolve().parents[2]
NOTHING = pl.DataFrame()


@pytest.fixture
def url(settings, sample, bundle, monkeypatch, tmp_path):
    where = f"sqlite:///{tmp_path / 'store.db'}"
    monkeypatch.setenv("QUARTERDECK_HOME", str(settings.home))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", where)
    return where


def opened():
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=180)
    return test.switch_page("pages/catalogue.py").run()


def said(test):
    kinds = (test.markdown, test.success, test.warning, test.info, test.caption)
    return " ".join(element.value for kind in kinds for element in kind)


def field(test, kind, name):
    return next(one for one in getattr(test, kind) if str(one.key).startswith(f"offer_{name}-"))


def press(test, label):
    return next(one for one in test.button if one.label == label).click().run()


def newest(url):
    store = Store.open(url)
    rows = {row["capability_id"]: row for row in store.capabilities.newest(BOOK).to_dicts()}
    store.close()
    return rows


def twin(url):
    """Add a capability that says what SEC-01 says."""
    store = Store.open(url)
    shipped = effective_catalogue.of(
        capabilities.load((ROOT / "sample_data" / "capabilities.csv").read_bytes(), "c.csv"), NOTHING
    )
    values = effective_catalogue.change(shipped.row("SEC-01"), is_retired=False).values
    assert store.capabilities.save_all(BOOK, [CapabilityEdit("SEC-99", 0, values)], "bo") == []
    store.close()


def test_a_capability_is_changed_retired_and_put_back(url):
    test = opened()
    assert "151 capabilities" in said(test)
    assert "No changes yet" in said(test)
    test.selectbox(key="offer_one").set_value("SEC-01").run()
    field(test, "text_input", "owner").set_value("Ana")
    press(test, "Save")
    assert not test.exception
    assert "SEC-01 is saved" in said(test)
    assert newest(url)["SEC-01"]["owner"] == "Ana"
    assert "owner: Identity → Ana" in said(test)
    press(test, "Retire it")
    assert newest(url)["SEC-01"]["is_retired"]
    assert "150 capabilities" in said(test)
    test.selectbox(key="back_one").set_value("SEC-01").run()
    test.selectbox(key="back_version-SEC-01").set_value(0).run()
    test.button(key="back_go").click().run()
    assert not test.exception
    now = newest(url)["SEC-01"]
    assert (now["is_retired"], now["owner"], now["version"]) == (False, "Identity", 3)


def test_a_new_one_is_added_and_found_by_the_requirements_page(url):
    test = opened()
    test.selectbox(key="offer_one").set_value("Add a new capability").run()
    field(test, "text_input", "id").set_value("SEC-01")
    field(test, "text_input", "name").set_value("Maps")
    press(test, "Add it")
    assert "There is a capability SEC-01 already" in said(test)
    field(test, "text_input", "id").set_value("MAP-01")
    field(test, "text_area", "proof").set_value("ftp://x")
    press(test, "Add it")
    assert "is no link" in said(test)
    field(test, "text_area", "proof").set_value("https://docs.example.com/maps")
    press(test, "Add it")
    assert not test.exception
    assert newest(url)["MAP-01"]["evidence"] == "https://docs.example.com/maps"
    assert "152 capabilities" in said(test)
    assert test.selectbox(key="offer_one").value == "MAP-01"


def test_two_editors_see_each_other_and_nothing_is_lost(url):
    test = opened()
    test.selectbox(key="offer_one").set_value("SEC-01").run()
    store = Store.open(url)
    shipped = dict.fromkeys(("description", "limit", "commitments", "available_on", "effort_weeks"))
    theirs = {"name": "SSO", "category": "security", "status": "available", **shipped, "owner": "Bo", "evidence": None}
    flags = {"is_retired": False, "merged_into": None}
    store.capabilities.save_all(BOOK, [CapabilityEdit("SEC-01", 0, theirs | flags)], "bo")
    store.close()
    field(test, "text_input", "owner").set_value("Ana")
    press(test, "Save")
    assert not test.exception
    assert "bo changed this capability" in said(test)
    assert newest(url)["SEC-01"]["owner"] == "Bo"
    test.button(key="offer_mine").click().run()
    assert not test.exception
    assert (newest(url)["SEC-01"]["owner"], newest(url)["SEC-01"]["version"]) == ("Ana", 2)
    store = Store.open(url)
    assert store.capabilities.all(BOOK, capability_id="SEC-01")["owner"].to_list() == ["Bo", "Ana"]
    store.close()


def test_a_role_that_reads_changes_nothing(url, monkeypatch, tmp_path):
    from types import SimpleNamespace

    chosen = tmp_path / "quarterdeck.yaml"
    people = {"cy@example.com": {"roles": ["rep"]}}
    chosen.write_text(yaml.safe_dump({"access": {"sign_in": "header", "people": people}}), encoding="utf-8")
    monkeypatch.setenv("QUARTERDECK_CONFIG", str(chosen))
    named = {"X-Forwarded-Email": "cy@example.com"}
    monkeypatch.setattr(auth.st, "context", SimpleNamespace(headers=named, theme=None, ip_address=None))
    twin(url)
    test = opened()
    assert not test.exception
    test.selectbox(key="offer_one").set_value("SEC-01").run()
    assert "Your role can read the catalogue" in said(test)
    assert not [one for one in test.button if one.label == "Save"]
    assert test.button(key="twin_apart").disabled
    assert test.button(key="twin_merge").disabled


def test_a_pair_said_to_be_different_is_asked_about_no_more_until_somebody_asks(url):
    twin(url)
    test = opened()
    pair = test.selectbox(key="twin_pair").value
    test.button(key="twin_apart").click().run()
    assert not test.exception
    assert "nobody is asked about them again" in said(test)
    other = opened()
    assert "None: no two" in said(other)
    assert other.selectbox(key="twin_told").value == pair
    store = Store.open(url)
    assert store.audit.newest(1)["action"][0] == "told apart"
    store.close()
    other.button(key="twin_ask").click().run()
    assert not other.exception
    assert other.selectbox(key="twin_pair").value == pair
