"""The service worker: where it is served, which pages it answers for, and to whom what it keeps is sealed."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.access import WHOLE, Identity, View
from pages.ui.kit import browser_state, reader_seal
from pages.ui.server import offline_worker

ANN, BEN = Identity("ann@example.com", "Ann", ("rep",)), Identity("ben@example.com", "Ben", ("rep",))


def test_the_worker_is_served_with_the_pages_it_answers_for():
    client = TestClient(Starlette(routes=offline_worker.routes(["pipeline", "digest", "pipeline"])))
    answer = client.get(f"/{offline_worker.ADDRESS}")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "no-cache"
    first, rest = answer.text.split("\n", 1)
    assert json.loads(first.removeprefix("const PAGES = ").removesuffix(";")) == ["", "digest", "pipeline"]
    assert rest == offline_worker.SOURCE.read_text(encoding="utf-8")
    assert "caches" not in rest  # what a browser offers to keep whole answers in


def test_a_seal_is_of_one_person_one_browser_and_what_may_be_seen(monkeypatch):
    cookies = {"a": "one browser", "b": "another"}
    seals = set()
    for mark in cookies.values():
        monkeypatch.setattr(browser_state, "own_mark", lambda mark=mark: mark)
        for who in (ANN, BEN):
            for view in (
                WHOLE,
                View(is_masked=True),
                View(is_masked=True, amounts="rounded"),
                View(hidden=("amounts",)),
                View(("EMEA",)),
            ):
                seals.add(reader_seal.seal(who, view))
                assert reader_seal.seal(who, view) in seals  # the same again
    assert len(seals) == 2 * 2 * 5
    assert all(len(seal) == 32 and int(seal, 16) >= 0 for seal in seals)


@pytest.mark.parametrize("days", [7, 0])
def test_the_page_keeps_a_digest_only_where_the_administrator_lets_it(monkeypatch, small_settings, small, days):
    from core.branding import letterhead
    from core.digest import Digest, Plan, Section
    from pages.ui.digest import on_device

    written = []
    monkeypatch.setattr(on_device.st, "html", lambda body, **_: written.append(body))
    access = small_settings.access.model_copy(update={"offline_digest_days": days})
    settings = small_settings.model_copy(update={"access": access})
    content = Digest(Plan(), "Acme </script> & Co", "files", small.as_of, small.as_of, (Section("The number", "42"),))
    from core.formats import Formats

    page = SimpleNamespace(settings=settings, data=small, formats=Formats(), identity=ANN, view=WHOLE)
    assert letterhead.of(settings)
    on_device.paper(page, content)
    scripts = [body for body in written if '"days"' in body]
    assert len(scripts) == (1 if days else 0)
    assert any(on_device.NOT_HERE in body for body in written) == (not days)
    if days:
        given = json.loads(scripts[0].split("const GIVEN = ")[1].split(";\n")[0])
        assert given["seal"] == reader_seal.seal(ANN, WHOLE)
        assert any(f'data-digest="{given["mark"]}"' in body for body in written)
        assert "Acme </script>" not in "".join(written)


def test_rows_of_the_session_alone_are_not_kept(monkeypatch, small_settings, small):
    from dataclasses import replace

    from core.digest import Digest, Plan, Section
    from core.formats import Formats
    from pages.ui.digest import on_device

    written = []
    monkeypatch.setattr(on_device.st, "html", lambda body, **_: written.append(body))
    data = replace(small, is_transient=True)
    page = SimpleNamespace(settings=small_settings, data=data, formats=Formats(), identity=ANN, view=WHOLE)
    on_device.paper(page, Digest(Plan(), "A", "files", data.as_of, data.as_of, (Section("The number", "42"),)))
    assert any(on_device.OWN_FILES in body for body in written)
    assert not any("serviceWorker" in body for body in written)
