"""A signed link opens one answer and nothing else, for as long as it is good and its owner may show it."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from datetime import timedelta
from unittest.mock import Mock

import pytest
from sqlalchemy import update
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.testclient import TestClient

from core.api.application import application
from core.api.caller import Caller, identified, on_behalf
from core.api.clock import now
from core.api.routes.question_routes import desk
from core.bi import embedded_cell, embedded_page, embedding
from core.config.settings import Person
from core.contracts.errors import ConfigError, StoreError
from core.questions import answering
from core.store import Store
from core.store.api_keys import ALL, ApiKey
from core.store.tables import EmbedLinkRow

PEOPLE = {
    "boss@example.com": Person(roles=["admin"]),
    "emea@example.com": Person(roles=["sharer"], regions=["EMEA"]),
    "seller@example.com": Person(roles=["rep"]),
}
SITE = {"Referer": "https://wiki.example.com/sales?secret=1"}


class Installation:
    """The small company behind signed links; its people can be changed while it runs."""

    def __init__(self, data, settings, folder):
        roles = settings.roles | {"sharer": ("pipeline:read", "embedding:write")}
        access = settings.access.model_copy(
            update={"sign_in": "header", "people": PEOPLE, "embed_hosts": ("https://wiki.example.com",)}
        )
        more = {"access": access, "roles": roles, "database_url": f"sqlite:///{folder / 'store.db'}"}
        self.settings = settings.model_copy(update=more)
        self.store = Store.open(self.settings.database)
        self.company = application(lambda: self.settings, lambda _: data, lambda _: self.store).state.company
        self.client = TestClient(Starlette(routes=[Mount("/embed", embedded_page.application(self.company))]))
        self.secret = embedding.secret_of(self.store)

    def make(self, question, owner="boss@example.com", shows=embedding.PARTS, is_masked=False, days=30):
        key = ApiKey(0, "t", "", owner, (ALL,), (), now(), None, None, None)
        who = identified(key, self.settings, self.store)
        caller = Caller(
            self.company, self.settings, self.store, key, who, Request({"type": "http", "headers": []}), Response()
        )
        answer = answering.ask(question, desk(caller))
        view = caller.seen(self.company.data(self.settings))
        content = embedding.content_of(answer, view, shows, is_masked)
        return self.store.embed_links.make("Shown in the wiki", owner, content, days), answer

    def open(self, link, **more):
        return self.client.get(f"/embed/{embedding.address(link, self.secret)}", headers=SITE, **more)

    def people(self, **people):
        access = self.settings.access.model_copy(update={"people": {**PEOPLE, **people}})
        self.settings = self.settings.model_copy(update={"access": access})

    def lines(self):
        return self.store.audit.newest(50).select("action", "detail").rows()


@pytest.fixture(scope="module")
def company(small, small_settings, tmp_path_factory):
    made = Installation(small, small_settings, tmp_path_factory.mktemp("embed"))
    yield made
    made.store.close()


@pytest.fixture(autouse=True)
def everybody(company):
    yield
    company.people()


def test_a_link_opens_its_answer_without_signing_in_and_is_written_down(company):
    link, answer = company.make("sales velocity in EMEA")
    shown = company.open(link)
    assert shown.status_code == 200
    assert answer.sentence.split(".")[0] in shown.text
    assert "<svg" in shown.text
    assert "<table" in shown.text
    assert f"As of {answer.as_of:%d %b %Y}" in shown.text
    assert "EMEA" in shown.text
    saved = company.store.embed_links.get(link.mark)
    assert (saved.n_opened, saved.opened_at is not None) == (1, True)
    action, detail = company.lines()[0]
    assert action == "opened an embedded answer"
    assert detail.endswith("rows of boss@example.com, on https://wiki.example.com")
    only = company.open(company.make("win rate", shows=["sentence"])[0]).text
    assert "<svg" not in only
    assert "<table" not in only


def test_the_page_runs_nothing_leads_nowhere_and_may_be_framed_by_the_hosts_allowed(company):
    shown = company.open(company.make("win rate")[0])
    policy = shown.headers["Content-Security-Policy"]
    assert "frame-ancestors 'self' https://wiki.example.com" in policy
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script-src" not in policy
    assert not re.search(r"<script|<a |<form|<iframe|http-equiv", shown.text)
    assert "set-cookie" not in shown.headers
    assert shown.headers["Cache-Control"] == "no-store"
    assert company.client.get("/embed/").status_code == 404
    assert company.client.post(f"/embed/{embedding.address(*_signed(company))}").status_code == 405


def _signed(company):
    return company.make("win rate")[0], company.secret


def test_altered_expired_and_revoked_links_open_nothing(company):
    link, answer = company.make("win rate", days=1)
    good = embedding.address(link, company.secret)
    last = "0" if good[-1] != "0" else "1"
    other, _ = company.make("bookings")
    wrong = (good[:-1] + last, link.mark, f"{other.mark}.{good.partition('.')[2]}", f"{'0' * 12}.{good[13:]}", "é.x")
    for address in wrong:
        assert company.client.get(f"/embed/{address}").status_code == 404
    assert embedding.opened(company.store.embed_links, b"other", good, now())[1] == embedding.ALTERED
    late = now() + timedelta(days=2)
    assert embedding.opened(company.store.embed_links, company.secret, good, late)[1] == embedding.EXPIRED
    company.store.embed_links.revoke(link.mark, "boss@example.com")
    shown = company.open(link)
    assert (shown.status_code, embedded_page.GONE in shown.text, answer.sentence in shown.text) == (404, True, False)
    assert company.lines()[0] == (
        "refused an embedded answer",
        "Shown in the wiki: revoked, on https://wiki.example.com",
    )
    with pytest.raises(StoreError, match="no such link"):
        company.store.embed_links.revoke(link.mark, "boss@example.com")


def test_what_it_shows_cannot_be_widened_in_the_database(company):
    link, _ = company.make("win rate in EMEA")
    address = embedding.address(link, company.secret)
    wider = link.content | {"scope": {}}
    with company.store.engine.begin() as connection:
        connection.execute(update(EmbedLinkRow).where(EmbedLinkRow.mark == link.mark).values(content=wider))
    assert company.client.get(f"/embed/{address}").status_code == 404
    assert company.lines()[0][1].startswith("Shown in the wiki: signature wrong")


def test_it_ends_when_its_owner_sees_other_rows_or_may_not_show_them(company):
    link, answer = company.make("open pipeline", "emea@example.com")
    assert company.open(link).status_code == 200
    whole = company.make("open pipeline")[1]
    assert answer.value < whole.value
    for changed in (
        Person(roles=["sharer"], regions=["APAC"]),
        Person(roles=["sharer"]),
        Person(roles=["rep"], regions=["EMEA"]),
    ):
        company.people(**{"emea@example.com": changed})
        assert company.open(link).status_code == 404
    reasons = [detail for _, detail in company.lines()[:3]]
    assert sum(embedding.NARROWED in reason for reason in reasons) == 2
    assert "may not show" in reasons[0]
    company.people()
    assert company.open(link).status_code == 200


@pytest.mark.slow
def test_names_are_hidden_where_the_link_or_its_owner_says_so(company, small):
    names = set(small.opportunities["opportunity_name"])
    plain = company.open(company.make("deals due this year", shows=["rows"])[0]).text
    assert any(name in plain for name in names)
    link, _ = company.make("deals due this year", shows=["rows"], is_masked=True)
    hidden = company.open(link)
    assert hidden.status_code == 200
    assert "<table" in hidden.text
    assert not any(name in hidden.text for name in names)
    other, _ = company.make("deals due this year", shows=["rows"])
    company.people(**{"boss@example.com": Person(roles=["admin"], mask_names=True)})
    assert not any(name in company.open(other).text for name in names)


def test_a_link_needs_a_title_and_an_end_and_is_opened_so_often_a_minute(company, monkeypatch):
    content = company.make("win rate")[0].content
    for title, days in (("", 30), ("x" * 121, 30), ("x", 0), ("x", 500)):
        with pytest.raises(StoreError):
            company.store.embed_links.make(title, "boss@example.com", content, days)
    monkeypatch.setattr(embedded_page, "A_MINUTE", 2)
    busy = TestClient(embedded_page.application(company.company))
    address = embedding.address(*_signed(company))
    assert [busy.get(f"/{address}").status_code for _ in range(3)] == [200, 200, 429]
    gone = replace(company.make("win rate")[0], content=content | {"topic": "nothing"})
    with pytest.raises(embedding.AccessError, match="no such question"):
        embedding.asked_by(gone.content)
    assert [link.mark for link in company.store.embed_links.list()][-1]


CELL = embedding.CellAsked("pages/pipeline.py", "Pipeline", "Pipeline health", "pipeline:read", "region=EMEA")


def cell_link(company, owner="boss@example.com", shows=embedding.PARTS, is_masked=False, cell=CELL):
    caller = on_behalf(company.company, owner, "t", Request({"type": "http", "headers": []}))
    view = caller.seen(company.company.data(company.settings))
    content = embedding.content_of_cell(cell, view, shows, is_masked)
    return company.store.embed_links.make("Health <b>", owner, content, 30)


def test_a_cell_is_drawn_by_its_page_for_its_owner_as_long_as_they_may_open_it(company, monkeypatch):
    asked = []

    def draws(file, targets, address, environment, cell):
        asked.append((file, address, cell["identity"]["user"], cell["identity"]["is_masked"]))
        targets["html"].write_text(f"<p>{cell['question']} in {len(cell['shows'])}</p>", encoding="utf-8")

    monkeypatch.setattr(embedded_cell.page_printing, "print_page", draws)
    link = cell_link(company, "emea@example.com", is_masked=True)
    for _ in range(2):
        shown = company.open(link)
        assert shown.status_code == 200
    assert "<p>Pipeline health in 3</p>" in shown.text
    assert "Health &lt;b&gt;" in shown.text
    assert "Pipeline: Pipeline health. As of" in shown.text
    assert asked == [("pages/pipeline.py", "region=EMEA", "emea@example.com", True)]
    for changed in (Person(roles=["sharer"]), Person(roles=["rep"], regions=["EMEA"])):
        company.people(**{"emea@example.com": changed})
        assert company.open(link).status_code == 404
    company.people()
    barred = replace(CELL, right="admin:read")
    assert company.open(cell_link(company, "emea@example.com", cell=barred)).status_code == 404
    assert len(asked) == 1
    assert company.open(cell_link(company, cell=replace(CELL, right=""))).status_code == 200


def test_a_cell_that_cannot_be_drawn_opens_nothing_and_the_log_says_why(company, monkeypatch):
    for name, problem, why in (
        ("print_page", ConfigError("The cell shows nothing."), "The cell shows nothing."),
        ("subprocess.run", subprocess.TimeoutExpired("page", 1), "took too long to be drawn"),
    ):
        with monkeypatch.context() as patched:
            patched.setattr(f"core.page_printing.{name}", Mock(side_effect=problem))
            shown = company.open(cell_link(company, shows=["chart"]))
        assert (shown.status_code, embedded_page.GONE in shown.text) == (404, True)
        assert why in company.lines()[0][1]


@pytest.mark.slow
def test_a_cell_of_a_page_is_drawn_without_names_where_the_link_hides_them(company, small, monkeypatch):
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", company.settings.database_url)
    names = set(small.opportunities["opportunity_name"]) | set(small.accounts["account_name"])
    deals = replace(CELL, question="Deals at risk")
    texts = [company.open(cell_link(company, cell=deals, is_masked=hides)) for hides in (False, True)]
    assert [text.status_code for text in texts] == [200, 200]
    plain, hidden = (text.text for text in texts)
    assert any(name in plain for name in names)
    assert "<table" in hidden
    assert not [name for name in names if name in hidden]
    assert not re.search(r"<script|<a |<form|<iframe", hidden)
    rows = company.open(cell_link(company, cell=deals, shows=["sentence"])).text
    assert "<table" not in rows
