"""Who may open which page, and what they see there."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
import yaml
from streamlit.testing.v1 import AppTest

from core.store import Store
from pages.ui.kit import auth
from tests.pages.test_pages import PAGES, ROOT

PEOPLE = {
    "ana@example.com": {"roles": ["leader"], "name": "Ana", "regions": ["EMEA"]},
    "bo@example.com": {"roles": ["rep"], "team_of": "nobody"},
    "cy@example.com": {"roles": ["rep"]},
    "di@example.com": {"roles": ["admin"], "mask_names": True},
    "ed@example.com": {"roles": ["admin"]},
    "gus@example.com": {"roles": ["writer"]},
}

ROLES = {"writer": ["requirements:write"]}


@pytest.fixture(autouse=True)
def home(settings, sample, bundle, monkeypatch, tmp_path):
    monkeypatch.setenv("QUARTERDECK_HOME", str(settings.home))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")


@pytest.fixture
def come(monkeypatch, tmp_path):
    """Open a page as somebody a proxy names."""

    def opened(user: str | None, page: str = "app.py", way: str = "header", **asked: str) -> AppTest:
        chosen = tmp_path / "quarterdeck.yaml"
        chosen.write_text(
            yaml.safe_dump({"access": {"sign_in": way, "people": PEOPLE}, "roles": ROLES}), encoding="utf-8"
        )
        monkeypatch.setenv("QUARTERDECK_CONFIG", str(chosen))
        named = {"X-Forwarded-Email": user} if user else {}
        monkeypatch.setattr(auth.st, "context", SimpleNamespace(headers=named, theme=None, ip_address=None))
        test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        for name, value in asked.items():
            test.query_params[name] = value
        return (test if page == "app.py" else test.switch_page(page)).run()

    return opened


def said(test: AppTest) -> str:
    return " ".join(element.value for kind in (test.error, test.markdown, test.caption) for element in kind)


@pytest.mark.parametrize("page", PAGES)
def test_a_stranger_sees_no_page(come, page):
    test = come("eve@example.com", page)
    assert not test.exception
    assert "no role here" in test.error[0].value
    assert not test.subheader
    assert not test.metric


def test_without_a_name_nobody_gets_in(come):
    assert "Nobody is signed in" in come(None).error[0].value


def test_a_leader_of_a_region_sees_that_region_only(come, sample):
    test = come("ANA@example.com", "pages/data.py")
    assert not test.exception
    assert "Ana, leader" in said(test)
    rows = dict(test.dataframe[0].value[["entity", "n_rows"]].itertuples(index=False))
    assert 0 < rows["accounts"] == sample.accounts.filter(sample.accounts["region"] == "EMEA").height
    assert not come("ana@example.com").error


@pytest.mark.parametrize(("user", "title"), [("cy@example.com", "My day"), ("gus@example.com", "Requirements")])
def test_whoever_has_no_executive_page_lands_on_the_first_of_their_own(come, user, title):
    test = come(user)
    assert not test.exception
    assert not test.error
    assert test.title[0].value == title


def test_a_bound_person_is_told_whose_numbers_these_are(come):
    test = come("ana@example.com", "pages/day.py")
    assert any("in EMEA. Every number here is of these rows." in caption.value for caption in test.caption)
    assert not any("Every number here" in caption.value for caption in come("ed@example.com", "pages/day.py").caption)


def test_a_role_opens_its_pages_and_no_others(come):
    refused = come("cy@example.com", see="quarter")
    assert "You do not have access to Executive: your role (rep) does not open it." in refused.error[0].value
    assert "or ed@example.com." in refused.error[0].value
    assert not refused.metric
    assert "You do not have access to Admin" in come("cy@example.com", "pages/admin.py").error[0].value
    assert not come("cy@example.com", "pages/pipeline.py").error


def test_bounds_written_wrong_are_told(come):
    assert "nobody with the id 'nobody'" in come("bo@example.com", "pages/pipeline.py").error[0].value


def test_somebody_masked_sees_no_name_of_the_company(come, sample):
    test = come("di@example.com", "pages/pipeline.py")
    assert not test.exception
    assert "names masked" in said(test)
    shown = " ".join(frame.value.to_csv() for frame in test.dataframe)
    assert shown
    assert not [name for name in sample.opportunities["opportunity_id"].head(3000) if name in shown]
    assert not [toggle for toggle in test.toggle if toggle.key == "hide_names"]


def test_anybody_can_hide_names_for_a_demo(come, sample):
    test = come(None, "pages/pipeline.py", "none")
    plain = " ".join(frame.value.to_csv() for frame in test.dataframe)
    test.toggle(key="hide_names").set_value(True).run()
    hidden = " ".join(frame.value.to_csv() for frame in test.dataframe)
    ids = [i for i in sample.opportunities["opportunity_id"] if i in plain]
    assert ids
    assert not [i for i in ids if i in hidden]
    again = test.switch_page("pages/data.py").run()
    assert "names masked" in said(again)


def test_kept_lists_are_seen_by_those_who_see_their_deal(come, sample, tmp_path):
    kept = Store.open(f"sqlite:///{tmp_path / 'store.db'}").requirement_sets
    regions = sample.accounts.select("account_id", "region")
    deals = sample.opportunities.join(regions, on="account_id")
    for name, region in (("Mine", "EMEA"), ("Theirs", "APAC")):
        deal = deals.filter(deals["region"] == region)["opportunity_id"][0]
        kept.save(name, "everybody", {"opportunity_id": deal, "rows": []})
    kept.save("Nobody's", "everybody", {"opportunity_id": None, "rows": []})

    def listed(user: str | None, way: str = "header") -> set[str]:
        return set(come(user, "pages/requirements.py", way).selectbox(key="kept_list").options)

    assert {"Mine", "Nobody's"} <= listed("ana@example.com")
    assert "Theirs" not in listed("ana@example.com")
    assert "Mine" not in listed("di@example.com")
    assert {"Mine", "Theirs"} <= listed(None, "none")


def test_signing_in_is_written_down_once(come, monkeypatch, tmp_path):
    test = come("ana@example.com")
    test.run()
    rows = Store.open(f"sqlite:///{tmp_path / 'store.db'}").audit.newest()
    assert rows.filter(rows["action"] == "signed in")["user"].to_list() == ["ana@example.com"]


def test_an_identity_provider_that_is_not_set_up_is_told(come):
    assert "secrets.toml" in come(None, way="oidc").error[0].value


@pytest.mark.parametrize(
    ("user", "says"),
    [
        ({"is_logged_in": False}, "Sign in to see"),
        ({"is_logged_in": True, "email": "ana@example.com", "email_verified": False}, "not verified"),
        ({"is_logged_in": True, "email": "ana@example.com", "name": "A."}, "Ana, leader"),
    ],
)
def test_people_the_identity_provider_knows(come, monkeypatch, user, says):
    monkeypatch.setattr(auth.st, "user", SimpleNamespace(to_dict=lambda: user))
    assert says in said(come(None, way="oidc"))


def test_who_broke_off_signing_in_is_told_so(come, monkeypatch):
    monkeypatch.setattr(auth.st, "user", SimpleNamespace(to_dict=lambda: {"is_logged_in": False}))
    monkeypatch.setattr(auth.st, "query_params", {"sign_in": "broken_off"})
    assert "You broke off signing in. Sign in to see" in said(come(None, way="oidc"))


def test_signing_in_that_is_set_up_wrongly_is_told(come, monkeypatch):
    from streamlit.errors import StreamlitAuthError

    def fails():
        raise StreamlitAuthError("no client_id")

    monkeypatch.setattr(auth.st, "user", SimpleNamespace(to_dict=lambda: {"is_logged_in": False}))
    monkeypatch.setattr(auth.st, "login", fails)
    test = come(None, way="oidc")
    test.button[0].click().run()
    assert not test.exception
    assert "Sign-in is not set up correctly" in test.error[0].value


def test_a_sign_in_that_an_administrator_ends_opens_nothing_more(come, monkeypatch, tmp_path):
    ana = come("ana@example.com")
    store = Store.open(f"sqlite:///{tmp_path / 'store.db'}")
    assert store.sign_ins.open(timedelta(hours=1), timedelta(days=1))["user"].to_list() == ["ana@example.com"]
    admin = come("ed@example.com", "pages/admin.py")
    assert any("people are signed in" in text.value or "1 person is signed in" in text.value for text in admin.markdown)
    next(s for s in admin.selectbox if s.label == "End all sign-ins of").set_value("ana@example.com").run()
    next(b for b in admin.button if b.label.startswith("Sign ana")).click().run()
    assert not admin.exception
    named = SimpleNamespace(headers={"X-Forwarded-Email": "ana@example.com"}, theme=None, ip_address=None)
    monkeypatch.setattr(auth.st, "context", named)
    ana.run()
    assert "Your sign-in was ended" in ana.error[0].value
    assert not ana.metric
    assert store.audit.newest()["action"].to_list().count("ended a sign-in") == 1
    assert not come("ana@example.com").error


def test_an_administrator_from_whom_names_are_hidden_sees_how_many_are_signed_in(come):
    come("ana@example.com")
    admin = come("di@example.com", "pages/admin.py")
    assert any("2 people are signed in" in text.value for text in admin.markdown)
    assert not [frame for frame in admin.dataframe if "last_seen_at" in frame.value.columns]
    assert "End all sign-ins of" not in [box.label for box in admin.selectbox]
