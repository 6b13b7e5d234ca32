"""A weekly summary of a company worked out by hand: what it says, and how it reads as mail, Markdown and JSON."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from core import digest
from core.charts import drawing
from core.contracts.errors import ConfigError, ContractError
from core.formats import Formats
from tests.forecasts.moving_company import NO_MODELS, moving_company
from tests.metrics.companies import company

TASKS = (("Answer row 4", "Ann", date(2026, 5, 10)), ("Later", "Bo", date(2026, 7, 1)))


@pytest.fixture(scope="module")
def data():
    return moving_company(
        accounts=[{"account_id": "a1", "account_name": "<b>Acme</b> | x", "owner_id": "r1"}],
        subscriptions=[
            {"subscription_id": "s1", "account_id": "a1", "mrr_amount": 7.0, "started_on": date(2025, 1, 1)}
        ],
    )


@pytest.fixture(scope="module")
def content(data, settings):
    return digest.digest(data, settings, NO_MODELS, digest.Plan("Ann", "EMEA", 500.0), TASKS)


def texts(content):
    return {section.title: section.text for section in content.sections}


def test_it_says_what_happened_in_the_week(content):
    said = texts(content)
    assert "The Q2 2026 forecast " in said["The number"] == content.sentence()
    assert said["Slipped and lost"] == (
        "2 deals of USD 500 or more were lost or put off beyond the quarter since 08 May: USD 2.0 k."
    )
    assert said["Commits that moved"] == "Of 6 deals in commit on 08 May, 5 moved or closed."
    assert said["Due next"].startswith("1 thing to do by 22 May, 1 of them overdue")
    assert content.title == "Your company: EMEA, 15 May 2026"


def test_commits_say_how_they_stood_and_stand(content):
    rows = content.sections[2].table.frame
    by_deal = {row["opportunity_id"]: (row["was"], row["now"]) for row in rows.to_dicts()}
    assert by_deal["won"] == ("commit, 1000, 10 Jun", "won")
    assert by_deal["slipped"] == ("commit, 1000, 10 Jun", "commit, 1000, 10 Aug")


def test_deals_below_the_limit_are_left_out(data, settings):
    plan = digest.Plan(limit_amount=5_000.0)
    assert "No deal of USD 5.0 k or more" in texts(digest.digest(data, settings, NO_MODELS, plan))["Slipped and lost"]


def test_an_account_that_turned_red_is_named_with_what_it_pays(data, settings, monkeypatch):
    bands = {data.as_of: "red"}

    def scores(features, settings):
        return pl.DataFrame({"account_id": ["a1"], "by_hand": [9.0], "band": [bands.get(features, "green")]})

    monkeypatch.setattr(digest.contents.accounts, "build", lambda data, day, settings: day)
    monkeypatch.setattr(digest.contents.customer_health, "by_hand", scores)
    red = digest.digest(data, settings, NO_MODELS).sections[3]
    assert red.text == "1 account turned red since 08 May, with USD 7 a month."
    assert red.table.frame["account_name"].to_list() == ["<b>Acme</b> | x"]
    bands.clear()
    assert digest.digest(data, settings, NO_MODELS).sections[3].text == "No account has turned red since 08 May."
    bands[data.as_of] = "red"
    page = digest.html(digest.digest(data, settings, NO_MODELS))
    assert "&lt;b&gt;Acme&lt;/b&gt;" in page
    text = digest.markdown(digest.digest(data, settings, NO_MODELS))
    assert "\\<b\\>Acme\\</b\\> \\| x" in text


def test_mail_has_pictures_inside_and_loads_nothing(content, monkeypatch):
    page = digest.html(content, Formats())
    assert page.count("data:image/png;base64,") == 1
    assert "http" not in page.replace("http-equiv", "")
    assert "<script" not in page
    assert "For Ann: EMEA" in page

    def fails(spec):
        raise drawing.DrawingError("no")

    monkeypatch.setattr(drawing, "png", fails)
    assert "data:image/png" not in digest.html(content)


def test_markdown_and_json_hold_the_same(content):
    assert "## Slipped and lost" in digest.markdown(content)
    plain = json.loads(digest.as_json(content))
    assert (plain["person"], plain["as_of"], len(plain["sections"])) == ("Ann", "2026-05-15", 5)
    assert plain["sections"][4]["rows"][0] == {"what": "Answer row 4", "who": "Ann", "due_on": "2026-05-10"}


def test_it_is_written_as_the_files_name_asks(content):
    assert digest.written(content, Path("a.HTML")).startswith("<!doctype html>")
    assert digest.written(content, Path("a.md")).startswith("# Your company")
    assert digest.written(content, Path("a.json")).startswith("{")
    with pytest.raises(ConfigError, match=r"not as \.docx"):
        digest.written(content, Path("a.docx"))


def test_what_cannot_be_worked_out_says_so_in_its_place(settings):
    said = texts(digest.digest(company(), settings, NO_MODELS))
    assert said["The number"].startswith("There are no deals to forecast from.")
    assert said["Due next"].startswith("0 things to do")
    with pytest.raises(ContractError, match="1 to 92 days"):
        digest.Plan(days=0)
