from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from core import explain
from core.contracts.errors import ModelError
from core.models.bundle import Bundle
from core.models.customers import account_outlook, bgnbd, lifetime, retention_curves
from tests.features.conftest import make, rows

__all__ = ["make"]
DAY = date(2026, 1, 1)


def orders(n=600, seed=2, weeks=78):
    """Shoppers who buy by a gamma rate and lapse after an order with a chance of a quarter."""
    rng = np.random.default_rng(seed)
    out = []
    for i in range(n):
        rate, day = rng.gamma(1.0, 1 / 8), float(rng.uniform(0, 20))
        while day < weeks:
            out.append((f"C{i}", date(2024, 1, 1) + timedelta(days=int(day * 7)), float(rng.lognormal(3, 0.5))))
            if rng.random() < 0.25:
                break
            day += rng.exponential(1 / rate)
    return pl.DataFrame(out, schema=["customer_id", "ordered_on", "amount"], orient="row")


def test_a_summary_by_hand():
    found = bgnbd.summary(
        pl.DataFrame(
            {
                "customer_id": ["A", "A", "A", "A", "B", "C"],
                "ordered_on": [date(2025, 1, 1), *[date(2025, 1, 8)] * 2, date(2026, 2, 1), *[date(2025, 12, 25)] * 2],
                "amount": [10.0, 20.0, 4.0, 9.0, 7.0, 0.0],
            }
        ),
        date(2025, 12, 31),
    )
    assert found["customer_id"].to_list() == ["A", "B"]
    a = found.to_dicts()[0]
    assert (a["n_repeats"], a["recency_weeks"], a["age_weeks"]) == (1, 1.0, 52.0)
    assert (a["mean_amount"], a["total_amount"], a["last_amount"], a["first_amount"]) == (24.0, 34.0, 24.0, 10.0)
    assert found["mean_amount"][1] is None


def test_the_hypergeometric_is_that_of_scipy():
    from scipy.special import hyp2f1

    rng = np.random.default_rng(1)
    a, b, c = rng.uniform(0.1, 20, 50), rng.uniform(0.1, 20, 50), rng.uniform(5, 40, 50)
    z = rng.uniform(0, 0.7, 50)
    assert np.exp(bgnbd.log_hyp2f1(a, b, c, z)) == pytest.approx(hyp2f1(a, b, c, z), rel=1e-9)
    big = bgnbd.log_hyp2f1(np.array([900.0]), np.array([901.0]), np.array([902.0]), np.array([0.6]))
    assert np.isfinite(big).all()
    assert bgnbd.log_hyp2f1(np.array([1.0]), np.array([2.0]), np.array([3.0]), np.array([0.0]))[0] == 0.0


def test_expected_orders_by_the_published_example():
    """Fader, Hardie and Lee 2005: r .243, alpha 4.414, a .793, b 2.426; x 2, t_x 30.43, T 38.86, 39 weeks: 1.226."""
    model = bgnbd.PurchaseRate(0.243, 4.414, 0.793, 2.426)
    one = [np.array([v]) for v in (2.0, 30.43, 38.86)]
    assert model.expected(*one, 39.0)[0] == pytest.approx(1.226, abs=0.001)
    assert model.is_alive(*(np.array([v]) for v in (0.0, 0.0, 10.0)))[0] == 1.0
    near_one = bgnbd.PurchaseRate(0.243, 4.414, 1.0, 2.426).expected(*one, 39.0)[0]
    about = [bgnbd.PurchaseRate(0.243, 4.414, a, 2.426).expected(*one, 39.0)[0] for a in (0.99, 1.01)]
    assert min(about) < near_one < max(about)


def test_order_value_lies_between_own_mean_and_that_of_all():
    model = bgnbd.OrderValue(6.25, 3.74, 15.44)
    everybody = 6.25 * 15.44 / 2.74
    found = model.expected(np.array([0.0, 1.0, 50.0]), np.array([np.nan, 100.0, 100.0]))
    assert found[0] == pytest.approx(everybody)
    assert everybody < found[1] < found[2] < 100


@pytest.fixture(scope="module")
def shop(settings):
    return bgnbd.RepeatValue(settings).fit(orders(), date(2024, 12, 31))


