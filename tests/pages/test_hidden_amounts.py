"""A company whose every amount has the same digits: where amounts are hidden or rounded, they stand nowhere.

Every page stays open, with everything unfolded and every file made; the data door and the measures are tried without a
page.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from types import SimpleNamespace

import polars as pl
import pytest

from core.access import view
from core.access.identity import AREAS
from core.access.row_scope import of_accounts
from core.access.saved_content import Reader, calls
from core.alerts import figures
from core.api import measure_registry
from core.contracts import RAW_FRAMES
from core.contracts.amount_visibility import READ_ONLY, REASON, is_money
from core.contracts.errors import AmountsHiddenError
from core.interactions import interaction_view
from core.questions.answering import Desk, Refusal, ask
from core.store import Store
from tests.pages.test_hidden_names import PAGES, contents, sent
from tests.pages.test_pages import ROOT, home  # noqa: F401
from tests.pages.unfolded import Opener

DIGITS = 73_914
# 173,914 and 886,968 (twelve of them), however they are written; compact with one digit behind the point too.
PLANTED = re.compile(
    rb"(?<![\d.])(?:[1-9]?73[,.'\x20]?914|886[,.'\x20]?968|[1-9]73[.,]9 ?[kK]\b|886[.,]97? ?[kK]\b)(?!\d)"
)
FIELDS = {"hidden": "amounts", "rounded": "exact_amounts"}
QUICK = {("hidden", "app.py"), ("hidden", "pages/scenarios.py"), ("rounded", "pages/deal.py")}
REFUSED = "You do not have access"


def planted(frame):
    """Return a frame in which every amount is 73,914 with a digit before it; monthly ones have none."""
    money = [name for name in frame.columns if is_money(name) and frame.schema[name].is_numeric()]
    ahead = pl.lit(0) if "mrr_amount" in money else (pl.int_range(pl.len()) % 9 + 1) * 100_000
    return frame.with_columns(
        pl.when(pl.col(name).is_not_null()).then((ahead + DIGITS).cast(pl.Float64)).alias(name) for name in money
    )


@pytest.fixture(scope="module")
def company(sample):
    part = of_accounts(sample, sample.accounts["account_id"].head(60))
    frames = {name: planted(part.frame(name)) for name in ("opportunities", "subscriptions", "quotas", "products")}
    raw = {name: part.later(name, lambda rows: planted(rows.collect()).lazy()) for name in RAW_FRAMES}
    return replace(part.with_frames(**frames, **raw), whole=None, known_fingerprint="every amount is planted")


@pytest.fixture(scope="module")
def models(bundle):
    return replace(
        bundle,
        deal_features=planted(bundle.deal_features),
        account_features=planted(bundle.account_features),
    )


def hits(text):
    found_at = PLANTED.search(text if isinstance(text, bytes) else text.encode())
    return None if found_at is None else found_at.string[max(0, found_at.start() - 80) : found_at.end() + 40]


@pytest.fixture
def come(company, models, monkeypatch, tmp_path):
    """Open a page as somebody who may do everything and sees no amounts, or rounded ones; every file is made."""
    opener = Opener(monkeypatch, tmp_path, company, models)

    def opened(way, page, **asked):
        rights = [f"{area}:write" for area in AREAS]
        access = {"sign_in": "header", "people": {"one@example.com": {"roles": ["viewer"]}}}
        access["hidden_fields"] = {"viewer": [FIELDS[way]]} if way else {}
        return opener.open(page, "one@example.com", {"access": access, "roles": {"viewer": rights}}, asked)

    opened.files = opener.files
    return opened


def words(test):
    return "\n".join(
        element.value for kind in ("error", "warning", "info", "markdown", "caption") for element in test.get(kind)
    )


def leaks(test, files):
    whole = [("the page", sent(test)), *((name, contents(name, content)) for name, content in files)]
    return [(name, text) for name, content in whole if (text := hits(content))]


def cases():
    pairs = [(way, page) for page in PAGES for way in FIELDS]
    return [pytest.param(*pair, marks=() if pair in QUICK else pytest.mark.slow) for pair in pairs]


@pytest.mark.parametrize(("way", "page"), cases())
def test_every_page_is_open_and_no_planted_amount_is_met(come, company, way, page):
    asked = {}
    if page == "pages/deal.py":
        asked["id"] = company.opportunities.filter(~pl.col("is_closed"))["opportunity_id"][0]
    if page == "pages/account.py":
        asked["id"] = company.subscriptions["account_id"][0]
    test = come(way, page, **asked)
    text = words(test)
    assert not test.exception
    if page == "pages/pay.py":  # Nothing of pay is true of rounded amounts: the page stays shut.
        assert REFUSED in text
        assert leaks(test, come.files) == []
        return
    assert REFUSED not in text
    assert "could not be worked out" not in text
    assert leaks(test, come.files) == []
    assert f"mounts {'of money are hidden' if way == 'hidden' else 'are rounded'}" in text
    if way == "hidden":
        untrue = re.findall(
            r".{0,80}(?:\bUSD 0\b|No subscriptions were loaded|Load closed deals)", text.replace("\\", "")
        )
        assert untrue == []
        if page in ("app.py", "pages/scenarios.py"):
            assert REASON in text.replace("\\", "")


@pytest.mark.slow
def test_the_amounts_are_there_for_whoever_sees_them(come, company):
    deal = company.opportunities.filter(~pl.col("is_closed"))["opportunity_id"][0]
    assert leaks(come("", "pages/deal.py", id=deal), come.files)


@pytest.mark.slow
@pytest.mark.parametrize("page", ["pages/forecast.py", "pages/review.py"])
def test_who_sees_rounded_amounts_enters_none(come, page):
    assert READ_ONLY in words(come("rounded", page)).replace("\\", "")


@pytest.mark.parametrize("way", FIELDS)
def test_no_measure_gives_a_planted_amount(company, settings, way, tmp_path):
    part = view(company, settings, (), "", False, (FIELDS[way],))
    store = Store.open(f"sqlite:///{tmp_path / 'store.db'}")
    interactions = interaction_view.of(part, settings, store)
    store.close()
    for entry in measure_registry.entries():
        if any(argument.default is argument.empty for argument in entry.arguments):
            continue
        try:
            given = entry.measured(part, settings, interactions)
        except AmountsHiddenError:
            continue
        text = given.sentence() + given.frame.write_json()
        assert hits(text) is None, (entry.group, entry.name)


@pytest.mark.parametrize("way", FIELDS)
def test_saved_forecasts_follow_the_amounts_of_the_data(company, settings, way):
    rows = pl.DataFrame({"manager_id": ["m"], "commit_amount": [173_914.0], "note": ["well"]})
    part = view(company, settings, (), "", False, (FIELDS[way],))
    amount = calls(Reader("one", part), rows)["commit_amount"].item()
    assert amount == {"hidden": None, "rounded": 170_000.0}[way]


def test_the_search_would_see_an_amount(company):
    assert hits(json.dumps(company.opportunities["amount"].drop_nulls().head(3).to_list()))
    for text in ("USD 173,914", "173914.0", "USD 173.9 k", "USD 886,968"):
        assert hits(text), text
    for text in ("USD 170,000", "1739140", "73.9 %"):
        assert hits(text) is None, text


def test_a_question_about_hidden_amounts_is_answered_with_the_reason(company, settings):
    part = view(company, settings, (), "", False, ("amounts",))
    desk = Desk(part, settings, lambda _: True, lambda made, data, own, *more: made(data, own, *more), None, None, None)
    booked = ask("How much was booked this quarter?", desk)
    assert isinstance(booked, Refusal)
    assert REASON in booked.why
    pipeline = ask("How much pipeline is open?", desk)
    assert "A hidden amount is open in" in pipeline.sentence
    assert pipeline.value is None


def test_an_alert_about_hidden_amounts_stays_silent(company, settings):
    ground = SimpleNamespace(data=view(company, settings, (), "", False, ("amounts",)), settings=settings, bundle=None)
    rule = SimpleNamespace(measure="bookings", side="below", limit=1.0, days=7)
    assert figures.change(rule, ground) is None
    assert figures.threshold(rule, ground) is None
