"""The API on leads and pay: chances with reasons; one's own statement, those below, and everybody's with the right."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from core.api.application import application
from core.compensation import plan_versions
from core.config import load
from core.config.settings import Person
from core.models import leads
from core.store import Store
from tests.compensation.test_pay_statements import by_hand
from tests.models.test_lead_scores import leads as lead_rows

PLANS = """
plans:
  - name: AE
    from: 2025-10-01
    currency: USD
    for: {roles: [rep]}
    base: 80000
    tiers: [{rate: 8%}]
sign_ins: {ann@example.com: ANN, max@example.com: MAX}
"""
PEOPLE = {
    "boss@example.com": {"roles": ["admin"]},
    "ann@example.com": {"roles": ["rep"]},
    "max@example.com": {"roles": ["manager"]},
    "new@example.com": {"roles": ["rep"]},
    "guest@example.com": {"roles": ["presales"], "mask_names": True},
}


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    home = tmp_path_factory.mktemp("pay")
    settings = load(environ={"QUARTERDECK_HOME": str(home)})
    people = {user: Person(**values) for user, values in PEOPLE.items()}
    access = settings.access.model_copy(update={"sign_in": "header", "people": people})
    settings = settings.model_copy(update={"access": access, "database_url": f"sqlite:///{home / 'store.db'}"})
    data, store = by_hand(leads=lead_rows(900)), Store.open(settings.database)
    plan_versions.save(data, store, PLANS, "first", "boss@example.com", 0)
    keys = {user: store.api_keys.make("test", user, "test")[0] for user in PEOPLE}
    keys["narrow"] = store.api_keys.make("narrow", "boss@example.com", "test", ("pipeline:read",))[0]
    keys["reader"] = store.api_keys.make("reader", "boss@example.com", "test", ("pay:read",))[0]
    client = TestClient(application(lambda: settings, lambda _: data, lambda _: store), raise_server_exceptions=False)

    def asked(path, who="boss@example.com", **params):
        return client.get(f"/v1/{path}", headers={"Authorization": f"Bearer {keys[who]}"}, params=params)

    asked.data, asked.settings = data, settings
    yield asked
    store.close()


def people_of(answer):
    assert answer.status_code == 200, answer.text
    return {row["rep_id"] for row in answer.json()["rows"]}


def test_everybody_sees_their_own_pay_and_that_of_those_below_them(ask):
    assert people_of(ask("pay/statements")) == {"ANN", "BOB"}
    assert people_of(ask("pay/statements", "max@example.com")) == {"ANN", "BOB"}
    assert people_of(ask("pay/statements", "ann@example.com")) == {"ANN"}
    assert people_of(ask("pay/lines", "ann@example.com")) == {"ANN"}


def test_who_is_nobody_of_the_team_or_has_no_right_sees_no_pay(ask):
    for who in ("new@example.com", "guest@example.com", "narrow"):
        for path in ("pay/statements", "pay/lines"):
            assert ask(path, who).status_code == 403, (who, path)
    # A key that may only read sees no more than its owner's own pay, whatever the owner may.
    assert ask("pay/statements", "reader").status_code == 403


def test_lines_add_up_to_the_statements_and_quarters_can_be_chosen(ask):
    for day in ({}, {"quarter": "2026-02-11"}, {"quarter": "2026-05-01"}):
        rows = ask("pay/statements", **day).json()["rows"]
        lines = ask("pay/lines", **day).json()["rows"]
        assert sum(row["cents"] for row in rows) == sum(line["cents"] for line in lines) > 0
    assert ask("pay/statements").json() == ask("pay/statements", quarter="2026-01-01").json()
    assert ask("pay/statements", quarter="2026-07-01").status_code == 422
    page = ask("pay/lines", limit=1).json()
    assert ask("pay/lines", limit=1, cursor=page["next"]).json()["rows"] != page["rows"]


def test_leads_come_with_their_chance_and_reasons(ask):
    scored = leads.scores(ask.data, ask.settings)
    answer = ask("leads/scores", limit=5).json()
    assert answer["n_rows"] == scored.frame.height > 0
    first = answer["rows"][0]
    assert (first["lead_id"], first["chance"]) == (scored.frame["lead_id"][0], pytest.approx(scored.frame["chance"][0]))
    assert first["reasons"]
    assert ask("leads/scores", "reader").status_code == 403
    assert ask("leads/scores", outcome="none").status_code == 422