def test_spend_is_foreseen_better_than_by_nothing(shop):
    later = orders().filter(pl.col("ordered_on") > date(2024, 12, 31))
    came = later.group_by("customer_id").agg(spent=pl.col("amount").sum())
    found = shop.predict(180)
    until = later.filter(pl.col("ordered_on") <= date(2024, 12, 31) + timedelta(days=180))
    came = until.group_by("customer_id").agg(spent=pl.col("amount").sum())
    both = found.join(came, on="customer_id", how="left").with_columns(pl.col("spent").fill_null(0.0))
    spent = both["spent"].to_numpy()
    scores = bgnbd.judge(spent, both["amount"].to_numpy())
    assert scores["rmse"] < spent.std()
    assert abs(scores["total_error_rate"]) < 0.3
    assert scores["top_tenth_share"] > 0.2
    assert (both["lower"] <= both["upper"]).all()
    inside = both.select(((pl.col("spent") >= pl.col("lower")) & (pl.col("spent") <= pl.col("upper"))).mean()).item()
    assert inside > 0.7


def test_the_same_orders_in_another_order_give_the_same(shop, settings):
    again = bgnbd.RepeatValue(settings).fit(orders().reverse(), date(2024, 12, 31)).predict(90)
    assert again["amount"].to_list() == pytest.approx(shop.predict(90)["amount"].to_list())


def test_a_longer_time_never_brings_less(shop):
    near, far = shop.predict(60), shop.predict(120)
    assert (far["bgnbd"] >= near["bgnbd"] - 1e-9).all()


def test_too_few_customers_is_said(settings):
    with pytest.raises(ModelError, match="too few to value"):
        bgnbd.RepeatValue(settings).fit(orders(20), date(2024, 12, 31))


def test_without_an_earlier_half_there_are_no_trees(settings):
    days = [
        date(2025, 1, 1),
        *[date(2025, 6, 1 + i % 28) for i in range(60)],
        *[date(2025, 7, 1 + i) for i in range(20)],
    ]
    who = ["C0", *[f"C{i}" for i in range(60)], *[f"C{i}" for i in range(20)]]
    young = pl.DataFrame({"customer_id": who, "ordered_on": days, "amount": [20.0] * 81})
    found = bgnbd.RepeatValue(settings).fit(young, date(2025, 7, 31))
    out = found.predict(30)
    assert found.trees_ is None
    assert out["tweedie"].null_count() == out["lower"].null_count() == out.height
    assert (out["amount"] == out["bgnbd"]).all()


def test_without_spend_a_judgement_has_no_share():
    found = bgnbd.judge(np.zeros(3), np.ones(3))
    assert found == {"rmse": 1.0, "total_error_rate": None, "top_tenth_share": None}


def test_kaplan_meier_by_hand():
    spans = pl.DataFrame({"seen_from": [0, 0, 0, 2], "months": [1, 2, 3, 3], "has_left": [True, True, False, True]})
    assert retention_curves.kaplan_meier(spans, 4).tolist() == pytest.approx([1, 2 / 3, 1 / 3, 1 / 6, 1 / 6])


def test_tenures_mind_when_watching_began():
    lines = rows(
        "subscriptions",
        {
            "subscription_id": "1",
            "account_id": "A",
            "mrr_amount": 1.0,
            "started_on": date(2020, 1, 1),
            "ended_on": date(2022, 1, 1),
        },
        {"subscription_id": "2", "account_id": "B", "mrr_amount": 1.0, "started_on": date(2020, 1, 1)},
        {"subscription_id": "3", "account_id": "C", "mrr_amount": 1.0, "started_on": date(2025, 1, 1)},
    )
    found = retention_curves.tenures(lines, DAY).sort("account_id")
    assert found.select("seen_from", "months", "has_left").rows() == [(24, 24, True), (24, 72, False), (0, 12, False)]


def test_the_shifted_beta_geometric_finds_its_own_parameters():
    truth = retention_curves.ShiftedBetaGeometric(0.8, 6.0)
    rng = np.random.default_rng(3)
    chance = rng.beta(0.8, 6.0, 4_000)
    month = rng.geometric(chance)
    spans = pl.DataFrame({"seen_from": [0] * 4_000, "months": np.minimum(month, 24), "has_left": month <= 24})
    found = retention_curves.ShiftedBetaGeometric.fit(spans)
    assert np.abs(found.survival(24) - truth.survival(24)).max() < 0.02
    km = retention_curves.kaplan_meier(spans, 24)
    assert np.abs(km - truth.survival(24)).max() < 0.03


