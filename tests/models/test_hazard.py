from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from core.artifacts import ACCOUNTS, open_cache
from core.contracts.errors import ModelError
from core.features import accounts
from core.models import registry
from core.models.bundle import Bundle
from core.models.churn import hazard
from core.models.customers import account_outlook
from tests.features.conftest import make, rows

__all__ = ["make"]
DAY = date(2026, 3, 31)


def line(i, account, mrr, start, end=None):
    return {"subscription_id": f"S{i}", "account_id": account, "mrr_amount": mrr, "started_on": start, "ended_on": end}


@pytest.fixture
def lines():
    return rows(
        "subscriptions",
        line(1, "A", 100.0, date(2025, 1, 1), date(2025, 6, 1)),
        line(2, "A", 60.0, date(2025, 6, 1), date(2025, 9, 1)),
        line(3, "B", 10.0, date(2025, 1, 1)),
        line(4, "B", 30.0, date(2025, 3, 1)),
    )


def test_moves_by_hand(lines):
    found = hazard.moves(lines).sort("account_id", "on")
    assert found.rows() == [
        ("A", date(2025, 6, 1), "contracted", 100.0, 60.0),
        ("A", date(2025, 9, 1), "left", 60.0, 0.0),
        ("B", date(2025, 3, 1), "expanded", 10.0, 40.0),
    ]
    assert account_outlook.usual_size(found, "contracted") == pytest.approx(0.4)
    assert account_outlook.usual_size(found, "expanded") == pytest.approx(3.0)
    assert account_outlook.usual_size(found.clear(), "expanded") == 0.0


def marked(make, settings, lines, day):
    data = make(subscriptions=lines, as_of=DAY, accounts=rows("accounts", {"account_id": "A"}, {"account_id": "B"}))
    return accounts.build(data, day, settings).with_columns(as_of=pl.lit(day))


def test_months_end_with_the_leaving_and_at_what_is_known(make, settings, lines):
    day = date(2025, 7, 1)
    found = hazard.periods(marked(make, settings, lines, day), hazard.moves(lines), "left", DAY)
    a = found.filter(pl.col("account_id") == "A").sort("month_ahead")
    assert a["month_ahead"].to_list() == [1, 2, 3]
    assert a["target"].to_list() == [0, 0, 1]
    b = found.filter(pl.col("account_id") == "B")
    assert b["month_ahead"].max() == (DAY - day).days // 30
    assert b["target"].sum() == 0


def test_too_little_to_learn_from_is_said(settings):
    with pytest.raises(ModelError, match="no history"):
        hazard.HazardModel(settings).fit(pl.DataFrame(), pl.DataFrame(), DAY)


def test_below_the_fewest_outcomes_the_base_rate_serves(make, settings, lines):
    day = date(2025, 7, 1)
    marks = marked(make, settings, lines, day)
    found = hazard.HazardModel(settings).fit(marks, hazard.moves(lines), DAY)
    assert found.winner_ == "base rate"
    mean = 1 / (3 + 9)
    assert found.rates_[11] == pytest.approx(mean)
    assert found.rates_[2] == pytest.approx((1 + hazard.PRIOR_MONTHS * mean) / (2 + hazard.PRIOR_MONTHS))
    hazards = found.predict(marks)
    assert hazards.height == 24
    assert hazard.within(hazards, ["account_id"])["p_12m"].to_list() == pytest.approx(
        [1 - float(np.prod(1 - np.array(found.rates_)))] * 2
    )


def test_the_line_finds_a_planted_slope():
    rng = np.random.default_rng(5)
    n = 6_000
    x = rng.normal(size=(n, len(hazard.NAMES)))
    x[:, 16:19] = rng.integers(0, 2, (n, 3))
    x[rng.random(n) < 0.1, 3] = np.nan
    y = (rng.random(n) < 1 / (1 + np.exp(-(1.5 * x[:, 0] - 1)))).astype(float)
    first = len(hazard.NAMES) - 2 - 3
    x[:, first : first + 3] = rng.integers(0, 2, (n, 3))
    found = hazard.Line.fit(x, y, 3, {"a": ("x", "y"), "b": ("x", "y"), "c": ("x", "y")})
    assert found.weights[1] == pytest.approx(1.5, abs=0.15)
    assert np.abs(found.weights[2 : first + 1]).max() < 0.15
    assert np.corrcoef(found.margin(x), x[:, 0])[0, 1] > 0.95


