"""The company's own words: in our sentences alone, with plural, capitals and article."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from core.branding import company_words, saved_brand
from core.config import load
from core.config.branding import BrandSettings, CompanyWord
from core.contracts.errors import ConfigError

WORDS = company_words.of(
    {
        "deal": CompanyWord(singular="Opportunity", plural="opportunities"),
        "account": CompanyWord(singular="customer", plural="customers"),
    }
)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("12 deals slipped.", "12 opportunities slipped."),
        ("Which deal was won?", "Which opportunity was won?"),
        ("A deal, an account", "An opportunity, a customer"),
        ("Deals by ACCOUNT", "Opportunities by CUSTOMER"),
        ("This deal's age", "This opportunity's age"),
        ("Accounts and deals.", "Customers and opportunities."),
        (
            "deal_id, account.name, /deals, #deals-won, #the-deals",
            "deal_id, account.name, /deals, #deals-won, #the-deals",
        ),
        ("Call `deals.won(data)` for deals", "Call `deals.won(data)` for opportunities"),
        (
            "Dealers and accountants deal with accounts for years",
            "Dealers and accountants deal with accounts for years",
        ),
        ("the service account, your account", "the service account, your account"),
        ("ana@deals.example", "ana@deals.example"),
        ("", ""),
    ],
)
def test_whole_words_of_ours_are_replaced_as_they_are_written(ours: str, theirs: str) -> None:
    assert WORDS.applied(ours) == theirs


def test_names_stand_letter_by_letter_the_longer_first() -> None:
    text = "The deal of Deal & Account Ltd: Deal & Account Ltd renewal; a deal more."
    names = {"Deal & Account Ltd", "Deal & Account Ltd renewal", "", "Nobody's Deal"}
    seen = WORDS.applied(text, names)
    assert seen == "The opportunity of Deal & Account Ltd: Deal & Account Ltd renewal; an opportunity more."


def test_both_words_are_understood_in_questions() -> None:
    question = "Which Opportunities of Customer First slipped, and which deals?"
    assert WORDS.standard(question, (), {"Customer First"}) == (
        "Which Deals of Customer First slipped, and which deals?"
    )
    assert WORDS.standard("customers that may leave", {"customers"}) == "customers that may leave"
    swapped = company_words.of(
        {
            "deal": CompanyWord(singular="account", plural="accounts"),
            "account": CompanyWord(singular="party", plural="parties"),
        }
    )
    assert swapped.applied("deals of an account") == "accounts of a party"
    assert swapped.standard("accounts of a party") == "accounts of an account"


def test_names_with_our_words_are_those_of_the_data() -> None:
    names = pl.Series(["Dealware", "Bolt", None, "Opportunity AG"])
    columns = company_words.NAME_COLUMNS.values()
    data: Any = SimpleNamespace(frame=lambda _: pl.DataFrame(dict.fromkeys(columns, names)))
    assert WORDS.names_with(data) == {"Dealware", "Opportunity AG"}
    assert company_words.of({}).names_with(data) == frozenset()
    assert not company_words.of({"deal": CompanyWord(singular="deal", plural="deals")})


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"deal": {"singular": "<b>", "plural": "opportunities"}}, "must be a word of letters"),
        ({"deal": {"singular": "opportunity"}}, "Field required"),
        ({"quarter": {"singular": "term", "plural": "terms"}}, "should be 'deal', 'account', 'customer' or 'rep'"),
    ],
)
def test_a_word_that_is_none_is_refused(words: dict, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        saved_brand.checked({"words": words})


def test_words_come_from_the_settings_file_and_from_what_was_saved(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text("branding: {words: {deal: {singular: opportunity, plural: opportunities}}}\n")
    settings = load(file, {"QUARTERDECK_HOME": str(tmp_path)})
    assert settings.branding.words["deal"].plural == "opportunities"
    brand = BrandSettings(words={"rep": CompanyWord(singular="seller", plural="sellers")})
    saved_brand.save(settings, brand, {})
    assert set(load(file, {"QUARTERDECK_HOME": str(tmp_path)}).branding.words) == {"rep"}
