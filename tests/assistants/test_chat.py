"""Slack and Teams ask by requests as their documentation shows them; signed ones of people known are answered."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from core.api.application import application
from core.api.limits import RateLimit
from core.assistants import chat_answers, chat_doors, chat_people
from core.cli import app as command_line
from core.config.settings import Person
from core.contracts.errors import ContractError
from core.store import Store

SECRET, TOKEN = "8f742231b10e8888abcd99yyyzzz85a5", base64.b64encode(b"teams secret of 32 bytes, or so").decode()
PEOPLE = {
    "boss@example.com": Person(roles=["admin"]),
    "emea@example.com": Person(roles=["leader"], regions=["EMEA"]),
    "guest@example.com": Person(roles=["presales"], mask_names=True),
}
SLACK_FORM = {
    "token": "gIkuvaNzQIHg97ATvDxqgjtO",
    "team_id": "T0001",
    "team_domain": "example",
    "channel_id": "C2147483705",
    "channel_name": "test",
    "user_id": "U2147483697",
    "user_name": "Steve",
    "command": "/quarterdeck",
    "text": "win rate",
    "api_app_id": "A123456",
    "response_url": "https://hooks.slack.com/commands/1234/5678",
    "trigger_id": "13345224609.738474920.8088930838d88f008e0",
}
ACTIVITY = {
    "type": "message",
    "id": "1485983408511",
    "timestamp": "2017-02-01T21:10:07.437Z",
    "localTimestamp": "2017-02-01T14:10:07.437-07:00",
    "serviceUrl": "https://smba.trafficmanager.net/amer/",
    "channelId": "msteams",
    "from": {"id": "29:1XJKJMvc5GBtc2JwZq0oj8tHZmzrQgFmB", "name": "Ana", "aadObjectId": "c33aafc2-646d"},
    "conversation": {"isGroup": True, "id": "19:253b1f341670408fb6fe51050b6e5ceb@thread.skype"},
    "recipient": None,
    "text": "<at>Quarterdeck</at> win rate&nbsp;\n",
    "channelData": {"tenant": {"id": "72f988bf-86f1"}, "team": {"id": "19:253b"}},
}
STEVE, ANA = "slack T0001/U2147483697", "teams 72f988bf-86f1/c33aafc2-646d"


@pytest.fixture(scope="module")
def company(small, small_settings, tmp_path_factory):
    access = small_settings.access.model_copy(update={"sign_in": "header", "people": PEOPLE})
    url = f"sqlite:///{tmp_path_factory.mktemp('chat') / 'store.db'}"
    settings = small_settings.model_copy(update={"access": access, "database_url": url})
    store = Store.open(settings.database)
    store.alert_ledger.set_bookmarks({"site": "https://sales.example.com"})
    api = application(lambda: settings, lambda _: small, lambda _: store)
    yield api.state.company
    store.close()


@pytest.fixture
def store(company):
    return company.store(company.read())


@pytest.fixture
def client(company, monkeypatch):
    monkeypatch.setenv(chat_doors.SLACK_SECRET, SECRET)
    monkeypatch.setenv(chat_doors.TEAMS_SECRET, TOKEN)
    return TestClient(chat_doors.application(company, wait=60.0))


def slack(client, secret=SECRET, age=0, **values):
    body = urlencode(SLACK_FORM | values).encode()
    stamp = str(int(time.time()) - age)
    digest = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    headers = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}
    headers |= {"Content-Type": "application/x-www-form-urlencoded"}
    return client.post("/slack", content=body, headers=headers)


def teams(client, token=TOKEN, age=0, **values):
    at = (datetime.now(UTC) - timedelta(seconds=age)).isoformat().replace("+00:00", "Z")
    body = json.dumps(ACTIVITY | {"timestamp": at} | values).encode()
    digest = base64.b64encode(hmac.new(base64.b64decode(token), body, hashlib.sha256).digest()).decode()
    return client.post("/teams", content=body, headers={"Authorization": f"HMAC {digest}"})


def test_a_slash_command_is_answered_to_whoever_asks_from_their_rows(client, store):
    chat_people.link(store, STEVE, "Boss@example.com", "test")
    whole = slack(client).json()
    assert whole["response_type"] == "ephemeral"
    assert whole["text"].startswith("*What is our win rate?*\n")
    assert "%" in whole["text"]
    assert "As of " in whole["text"]
    assert "<https://sales.example.com/pipeline?see=Sales+velocity" in whole["text"]
    chat_people.link(store, STEVE, "emea@example.com", "test")
    assert chat_people.listed(store) == [("emea@example.com", STEVE)]
    part = slack(client).json()["text"]
    assert part != whole["text"]
    assert store.audit.newest(1).row(0)[1:] == (
        "emea@example.com",
        "asked a question",
        "win_rate",
        "win rate (by slack)",
    )
    refused = slack(client, text="delete all deals").json()["text"]
    assert "nothing is changed" in refused
    assert "Ask a question" in slack(client, text=" ").json()["text"]


def test_an_outgoing_webhook_of_teams_is_answered_without_names(client, store, small):
    chat_people.link(store, ANA, "boss@example.com", "test")
    shown = teams(client).json()
    assert shown["type"] == "message"
    assert shown["text"].startswith("**What is our win rate?**\n\n")
    assert "[More on the page](https://sales.example.com/pipeline" in shown["text"]
    listed = teams(client, text="<at>Quarterdeck</at> who are our largest customers").json()["text"]
    assert "largest" in listed.lower() or "account" in listed.lower()
    assert not any(name in listed for name in small.accounts["account_name"])


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: slack(client, secret="other"),
        lambda client: slack(client, age=301),
        lambda client: slack(client, age=-301),
        lambda client: teams(client, token=base64.b64encode(b"other").decode()),
        lambda client: client.post("/slack", content=b"text=win+rate"),
        lambda client: client.post("/slack", headers={"X-Slack-Request-Timestamp": "x", "X-Slack-Signature": "v0="}),
        lambda client: client.post("/teams", json=ACTIVITY, headers={"Authorization": "HMAC x"}),
    ],
)
def test_what_is_not_signed_or_old_is_refused(client, ask):
    assert ask(client).status_code == 401


def test_without_a_secret_nothing_is_anybody_s(company, monkeypatch):
    for name in (chat_doors.SLACK_SECRET, chat_doors.TEAMS_SECRET):
        monkeypatch.delenv(name, raising=False)
    closed = TestClient(chat_doors.application(company))
    empty = base64.b64encode(b"").decode()
    assert {slack(closed, secret="").status_code, teams(closed, token=empty).status_code} == {401}


def test_activities_that_are_old_or_no_message_are_refused(client):
    assert teams(client, age=301).status_code == 400
    assert teams(client, type="conversationUpdate").status_code == 400
    assert teams(client, timestamp="yesterday").status_code == 400
    assert teams(client, **{"from": None}).status_code == 400


def test_who_is_not_known_or_let_in_gets_no_answer(client, store):
    unknown = slack(client, user_id="U9").json()["text"]
    assert "slack T0001/U9" in unknown
    assert "%" not in unknown
    assert store.audit.newest(1)["action"][0] == "refused a question"
    chat_people.link(store, "slack T0001/U9", "nobody@example.com", "test")
    assert "no role here" in slack(client, user_id="U9").json()["text"]
    assert chat_people.unlink(store, "slack T0001/U9", "test")
    assert not chat_people.unlink(store, "slack T0001/U9", "test")
    for mark in ("slack", "irc a/b", "slack a/", "slack " + "x" * 300 + "/b"):
        with pytest.raises(ContractError, match="nobody's id"):
            chat_people.link(store, mark, "boss@example.com", "test")


def test_one_person_asks_so_often(company, store):
    chat_people.link(store, STEVE, "boss@example.com", "test")
    limit, asked = RateLimit(1), chat_answers.Asked(STEVE, "", is_open=False)
    answers = [chat_answers.answer(company, asked, None, limit, chat_answers.as_slack) for _ in range(2)]
    assert answers[0].startswith("Ask a question")
    assert "very often" in answers[1]


def test_a_late_answer_follows_to_slack_alone(company, store, monkeypatch):
    monkeypatch.setenv(chat_doors.SLACK_SECRET, SECRET)
    monkeypatch.setenv(chat_doors.TEAMS_SECRET, TOKEN)
    sent = []
    monkeypatch.setattr(chat_doors.chat, "deliver", lambda url, body, headers: sent.append((url, json.loads(body))))
    monkeypatch.setattr(chat_doors, "answer", lambda *_: time.sleep(0.3) or "worked out")
    slow = TestClient(chat_doors.application(company, wait=0.01))
    assert slack(slow).json()["text"] == chat_doors.LATE
    assert [(url, body["text"]) for url, body in sent] == [(SLACK_FORM["response_url"], "worked out")]
    slack(slow, response_url="https://elsewhere.example.com/")
    assert len(sent) == 1
    assert teams(slow).json()["text"] == chat_doors.LATE_TEAMS


def test_what_is_said_is_text_in_either_service():
    assert chat_answers.as_slack("a<b", "x & <https://evil>", "") == "*a&lt;b*\nx &amp; &lt;https://evil&gt;"
    assert chat_answers.as_teams("", "[a](b) *c*", "") == r"\[a\](b) \*c\*"


def test_the_command_line_links_people(tmp_path, monkeypatch):
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")

    def say(*words):
        return CliRunner().invoke(command_line, ["chat", *words]).output

    assert "Nobody is linked" in say("list")
    assert say("link", STEVE, "Boss@example.com").strip() == f"{STEVE} is boss@example.com."
    assert say("list").strip() == f"boss@example.com: {STEVE}"
    assert "nobody any more" in say("unlink", STEVE)
    assert "was nobody" in say("unlink", STEVE)
