"""The distribution of a quarter's bookings, computed and not sampled."""

from __future__ import annotations

import numpy as np

FREQUENCIES, GRID = 96, 801


def quantiles(
    amount: np.ndarray, chance: np.ndarray, size: np.ndarray, square: np.ndarray, count: np.ndarray,
    won: float, target: float | None, spread: float = 1.0,
) -> dict[str, float | None]:  # fmt: skip
    """Return p10, p50, p90, mean and the probability of the target.

    Deals are taken as independent; deals to come are a compound Poisson with gamma amounts of the
    given mean and mean square. The characteristic function is inverted as a Fourier series on
    mean ± 8 standard deviations; then distances from the mean are stretched by `spread`.
    """
    mean = float(amount @ chance + size @ count)
    deviation = float(np.sqrt((amount**2) @ (chance * (1 - chance)) + square @ count))
    if deviation <= 0:
        sure = won + mean
        hit = None if target is None else float(sure >= target)
        return {"p10": sure, "p50": sure, "p90": sure, "mean": sure, "p_target": hit}
    x = np.linspace(-8, 8, GRID)
    t = np.arange(1, FREQUENCIES + 1) * (np.pi / 8)
    phi = np.exp(_log_cf(t / deviation, amount, chance, size, square, count) - 1j * t * mean / deviation)
    wave = np.exp(-1j * np.outer(x, t)) * phi
    cdf = x / 16 - (wave.imag / t).sum(1) / 8
    cdf = np.maximum.accumulate(np.clip(cdf - cdf[0], 0, 1))
    cdf = cdf / cdf[-1]
    p10, p50, p90 = (max(won + mean + deviation * spread * float(np.interp(q, cdf, x)), won) for q in (0.1, 0.5, 0.9))
    hit = None
    if target is not None:
        below = np.interp((target - won - mean) / (deviation * spread), x, cdf, left=0.0, right=1.0)
        hit = 1.0 if target <= won else float(1 - below)
    return {"p10": p10, "p50": p50, "p90": p90, "mean": won + mean, "p_target": hit}


def _log_cf(
    t: np.ndarray, amount: np.ndarray, chance: np.ndarray, size: np.ndarray, square: np.ndarray, count: np.ndarray
) -> np.ndarray:
    total = np.zeros(len(t), complex)
    live = (amount > 0) & (chance > 0)
    step = np.exp(1j * t[0] * amount[live])
    power, p = np.ones(int(live.sum()), complex), chance[live]
    for i in range(len(t)):
        power = power * step
        total[i] = np.log(1 + p * (power - 1)).sum()
        if total[i].real < -40:
            total[i:] = -np.inf
            return total
    for m, s, n in zip(size, square, count, strict=True):
        if m > 0 and n > 0:
            spread = max(s / m**2 - 1, 1e-6)
            total += n * (np.exp(-np.log(1 - 1j * t * m * spread) / spread) - 1)
    return total
