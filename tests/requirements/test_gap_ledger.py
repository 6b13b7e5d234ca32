"""The ledger by hand: what each gap holds up, what closing it takes, and that nothing counts twice."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.requirements.catalogue import capabilities
from core.requirements.work import gap_ledger, sample_lists
from core.requirements.work.gap_ledger import RequirementSet

CATALOGUE = b"""id,name,status,description,effort_weeks,owner
A,Alpha,not available,Alpha,,Ann
B,Beta,limited,Beta,3,Bob
C,Gamma,available,Gamma,,Cem
D,Delta,roadmap,Delta,4,Dee
"""
ROW = ("text", "category", "priority", "capability_id", "confidence")


def asked(*rows):
    return pl.DataFrame(rows, schema=dict(zip(ROW, (pl.String,) * 4 + (pl.Float64,), strict=True)), orient="row")


@pytest.fixture(scope="module")
def known():
    return capabilities.load(CATALOGUE, "caps.csv")


@pytest.fixture(scope="module")
def company(sample):
    """Three open deals of round amounts, one won and one lost."""
    rows = sample.opportunities.head(5).with_columns(
        pl.Series("opportunity_id", ["O1", "O2", "O3", "W1", "L1"]),
        pl.Series("amount", [100_000.01, 60_000.0, None, 10_000.0, 20_000.0]),
        pl.Series("is_closed", [False, False, False, True, True]),
        pl.Series("is_won", [False, False, False, True, False]),
        account_id=pl.lit(None, pl.String),
        opportunity_name=pl.lit("A deal"),
    )
    return sample.with_frames(opportunities=rows)


SETS = [
    RequirementSet(
        "one",
        "O1",
        asked(
            ("alpha", "security", "critical", "A", 1.0),  # missing, weight 4 × 1
            ("alpha again", "security", "low", "A", 1.0),  # the same gap, lighter
            ("beta", "security", "high", "B", 1.0),  # partial, 3 × ½
            ("gamma", "security", "high", "C", 1.0),  # no gap
            ("zebra", "functional", "low", None, 0.0),  # missing, no counterpart, 1 × 1
        ),
    ),
    RequirementSet(
        "two",
        "O2",
        asked(
            ("beta", "security", "medium", "B", 1.0),
            ("perhaps", "support", "high", "C", 0.4),  # unclear, 3 × ¼
        ),
    ),
    RequirementSet("three", "O3", asked(("delta", "security", "critical", "D", 1.0))),
    RequirementSet("won", "W1", asked(("alpha", "security", "high", "A", 1.0))),
    RequirementSet("lost", "L1", asked(("alpha", "security", "critical", "A", 1.0))),
    RequirementSet("gone", "O9", asked(("alpha", "security", "critical", "A", 1.0))),
]
CHANCES = pl.DataFrame({"opportunity_id": ["O1", "O2"], "p_win": [0.5, 0.25]})


@pytest.fixture(scope="module")
def book(known, company, settings):
    return gap_ledger.build(SETS, company, known, settings, CHANCES)


def of(book, gap):
    return book.frame.filter(pl.col("gap_id") == gap).row(0, named=True)


def test_a_deals_amount_is_divided_by_stated_weights(book):
    mine = gap_ledger.of_deal(book, "O1")
    assert dict(mine.select("gap_id", "weight").iter_rows()) == {"A": 4.0, "B": 1.5, "zebra": 1.0}
    assert mine["share"].to_list() == pytest.approx([4 / 6.5, 1.5 / 6.5, 1 / 6.5])
    assert mine["exposed_amount"].to_list() == [61_538.47, 23_076.92, 15_384.62]
    assert round(sum(mine["exposed_amount"]) * 100) == 10_000_001
    assert mine["n_rows"].to_list() == [2, 1, 1]


def test_a_gap_adds_up_over_open_deals(book):
    beta = of(book, "B")
    # O2: partial medium 2 × ½ = 1 beside unclear high 3 × ¼: 60,000 × 1 / 1.75
    assert beta["exposed_amount"] == pytest.approx(23_076.92 + 34_285.71)
    assert beta["weighted_amount"] == pytest.approx(23_076.92 * 0.5 + 34_285.71 * 0.25)
    assert beta["n_deals"] == 2
    assert beta["effort_weeks"] == 3.0
    assert beta["unlocked_per_week_amount"] == pytest.approx((23_076.92 + 34_285.71) / 3)


def test_closing_takes_what_the_most_severe_row_says(book, settings):
    alpha = of(book, "A")
    assert (alpha["severity"], alpha["effort_weeks"]) == ("blocker", 6.0)
    assert alpha["timeline_weeks"] == 5.0
    assert alpha["cost_amount"] == 6 * settings.rates.person_week_amount


def test_survival_is_of_closed_deals(book):
    alpha = of(book, "A")
    assert (alpha["n_closed"], alpha["n_won"], alpha["survival_rate"]) == (2, 1, 0.5)
    assert 0.09 < alpha["survival_lower"] < 0.1
    assert of(book, "B")["survival_rate"] is None
    assert "Won despite the gap: 1 of 2 closed deals (50 %, rough)" in book.gap_sentence("A")
    assert "closed deals" not in book.gap_sentence("B")
    assert "no list any more" in book.gap_sentence("X")


def test_a_deal_without_an_amount_or_chance_is_shown_without(book):
    delta = of(book, "D")
    assert delta["n_deals"] == 1
    assert delta["exposed_amount"] == 0
    assert delta["weighted_amount"] is None


def test_an_unsure_counterpart_is_a_gap_of_its_own(book):
    assert of(book, "perhaps")["gap_type"] == "unclear"


def test_gaps_are_merged_and_split_by_hand(known, company, settings):
    merged = gap_ledger.build(SETS, company, known, settings, CHANCES, {"zebra": "A", "B@O2": "B of two"})
    mine = gap_ledger.of_deal(merged, "O1")
    assert dict(mine.select("gap_id", "weight").iter_rows()) == {"A": 4.0, "B": 1.5}
    assert mine["n_rows"].to_list() == [3, 1]
    assert round(sum(mine["exposed_amount"]) * 100) == 10_000_001
    waiting, names = gap_ledger.waiting(merged), gap_ledger.lever_names(merged)
    assert waiting[names["B"]]["opportunity_id"].to_list() == ["O1"]
    assert waiting[names["B of two"]]["opportunity_id"].to_list() == ["O2"]


def test_open_deals_wait_with_the_gaps_share_of_them(book):
    assert gap_ledger.waiting(book)["Alpha"].rows() == [("O1", pytest.approx(4 / 6.5))]


def test_uplift_gives_back_what_the_gap_took(book, settings):
    (row,) = gap_ledger.uplift(book, "A", settings).to_dicts()
    # blocker missing 0.30 × 1; beta moderate partial 0.02 × ½; zebra minor missing 0.005 × 1
    others = (1 - 0.02 * 0.5) * (1 - 0.005)
    assert row["p_as_is"] == pytest.approx(0.5 * others * 0.7)
    assert row["p_closed"] == pytest.approx(0.5 * others)
    assert row["uplift_amount"] == pytest.approx(0.5 * others * 0.3 * 100_000.01)


def test_two_lists_of_one_deal_do_not_count_it_twice(known, company, settings):
    twice = [*SETS, RequirementSet("one more", "O1", SETS[0].rows)]
    found = gap_ledger.build(twice, company, known, settings, CHANCES)
    assert round(sum(gap_ledger.of_deal(found, "O1")["exposed_amount"]) * 100) == 10_000_001


def test_an_empty_ledger_says_so(known, company, settings):
    for sets in ([], [SETS[5]], [RequirementSet("fine", "O1", asked(("gamma", "security", "high", "C", 1.0)))]):
        found = gap_ledger.build(sets, company, known, settings)
        assert found.frame.is_empty()
        assert "No requirement list" in found.sentence()
        assert gap_ledger.uplift(found, "A", settings).is_empty()


def test_a_question_to_the_buyer_stands_after_gaps_that_are_known(known, company, settings, book):
    assert book.frame["gap_type"].to_list()[-1] == "unclear"
    assert "1 of them is a question to be answered first. Closing “" in book.sentence()
    last = book.frame.row(-1, named=True)
    assert (last["effort_weeks"], last["cost_amount"], last["unlocked_per_week_amount"]) == (0.0, 0.0, None)
    assert book.gap_sentence(last["gap_id"]).endswith("it is a question to clarify first.")
    only = [RequirementSet("two", "O2", asked(("perhaps", "support", "high", "C", 0.4)))]
    found = gap_ledger.build(only, company, known, settings, CHANCES)
    assert found.sentence().endswith("1 of them is a question to be answered first.")
    assert gap_ledger._weeks(1.0) == "1 person-week"


def test_sentences(book):
    assert "USD 160.0 k in 3 open deals" in book.sentence()
    assert book.sentence().startswith("6 requirement lists show 5 gaps")


@hypothesis_settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**12), st.lists(st.floats(0.01, 8), min_size=1, max_size=40))
def test_whole_cents_add_up(cents, weights):
    parts = gap_ledger.divide(cents / 100, weights)
    assert round(sum(round(part * 100) for part in parts)) == cents
    assert all(abs(part * 100 - cents * w / sum(weights)) <= 1.01 for part, w in zip(parts, weights, strict=True))


def test_wilson_by_hand():
    assert gap_ledger.wilson(0, 0) == (None, None, None)
    rate, low, high = gap_ledger.wilson(0, 10)
    assert (rate, low) == (0.0, 0.0)
    assert high == pytest.approx(3.841459 / 13.841459, abs=1e-6)


def test_the_samples_ledger_is_alive_and_reconciles(sample, settings):
    shipped = capabilities.load()
    sets = sample_lists.sets(sample, shipped)
    assert sets[0].rows.equals(sample_lists.sets(sample, shipped)[0].rows)
    found = gap_ledger.build(sets, sample, shipped, settings)
    amounts = sample.opportunities.select("opportunity_id", "amount")
    by_deal = (
        found.deals.group_by("opportunity_id").agg(pl.col("exposed_amount").sum()).join(amounts, on="opportunity_id")
    )
    assert by_deal.height > 30
    assert all(round(a * 100) == round(b * 100) for a, b in by_deal.select("exposed_amount", "amount").iter_rows())
    open_amount = found.deals.filter(~pl.col("is_closed"))["exposed_amount"].sum()
    assert found.frame["exposed_amount"].sum() == pytest.approx(open_amount)
    assert found.frame.filter(pl.col("survival_rate").is_not_null()).height > 20


def test_other_data_gets_no_sample_lists(sample, known):
    from dataclasses import replace

    assert sample_lists.sets(replace(sample, source="Files"), capabilities.load()) == []
    assert sample_lists.sets(sample, known) == []


def test_the_lever_brings_the_same_money(book, settings):
    rows = gap_ledger.uplift(book, "B", settings)
    size = gap_ledger.lever(book, "B", settings)
    by_lever = (rows["p_win"] * size * rows["share"] * rows["amount"]).sum()
    assert by_lever == pytest.approx(rows["uplift_amount"].sum())
    assert gap_ledger.lever(book, "D", settings) is None


def test_gaps_are_handed_on_by_a_name_of_their_own(book):
    assert set(gap_ledger.waiting(book)) == {"Alpha", "Beta", "Delta", "zebra", "perhaps"}
    twice = gap_ledger.Ledger(book.frame.with_columns(gap=pl.lit("Same")), book.deals, 6, "USD")
    assert "Same (A)" in gap_ledger.waiting(twice)
    assert gap_ledger.waiting(gap_ledger.Ledger(book.frame.clear(), book.deals, 0, "USD")) == {}
