"""A company's own columns of deals: learnt from where they are named, and left out where they know too much."""

from __future__ import annotations

import polars as pl
import pytest

from core.explain import drivers
from core.features import deals
from core.features.labels import plain
from core.models.close import word_columns
from tests import default_company

sample, settings = default_company.sample, default_company.settings

FIELDS = ("budget_band", "partner_score", "closing_code", "note", "signed_by", "nothing", "not_there")


@pytest.fixture(scope="module")
def told(settings):
    return settings.model_copy(update={"models": settings.models.model_copy(update={"deal_fields": FIELDS})})


@pytest.fixture(scope="module")
def company(sample):
    """The sample company with columns of its own: one that helps, one of chance, one written when a deal ends."""
    place = pl.int_range(pl.len())
    return sample.with_frames(
        opportunities=sample.opportunities.with_columns(
            budget_band=pl.when(place % 3 == 0)
            .then(pl.lit(" high "))
            .when(place % 3 == 1)
            .then(pl.lit("low"))
            .otherwise(pl.lit("")),
            partner_score=(place % 7).cast(pl.String),
            closing_code=pl.when(pl.col("is_won")).then(pl.lit("C1")).when(pl.col("is_closed")).then(pl.lit("C2")),
            note=pl.format("as discussed {}", place),
            signed_by=pl.when(pl.col("is_closed")).then(
                pl.when(place % 2 == 0).then(pl.lit("chair")).otherwise(pl.lit("head"))
            ),
            nothing=pl.lit(None, pl.String),
        )
    )


@pytest.fixture(scope="module")
def marks(company, told):
    days = [company.as_of.replace(year=2025, month=month, day=1) for month in (1, 3, 5, 7, 9, 11)]
    return pl.concat(
        [deals.ends(company, deals.build(company, day, told), day) for day in days], how="vertical_relaxed"
    )


def test_words_numbers_and_gaps(company, told):
    found = deals.own(company, told)
    assert found["own_budget_band"].to_list()[:3] == ["high", "low", None]
    assert found["own_partner_score"].dtype == pl.Float64
    assert found["own_partner_score"].to_list()[:8] == [0, 1, 2, 3, 4, 5, 6, 0]
    assert found["own_not_there"].null_count() == found.height


def test_columns_not_named_are_not_described(company, settings):
    built = deals.build(company, company.as_of, settings)
    assert not [name for name in built.columns if name.startswith("own_")]


def test_numbers_and_flags_stay_as_they_are():
    frame = pl.DataFrame({"n": [1, None], "flag": [True, False], "few": ["1", "two"]})
    assert deals._own(frame, "n").to_list() == [1.0, None]
    assert deals._own(frame, "flag").to_list() == [1.0, 0.0]
    assert deals._own(frame, "few").to_list() == ["1", "two"]


def test_what_gives_the_outcome_away_is_found_and_left_out(marks):
    names, words, cut = word_columns.columns(marks)
    assert {f"own_{name}" for name in FIELDS} - {"own_note"} <= set(names)
    found = cut | word_columns.unfit(marks, names, words)
    assert "gives the outcome away" in found["own_closing_code"]
    assert "it changes at closing: it is blank in 100 % of open cases" in found["own_signed_by"]
    assert "different words" in found["own_note"]
    assert found["own_nothing"] == found["own_not_there"] == "nothing is filled in"
    assert not {"own_budget_band", "own_partner_score"} & set(found)
    assert word_columns.unfit(marks.filter(pl.col("end_days").is_null()), names, words).keys() <= found.keys()


def test_the_model_learns_from_them_and_explains_them(company, marks, told):
    from core.models.close import CloseModel

    model = CloseModel(told).fit(marks, judged=False)
    assert {"own_budget_band", "own_partner_score"} <= set(model.ready().names)
    assert set(model.card_["left_out"]) == {
        "own_closing_code",
        "own_note",
        "own_signed_by",
        "own_nothing",
        "own_not_there",
    }
    frame = deals.build(company, company.as_of, told)
    said = model.predict(frame)["p_win_90"]
    moved = frame.with_columns(own_budget_band=pl.lit("low"))
    assert not model.predict(moved)["p_win_90"].equals(said)
    # Under hidden names own words are not there: the rest still speaks.
    hidden = company.with_frames(opportunities=company.opportunities.drop(*FIELDS[:-1]))
    assert model.predict(deals.build(hidden, company.as_of, told))["p_win_90"].is_between(0, 1).all()


def test_they_are_a_driver_of_their_own():
    assert plain("own_budget_band") == "Budget band"
    assert drivers.load().driver("own_closing_amount") == "Fields of your own"
