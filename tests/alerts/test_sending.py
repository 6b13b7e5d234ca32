"""Messages arrive once, wait where the other side asks to, and end in the log where they cannot arrive."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from core.alerts import address_guard, company_events, delivering, ways
from core.alerts import message as written
from core.alerts.message import Line, Message
from core.alerts.readers import Readers
from core.alerts.sending import chat, mail, webhook
from core.alerts.sending.outcome import PassingError, RefusedError, judge, seconds
from core.alerts.ways import Way
from core.contracts.errors import ContractError, StoreError
from core.sealing.vault import Vault
from core.store.deliveries import DEAD, DROPPED, WAITING, NewDelivery
from core.store.events import Event
from tests.alerts.servers import certificate, http_server, mail_server

BOSS, GUEST = "boss@example.com", "guest@example.com"
SITE = "https://sales.example.com"
MESSAGE = Message(
    "Deals that slip",
    (
        Line("Big <deal> *with* Ann & Co slipped.", "/deal?id=1&see=Deal+overview"),
        Line("Small one slipped.", "/deal?id=2"),
    ),
    (("Big deal", 90_000.0), ("Small one", 12_000.0)),
    "EUR",
)


@pytest.fixture(scope="module")
def hook():
    with http_server() as server:
        yield server


@pytest.fixture(autouse=True)
def allowed(monkeypatch, hook):
    monkeypatch.setenv(address_guard.ALLOWED, "localhost")
    hook.requests.clear()
    hook.answers.clear()


@pytest.fixture
def send(store, company_settings, days, clock):
    readers = Readers(company_settings, store, days[2])
    return lambda: delivering.deliver(store, readers, clock)


@pytest.fixture
def put(store):
    def added(way, reader=BOSS, message=MESSAGE, key="k", **options):
        content = message.content | {"is_masked": False}
        row = NewDelivery(
            f"{key} {reader} {way.id}", options.pop("kind", "alert"), reader, way.id, "about", content, **options
        )
        return store.deliveries.add([row])

    return added


def slack_way(store, hook, **values):
    return ways.save(store, Way("company", "Deals", "slack", secret=hook.url, **values))


def test_mail_goes_encrypted_with_text_picture_and_a_way_to_unsubscribe(store, send, put, clock, tmp_path, monkeypatch):
    trusted, context = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with mail_server(context) as (box, port):
        values = {"user": "crew", "secret": "secret", "sender": "crew@example.com"}
        way = ways.save(store, Way("company", "Mail", "mail", f"localhost:{port}", **values))
        store.alert_ledger.set_bookmarks({delivering.SITE: SITE})
        put(way)
        box.answers += ["451 try later", "554 no"]
        assert send().n_put_off == 1
        assert send().sentence() == "No message was due."
        clock.pass_by(seconds=31)
        assert send().n_dead == 1
        (row,) = store.deliveries.recent()
        assert (row.state, row.n_attempts) == (DEAD, 2)
        assert "554" in row.error
        store.deliveries.again(row.id)
        assert send().n_sent == 1
        ((readers, letter, is_encrypted),) = box.mails
        monkeypatch.setenv("SSL_CERT_FILE", "")
        store.deliveries.again(row.id)
        assert send().n_dead == 1
    assert readers == [BOSS]
    assert is_encrypted
    assert set(box.signed_in) == {b"crew"}
    assert "does not show who it is" in store.deliveries.recent()[0].error
    assert letter["Subject"] == "Deals that slip"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert letter["List-Unsubscribe"].startswith(f"<{SITE}/api/v1/alerts/unsubscribe?who=boss%40example.com&mark=")
    plain = letter.get_body(("plain",)).get_content()
    page = letter.get_body(("html",)).get_content()
    assert f"{SITE}/deal?id=1&see=Deal+overview" in plain
    assert "Big &lt;deal&gt;" in page
    pictures = [part for part in letter.walk() if part.get_content_type() == "image/png"]
    assert pictures[0].get_content().startswith(b"\x89PNG")
    assert f'src="cid:{pictures[0]["Content-ID"].strip("<>")}"' in page


def test_mail_without_encryption_is_sent_only_where_that_is_allowed(store, send, put, clock):
    with mail_server(None) as (box, port):
        safe = ways.save(store, Way("company", "Mail", "mail", f"localhost:{port}", sender="crew@example.com"))
        open_way = Way("company", "Relay", "mail", f"localhost:{port}", sender="crew@example.com", is_encrypted=False)
        relay = ways.save(store, open_way)
        put(safe)
        put(relay)
        sent = send()
    assert (sent.n_sent, sent.n_dead) == (1, 1)
    assert len(box.mails) == 1
    put(relay, key="later")
    assert send().n_put_off == 1, "the server is gone"
    with pytest.raises(RefusedError, match="no mail address"):
        mail.composed(relay, "local", MESSAGE, SITE, "m", clock())
    with pytest.raises(PassingError):
        mail._fail(450, b"later")


def test_slack_is_left_alone_as_long_as_it_asks(store, send, put, clock, hook):
    way = slack_way(store, hook)
    hook.answers += [(429, {"Retry-After": "120"}, b"slow down"), (500, {}, b"oops")]
    put(way, "#1", key="a")
    put(way, "#1", key="b")
    assert send().n_put_off == 2
    assert len(hook.requests) == 1, "the second was not even tried"
    clock.pass_by(seconds=119)
    assert send().sentence() == "No message was due."
    clock.pass_by(seconds=2)
    outcome = send()
    assert (outcome.n_put_off, outcome.n_sent) == (1, 1)
    clock.pass_by(hours=1)
    assert send().n_sent == 1
    blocks = hook.bodies()[-1]["blocks"]
    assert blocks[0]["text"]["text"] == "Deals that slip"
    assert blocks[1]["text"]["text"].startswith("Big &lt;deal&gt; *with* Ann &amp; Co slipped.")
    hook.answers += [(404, {}, b"no_team")]
    put(way, "#1", key="c")
    assert send().n_dead == 1


def test_a_slack_bot_writes_to_its_channel(store, hook):
    way = ways.checked(Way("ana", "Bot", "slack", "#deals", "xoxb-1-2"))
    api = f"http://localhost:{hook.port}/api/"
    chat.slack(way, MESSAGE, SITE, api)
    path, headers, body = hook.requests[-1]
    assert path == "/api/chat.postMessage"
    assert headers["authorization"] == "Bearer xoxb-1-2"
    assert b"#deals" in body or b"%23deals" in body
    hook.answers += [
        (429, {"Retry-After": "7"}, b'{"ok": false, "error": "ratelimited"}'),
        (200, {}, b'{"ok": false, "error": "channel_not_found"}'),
    ]
    with pytest.raises(PassingError) as caught:
        chat.slack(way, MESSAGE, SITE, api)
    assert caught.value.wait == 7.0
    with pytest.raises(RefusedError, match="channel_not_found"):
        chat.slack(way, MESSAGE, SITE, api)
    with pytest.raises(PassingError, match="cannot be reached"):
        chat.slack(way, MESSAGE, SITE, "http://localhost:9/")


def test_teams_gets_an_adaptive_card_and_is_given_up_after_eight_attempts(store, send, put, clock, hook):
    way = ways.save(store, Way("company", "Team", "teams", secret=hook.url))
    put(way, "#1")
    hook.answers += [(500, {}, b"")] * 8
    outcomes = []
    for _ in range(8):
        outcomes.append(send())
        clock.pass_by(hours=7)
    assert [outcome.n_put_off for outcome in outcomes] == [1] * 7 + [0]
    assert outcomes[-1].n_dead == 1
    card = hook.bodies()[0]["attachments"][0]
    assert card["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert card["content"]["type"] == "AdaptiveCard"
    assert "\\*with\\*" in card["content"]["body"][1]["text"]
    assert "actions" not in card["content"]
    linked = written.card(MESSAGE, SITE)["attachments"][0]["content"]
    assert linked["actions"][0]["url"] == f"{SITE}/alerts"
    assert f"[Open]({SITE}/deal?id=2)" in linked["body"][2]["text"]


def test_messages_that_waited_for_the_morning_go_as_one(store, send, put, clock, hook):
    way = slack_way(store, hook)
    later = clock() + timedelta(hours=9)
    for key in ("a", "b"):
        put(way, "#1", key=key, due_at=later, is_batched=True)
    assert put(way, "#1", key="b") == 0, "the same message is made once"
    send()
    assert not hook.requests
    clock.pass_by(hours=10)
    assert send().n_sent == 2
    (body,) = hook.bodies()
    assert body["blocks"][0]["text"]["text"] == "4 alerts from 2 rules"


def test_who_lost_their_rights_meanwhile_gets_nothing(store, send, put, hook):
    way = slack_way(store, hook)
    put(way, GUEST)
    put(way, "gone@example.com")
    outcome = send()
    assert outcome.n_dropped == 2
    assert {row.state for row in store.deliveries.recent()} == {DROPPED}
    assert not hook.requests


def test_a_message_is_claimed_by_one_sender(store, put, hook, clock):
    way = slack_way(store, hook)
    put(way)
    assert len(store.deliveries.claim()) == 1
    assert store.deliveries.claim() == []
    clock.pass_by(minutes=6)
    (row,) = store.deliveries.claim()
    assert (row.state, row.n_attempts) == (WAITING, 2)
    with pytest.raises(StoreError, match="no message number"):
        store.deliveries.get(99)
    store.deliveries.end([row.id], DEAD, "no")
    clock.pass_by(days=89)
    store.deliveries.tidy()
    assert store.deliveries.get(row.id).state == DEAD
    clock.pass_by(days=2)
    store.deliveries.tidy()
    assert store.deliveries.recent() == []


def test_a_webhook_is_signed_and_its_log_can_be_sent_again(store, send, clock, hook):
    secret = ways.fresh_secret()
    kinds = ("deal.slipped", "sync.failed")
    way = ways.save(store, Way("company", "Hub", "webhook", hook.url, secret, events=kinds))
    quiet = ways.save(store, Way("company", "Other", "webhook", hook.url, secret, events=("list.read",)))
    event = Event("evt_1", "deal.slipped", "O1", {"opportunity_id": "O1"}, clock())
    assert [row.id for row in store.events.add([event, event])] == [1]
    assert store.events.add([event]) == []
    rows = company_events.deliveries(store.events.after(0), [way, quiet])
    assert [row.way_id for row in rows] == [way.id]
    store.deliveries.add(rows)
    assert send().n_sent == 1
    _, headers, body = hook.requests[0]
    assert headers["webhook-id"] == "evt_1"
    age = pytest.MonkeyPatch()
    with age.context() as patch:
        patch.setattr("standardwebhooks.webhooks.datetime", _Standing.at(clock()))
        assert Webhook(secret).verify(body, headers)["data"] == {"opportunity_id": "O1"}
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(body + b" ", headers)
    assert store.deliveries.add(company_events.deliveries([store.events.get("evt_1")], [way])) == 0
    assert store.deliveries.add(company_events.deliveries([store.events.get("evt_1")], [way], "again")) == 1
    assert send().n_sent == 1
    with pytest.raises(StoreError, match="no event"):
        store.events.get("evt_2")
    assert store.events.after(0, kind="list.read") == []


class _Standing:
    """A time that stands still, for a library that asks the clock."""

    @staticmethod
    def at(moment):
        from datetime import datetime

        return type("Standing", (datetime,), {"now": classmethod(lambda cls, tz=None: moment)})


def test_alerts_and_tests_reach_a_webhook_too(store, send, put, hook, clock):
    way = ways.save(store, Way("ana", "Hub", "webhook", hook.url, ways.fresh_secret()))
    put(way, "#1")
    put(way, "#1", kind="test", key="t")
    assert send().n_sent == 2
    assert [body["type"] for body in hook.bodies()] == ["alert.told", "test"]
    assert hook.bodies()[0]["data"]["title"] == "Deals that slip"
    assert set(webhook.signed(way.secret, "m", "{}", clock())) >= {"webhook-id", "webhook-signature"}


@pytest.mark.filterwarnings("ignore:.imghdr. is deprecated:DeprecationWarning")
def test_apprise_is_one_way_more_where_it_is_installed(hook):
    pytest.importorskip("apprise", reason="Apprise is an optional extra")
    way = ways.checked(Way("ana", "Rest", "apprise", secret=f"json://localhost:{hook.port}/hook"))
    chat.apprise(way, MESSAGE, SITE)
    assert hook.bodies()[-1]["title"] == "Deals that slip"
    hook.answers += [(500, {}, b"")]
    with pytest.raises(PassingError):
        chat.apprise(way, MESSAGE, SITE)
    with pytest.raises(RefusedError, match="does not know"):
        chat.apprise(Way("ana", "Rest", "apprise", secret="nothing://"), MESSAGE, SITE)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/x",
        "https://10.0.0.4/x",
        "https://192.168.1.1:8443/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://[fd00::1]/",
        "https://0.0.0.0/",
        "https://224.0.0.1/",
        "https://2130706433/",
        "https://user:word@93.184.216.34/",
        "http://93.184.216.34/",
        "ftp://93.184.216.34/",
        "file:///etc/passwd",
        "https:///x",
        "nonsense",
    ],
)
def test_no_webhook_leads_into_a_private_network(url):
    with pytest.raises(ContractError):
        address_guard.check(url, {})


def test_what_the_installation_allows_is_reached_and_no_redirect_is_followed(hook):
    assert address_guard.check("https://93.184.216.34/x", {}) == ("93.184.216.34", "93.184.216.34")
    assert address_guard.check("http://10.1.2.3/", {address_guard.ALLOWED: "nas, 10.1.0.0/16"})[1] == "10.1.2.3"
    with pytest.raises(ContractError, match=r"is not of slack\.com"):
        address_guard.check("https://93.184.216.34/", {}, ("slack.com",))
    with pytest.raises(ContractError, match="No host"):
        address_guard.check("https://no-such-host.invalid/", {})
    hook.answers += [(302, {"Location": "http://169.254.169.254/"}, b"")]
    answer = address_guard.post(hook.url, b"{}", {"Content-Type": "application/json"})
    assert answer.status_code == 302
    assert hook.requests[-1][1]["host"] == f"localhost:{hook.port}"
    with pytest.raises(RefusedError, match="answered 302"):
        judge(answer.status_code, answer.text, None)
    with pytest.raises(httpx.HTTPError):
        address_guard.post("http://localhost:9/", b"", {})
    with pytest.raises(PassingError):
        chat.deliver("http://localhost:9/", b"", {})
    with pytest.raises(RefusedError):
        chat.deliver("http://10.0.0.1/", b"", {})


def test_secrets_of_ways_are_sealed(store, monkeypatch, tmp_path, hook):
    from core.sealing.sealing_keys import fresh

    key = tmp_path / "key"
    key.write_text(fresh(), encoding="utf-8")
    key.chmod(0o600)
    monkeypatch.setenv("QUARTERDECK_KEY_FILE", str(key))
    made = slack_way(store, hook)
    assert made.secret == hook.url
    assert made.where == "localhost"
    (saved,) = store.alert_ways.list()
    assert hook.url not in str(saved.payload)
    assert ways.listed(store, ["company"]) == [made]
    assert ways.listed(store, ["ana"]) == []
    with pytest.raises(StoreError):
        ways.of_saved(saved, Vault({}))
    old = key.read_text(encoding="utf-8")
    key.write_text(f"{fresh()}\n{old}", encoding="utf-8")
    assert ways.reseal(store) == 1
    key.write_text(key.read_text(encoding="utf-8").splitlines()[0], encoding="utf-8")
    assert ways.listed(store)[0].secret == hook.url


@pytest.mark.parametrize(
    ("way", "word"),
    [
        (Way("a", "x", "pigeon"), "kind"),
        (Way("a", "x", "mail", "mail.example.com", sender="a@b.c"), "target"),
        (Way("a", "x", "mail", "mail.example.com:99999", sender="a@b.c"), "target"),
        (Way("a", "x", "mail", "mail.example.com:587", sender="Ana <a@b.c>"), "sender"),
        (Way("a", "x", "webhook", "https://10.0.0.1/", events=("deal.won",)), "events"),
        (Way("a", "x", "slack", "", "xoxb-1"), "target"),
        (Way("a", "x", "apprise", secret="what"), "secret"),
    ],
)
def test_a_way_that_cannot_be_says_why(way, word):
    with pytest.raises(ContractError) as caught:
        ways.checked(way, {})
    assert caught.value.where == word


def test_long_messages_are_cut_and_their_texts_are_plain():
    many = Message("Many", tuple(Line(f"Line {number}.", "/x") for number in range(25)))
    assert "And 5 more lines" in written.text(many, SITE)
    assert len(written.blocks(many, SITE)) <= 50
    assert "http" not in written.text(many, "")
    assert written.html(Message("Digest", html="<p>x</p>"), SITE) == "<p>x</p>"
    assert written.of_content(MESSAGE.content) == MESSAGE
    assert seconds("soon") is None
    assert seconds("nan") is None
    assert seconds("1e9") == 6 * 3_600.0
