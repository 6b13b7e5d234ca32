from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from core.contracts.errors import ModelError
from core.models.customers import clustering, segments
from tests.features.conftest import make, rows

__all__ = ["make"]


@pytest.fixture(scope="module")
def blobs():
    rng = np.random.default_rng(1)
    centres = np.array([[0, 0], [6, 0], [0, 6], [6, 6]])
    labels = np.repeat(np.arange(4), 60)
    return centres[labels] + rng.normal(0, 0.5, (240, 2)), labels


def test_planted_groups_are_found(blobs):
    z, labels = blobs
    table = clustering.choose(z, 7, (3, 4, 5))
    assert table.filter("is_chosen")["n_groups"].to_list() == [4]
    found = clustering.nearest(z, clustering.kmeans(z, 4, 7))
    assert clustering.adjusted_rand(found, labels) == 1.0


def test_measures_are_those_of_sklearn(blobs):
    from sklearn.metrics import adjusted_rand_score, silhouette_score

    z, labels = blobs
    other = np.random.default_rng(2).integers(0, 3, len(z))
    assert clustering.adjusted_rand(labels, other) == pytest.approx(adjusted_rand_score(labels, other))
    assert clustering.silhouette(z, labels) == pytest.approx(silhouette_score(z, labels), abs=1e-6)
    assert clustering.silhouette(z, np.zeros(len(z), dtype=np.int64)) is None
    assert clustering.adjusted_rand(np.zeros(4), np.zeros(4)) == 1.0


def test_two_points_make_two_groups():
    z = np.repeat([[0.0, 0.0], [1.0, 1.0]], 10, axis=0)
    assert clustering.choose(z, 1, (3, 4))["n_groups"].to_list() == [2]


def test_recency_frequency_and_money_by_hand(make):
    def order(i, account, on, amount):
        return {
            "transaction_id": f"T{i}",
            "account_id": account,
            "booked_on": on,
            "kind": "booking",
            "quantity": 1.0,
            "amount": amount,
        }

    lines = [order(i, f"A{i}", date(2026, 1, 1 + i), 10.0 * i + 1) for i in range(5)]
    data = make(transactions=rows("transactions", *lines, order(9, "A4", date(2026, 1, 20), 5.0)))
    found = segments.rfm(data)
    assert found["recency_score"].to_list() == [1, 2, 3, 4, 5]
    assert found["money_score"].to_list() == [1, 2, 3, 4, 5]
    assert found["frequency_score"].to_list() == [3, 3, 3, 3, 5]
    assert found["kind"][4] == "Best customers"
    assert found["silence_days"].to_list()[-1] == 70


def test_the_sample_falls_into_named_groups(sample, settings):
    found = segments.build(sample, settings)
    assert found.frame["group"].null_count() == 0
    assert found.profile["n"].sum() == found.frame.height
    assert found.profile["share_rate"].sum() == pytest.approx(1.0)
    assert found.profile["group"].is_unique().all()
    assert len(set(found.axes)) == 2
    group = found.profile["group"][0]
    assert found.members(group).height == found.profile["n"][0]
    assert "best customers" in found.told()
    assert "when re-tested" in found.sentence()


def test_names_of_the_same_signs_are_numbered():
    z = np.array([[2.0, 1.0], [2.1, 1.1], [-3.0, 0.0]])
    found = segments.named(z, np.array([0, 1, 2]), ["n_orders", "spent_amount"])
    assert found == {0: "Many orders, high spend", 1: "Many orders, high spend (2)", 2: "Few orders, low spend"}


def test_too_few_or_all_alike_is_said(make, settings):
    with pytest.raises(ModelError, match="too few to group"):
        segments.build(make(), settings)
    same = [
        {
            "transaction_id": f"T{i}",
            "account_id": f"A{i}",
            "booked_on": date(2026, 1, 1),
            "kind": "booking",
            "quantity": 1.0,
            "amount": 5.0,
        }
        for i in range(40)
    ]
    with pytest.raises(ModelError, match="alike"):
        segments.build(make(transactions=rows("transactions", *same)), settings)
    blank = pl.DataFrame({"group": [], "kind": [], "spent_amount": [], "account_id": []})
    none = segments.Segments(blank, blank, blank, ("a", "b"), "USD")
    assert none.told() == "Nothing was ordered yet."


def test_companies_with_contracts_only_are_grouped_too(sample, settings):
    bare = sample.with_frames(transactions=sample.frame("transactions").clear())
    found = segments.build(bare, settings)
    assert found.profile["share_rate"].null_count() == found.profile.height
    assert "spent_amount" not in found.axes


def test_a_mixture_finds_groups_of_unlike_size_and_spread(sample, settings):
    draw = np.random.default_rng(1)
    z = np.concatenate([draw.normal(0, 0.1, (80, 2)), draw.normal(3, 1.0, (300, 2))])
    found = clustering.groups(z, 2, 7, "mixture")(z)
    assert clustering.adjusted_rand(found, np.repeat([0, 1], [80, 300])) > 0.95
    whole = segments.build(sample, settings, "mixture")
    assert whole.frame["group"].n_unique() == whole.choice.filter("is_chosen")["n_groups"].item()
    with pytest.raises(ModelError, match="kmeans, mixture"):
        segments.build(sample, settings, "kmean")
