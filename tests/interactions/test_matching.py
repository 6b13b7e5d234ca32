"""Addresses lead to accounts and deals, nobody sees more than their rows, and nothing is kept that may not be."""

from __future__ import annotations

import re
import ssl
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from core.access import view
from core.contracts.errors import AccessError, ConfigError, SourceError
from core.interactions import address_book, consent_rules, contact_breadth, intake, interaction_view, mailbox_fetch
from core.store.expiry import INTERACTIONS
from core.store.interaction_tables import InteractionPersonRow, InteractionRow
from tests.interactions.conftest import ANA, BO, CY, NOW, REP, frames, mail, with_rules
from tests.metrics.companies import company


def test_mails_go_to_the_deals_of_who_took_part_and_strangers_are_listed(engaged):
    seen = engaged(
        mail((4, 9), ANA, REP, 1),
        mail((4, 10), "sam.rep@ours.example", BO, 2),
        mail((4, 11), "hal@ours.example", BO, 3),
        mail((4, 12), CY, REP, 4),
        mail((4, 13), "x@agency.example", REP, 5),
        mail((4, 14), "z@gmail.com", REP, 6),
        mail((4, 15), REP, "sam.rep@ours.example", 7),
    )
    deals = seen.touches.sort("at").select("contact_id", "opportunity_id", "direction", "rep_id").rows()
    assert deals == [
        (ANA, "n1", "in", "R1"),
        (BO, "n2", "out", "R2"),
        (BO, "n1", "out", None),
        (BO, "n2", "out", None),
        (CY, "s1", "in", "R1"),
    ]
    assert seen.unmatched["domain"].to_list() == ["agency.example", "gmail.com"]
    assert seen.n_all == 6  # what was written among ourselves is not kept
    assert seen.contacts.filter(pl.col("contact_id") == ANA).row(0) == (ANA, "Ana North", "CFO", "Executive", "N")


def test_nothing_that_was_written_is_kept_unless_allowed(firm, settings, store):
    files = [("a.mbox", mail((4, 9), ANA, REP, 1))]
    intake.take_files(files, firm, settings, store, "test")
    with store.interactions.sessions() as session:
        row = session.query(InteractionRow).one()
        assert (row.subject, row.text) == ("", "")
    assert b"secret" not in Path(store.engine.url.database).read_bytes()
    allowed = with_rules(settings, texts="texts")
    intake.take_files([("b.mbox", mail((5, 9), ANA, REP, 2))], firm, allowed, store, "test")
    with store.interactions.sessions() as session:
        row = session.query(InteractionRow).order_by(InteractionRow.id.desc()).first()
        assert (row.subject, row.text.strip()) == ("The secret offer", "The secret words.")
    assert interaction_view.of(firm, allowed, store).touches["subject"].to_list() == ["", "The secret offer"]
    assert set(interaction_view.of(firm, settings, store).touches["subject"]) == {""}


def test_the_same_mail_twice_is_kept_once_and_a_meeting_moves(firm, settings, store):
    both = [("a.mbox", mail((4, 9), ANA, REP, 1) * 2)]
    assert intake.take_files(both, firm, settings, store, "test").added.n_new == 1
    outcome = intake.take_files(both, firm, settings, store, "test")
    assert outcome.sentence() == "0 mails, meetings and calls new; 2 there before."
    invited = "id,kind,start,from,to\nm,meeting,2026-05-{:02}T10:00,rita.rep@ours.example,ana@north.example\n"
    for day, n_changed in ((20, 0), (21, 1)):
        taken = intake.take_files([("m.csv", invited.format(day).encode())], firm, settings, store, "test")
        assert taken.added.n_changed == n_changed
    meetings = interaction_view.of(firm, settings, store).touches.filter(pl.col("kind") == "meeting")
    assert set(meetings["at"].dt.day()) == {21}
    assert "took in mails, meetings or calls" in store.audit.newest(10)["action"].to_list()


def test_consent_and_age_decide_before_anything_is_kept(firm, settings, store):
    strict = with_rules(settings, no_consent=("north.example",), retention_days=5)
    files = [("a.mbox", mail((14, 9), ANA, REP, 1) + mail((4, 9), CY, REP, 2) + mail((14, 9), CY, REP, 3))]
    outcome = intake.take_files(files, firm, strict, store, "test")
    assert outcome.added.n_new == 1
    assert set(outcome.left_out) == {f"1 left out: {consent_rules.NO_CONSENT}", f"1 left out: {consent_rules.TOO_OLD}"}
    intake.take_files(files, firm, settings, store, "test")
    assert consent_rules.tidied(strict, store, "test") == "1 deleted for want of consent, 1 because they were too old."
    assert store.interactions.interactions("By hand").height == 1
    assert store.retention.apply({INTERACTIONS: 1}, is_trial=False) == {INTERACTIONS: 1}
    assert store.interactions.forget_excluded((), (), "test") == 0


