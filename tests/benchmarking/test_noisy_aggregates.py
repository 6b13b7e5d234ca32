"""What leaves is noisy as promised, small groups stay, the budget is kept; what comes is checked."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from fractions import Fraction
from math import exp

import polars as pl
import pytest

from core.benchmarking import aggregate_files, discrete_laplace, noisy_aggregates, public_figures
from core.contracts.errors import ConfigError, ContractError, SourceError, StoreError
from core.store import Store
from tests.metrics.test_benchmarks import firm


def test_the_noise_has_laplaces_shape():
    """Against exp(-|x|/s) (1 - q)/(1 + q), q = exp(-1/s), within four standard errors."""
    draw, scale, n = random.Random(3).randrange, Fraction(5, 2), 4_000
    values = [discrete_laplace.sample(scale, draw) for _ in range(n)]
    q = exp(-2 / 5)
    for x in (-3, -1, 0, 1, 4):
        expected = (1 - q) / (1 + q) * q ** abs(x)
        error = (expected * (1 - expected) / n) ** 0.5
        assert abs(values.count(x) / n - expected) < 4 * error
    assert discrete_laplace.sample(Fraction(1, 50)) in (-1, 0, 1)


def test_a_customer_is_hidden_the_ratio_of_chances_is_bounded():
    """One customer moves a count by 3 at most: no number becomes more than exp(ε) times as likely."""
    epsilon = 1.0
    scale = noisy_aggregates.DEALS_EACH / epsilon
    q = exp(-1 / scale)
    chances = [[(1 - q) / (1 + q) * q ** abs(x - n) for x in range(-60, 120)] for n in (20, 23)]
    assert max(a / b for a, b in zip(*chances, strict=True)) <= exp(epsilon) + 1e-9


def test_aggregates_are_the_truth_but_for_the_noise(settings, monkeypatch):
    monkeypatch.setattr(discrete_laplace, "sample", lambda scale, below: 0)
    data = firm([("A", 400, 100), ("B", 30, 10)], slipped=("d0", "d1"))
    terms = noisy_aggregates.checked(5, "4", ("A", "B", "C"))
    assert terms.threshold == 15 + 26
    measure = noisy_aggregates.aggregates(data, settings, terms)
    assert measure.frame.rows() == [("A", 400, 0.25, 0.005, 30.0, 0.0)]  # 100 each are 0 in thousands
    assert "1 group can leave, 2 groups too small" in measure.sentence()
    content = noisy_aggregates.content(measure, terms, data.as_of, "USD")
    file = aggregate_files.read(json.dumps(content).encode())
    assert (file.k, file.epsilon, file.groups[0].group) == (5, 4.0, "A")
    assert "By hand" not in json.dumps(content)


def test_three_deals_of_a_customer_count(settings, monkeypatch):
    monkeypatch.setattr(discrete_laplace, "sample", lambda scale, below: 0)
    data = firm([("A", 200, 100)])
    merged = pl.col("account_id").str.replace("d1.*", "d1")
    same = data.with_frames(opportunities=data.opportunities.with_columns(merged))
    terms = noisy_aggregates.checked(5, "10", ("A",))
    n_others = same.opportunities.filter(~same.opportunities["account_id"].is_in(["d1"])).height
    assert noisy_aggregates.aggregates(same, settings, terms).frame["n_deals"].to_list() == [n_others + 3]


def test_noise_that_would_leave_the_bounds_is_cut(settings):
    data = firm([("A", 300, 3)])
    terms = noisy_aggregates.checked(5, "10", ("A",))
    frame = noisy_aggregates.aggregates(data, settings, terms, random.Random(1).randrange).frame
    assert 0 <= frame["win_rate"][0] <= 1
    assert abs(frame["n_deals"][0] - 300) < 60


@pytest.mark.parametrize(
    ("k", "epsilon", "groups", "words"),
    [
        (4, "1", ("A",), "so small a group"),
        (5, "0", ("A",), "noise"),
        (5, "x", ("A",), "noise"),
        (5, "1/0", ("A",), "noise"),
        (5, "1", (), "No group"),
    ],
)
def test_terms_that_cannot_be_kept_are_refused(k, epsilon, groups, words):
    with pytest.raises(ContractError, match=words):
        noisy_aggregates.checked(k, epsilon, groups)


def test_the_budget_of_a_year_is_kept(tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 's.db'}", lambda: datetime(2026, 5, 18, tzinfo=UTC))
    content = {"k": 5, "groups": []}
    assert store.benchmark_exports.latest("book") is None
    store.benchmark_exports.make("book", 3.0, "boss", lambda: content)
    with pytest.raises(StoreError, match="1 of it is left"):
        store.benchmark_exports.make("book", 1.5, "boss", lambda: pytest.fail("noise was drawn"))
    store.benchmark_exports.make("book", 1.0, "boss", lambda: content)
    assert (store.benchmark_exports.spent("book"), store.benchmark_exports.spent("other")) == (4.0, 0.0)
    assert store.benchmark_exports.latest("book").epsilon == 1.0
    store.close()


GROUP = {"group": "a", "n_deals": 500, "win_rate": 0.4, "slip_rate": 0.3, "mean_cycle_days": 30}
HEAD = {"format": "quarterdeck benchmark 1", "as_of": "2026-05-01", "months": 12, "currency": "USD"}
GOOD = HEAD | {"k": 10, "epsilon": 1.0, "groups": [GROUP | {"mean_deal_amount": 5000}]}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": "other"}, "format"),
        ({"k": 1}, "k"),
        ({"groups": [GOOD["groups"][0] | {"win_rate": 1.4}]}, "groups, number 1, win_rate"),
        ({"groups": [GOOD["groups"][0] | {"win_rate": float("nan")}]}, "win_rate"),
        ({"groups": GOOD["groups"] * 2}, "twice"),
        ({"customers": ["Acme"]}, "customers"),
    ],
)
def test_a_file_that_is_none_is_refused_with_its_place(change, words):
    with pytest.raises(SourceError, match=words):
        aggregate_files.read(json.dumps(GOOD | change).encode())


def test_no_json_and_too_much_of_it_is_refused():
    for content in (b"{", b"\xff\xfe", b"[" * 100_000, b" " * 300_000, b"[]"):
        with pytest.raises(SourceError):
            aggregate_files.read(content)


def test_others_are_weighed_by_their_deals_and_set_beside_the_own_figures(settings, tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 's.db'}")
    more = GOOD | {"currency": "XXX", "groups": [GOOD["groups"][0] | {"n_deals": 1_500, "win_rate": 0.8}]}
    for name, file in (("one", GOOD), ("two", more)):
        store.benchmark_files.save(name, "company", {"file": file})
    data = firm([("A", 200, 60), ("B", 200, 60)])
    beside = aggregate_files.beside(data, settings, store.benchmark_files.list("company"))
    rows = {row["figure"]: row for row in beside.frame.iter_rows(named=True)}
    assert rows["win rate"]["others_value"] == pytest.approx((0.4 * 500 + 0.8 * 1_500) / 2_000)
    assert (rows["win rate"]["own_value"], rows["win rate"]["is_outside"]) == (0.3, True)
    assert (rows["sales cycle"]["others_value"], rows["sales cycle"]["is_outside"]) == (30.0, False)
    assert aggregate_files.beside(data, settings, []).value is None
    store.close()


def test_published_figures_need_their_source():
    line = '- {figure: win rate, group: all, value: 0.25, unit: share, source: "A report", year: 2025, address: "x"}'
    assert public_figures.listed(line)["year"].to_list() == [2025]
    for text, words in (
        ("- {figure: a}", "lacks"),
        ("a: 1", "no list"),
        ("a: [", "no YAML"),
        (line.replace("2025", '"?"'), "no number"),
    ):
        with pytest.raises(ConfigError, match=words):
            public_figures.listed(text)


def test_the_published_figures_that_come_with_quarterdeck_can_be_written():
    figures = public_figures.listed()
    assert figures.height >= 9
    texts = [public_figures.written(*pair) for pair in figures.select("value", "unit").iter_rows()]
    assert {"30.0 %", "60 days", "USD 25.0 k"} <= set(texts)
    assert set(figures["address"].str.split(":").list.first()) <= {"http", "https"}
