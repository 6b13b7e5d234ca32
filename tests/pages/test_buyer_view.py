"""The buyer view shows a buyer their list, our status and our answers, and nothing that is not theirs."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core.store import Store
from tests.pages.test_pages import ROOT, home, nothing  # noqa: F401
from tests.pages.test_saved_content import everything

FILE = (
    b"Ref;Requirement\n1;All data at rest must be encrypted with AES-256\n2;Single sign-on by SAML must be supported\n"
)
OURS = ("Bid or no bid", "person-weeks", "USD", "holding up", "Cost", "Acme", "Answered before")


@pytest.fixture
def visit(tmp_path):
    def opened(**asked):
        test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        test.session_state["uploaded_data"] = nothing()
        test.switch_page("pages/requirements.py")
        for name, value in asked.items():
            test.query_params[name] = value
        test.run()
        assert not test.exception
        return test

    store = Store.open(f"sqlite:///{tmp_path / 'store.db'}")
    store.requirement_sets.save_with_file("Acme RFP", "everybody", {"opportunity_id": None}, ("Acme.csv", FILE))
    store.close()
    return opened


def questions(test):
    return [heading.value for heading in test.subheader]


def test_the_buyer_view_begins_empty_survives_a_reload_and_is_left(visit, tmp_path):
    test = visit(view="buyer")
    assert questions(test) == ["Your list"]
    test.file_uploader(key="buyer_upload").set_value([("list.csv", FILE, "text/csv")]).run()
    assert questions(test) == ["Your list", "What we support", "Our answers"]
    again = visit(view="buyer")
    assert questions(again) == questions(test)
    assert len(again.dataframe) == 2
    shown = everything(again) + " ".join(m.value for m in again.markdown)
    assert "2 requirements" in shown
    assert [word for word in OURS if word in shown] == []
    next(b for b in again.button if b.label == "Forget this list").click().run()
    assert questions(again) == ["Your list"]
    assert questions(visit(view="buyer")) == ["Your list"]
    again.toggle(key="buyer_view").set_value(False).run()
    assert "Upload the RFP or questionnaire" in questions(again)
    assert "view" not in again.query_params


def test_a_file_that_is_no_list_is_told(visit):
    test = visit(view="buyer")
    test.file_uploader(key="buyer_upload").set_value([("list.csv", b"a;b\n1;2\n", "text/csv")]).run()
    assert not test.exception
    assert questions(test) == ["Your list"]
    assert test.warning
