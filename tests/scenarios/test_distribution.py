"""The distribution against a simulation of the same model, and where it must be exact."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from core.scenarios.data.correlation import Correlation
from core.scenarios.engine.distribution import Window, work_out

DRAWS = 1_000_000
NONE = np.zeros(0)


def window(amount, chance, size=NONE, square=NONE, count=NONE, won=0.0) -> Window:
    n = len(amount)
    return Window(
        np.asarray(amount, float),
        np.asarray(chance, float),
        size,
        square,
        count,
        won,
        np.zeros(n, int),
        np.arange(n) % 7,
    )


def simulated(w: Window, rho: float, draws: int = DRAWS) -> np.ndarray:
    """Draw the shock, then the deals, then the deals to come: the model as its docstring has it."""
    rng = np.random.default_rng(11)
    z = rng.standard_normal(draws)
    grid = np.linspace(-6, 6, 2001)
    total = np.full(draws, w.won)
    usual = float(np.clip(w.chance.mean() if len(w.chance) else 0.2, 0.01, 0.99))
    scale = ndtr((ndtri(usual) + np.sqrt(rho) * z) / np.sqrt(1 - rho)) / usual if rho else np.ones(draws)
    for a, p in zip(w.amount, w.chance, strict=True):
        given = np.interp(z, grid, ndtr((ndtri(p) + np.sqrt(rho) * grid) / np.sqrt(1 - rho))) if rho else p
        total += a * (rng.random(draws) < given)
    for m, s, n in zip(w.size, w.square, w.count, strict=True):
        shape = 1 / (s / m**2 - 1)
        total += rng.gamma(np.maximum(rng.poisson(n * scale) * shape, 1e-300), m / shape)
    return total


def book(n: int, seed: int = 3) -> Window:
    rng = np.random.default_rng(seed)
    return window(
        rng.lognormal(10, 1, n),
        rng.beta(1.2, 3, n),
        np.array([2e4, 5e4]),
        np.array([8e8, 6e9]),
        np.array([6.0, 1.5]),
        1e5,
    )


@pytest.mark.parametrize(("deals", "rho"), [(40, 0.1), (4, 0.0)])
def test_agrees_with_a_million_draws(deals, rho):
    w = book(deals)
    draws = np.sort(simulated(w, rho))
    target = float(np.quantile(draws, 0.7))
    found = work_out(w, Correlation(rho), None, target)
    error = 0.5 / np.sqrt(DRAWS)
    for q in (0.1, 0.5, 0.9):
        below = np.searchsorted(draws, found.quantile(q)) / DRAWS
        assert below == pytest.approx(q, abs=4 * error + 5e-4)
    assert found.p_target == pytest.approx(0.3, abs=4 * error + 5e-4)
    assert found.mean == pytest.approx(draws.mean(), abs=5 * draws.std() / np.sqrt(DRAWS))
    assert found.tail_mean == pytest.approx(draws[: DRAWS // 10].mean(), rel=4e-3)


def test_many_deals_with_a_strong_shock_show_no_lumps():
    rng = np.random.default_rng(1)
    w = window(rng.lognormal(9, 0.5, 20_000), rng.uniform(0.1, 0.4, 20_000))
    found = work_out(w, Correlation(0.2))
    z = np.linspace(-6, 6, 401)
    given = ndtr((ndtri(w.chance[:, None]) + np.sqrt(0.2) * z) / np.sqrt(0.8))
    weight = np.exp(-(z**2) / 2) / np.exp(-(z**2) / 2).sum()
    means, widths = w.amount @ given, np.sqrt((w.amount**2) @ (given * (1 - given)))
    for q in (0.1, 0.5, 0.9):
        assert weight @ ndtr((found.quantile(q) - means) / widths) == pytest.approx(q, abs=3e-4)
    dense = np.diff(np.interp(np.linspace(found.quantile(0.05), found.quantile(0.95), 30), found.at, found.below))
    assert (np.diff(np.sign(np.diff(dense))) != 0).sum() <= 1


def test_few_deals_are_enumerated_exactly():
    found = work_out(window([100.0, 10.0], [0.5, 0.2]), Correlation(0.0), None, 100.0)
    assert found.p_target == pytest.approx(0.5)
    assert found.chance_of(105.0) == pytest.approx(0.1, abs=1e-6)
    assert found.quantile(0.3) == pytest.approx(0.0, abs=0.1)
    assert found.quantile(0.45) == pytest.approx(10.0, abs=0.1)
    assert found.mean == pytest.approx(52.0)


def test_one_deal_of_a_billion_does_not_blur_the_rest():
    w = book(60)
    lone = window([*w.amount, 1e9], [*w.chance, 0.02], w.size, w.square, w.count, w.won)
    rest, with_it = work_out(w, Correlation(0.0)), work_out(lone, Correlation(0.0))
    assert with_it.quantile(0.5) == pytest.approx(rest.quantile(0.5 / 0.98), rel=2e-3)
    assert with_it.chance_of(5e8) == pytest.approx(0.02, abs=1e-6)


def test_nothing_open_is_certain():
    found = work_out(window([], [], won=70.0), Correlation(0.1), None, 70.0)
    assert (found.quantile(0.1), found.mean, found.p_target) == pytest.approx((70.0, 70.0, 1.0))
    assert work_out(window([], [], won=70.0), Correlation(0.1), None, 71.0).p_target == 0.0
    sure = work_out(window([50.0, 50.0], [1.0, 1.0]), Correlation(0.1), None, 100.0)
    assert sure.p_target == pytest.approx(1.0)
    assert sure.quantile(0.5) == pytest.approx(100.0, abs=0.1)


def test_a_target_of_zero_is_always_reached_and_a_wild_one_never():
    assert work_out(book(30), Correlation(0.05), None, 0.0).p_target == 1.0
    assert work_out(book(30), Correlation(0.05), None, 1e12).p_target == 0.0


def test_a_shared_fate_widens_the_range_and_keeps_the_mean():
    w = book(100)
    alone, shared = work_out(w, Correlation(0.0)), work_out(w, Correlation(0.0), 0.2)
    assert shared.mean == alone.mean
    assert shared.quantile(0.9) > alone.quantile(0.9)
    assert shared.quantile(0.1) < alone.quantile(0.1)
    grouped = work_out(w, Correlation(0.0, 0.05, 0.1))
    assert grouped.quantile(0.9) - grouped.quantile(0.1) > alone.quantile(0.9) - alone.quantile(0.1)


def test_segments_and_reps_that_share_a_fate_agree_with_drawing_it():
    rng = np.random.default_rng(5)
    n, rho_s, rho_r, draws = 300, 0.02, 0.04, 40_000
    amount, chance = rng.lognormal(10, 0.7, n), rng.uniform(0.1, 0.5, n)
    segment, owner = np.arange(n) % 3, np.arange(n) % 25
    found = work_out(Window(amount, chance, NONE, NONE, NONE, 0.0, segment, owner), Correlation(0.0, rho_s, rho_r))
    s, r = rng.standard_normal((draws, 3)), rng.standard_normal((draws, 25))
    pull = np.sqrt(rho_s) * s[:, segment] + np.sqrt(rho_r) * r[:, owner]
    won = rng.random((draws, n)) < ndtr((ndtri(chance) + pull) / np.sqrt(1 - rho_s - rho_r))
    total = won @ amount
    for q in (0.1, 0.5, 0.9):
        assert (total < found.quantile(q)).mean() == pytest.approx(q, abs=0.01)
