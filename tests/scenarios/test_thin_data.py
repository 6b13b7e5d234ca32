"""Companies with little in their books: a sentence, never a crash."""

from __future__ import annotations

import polars as pl
import pytest

from core.models import registry
from core.scenarios.analysis import whatif
from core.scenarios.levers import FIRST

pytestmark = pytest.mark.xdist_group("thin")
MOVES = dict.fromkeys(FIRST, 0.2)


@pytest.fixture(scope="module")
def quick(settings):
    """Settings by which models learn from few deals: what is asked here does not hang on how well they do."""
    return settings.model_copy(update={"models": settings.models.model_copy(update={"most_deals": 1_000})})


def one_deal(data):
    deal = data.opportunities.filter(~pl.col("is_closed")).head(1)
    return data.with_frames(
        opportunities=deal,
        opportunity_history=data.frame("opportunity_history").filter(
            pl.col("opportunity_id").is_in(deal["opportunity_id"].implode())
        ),
    )


def no_subscriptions(data):
    return data.with_frames(subscriptions=data.subscriptions.clear())


def no_amounts(data):
    empty = pl.lit(None, dtype=pl.Float64).alias("amount")
    return data.with_frames(opportunities=data.opportunities.with_columns(empty))


def with_models(data, settings):
    return data, settings, registry.load_or_train(data, settings)


@pytest.mark.slow
@pytest.mark.parametrize("thin", [one_deal, no_subscriptions, no_amounts])
def test_six_levers_on_thin_data_give_a_sentence_and_add_up(thin, sample, quick):
    found = whatif.what_if(*with_models(thin(sample), quick), MOVES)
    assert "bookings" in found.sentence()
    assert found.parts["amount"].sum() == pytest.approx(found.difference, abs=0.005)


@pytest.mark.slow
def test_without_subscriptions_there_is_no_recurring_revenue_to_move(sample, quick):
    found = whatif.what_if(*with_models(no_subscriptions(sample), quick), MOVES, measure="mrr_amount")
    assert found.difference == 0


@pytest.mark.slow
def test_without_amounts_there_are_no_bookings(sample, quick):
    assert whatif.what_if(*with_models(no_amounts(sample), quick), MOVES).after.total() == 0