def test_months_paid_by_hand():
    staying = np.array([[1.0, 0.5, 0.25], [1.0, 1.0, 1.0]])
    mean, low, high = lifetime.discounted(staying, 0.0)
    assert mean.tolist() == [0.75, 2.0]
    assert (low.tolist(), high.tolist()) == ([0.0, 2.0], [2.0, 2.0])
    assert lifetime.noise(staying, 0.0).tolist() == pytest.approx([0.25 * 1 + 0.25 * 4 - 0.75**2, 0.0])
    year = lifetime.discounted(np.ones((1, 13)), 0.10)[0][0]
    assert year == pytest.approx(sum(1.1 ** (-m / 12) for m in range(1, 13)))


def test_beyond_a_year_the_last_half_years_hazard_goes_on():
    hazards = pl.DataFrame({"account_id": ["A"] * 12, "month_ahead": range(1, 13), "hazard": [0.5] * 6 + [0.1] * 6})
    ids, staying = lifetime.stay(hazards, 14)
    assert ids.to_list() == ["A"]
    assert staying[0, 14] == pytest.approx(0.5**6 * 0.9**8)
    assert lifetime.stay(hazards, 3)[1][0].tolist() == pytest.approx([1, 0.5, 0.25, 0.125])


def bill(i, account, amount, cost, on=date(2025, 6, 1)):
    return {
        "transaction_id": f"T{i}",
        "account_id": account,
        "booked_on": on,
        "kind": "billing",
        "quantity": 1.0,
        "amount": amount,
        "cost_amount": cost,
    }


def test_margins_are_drawn_towards_that_of_all(make, settings):
    data = make(
        as_of=DAY,
        accounts=rows("accounts", *({"account_id": a} for a in "ABC")),
        transactions=rows("transactions", bill(1, "A", 20_000.0, 0.0), bill(2, "B", 20_000.0, 20_000.0)),
    )
    found = dict(lifetime.margins(data, settings).iter_rows())
    assert found == pytest.approx({"A": 0.75, "B": 0.25, "C": 0.5})
    bare = data.with_frames(transactions=data.frame("transactions").clear())
    assert set(lifetime.margins(bare, settings)["margin_rate"]) == {0.75}


def test_the_kind_of_data_decides(make, settings):
    assert lifetime.kind(make(), settings) == "repeat"
    forced = settings.model_copy(update={"customers": settings.customers.model_copy(update={"kind": "contract"})})
    assert lifetime.kind(make(), forced) == "contract"


def test_the_sample_is_valued_by_contract(sample, settings, bundle, customers):
    found = explain.accounts.worth(sample, settings, customers)
    assert found.kind == "contract"
    assert found.value == pytest.approx(found.frame["value_amount"].sum())
    assert found.lower < found.value < found.upper
    row = found.frame.row(0, named=True)
    assert row["lower_amount"] <= row["value_amount"] <= row["upper_amount"]
    assert set(found.checks["curve"]) == {"Churn model", "Kaplan-Meier", "sBG"}
    assert "(range " in found.sentence()
    assert "not been held against past totals" in found.sentence()
    assert "contract length alone" in found.agreement()
    nothing = lifetime.LifetimeValue(found.frame.clear(), pl.DataFrame(), 0, 0, 0, "contract", 36, "USD")
    assert "No customer" in nothing.sentence()
    assert "nothing to check" in nothing.agreement()


def test_without_contracts_it_is_valued_by_orders(sample, settings):
    bare = sample.with_frames(subscriptions=sample.subscriptions.clear())
    nobody = account_outlook.build(bare, settings, Bundle(None, None))
    found = explain.accounts.worth(bare, settings, nobody)
    assert found.kind == "repeat"
    assert found.value == pytest.approx(found.frame["value_amount"].sum())
    assert found.checks["member"].to_list() == list(bgnbd.MEMBERS)
    assert "the total was off" in found.agreement()
    unbooked = bare.frame("transactions").filter(pl.col("kind") != "booking")
    lines = ("account_id", "booked_on", "region", "product_id", "rep_id", "kind")
    assert lifetime.orders(bare.with_frames(transactions=unbooked)).height == unbooked.unique(lines).height
