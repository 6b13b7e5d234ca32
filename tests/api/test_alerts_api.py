"""Alerts by the API: rules made and changed, ways set up and tried, what was told, and the log of events."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from core.alerts import comparing, delivering, desk
from core.alerts.sight import Sight
from core.api.application import application
from core.config.settings import Person
from core.store import Store
from core.store.alert_ledger import Changes
from core.store.events import Event

ANA, BOSS, GUEST = "ana@example.com", "boss@example.com", "guest@example.com"
SLIPS = {"name": "Slips", "kind": "slipped", "limit": 50_000, "scope": "region=EMEA"}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    opened = Store.open(f"sqlite:///{tmp_path_factory.mktemp('alerts') / 'store.db'}")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def ask(small, small_settings, store):
    people = {
        ANA: Person(roles=("leader",)),
        BOSS: Person(roles=("admin",)),
        GUEST: Person(roles=("presales",), mask_names=True),
    }
    access = small_settings.access.model_copy(update={"sign_in": "header", "people": people})
    settings = small_settings.model_copy(update={"access": access})
    client = TestClient(application(lambda: settings, lambda _: small, lambda _: store, a_minute=100_000))
    keys = {user: store.api_keys.make("test", user, "test")[0] for user in people}
    keys["narrow"] = store.api_keys.make("narrow", ANA, "test", ("pipeline:read",))[0]
    keys["service"] = store.api_keys.make("bi", "service bi", "test", roles=("admin",))[0]

    def asked(method, path, who=ANA, **options):
        headers = {"Authorization": f"Bearer {keys[who]}"} if who else {}
        return client.request(method, f"/v1/{path}", headers=headers | options.pop("headers", {}), **options)

    return asked


def test_a_rule_is_made_changed_and_deleted_by_whose_it_is(ask, store):
    made = ask("POST", "alerts/rules", json=SLIPS)
    assert made.status_code == 201
    number = made.json()["id"]
    assert made.json()["sentence"] == "A deal slips out of the quarter, from 50,000 on"
    assert [rule["id"] for rule in ask("GET", "alerts/rules").json()] == [number]
    assert ask("GET", f"alerts/rules/{number}", BOSS).status_code == 404
    assert ask("POST", "alerts/rules", json=SLIPS).status_code == 409
    changed = ask("PUT", f"alerts/rules/{number}", json=SLIPS | {"limit": 1, "version": 1})
    assert (changed.status_code, changed.json()["limit"], changed.json()["version"]) == (200, 1.0, 2)
    assert ask("PUT", f"alerts/rules/{number}", json=SLIPS | {"version": 1}).status_code == 409
    assert ask("PUT", f"alerts/rules/{number}", json=SLIPS | {"name": "Other"}).status_code == 422
    for wrong in ({"kind": "weather"}, {"ways": [99]}, {"audience": "list"}, {"limit": "much"}, {"colour": 1}):
        assert ask("POST", "alerts/rules", json=SLIPS | {"name": "x"} | wrong).status_code in (404, 422), wrong
    for who in ("narrow", "service"):
        assert ask("POST", "alerts/rules", who, json=SLIPS | {"name": "x"}).status_code == 403
    assert ask("DELETE", f"alerts/rules/{number}", BOSS).status_code == 404
    assert ask("DELETE", f"alerts/rules/{number}").status_code == 204
    assert ask("GET", "alerts/rules").json() == []
    assert "slipped" in ask("GET", "alerts/kinds").json()["kinds"]


def test_what_was_told_is_acknowledged_and_snoozed_and_names_stay_hidden(ask, store):
    numbers = {}
    for user in (ANA, GUEST):
        rule = desk.save_rule(store, comparing.Rule(user, "Mine", "sync_trouble"))
        sight = Sight("crm", "down", "Acme slipped.", "/deal?id=1")
        store.alert_ledger.take_lease("alerts", "t", 60)
        row = comparing.added(rule, user, False, sight, datetime.now(UTC))
        store.alert_ledger.apply(Changes(new=[row]), "t", "alerts")
        (entry,) = ask("GET", "alerts/told", user).json()
        numbers[user] = entry["id"]
        assert (entry["sentence"] == "Acme slipped.") == (user == ANA)
    seen = ask("POST", f"alerts/told/{numbers[ANA]}/acknowledge")
    assert seen.json()["acknowledged_at"]
    assert ask("POST", f"alerts/told/{numbers[ANA]}/snooze", json={"hours": 2}).json()["snoozed_until"]
    assert ask("POST", f"alerts/told/{numbers[ANA]}/acknowledge", GUEST).status_code == 404
    hidden = ask("POST", f"alerts/told/{numbers[GUEST]}/acknowledge", GUEST).json()
    assert "Acme" not in str(hidden)


def test_ways_are_set_up_tried_and_never_show_their_secret(ask, store, monkeypatch):
    monkeypatch.setenv("QUARTERDECK_DELIVERY_HOSTS", "localhost")
    hook = {"name": "Hub", "kind": "webhook", "target": "http://localhost:9/hook"}
    made = ask("POST", "alerts/ways", json=hook)
    assert made.status_code == 201
    assert made.json()["secret"].startswith("whsec_")
    number = made.json()["id"]
    assert ask("GET", "alerts/ways").json()[0]["secret"] is None
    sent = ask("POST", f"alerts/ways/{number}/test").json()
    assert (sent["state"], sent["kind"]) == ("dead", "test")
    assert "cannot be reached" in sent["error"]
    assert [row["id"] for row in ask("GET", "alerts/deliveries").json()] == [sent["id"]]
    assert ask("POST", f"alerts/deliveries/{sent['id']}/again").json()["state"] == "waiting"
    assert ask("POST", f"alerts/deliveries/{sent['id']}/again", GUEST).status_code == 404
    assert ask("GET", "alerts/deliveries", GUEST).json() == []
    mail = {"name": "Mail", "kind": "mail", "target": "mail.example.com:587", "sender": "crew@example.com"}
    for private in (mail, hook | {"is_company": True}, hook | {"events": ["sync.failed"]}):
        assert ask("POST", "alerts/ways", json=private | {"name": "x"}).status_code == 403
    company = ask("POST", "alerts/ways", BOSS, json=hook | {"is_company": True, "events": ["sync.failed"]})
    assert company.status_code == 201
    assert company.json()["id"] not in [way["id"] for way in ask("GET", "alerts/ways").json()]
    assert ask("DELETE", f"alerts/ways/{company.json()['id']}").status_code == 404
    assert ask("POST", "alerts/ways", json=hook | {"name": "Inside", "target": "https://10.0.0.1/"}).status_code == 422
    store.events.add([Event("evt_x", "sync.failed", "crm", {"connector": "crm"}, datetime.now(UTC))])
    assert ask("GET", "events").status_code == 403
    (event,) = ask("GET", "events", BOSS, params={"kind": "sync.failed"}).json()
    assert ask("GET", "events", BOSS, params={"after": event["number"]}).json() == []
    before = len(store.deliveries.recent())
    assert ask("POST", "events/evt_x/replay", BOSS).status_code == 202
    assert len(store.deliveries.recent()) == before + 1
    assert ask("DELETE", f"alerts/ways/{number}").status_code == 204
    assert ask("POST", f"alerts/ways/{number}/test").status_code == 404


def test_habits_are_kept_and_one_click_ends_the_mail(ask, store):
    given = {"zone": "Europe/Vienna", "rhythm": "daily", "hour": 7}
    assert ask("PUT", "alerts/habits", json=given).status_code == 200
    assert ask("PUT", "alerts/habits", json=given | {"hour": 9}).json()["hour"] == 9
    assert ask("PUT", "alerts/habits", json={"zone": "Moon"}).status_code == 422
    address = delivering.unsubscribe_address(store, ANA, "https://sales.example.com")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert ask("POST", "alerts/unsubscribe", None, params=asked | {"who": BOSS}).status_code == 404
    assert ask("POST", "alerts/unsubscribe", None, params=asked).status_code == 200
    assert ask("GET", "alerts/habits").json() == {
        **ask("GET", "alerts/habits", BOSS).json(),
        **given,
        "hour": 9,
        "is_mail_off": True,
    }
    assert delivering.unsubscribe_address(store, ANA, "") == ""