def test_a_person_is_forgotten_and_the_others_stay(firm, settings, store, engaged):
    engaged(mail((4, 9), ANA, REP, 1), mail((5, 9), REP, f"{ANA}, {BO}", 2), mail((6, 9), REP, BO, 3))
    counts = store.interactions.forget(ANA.upper(), "test")
    assert counts == {"mails, meetings and calls": 1, "mentions": 1, "turns": 0}
    with store.interactions.sessions() as session:
        left = {row.address for row in session.query(InteractionPersonRow)}
    assert left == {REP, BO}
    assert store.interactions.interactions("By hand").height == 2
    # What `quarterdeck person erase` does finds them too.
    assert store.personal_data.erase(BO)["interaction_people"] == 2


def test_a_part_of_a_company_sees_its_own(firm, settings, engaged, store):
    engaged(mail((4, 9), ANA, REP, 1), mail((4, 12), CY, REP, 4), mail((4, 13), "x@agency.example", REP, 5))
    part = view(firm, settings, ("APAC",), "", False)
    seen = interaction_view.of(part, settings, store)
    assert seen.touches["opportunity_id"].to_list() == ["s1"]
    assert (seen.contacts["contact_id"].to_list(), seen.unmatched.height) == ([CY], 0)
    with pytest.raises(AccessError, match="whole company"):
        intake.take_files([], part, settings, store, "test")


TRANSCRIPT = b"""date: 2026-05-06T10:00
participant: Ana North <ana@north.example>
participant: Rita Rep <rita.rep@ours.example>
deal: n1
Ana North: What would the price be?
Rita Rep: I will send the offer by Friday.
Visitor: I only listen in here.
"""


def test_who_must_not_see_names_sees_invented_ones_everywhere(firm, settings, store):
    loud = with_rules(settings, texts="texts")
    files = [("a.mbox", mail((4, 9), ANA, REP, 1)), ("t.txt", TRANSCRIPT)]
    intake.take_files(files, firm, loud, store, "test")
    masked = view(firm, loud, (), "", True)
    seen = interaction_view.of(masked, loud, store)
    shown = " ".join(str(frame.rows()) for frame in (seen.touches, seen.contacts, seen.turns, seen.unmatched))
    for secret in ("ana", "rita", "north", "secret", "visitor", "'n1'", "'r1'", "offer"):
        assert not re.search(rf"(?<!\w){secret}(?!\w)", shown.lower()), secret
    assert seen.touches.height == 3
    assert set(seen.touches["opportunity_id"]) == set(masked.opportunities["opportunity_id"]) & set(
        seen.touches["opportunity_id"]
    )
    breadth = contact_breadth.by_deal(masked, loud, seen)
    assert breadth.frame.height == 1
    hidden = interaction_view.of(firm, loud, store, hides_people=True)
    assert "Ana" not in str(hidden.contacts.rows()) + str(hidden.turns.rows())
    assert "Rita Rep" in hidden.turns["speaker"].to_list()
    again = interaction_view.of(firm, loud, store, hides_people=True)
    assert (again, hash(again)) == (hidden, hash(hidden))
    assert again != interaction_view.of(firm, loud, store)


def test_data_of_a_session_have_no_mails(firm, settings, store, engaged):
    engaged(mail((4, 9), ANA, REP, 1))
    assert interaction_view.of(replace(firm, is_transient=True), settings, store).is_empty


def test_users_of_the_crm_are_ours_and_their_domain_is(settings):
    users = [{"user_id": "R1", "email": "Boss@Ours.example"}, {"user_id": "U9", "email": "desk@gmail.com"}]
    book = address_book.of(company(**frames(), users=users), with_rules(settings, own_domains=()).engagement)
    sides = [book.side(a) for a in ("boss@ours.example", "new@mail.ours.example", "desk@gmail.com", "other@gmail.com")]
    assert sides == ["us", "us", "us", "them"]
    assert [book.account(a) for a in ("x@mail.north.example", "x@southsea.co.uk", "x@gmail.com", "ana")] == [
        "N",
        "S",
        None,
        None,
    ]