def test_the_first_months_say_what_the_churn_model_says(settings):
    hazards = pl.DataFrame(
        {"account_id": ["A"] * 12, "month_ahead": list(range(1, 13)), "hazard": [0.01] * 12},
        schema_overrides={"month_ahead": pl.Int64},
    )
    scores = pl.DataFrame({"account_id": ["A"], "p_churn_90d": [0.2]})
    found = account_outlook.agreeing(hazards, scores, settings)
    assert hazard.within(found, ["account_id"])["p_90d"][0] == pytest.approx(0.2)
    assert found["hazard"].to_list()[3:] == [0.01] * 9
    assert account_outlook.agreeing(hazards, pl.DataFrame(), settings) is hazards


def test_the_sample_is_worked_out_whole(sample, settings, bundle, customers):
    found = customers.need()
    both = found.outlook.join(bundle.churn_scores, on="account_id")
    assert both.height == found.features.height
    assert (both["p_left_90d"] - both["p_churn_90d"]).abs().max() < 1e-9
    assert (both["p_left_12m"] >= both["p_left_90d"]).all()
    known = both.drop_nulls("p_left_at_renewal")
    assert (known["p_left_at_renewal"] <= known["p_left_12m"] + 1e-9).all()
    months = account_outlook.by_month(found)
    for name in ("churned", "contracted", "expanded"):
        assert months[f"{name}_mrr_amount"].sum() == pytest.approx(found.outlook[f"{name}_mrr_amount"].sum())
    race = found.cards["left"]["race"]
    assert set(race) == set(hazard.CONTENDERS)
    assert min(race, key=race.get) == found.cards["left"]["winner"]
    assert 0.5 < found.off < 2


def test_past_scores_know_nothing_of_what_came_later(sample, settings, bundle, customers):
    past = customers.past
    assert (past["left_on"].drop_nulls() <= sample.as_of).all()
    assert past.filter(pl.col("left_on") <= pl.col("as_of")).is_empty()
    assert past.select("account_id", "as_of").is_unique().all()
    assert past["as_of"].min() >= sample.as_of - timedelta(days=hazard.TWIN_DAYS * hazard.TWINS)


def test_a_company_without_contracts_says_so(make, settings):
    found = account_outlook.build(make(), settings, Bundle(None, None))
    with pytest.raises(ModelError, match="No account pays"):
        found.need()
    assert found.off == 1.0


def test_what_is_kept_is_read_again_and_mended_when_broken(make, settings, lines, tmp_path):
    home = settings.model_copy(update={"home": tmp_path})
    data = make(subscriptions=lines, as_of=DAY, accounts=rows("accounts", {"account_id": "A"}, {"account_id": "B"}))
    models = Bundle(None, None, key="models")
    first = account_outlook.load_or_build(data, home, models)
    assert first.key == account_outlook.key(data, home, "models")
    cache = open_cache(tmp_path)
    cache.forget(ACCOUNTS)
    again = account_outlook.load_or_build(data, home, models)
    assert again is not first
    assert again == first
    assert again.problem == first.problem
    assert again.features.equals(first.features)
    (tmp_path / "artifacts" / "accounts" / first.key / "value.json").write_text("{broken")
    cache.forget(ACCOUNTS)
    assert account_outlook.load_or_build(data, home, models).features.equals(first.features)
    assert "worked out anew" in cache.notices()[0].what
    other = account_outlook.load_or_build(data, home, Bundle(None, None, key="other models"))
    assert other.key != first.key


def test_a_part_and_hidden_names_come_from_the_whole_company(sample, settings, bundle, customers):
    from core.access import view

    emea_only = view(sample, settings, ("EMEA",))
    part = account_outlook.load_or_build(emea_only, settings, registry.load_or_train(emea_only, settings))
    emea = set(sample.accounts.filter(pl.col("region") == "EMEA")["account_id"])
    assert set(part.outlook["account_id"]) == set(customers.outlook["account_id"]) & emea
    assert part.lived.height == customers.lived.height
    others = set(part.lived["account_id"]) - emea
    assert all(name.startswith("Not yours ") for name in others)
    masked = view(sample, settings, is_masked=True)
    hidden = account_outlook.load_or_build(masked, settings, registry.load_or_train(masked, settings))
    assert set(hidden.outlook["account_id"]) <= set(masked.accounts["account_id"])
    assert hidden.outlook["p_left_12m"].to_list() == customers.outlook["p_left_12m"].to_list()
