"""On the Admin page people are let in, roles made, and the app seen as others see it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import yaml
from streamlit.testing.v1 import AppTest

from core.store import Store
from pages.ui.kit import auth
from tests.pages.test_pages import ROOT

ACCESS = {
    "sign_in": "header",
    "people": {"ana@example.com": {"roles": ["admin"], "name": "Ana"}},
    "groups": {"sales-emea": {"roles": ["leader"], "regions": ["EMEA"]}, "own": {"roles": ["rep"], "team_of": "own"}},
}


@pytest.fixture(autouse=True)
def home(settings, bundle, monkeypatch, tmp_path):
    (tmp_path / "quarterdeck.yaml").write_text(yaml.safe_dump({"access": ACCESS}, sort_keys=False), encoding="utf-8")
    monkeypatch.setenv("QUARTERDECK_HOME", str(settings.home))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    monkeypatch.setenv("QUARTERDECK_CONFIG", str(tmp_path / "quarterdeck.yaml"))


@pytest.fixture
def store(tmp_path):
    opened = Store.open(f"sqlite:///{tmp_path / 'store.db'}")
    yield opened
    opened.close()


@pytest.fixture
def come(monkeypatch):
    def opened(user, page="pages/admin.py", groups=""):
        headers = {"X-Forwarded-Email": user, "X-Forwarded-Groups": groups}
        monkeypatch.setattr(auth.st, "context", SimpleNamespace(headers=headers, theme=None, ip_address=None))
        test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        test.switch_page(page)
        return test.run()

    return opened


def sentences(test):
    kinds = (test.error, test.success, test.warning, test.caption, test.markdown)
    return " ".join(element.value for kind in kinds for element in kind)


def press(test, label):
    next(button for button in test.button if button.label == label).click()
    return test.run()


def test_a_group_gives_role_and_rows(come):
    assert "leader  \nShowing: EMEA" in sentences(come("bo@example.com", "pages/pipeline.py", "x, Sales-EMEA"))
    assert "Nobody in the sales team" in sentences(come("bo@example.com", "pages/pipeline.py", "own"))


def test_who_waits_is_let_in_and_out_again_with_the_next_click(come, store):
    eve = come("eve@example.com", "pages/pipeline.py")
    assert "no role here" in sentences(eve)
    admin = come("ana@example.com")
    assert not admin.exception
    assert "1 person waits" in sentences(admin)
    admin.selectbox(key="waiting_role").set_value("rep").run()
    assert "eve@example.com is saved" in sentences(press(admin, "Let in"))
    assert "Nobody waits" in sentences(admin.run())
    eve = come("eve@example.com", "pages/pipeline.py")
    assert "eve@example.com, rep" in sentences(eve)
    store.access.remove("person", "eve@example.com", "ana@example.com")
    assert "no role here" in sentences(eve.run())
    assert not eve.dataframe
    assert {"person saved", "person taken away", "was turned away"} <= set(store.audit.newest()["action"])


def test_somebody_demoted_is_down_with_the_next_click(come, store):
    store.access.keep("person", "cy@example.com", '{"roles": ["leader"]}', "ana")
    cy = come("cy@example.com", "app.py")
    assert "You do not have access" not in sentences(cy)
    store.access.keep("person", "cy@example.com", '{"roles": ["rep"]}', "ana")
    assert cy.run().title[0].value == "My day"  # Executive is theirs no more


def test_nobody_locks_themselves_out_and_the_file_rules(come, store):
    store.access.keep("person", "di@example.com", '{"roles": ["admin"]}', "ana")
    di = come("di@example.com")
    di.selectbox(key="person_chosen").set_value("di@example.com").run()
    assert "your own rights on this page" in sentences(press(di, "Take away"))
    assert len(store.access.current()) == 1
    di.selectbox(key="person_chosen").set_value("Add a new one").run()
    di.text_input(key="person_user").set_value("ANA@example.com")
    di.multiselect(key="person_Add a new one_roles").set_value(["rep"])
    assert "The settings file says what holds" in sentences(_submit(di, "person"))


def _submit(test, kind):
    button = next(b for b in test.button if b.label == "Save" and f"{kind}_form" in str(b.form_id))
    button.click()
    return test.run()


def test_people_and_groups_are_written_on_the_page(come, store):
    admin = come("ana@example.com")
    admin.text_input(key="person_user").set_value("Bo@example.com")
    admin.multiselect(key="person_Add a new one_roles").set_value(["rep"])
    admin.toggle(key="person_Add a new one_masked").set_value(True)
    assert "bo@example.com is saved" in sentences(_submit(admin, "person"))
    admin.text_input(key="group_name").set_value("presales-team")
    admin.multiselect(key="group_Add a new one_roles").set_value(["presales"])
    admin.multiselect(key="group_Add a new one_regions").set_value(["APAC"])
    assert "presales-team is saved" in sentences(_submit(admin, "group"))
    admin.multiselect(key="group_Add a new one_roles").set_value([])
    assert "Choose at least one role" in sentences(_submit(admin, "group"))
    rules = {entry[:2]: entry[2] for entry in store.access.current()}
    assert '"mask_names":true' in rules["person", "bo@example.com"]
    assert '"regions":["APAC"]' in rules["group", "presales-team"]


def test_a_role_is_copied_with_its_rights(come, store):
    admin = come("ana@example.com")
    admin.selectbox(key="role_chosen").set_value("Copy of rep").run()
    admin.text_input(key="role_name_Copy of rep").set_value("scout")
    admin.multiselect(key="role_hidden_Copy of rep").set_value(["margin"])
    assert "scout is saved" in sentences(_submit(admin, "role"))
    ((kind, name, content, _),) = store.access.current()
    assert (kind, name) == ("role", "scout")
    assert '"requirements:write"' in content
    assert '"hidden_fields":["margin"]' in content


def test_seeing_the_app_as_somebody_else_reads_only_and_is_logged(come, store):
    store.access.keep("person", "di@example.com", '{"roles": ["leader"], "name": "Di", "regions": ["APAC"]}', "ana")
    admin = come("ana@example.com")
    admin.selectbox(key="view_as_user").set_value("di@example.com").run()
    seen = press(admin, "View")
    assert "You see what di@example.com sees" in sentences(seen)
    assert "Ana as Di, leader  \nShowing: APAC" in sentences(seen)
    assert "You do not have access to Admin" in sentences(seen.switch_page("pages/admin.py").run())
    scenarios = seen.switch_page("pages/scenarios.py").run()
    who = scenarios.session_state["page"].identity
    assert who.user == "ana@example.com"
    assert {right.partition(":")[2] for right in who.rights} == {"read"}
    row = store.audit.newest(action="began to view as").row(0, named=True)
    assert (row["user"], row["target"]) == ("ana@example.com", "di@example.com")
    assert "Ana, admin" in sentences(press(scenarios, "Back to my own view"))


def test_whoever_is_no_administrator_any_more_sees_their_own_view(come, store):
    store.access.keep("person", "cy@example.com", '{"roles": ["admin"]}', "ana")
    cy = come("cy@example.com")
    cy.selectbox(key="view_as_user").set_value("ana@example.com").run()
    press(cy, "View")
    store.access.keep("person", "cy@example.com", '{"roles": ["rep"]}', "ana")
    assert "You see what" not in sentences(cy.switch_page("pages/pipeline.py").run())


def test_a_key_of_the_api_is_made_shown_once_and_revoked(come, store):
    admin = come("ana@example.com")
    assert "Nobody has a key yet" in sentences(admin)
    admin.text_input(key="api_key_name").set_value("Power BI")
    admin.multiselect(key="api_key_rights").set_value(["pipeline:read"])
    press(admin, "Make")
    assert not admin.exception
    (token,) = [code.value for code in admin.code if code.value.startswith("qd_")]
    key = store.api_keys.check(token)
    assert (key.owner, key.name, key.rights) == ("ana@example.com", "Power BI", ("pipeline:read",))
    admin.run()
    assert token not in sentences(admin)
    assert not [code for code in admin.code if code.value.startswith("qd_")]
    press(admin, "Revoke")
    assert f"qd_{key.prefix} opens nothing any more" in sentences(admin).replace("\\", "")
    assert store.api_keys.list()[0].revoked_at is not None
    admin.text_input(key="api_key_name").set_value("")
    press(admin, "Make")
    assert "needs a name" in sentences(admin)


def test_a_token_is_shown_once_and_whom_the_directory_deactivates_is_out(come, store):
    admin = come("ana@example.com")
    assert "Off. With a token" in sentences(admin)
    admin.text_input(key="scim_label").set_value("Entra").run()
    admin.button(key="scim_make").click().run()
    token = admin.code[0].value
    assert store.scim_tokens.label_of(token) == "Entra"
    assert not admin.run().code
    number = store.provisioned.save("User", "bo@example.com", {}, "SCIM Entra")
    store.provisioned.save("Group", "sales-emea", {}, "SCIM Entra", members=[number])
    bo = come("bo@example.com", "pages/pipeline.py")
    assert "leader  \nShowing: EMEA" in sentences(bo)
    store.provisioned.save("User", "bo@example.com", {}, "SCIM Entra", is_active=False, number=number)
    assert "Your account was deactivated" in sentences(bo.run())
    assert not bo.dataframe
    admin = come("ana@example.com")
    assert "Provisioning is on; people: 1, deactivated: 1, groups: 1." in sentences(admin)
    admin.text_input(key="scim_label").set_value("Entra").run()
    admin.button(key="scim_make").click().run()
    assert "There is a token called" in sentences(admin)
    admin.selectbox(key="scim_ended").set_value("Entra").run()
    admin.button(key="scim_end").click().run()
    assert store.scim_tokens.label_of(token) is None
    assert "Provisioning is off" in sentences(admin)


def test_an_administrator_of_a_region_gives_nothing_beyond_it(come, store):
    store.access.keep("person", "re@example.com", '{"roles": ["admin"], "name": "Re", "regions": ["EMEA"]}', "ana")
    store.access.keep("person", "ap@example.com", '{"roles": ["rep"], "regions": ["APAC"]}', "ana")
    come("eve@example.com", "pages/pipeline.py")
    come("ap@example.com", "pages/pipeline.py")
    admin = come("re@example.com")
    assert "1 person is signed in" in sentences(admin)
    assert not [button for button in admin.button if button.key == "scim_make"]
    admin.selectbox(key="waiting_role").set_value("rep").run()
    assert "eve@example.com is saved" in sentences(press(admin, "Let in"))
    rules = {entry[1]: entry[2] for entry in store.access.current()}
    assert '"regions":["EMEA"]' in rules["eve@example.com"]
    admin.selectbox(key="person_chosen").set_value("ap@example.com").run()
    assert "beyond what you see" in sentences(press(admin, "Take away"))
    admin.selectbox(key="view_as_user").set_value("ap@example.com").run()
    assert "That person sees more than you do" in sentences(press(admin, "View"))
    assert "ap@example.com" in {entry[1] for entry in store.access.current()}


def test_the_demo_is_reset_by_one_button_once_it_is_meant(come, store):
    store.scenarios.save("Push", "ana@example.com", {"levers": []})
    test = come("ana@example.com")
    assert "Made on it: 1 scenario." in sentences(test)
    assert next(button for button in test.button if button.label == "Reset the demo").disabled
    test.checkbox(key="demo_reset_sure").check().run()
    assert "The demo is as on its first day." in sentences(press(test, "Reset the demo"))
    assert store.scenarios.list() == []


def test_a_person_for_whom_no_seat_is_free_is_not_let_in(come, store, tmp_path):
    settings = {"access": ACCESS, "limits": {"seats": 1}}
    (tmp_path / "quarterdeck.yaml").write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
    test = come("ana@example.com")
    assert "Full: seats. " in sentences(test)
    assert "People hold 1 of 1 seat. An administrator can take people off the list" in sentences(test)
    test.text_input(key="person_user").set_value("bo@example.com")
    test.multiselect(key="person_Add a new one_roles").set_value(["rep"])
    next(button for button in test.button if button.label == "Save").click()
    assert "No seat is free for bo@example.com: 1 of 1 seat (full) are taken." in sentences(test.run())
    assert store.access.current() == ()