class StubServer:
    """What `imaplib` gives of a mailbox with two mails, one of which is too large to be read whole."""

    def __init__(self, mails, refuses=False, missing=False):
        self.mails, self.refuses, self.missing, self.asked = mails, refuses, missing, []

    def login(self, user, password):
        self.asked.append((user, password))
        if self.refuses:
            raise mailbox_fetch.imaplib.IMAP4.error(f"wrong {password}")

    def select(self, folder, readonly):
        assert readonly
        return ("NO" if self.missing else "OK"), []

    def uid(self, command, *given):
        self.asked.append((command, *given))
        if command == "SEARCH":
            return "OK", [b" ".join(b"%d" % n for n in range(1, len(self.mails) + 1))]
        wanted = [int(n) for n in given[0].split(",")]
        if "SIZE" in given[1]:
            return "OK", [b"%d (UID %d RFC822.SIZE %d)" % (n, n, len(self.mails[n - 1])) for n in wanted]
        whole = given[1].endswith("[])")
        parts = [self.mails[n - 1] if whole else self.mails[n - 1].partition(b"\n\n")[0] + b"\n\n" for n in wanted]
        rows = [(b"%d (UID %d BODY[] {%d}" % (n, n, len(p)), p) for n, p in zip(wanted, parts, strict=True)]
        return "OK", [part for row in rows for part in (row, b")")]

    def logout(self):
        raise OSError("gone")

    def shutdown(self):
        self.asked.append("shut")


class Keys:
    def filled(self, text):
        return text.replace("${PASS}", "word")


def fetched(firm, settings, store, server):
    return mailbox_fetch.fetch(firm, settings, store, Keys(), lambda *_: None, "test", lambda *_: server)


def mailbox(settings, **rules):
    box = settings.engagement.imap.model_copy(
        update={"host": "h", "user": "u", "password": "${PASS}", "folders": ("INBOX",)}
    )
    return with_rules(settings, imap=box, **rules)


def test_headers_alone_are_fetched_and_the_next_time_only_what_is_new(firm, settings, store):
    set_up = mailbox(settings)
    raw = [mail((4, 9), ANA, REP, 1).partition(b"\n")[2], mail((5, 9), CY, REP, 2).partition(b"\n")[2]]
    server = StubServer(raw)
    assert fetched(firm, set_up, store, server).added.n_new == 2
    assert not any(step[-1].endswith("PEEK[])") for step in server.asked if step[0] == "FETCH")
    assert server.asked[0] == ("u", "word")
    assert set(store.interactions.interactions("By hand")["size_bytes"]) == {len(part) for part in raw}
    assert fetched(firm, set_up, store, server).added.n_there == 2
    searches = [step[1] for step in server.asked if step[0] == "SEARCH"]
    assert searches == ["SINCE 15-May-2025", "SINCE 12-May-2026"]


def test_texts_are_fetched_where_allowed_unless_they_are_too_large(firm, settings, store, monkeypatch):
    raw = [mail((4, 9), ANA, REP, 1).partition(b"\n")[2], mail((5, 9), CY, REP, 2).partition(b"\n")[2] + b"x" * 999]
    monkeypatch.setattr(mailbox_fetch, "LARGEST_FETCHED", 900)
    fetched(firm, mailbox(settings, texts="texts"), store, StubServer(raw))
    with store.interactions.sessions() as session:
        texts = [row.text.strip() for row in session.query(InteractionRow).order_by(InteractionRow.occurred_at)]
    assert texts == ["The secret words.", ""]


def test_a_server_that_refuses_is_named_without_the_password(firm, settings, store):
    set_up = mailbox(settings)
    with pytest.raises(SourceError, match="let us in") as error:
        fetched(firm, set_up, store, StubServer([], refuses=True))
    assert "word" not in str(error.value).replace("password", "")
    with pytest.raises(SourceError, match="no such folder"):
        fetched(firm, set_up, store, StubServer([], missing=True))
    with pytest.raises(ConfigError, match="No mailbox"):
        fetched(firm, settings, store, StubServer([]))

    def away(*_):
        raise ssl.SSLError("bad certificate")

    with pytest.raises(SourceError, match="does not answer"):
        mailbox_fetch.fetch(firm, set_up, store, Keys(), lambda *_: None, "test", away)


def test_only_the_newest_of_a_folder_are_asked_for(firm, settings, store):
    raw = [mail((n, 9), ANA, REP, n).partition(b"\n")[2] for n in (4, 5, 6)]
    set_up = mailbox(settings)
    set_up = with_rules(set_up, imap=set_up.engagement.imap.model_copy(update={"most_messages": 2}))
    outcome = fetched(firm, set_up, store, StubServer(raw))
    assert outcome.added.n_new == 2
    assert outcome.left_out[0].startswith("1 left out")


def test_the_last_moment_is_that_of_the_data(firm):
    from core.interactions.open_deals import end_of

    assert end_of(firm) - timedelta(days=1) == datetime.combine(date(2026, 5, 15), datetime.min.time())
    assert NOW.date() == firm.as_of
